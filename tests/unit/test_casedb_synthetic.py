"""The invented data has the proportions and the deadlines that the demonstration is about."""

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from reminderd.casedb.source import open_source
from reminderd.casedb.synthetic import DEMO_REFERENCE, build, refresh_sqlite, write_csv, write_sqlite
from reminderd.domain.cases import Forloeb, Snapshot
from reminderd.domain.cpr import looks_like_cpr
from reminderd.domain.workdays import birthday
from tests.casework import DANISH


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    path = tmp_path_factory.mktemp("demo") / "sag.db"
    write_sqlite(build(history=False), path)
    return open_source(f"sqlite:///{path}").read()


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    path = tmp_path_factory.mktemp("past") / "sag.db"
    write_sqlite(build(), path)
    return open_source(f"sqlite:///{path}").read()


def young(demo: Snapshot) -> list[Forloeb]:
    return [case for case in demo.forloeb.values() if case.tilbud == "VEJEN_FREM"]


def courses(demo: Snapshot) -> list[Forloeb]:
    return [case for case in demo.forloeb.values() if case.tilbud == "SEL_82B"]


def test_the_proportions_are_ballerups(demo: Snapshot) -> None:
    assert 6 == len(young(demo))
    assert 65 == len(courses(demo))
    assert 204 == len(demo.henvendelser)
    assert {"E-FRONTEN": 8, "E-VEJENFREM": 1, "E-FAMILIE": 3} == Counter(
        person.enhed_id for person in demo.medarbejdere.values()
    )
    assert {"fronten@kommune.example", "vejenfrem@kommune.example", "familie@kommune.example"} == {
        unit.faelles_mail for unit in demo.enheder.values()
    }


def test_the_same_arguments_give_the_same_data() -> None:
    assert build(seed=7, scale=2) == build(seed=7, scale=2)
    assert build(seed=7) != build(seed=8)


def test_a_larger_scale_keeps_the_first_cases_and_adds_others() -> None:
    small, large = build(history=False), build(scale=3, history=False)
    assert small["rd_forloeb"] == large["rd_forloeb"][:71]
    assert 3 * 71 == len({row["sagsnr"] for row in large["rd_forloeb"]})


def test_all_three_phases_are_there(demo: Snapshot) -> None:
    assert {1, 2, 3} == {case.fase for case in young(demo)}


def test_one_fills_23_in_the_first_year_and_one_in_the_half_year_after(demo: Snapshot) -> None:
    born = [demo.borgere[case.borger_id].foedselsdato for case in young(demo)]
    days = [birthday(day, 23) for day in born if day is not None]
    assert 1 == sum(date(2026, 1, 1) <= day <= date(2026, 12, 31) for day in days)
    assert 1 == sum(date(2027, 1, 1) <= day <= date(2027, 6, 30) for day in days)


def test_everybody_in_vejen_frem_is_between_16_and_23(demo: Snapshot) -> None:
    for case in young(demo):
        born = demo.borgere[case.borger_id].foedselsdato
        assert born is not None
        assert birthday(born, 16) <= DEMO_REFERENCE < birthday(born, 23)


def test_protected_people_have_no_initials(demo: Snapshot) -> None:
    protected = [person for person in demo.borgere.values() if person.beskyttelse != "ingen"]
    assert {"navne_adresse", "saerlig"} == {person.beskyttelse for person in protected}
    assert {None} == {person.initialer for person in protected}


def test_courses_start_over_more_than_a_year_and_open_ones_are_young_enough(demo: Snapshot) -> None:
    starts = [case.start_dato for case in courses(demo) if case.start_dato is not None]
    assert date(2025, 10, 1) > min(starts)
    assert date(2026, 11, 1) < max(starts)
    assert timedelta(weeks=17) >= DEMO_REFERENCE - min(starts)


def test_some_courses_have_ended_some_will_and_some_overrun(demo: Snapshot) -> None:
    ended = [case for case in courses(demo) if case.status == "afsluttet"]
    endless = [case for case in courses(demo) if case.slut_dato is None]
    assert 9 == len(ended)
    assert 4 <= len(endless) <= 8
    assert all(case.slut_dato and case.slut_dato < DEMO_REFERENCE and case.afslutning_kode for case in ended)
    running = [case for case in courses(demo) if case.slut_dato and case.status != "afsluttet"]
    assert not [case for case in running if case.slut_dato and case.slut_dato < DEMO_REFERENCE]


def test_no_review_was_held_in_the_future(demo: Snapshot) -> None:
    held = [review.afholdt_dato for reviews in demo.opfoelgninger.values() for review in reviews]
    assert DEMO_REFERENCE >= max(day for day in held if day is not None)


