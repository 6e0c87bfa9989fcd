"""Rows judged against each other, and the Snapshot they become."""

import gc
from collections.abc import Collection, Iterable
from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from reminderd.casedb.contract import View
from reminderd.casedb.snapshot import assemble
from reminderd.casedb.synthetic import Tables, build
from reminderd.domain.cases import BelongsTo, Finding, Snapshot
from reminderd.errors import SourceContractError

DEMO = build(history=False)


class TableSource:
    """A source whose views are lists of dicts."""

    where = "tables"

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    def columns(self, view: View[Any]) -> Collection[str] | None:
        rows = self.tables.get(view.name)
        return None if rows is None else (rows[0] if rows else view.column_names)

    def rows(self, view: View[Any]) -> Iterable[list[Any]]:
        return [[row[name] for name in view.column_names] for row in self.tables[view.name]]


@pytest.fixture
def tables() -> Tables:
    return deepcopy(DEMO)


def read(tables: Tables) -> Snapshot:
    return assemble(TableSource(tables))


def refusal(tables: Tables) -> str:
    with pytest.raises(SourceContractError) as caught:
        read(tables)
    return str(caught.value)


def test_good_data_leaves_nothing_to_find(tables: Tables) -> None:
    assert () == read(tables).findings
    assert frozenset() == read(tables).absent_views


def test_the_order_of_rows_in_the_source_changes_nothing(tables: Tables) -> None:
    backwards = {name: rows[::-1] for name, rows in tables.items()}
    straight, reversed_ = read(tables), read(backwards)
    assert straight == reversed_
    assert list(straight.forloeb) == list(reversed_.forloeb)
    assert list(straight.tilknytninger) == list(reversed_.tilknytninger)


def test_what_hangs_on_a_case_stands_under_it_in_the_order_of_keys(tables: Tables) -> None:
    people = read(tables).tilknytninger["F-00001"]
    assert ["M-09", "M-10"] == [row.medarbejder_id for row in people]


def test_a_rejected_person_takes_the_case_and_all_that_hangs_on_it_along(tables: Tables) -> None:
    tables["rd_borger"][0]["beskyttelse"] = "hemmelig"
    snapshot = read(tables)
    assert "F-00001" not in snapshot.forloeb
    assert "F-00001" not in snapshot.tilknytninger
    assert "F-00001" not in snapshot.planer
    assert "F-00001" not in snapshot.kontakter
    assert (
        Finding("rd_forloeb", "F-00001", "borger_id", "names no row that rd_borger has") in snapshot.findings
    )
    assert {"rd_borger", "rd_forloeb", "rd_tilknytning", "rd_plan", "rd_kontakt"} == {
        finding.view for finding in snapshot.findings
    }


@pytest.mark.parametrize(
    ("view", "column", "target"),
    [
        ("rd_forloeb", "enhed_id", "rd_enhed"),
        ("rd_medarbejder", "enhed_id", "rd_enhed"),
        ("rd_enhed", "leder_id", "rd_medarbejder"),
        ("rd_fravaer", "stedfortraeder_id", "rd_medarbejder"),
        ("rd_opfoelgning", "plan_id", "rd_plan"),
        ("rd_aktivitet", "ansvarlig_id", "rd_medarbejder"),
        ("rd_henvendelse", "forloeb_id", "rd_forloeb"),
    ],
)
def test_a_reference_that_may_be_null_is_emptied_and_the_row_counts(
    tables: Tables, view: str, column: str, target: str
) -> None:
    tables[view][0][column] = "findes-ikke"
    findings = read(tables).findings
    expected = (view, column, f"names no row that {target} has", True)
    assert [expected] == [(found.view, found.column, found.reason, found.row_kept) for found in findings]


def test_an_emptied_reference_leaves_the_rest_of_the_row(tables: Tables) -> None:
    tables["rd_forloeb"][0]["enhed_id"] = "findes-ikke"
    case = read(tables).forloeb["F-00001"]
    assert case.enhed_id is None
    assert "aktiv" == case.status


def test_a_reference_into_a_view_that_is_absent_is_not_checked(tables: Tables) -> None:
    del tables["rd_plan"]
    snapshot = read(tables)
    assert any(row.plan_id for rows in snapshot.opfoelgninger.values() for row in rows)
    assert {"rd_plan"} == snapshot.absent_views
    assert () == snapshot.findings


def test_a_series_needs_no_row_of_its_own_to_hold_its_sessions_together(tables: Tables) -> None:
    tables["rd_aktivitet"][0]["serie_id"] = "only-sessions"
    snapshot = read(tables)
    assert "only-sessions" == snapshot.aktiviteter["A-01"].serie_id
    assert () == snapshot.findings


def test_every_optional_view_may_be_absent(tables: Tables) -> None:
    required = {"rd_meta", "rd_borger", "rd_forloeb", "rd_medarbejder", "rd_tilknytning", "rd_enhed"}
    snapshot = read({name: rows for name, rows in tables.items() if name in required})
    assert set(tables) - required == snapshot.absent_views
    assert 71 == len(snapshot.forloeb)


