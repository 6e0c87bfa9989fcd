"""What becomes of one raw row at the door: a value, or findings that never repeat what they found."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminderd.casedb.contract import AKTIVITET, BORGER, CONTRACT, FORLOEB, PLAN, TILKNYTNING, View
from reminderd.casedb.rows import Converter
from reminderd.domain.cases import Finding

EXAMPLES: dict[str, dict[str, Any]] = {
    "rd_borger": {
        "borger_id": "B-1",
        "initialer": "ÆØ",
        "foedselsdato": "2006-02-28",
        "doedsdato": None,
        "fraflyttet_dato": None,
        "beskyttelse": "ingen",
        "mail": None,
        "mail_samtykke": 0,
    },
    "rd_forloeb": {
        "forloeb_id": "F-1",
        "borger_id": "B-1",
        "sagsnr": "2026-000123",
        "tilbud": "VEJEN_FREM",
        "lovhjemmel": "BL 115",
        "fase": 2,
        "fase_dato": "2026-01-05",
        "fase2_dato": "2026-01-05",
        "status": "aktiv",
        "start_dato": "2025-11-03",
        "slut_planlagt": None,
        "slut_dato": None,
        "genaabnet_dato": None,
        "anbringelse_slut": None,
        "afslutning_kode": None,
        "enhed_id": "E-1",
    },
    "rd_aktivitet": {
        "aktivitet_id": "A-1",
        "serie_id": None,
        "titel": "Fællesspisning",
        "start_tid": "2026-01-08 17:00:00",
        "slut_tid": None,
        "sted": None,
        "status": "planlagt",
        "ansvarlig_id": None,
        "tilbud": "VEJEN_FREM",
    },
    "rd_tilknytning": {
        "forloeb_id": "F-1",
        "medarbejder_id": "M-1",
        "rolle": "sagsbehandler",
        "primaer": 1,
        "fra_dato": "2026-01-01",
        "til_dato": None,
    },
    "rd_plan": {
        "plan_id": "P-1",
        "forloeb_id": "F-1",
        "plantype": "handleplan",
        "gaelder_fra": "2026-01-01",
        "gaelder_til": None,
        "interval_mdr": None,
    },
}
PERSON_NUMBER = "310299-0000"  # the 31st of February: nobody's


def raw(view: View[Any], **changes: Any) -> tuple[Any, ...]:
    row = {**EXAMPLES[view.name], **changes}
    return tuple(row[name] for name in view.column_names)


def read(view: View[Any], *rows: Sequence[Any], **options: Any) -> tuple[list[Any], list[Finding]]:
    findings: list[Finding] = []
    return list(Converter(view, **options).read(rows, findings)), findings


def value(view: View[Any], column: str, given_: Any) -> Any:
    rows, findings = read(view, raw(view, **{column: given_}))
    assert [] == findings
    return getattr(rows[0], column)


def reason(view: View[Any], column: str, given_: Any) -> str:
    rows, findings = read(view, raw(view, **{column: given_}))
    assert [] == rows
    assert [column] == [finding.column for finding in findings]
    return findings[0].reason


DAY = date(2026, 1, 5)
NOT_LOCAL = "is not local time as YYYY-MM-DD HH:MM:SS without offset"
ZONED = "has an offset where the contract has local time without"


@pytest.mark.parametrize(
    "given_",
    [
        DAY,
        datetime(2026, 1, 5),
        "2026-01-05",
        "2026-01-05 00:00:00",
        "2026-01-05T00:00:00.000",
        " 2026-01-05 ",
    ],
    ids=str,
)
def test_a_day_is_the_same_whatever_the_driver_gives(given_: Any) -> None:
    assert value(FORLOEB, "fase_dato", given_) == DAY


@pytest.mark.parametrize(
    "given_",
    [
        datetime(2026, 1, 8, 17),
        datetime(2026, 1, 8, 17, 0, 0, 999),
        "2026-01-08 17:00",
        "2026-01-08T17:00:00",
        "2026-01-08 17:00:00.123456",
    ],
    ids=str,
)
def test_a_time_is_the_same_whatever_the_driver_gives(given_: Any) -> None:
    assert datetime(2026, 1, 8, 17) == value(AKTIVITET, "start_tid", given_)


@pytest.mark.parametrize("given_", [2, "2", "+2", Decimal(2), 2.0], ids=repr)
def test_a_number_is_the_same_whatever_the_driver_gives(given_: Any) -> None:
    assert value(FORLOEB, "fase", given_) == 2


@pytest.mark.parametrize("given_", [1, True, "1", Decimal(1)], ids=repr)
def test_a_flag_is_the_same_whatever_the_driver_gives(given_: Any) -> None:
    assert value(BORGER, "mail_samtykke", given_) is True


def test_an_id_that_the_database_keeps_as_a_number_or_guid_becomes_text() -> None:
    guid = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
    assert value(FORLOEB, "forloeb_id", 17) == "17"
    assert guid == value(FORLOEB, "forloeb_id", UUID(guid))


def test_padding_around_a_value_is_dropped() -> None:
    assert value(FORLOEB, "status", "aktiv       ") == "aktiv"


def test_an_addresss_domain_is_read_as_relays_know_it() -> None:
    assert "x@xn--rdkl-soa5i.example" == value(BORGER, "mail", "x@rødkål.example")


def test_two_ways_to_write_a_letter_are_one_value() -> None:
    assert value(FORLOEB, "lovhjemmel", "A\N{COMBINING RING ABOVE}") == "Å"


@pytest.mark.parametrize("column", ["slut_dato", "lovhjemmel", "fase", "afslutning_kode", "enhed_id"])
@pytest.mark.parametrize("given_", ["", "   ", None], ids=["empty", "blank", "null"])
def test_an_empty_string_is_null(column: str, given_: Any) -> None:
    assert value(FORLOEB, column, given_) is None


@pytest.mark.parametrize(
    "given_", ["\N{NO-BREAK SPACE}", "·", " · ·", "\u200b\ufeff", "\u3000", "\ufffe"], ids=range(6)
)
def test_a_text_that_shows_nothing_is_none(given_: str) -> None:
    assert value(FORLOEB, "lovhjemmel", given_) is None
    assert "is missing" == reason(FORLOEB, "sagsnr", given_)


@pytest.mark.parametrize("given_", ["?", "· x", "…", "🙂", "\u200bx", "-"], ids=range(6))
def test_a_text_that_shows_a_sign_is_one(given_: str) -> None:
    assert given_ == value(FORLOEB, "lovhjemmel", given_)


@pytest.mark.parametrize(
    "given_",
    ["1900-01-01", "1899-12-30", date(2099, 12, 31), datetime(9999, 12, 31, 23, 59), "9999-12-31 23:59:59"],
)
def test_a_date_that_systems_use_for_none_is_null(given_: Any) -> None:
    assert value(FORLOEB, "slut_dato", given_) is None


def test_which_dates_mean_none_is_a_setting() -> None:
    rows, findings = read(FORLOEB, raw(FORLOEB, slut_dato="2099-12-31"), sentinel_dates={date(1901, 1, 1)})
    assert date(2099, 12, 31) == rows[0].slut_dato
    assert [] == findings


def test_a_required_date_that_means_none_is_missing() -> None:
    assert reason(TILKNYTNING, "fra_dato", "1900-01-01") == "is missing"


@pytest.mark.parametrize(
    ("view", "column", "given_", "expected"),
    [
        (FORLOEB, "start_dato", "2026-02-30", "does not exist in the calendar"),
        (FORLOEB, "start_dato", "2026-02-28 10:00:00", "has a time of day where the contract has a DATE"),
        (FORLOEB, "start_dato", datetime(2026, 2, 28, 10), "has a time of day where the contract has a DATE"),
        (FORLOEB, "start_dato", "28-02-2026", "is not a date as YYYY-MM-DD"),
        (FORLOEB, "start_dato", "20260228", "is not a date as YYYY-MM-DD"),
        (FORLOEB, "start_dato", "infinity", "is not a date as YYYY-MM-DD"),
        (FORLOEB, "start_dato", "0001-01-01", "is outside the years 1900 to 2200"),
        (FORLOEB, "start_dato", date(2201, 1, 1), "is outside the years 1900 to 2200"),
        (FORLOEB, "start_dato", 46000, "is not DATE"),
        (AKTIVITET, "start_tid", "2026-01-08", NOT_LOCAL),
        (AKTIVITET, "start_tid", "2026-01-08T17:00:00Z", NOT_LOCAL),
        (AKTIVITET, "start_tid", datetime(2026, 1, 8, tzinfo=UTC), ZONED),
        (AKTIVITET, "start_tid", "2026-01-08 24:00:00", "does not exist in the calendar"),
        (AKTIVITET, "start_tid", date(2026, 1, 8), "is not TIMESTAMP"),
        (FORLOEB, "fase", 4, "is none of the contract's codes"),
        (FORLOEB, "fase", "to", "is not a whole number"),
        (FORLOEB, "fase", 1.5, "is not SMALLINT"),
        (FORLOEB, "fase", Decimal("NaN"), "is not SMALLINT"),
        (PLAN, "interval_mdr", 0, "is outside 1 to 32767"),
        (PLAN, "interval_mdr", "40000", "is outside 1 to 32767"),
        (BORGER, "mail_samtykke", "ja", "is neither 0 nor 1"),
        (BORGER, "mail_samtykke", 2, "is neither 0 nor 1"),
        (BORGER, "mail_samtykke", None, "is missing"),
        (FORLOEB, "status", "lukket", "is none of the contract's codes"),
        (FORLOEB, "sagsnr", None, "is missing"),
        (FORLOEB, "sagsnr", "x" * 41, "is longer than 40 characters"),
        (FORLOEB, "sagsnr", PERSON_NUMBER, "can be read as a CPR number"),
        (FORLOEB, "lovhjemmel", f"BL 115 {PERSON_NUMBER}", "can be read as a CPR number"),
        (FORLOEB, "lovhjemmel", "BL\r\nBcc: x", "holds control characters"),
        (FORLOEB, "lovhjemmel", "BL\x00", "holds control characters"),
        (FORLOEB, "lovhjemmel", "BL\N{RIGHT-TO-LEFT OVERRIDE}511", "holds control characters"),
        (FORLOEB, "lovhjemmel", "BL\udcc6", "holds control characters"),
        (FORLOEB, "lovhjemmel", b"BL", "is not VARCHAR(30)"),
        (FORLOEB, "lovhjemmel", True, "is not VARCHAR(30)"),
        (FORLOEB, "lovhjemmel", ["BL"], "is not VARCHAR(30)"),
    ],
)  # fmt: skip
def test_a_value_that_breaks_the_contract_is_named(
    view: View[Any], column: str, given_: Any, expected: str
) -> None:
    assert expected == reason(view, column, given_)


def test_every_wrong_column_of_a_row_is_named() -> None:
    rows, findings = read(FORLOEB, raw(FORLOEB, status="?", fase=9, sagsnr=None))
    assert [] == rows
    assert ["sagsnr", "fase", "status"] == [finding.column for finding in findings]
    assert {"F-1"} == {finding.row_id for finding in findings}


def test_a_bad_row_stops_no_other() -> None:
    good, bad = raw(FORLOEB), raw(FORLOEB, forloeb_id="F-2", fase=9)
    rows, findings = read(FORLOEB, bad, good)
    assert ["F-1"] == [row.forloeb_id for row in rows]
    assert ["F-2"] == [finding.row_id for finding in findings]


def test_an_id_that_may_not_be_shown_is_replaced_by_the_rows_number() -> None:
    _, findings = read(FORLOEB, raw(FORLOEB), raw(FORLOEB, forloeb_id=PERSON_NUMBER))
    assert [Finding("rd_forloeb", "row 2", "forloeb_id", "can be read as a CPR number")] == findings


def test_of_two_rows_with_one_key_the_first_counts() -> None:
    rows, findings = read(FORLOEB, raw(FORLOEB, fase=1), raw(FORLOEB, fase=3))
    assert [1] == [row.fase for row in rows]
    assert [Finding("rd_forloeb", "F-1", "forloeb_id", "is the key of an earlier row as well")] == findings


def test_a_key_of_several_columns_is_shown_whole() -> None:
    _, findings = read(TILKNYTNING, raw(TILKNYTNING), raw(TILKNYTNING))
    assert ["F-1|M-1|sagsbehandler|2026-01-01"] == [finding.row_id for finding in findings]


def test_a_row_of_the_wrong_width_costs_only_itself() -> None:
    rows, findings = read(FORLOEB, raw(FORLOEB)[:-1], raw(FORLOEB))
    assert 1 == len(rows)
    assert ["has 15 values, the contract has 16"] == [finding.reason for finding in findings]


def test_what_a_source_found_wrong_with_a_line_is_passed_on() -> None:
    finding = Finding("rd_forloeb", "line 7", "", "has 3 cells, the header has 16")
    findings: list[Finding] = []
    assert [] == list(Converter(FORLOEB).read([finding], findings))
    assert [finding] == findings


anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), st.text(), st.binary(), st.dates(),
    st.datetimes(), st.uuids(), st.lists(st.integers(), max_size=2),
)  # fmt: skip


@given(st.sampled_from(CONTRACT), st.data())
def test_whatever_a_row_holds_it_becomes_a_value_or_findings(view: View[Any], data: st.DataObject) -> None:
    row = data.draw(st.tuples(*[anything for _ in view.columns]))
    rows, findings = read(view, row)
    assert bool(rows) != bool(findings)


# The mark is in none of our own words, which Hypothesis reads in the source and likes to try.
@given(st.text(min_size=12, max_size=30).map(lambda text: f"~{text}"))
def test_no_finding_repeats_a_value(text: str) -> None:
    _, findings = read(
        BORGER, raw(BORGER, beskyttelse=text, foedselsdato=text, initialer=text, mail_samtykke=text)
    )
    assert findings
    assert not [finding for finding in findings if text in str(finding)]