def test_the_meal_is_every_other_thursday_from_17_to_20(demo: Snapshot) -> None:
    series = demo.serier["S-1"]
    assert ("Fællesspisning", "14_dage", 180) == (series.titel, series.rytme, series.varighed_min)
    assert ("2026-01-08T17:00:00", 3) == (series.foerste_start.isoformat(), series.foerste_start.weekday())
    places = [session.sted for session in demo.aktiviteter.values() if session.serie_id == "S-1"]
    assert 2 == len(set(places))
    assert ["Udflugt til skoven"] == [s.titel for s in demo.aktiviteter.values() if s.status == "aflyst"]


def test_somebody_on_leave_has_a_deputy_and_somebody_has_none(demo: Snapshot) -> None:
    deputies = [leave.stedfortraeder_id for spells in demo.fravaer.values() for leave in spells]
    assert None in deputies
    assert 1 < len(set(deputies))


def test_nothing_invented_reads_as_a_cpr_number() -> None:
    cells = {
        str(value)
        for rows in build(scale=20).values()
        for row in rows
        for value in row.values()
        if value is not None
    }
    assert [] == [cell for cell in cells if looks_like_cpr(cell)]


def test_a_large_scale_is_as_clean_as_a_small_one(tmp_path: Path) -> None:
    write_sqlite(build(scale=20), tmp_path / "sag.db")
    assert () == open_source(f"sqlite:///{tmp_path / 'sag.db'}").read().findings


def test_every_fault_ends_as_a_finding_and_costs_no_good_row(demo: Snapshot, tmp_path: Path) -> None:
    write_sqlite(build(with_faults=True, history=False), tmp_path / "sag.db")
    snapshot = open_source(f"sqlite:///{tmp_path / 'sag.db'}").read()
    found = [
        (finding.row_id, finding.column) for finding in snapshot.findings if finding.view == "rd_forloeb"
    ]
    columns = ("status", "sagsnr", "start_dato", "borger_id", "enhed_id", "lovhjemmel")
    assert [(f"F-FEJL-{number}", column) for number, column in enumerate(columns, 1)] == found
    assert 3 == sum(finding.view == "rd_tilknytning" for finding in snapshot.findings)
    assert demo.forloeb.keys() | {"F-FEJL-5"} == snapshot.forloeb.keys()
    assert demo.tilknytninger == snapshot.tilknytninger


def test_the_past_is_added_to_the_living_and_changes_nothing_of_theirs() -> None:
    living, whole = build(history=False), build()
    assert living == {view: rows[: len(living[view])] for view, rows in whole.items()}
    assert {"rd_borger": 65, "rd_forloeb": 65, "rd_tilknytning": 65, "rd_henvendelse": 204} == {
        view: len(rows) - len(living[view]) for view, rows in whole.items() if len(rows) > len(living[view])
    }


def test_the_past_is_added_once_whatever_the_scale() -> None:
    assert 2 * 71 + 65 == len(build(scale=2)["rd_forloeb"])


def test_the_courses_of_2018_ran_from_3_april_and_are_all_closed(past: Snapshot, demo: Snapshot) -> None:
    of_2018 = [past.forloeb[id_] for id_ in past.forloeb.keys() - demo.forloeb.keys()]
    starts = sorted(case.start_dato for case in of_2018 if case.start_dato)
    assert (65, date(2018, 4, 3)) == (len(starts), starts[0])
    assert date(2018, 7, 31) >= starts[-1]
    assert {"afsluttet"} == {case.status for case in of_2018}
    assert "henvist_85_udredning" not in {case.afslutning_kode for case in of_2018}
    lengths = [case.slut_dato - case.start_dato for case in of_2018 if case.slut_dato and case.start_dato]
    assert 65 == len(lengths)
    assert 60 == sum(length <= timedelta(weeks=20) for length in lengths)


def test_the_enquiries_of_2018_came_on_open_days_and_some_led_to_a_course(past: Snapshot) -> None:
    asked = [row for row in past.henvendelser if row.dato.year == 2018]
    assert 204 == len(asked)
    assert (date(2018, 4, 3), date(2018, 7, 31)) == (
        min(row.dato for row in asked),
        max(row.dato for row in asked),
    )
    assert 65 == len({row.forloeb_id for row in asked} - {None})
    assert all(DANISH.is_workday(row.dato) for row in asked)
    assert () == past.findings


def test_a_written_file_can_be_said_to_be_true_later(tmp_path: Path) -> None:
    path = tmp_path / "sag.db"
    later = datetime(2026, 3, 1, 5, 30)
    write_sqlite(build(), path)
    refresh_sqlite(path, later)
    assert later == open_source(f"sqlite:///{path}").read().meta.data_pr


def test_only_utf_8_has_a_mark(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="UTF-8"):
        write_csv(build(), tmp_path, encoding="cp1252", bom=True)