@pytest.mark.parametrize("spelling", ["010203", "01-02-03", "01.02.2003", "2003-02-01", "x010203y"])
def test_a_case_number_that_holds_the_persons_birth_date_is_rejected(tables: Tables, spelling: str) -> None:
    tables["rd_borger"][0]["foedselsdato"] = date(2003, 2, 1)
    tables["rd_forloeb"][0]["sagsnr"] = f"S{spelling}"
    snapshot = read(tables)
    assert "F-00001" not in snapshot.forloeb
    assert Finding("rd_forloeb", "F-00001", "sagsnr", "holds the person's birth date") == snapshot.findings[0]
    assert (None, "F-00001") == (snapshot.findings[0].of.sagsnr, snapshot.findings[0].of.forloeb_id)


def test_a_case_number_with_somebody_elses_birth_date_is_only_a_number(tables: Tables) -> None:
    tables["rd_borger"][0]["foedselsdato"] = date(2003, 2, 2)
    tables["rd_forloeb"][0]["sagsnr"] = "S010203"
    assert () == read(tables).findings


@pytest.mark.parametrize(("serie", "of"), [("S-1", "S-1"), (None, ""), ("310299-0000", None)])
def test_a_bad_session_says_of_which_series_it_is_of_none_or_that_nobody_can_know(
    tables: Tables, serie: str | None, of: str | None
) -> None:
    tables["rd_aktivitet"][0] |= {"aktivitet_id": "A-01", "serie_id": serie, "start_tid": "i dag"}
    finding = next(one for one in read(tables).findings if one.column == "start_tid")
    assert BelongsTo(aktivitet_id="A-01", serie_id=of) == finding.of


FOLLOWS = "until it is corrected, nobody is invited to a session without a list"


def listed(tables: Tables, session: Any, course: Any) -> Snapshot:
    """Read one row of rd_deltager, and a session with an id that is known."""
    tables["rd_aktivitet"][0]["aktivitet_id"] = "A-01"
    tables["rd_deltager"] = [{"aktivitet_id": session, "forloeb_id": course, "svar": "inviteret"}]
    return read(tables)


@pytest.mark.parametrize("course", ["310299-0000", "x" * 65, None, "findes-ikke"], ids=range(4))
def test_a_list_whose_only_row_names_nobody_is_an_empty_list(tables: Tables, course: str | None) -> None:
    snapshot = listed(tables, "A-01", course)
    assert {"A-01": ()} == snapshot.deltagere
    assert ["A-01"] == [finding.of.aktivitet_id for finding in snapshot.findings]


@pytest.mark.parametrize("session", ["310299-0000", "x" * 65, None, "x\ny"], ids=range(4))
def test_a_participant_of_nobody_knows_which_session_is_named_with_what_follows(
    tables: Tables, session: str | None
) -> None:
    snapshot = listed(tables, session, "F-00001")
    (finding,) = snapshot.findings
    assert ("rd_deltager", "row 1", "aktivitet_id") == (finding.view, finding.row_id, finding.column)
    assert finding.reason.endswith(f"; {FOLLOWS}")
    assert BelongsTo(forloeb_id="F-00001") == finding.of
    assert {} == snapshot.deltagere


def test_a_list_with_a_stroke_in_its_name_is_found_under_that_name(tables: Tables) -> None:
    tables["rd_aktivitet"][0]["aktivitet_id"] = "A|1"
    tables["rd_deltager"] = [{"aktivitet_id": "A|1", "forloeb_id": "F-00001", "svar": "maaske"}]
    assert {"A|1": ()} == read(tables).deltagere


def test_the_version_is_judged_before_anything_else_is_missed(tables: Tables) -> None:
    tables["rd_meta"][0]["kontrakt_version"] = 2
    del tables["rd_borger"]
    assert "speaks contract version 2" in refusal(tables)


def test_the_meta_view_has_exactly_one_row(tables: Tables) -> None:
    tables["rd_meta"] *= 2
    assert "rd_meta: has 2 rows" in refusal(tables)
    tables["rd_meta"] = []
    assert "rd_meta: has 0 rows" in refusal(tables)


def test_a_meta_row_that_breaks_the_contract_is_named(tables: Tables) -> None:
    tables["rd_meta"][0]["data_pr"] = "i dag"
    assert "rd_meta: data_pr is not local time" in refusal(tables)


def test_all_that_is_missing_is_named_at_once(tables: Tables) -> None:
    del tables["rd_meta"], tables["rd_enhed"]
    for row in tables["rd_forloeb"]:
        del row["sagsnr"]
    for row in tables["rd_plan"]:
        del row["interval_mdr"]
    told = refusal(tables)
    assert "required view rd_meta is missing" in told
    assert "required view rd_enhed is missing" in told
    assert "view rd_forloeb lacks column sagsnr" in told
    assert "view rd_plan lacks column interval_mdr" in told


def test_a_reading_leaves_the_garbage_collector_as_it_was(tables: Tables) -> None:
    assert gc.isenabled()
    read(tables)
    assert gc.isenabled()
    gc.disable()
    try:
        read(tables)
        assert not gc.isenabled()
    finally:
        gc.enable()
