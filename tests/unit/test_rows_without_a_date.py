"""Statements of the papers that imply no date: what is done with them, and that nothing is sent for them."""

import re
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from reminderd.casedb import contract
from reminderd.domain.cases import Enhed, Henvendelse, Moede, Snapshot
from tests.casework import (
    ENHED,
    FORLOEB,
    SHIPPED_RULES,
    VEJEN_FREM,
    decide_on,
    on_case,
    sends,
    snapshot,
)

ROOT = Path(__file__).parents[2]
FIRST, LAST = date(2026, 1, 5), date(2026, 12, 31)
CONTRACT = "\n".join(f"{view.name}.{column.name}" for view in contract.CONTRACT for column in view.columns)


def texts() -> str:
    """Return every shipped text that a mail may be made of."""
    files = [*(ROOT / "templates").glob("*/*.txt"), ROOT / "config" / "rules.toml"]
    lines = "\n".join(path.read_text(encoding="utf-8") for path in files).splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))


def listed(data: Snapshot) -> tuple[str, ...]:
    """Return the cases that a committee a week ahead is told of."""
    moede = Moede("mo1", "eftervaernsudvalg", datetime(2026, 3, 12, 13), None, "e1")
    found = decide_on(replace(data, moeder=(moede,)), date(2026, 3, 5))
    lists = [one.notice.facts["sagsnumre"] for one in found if one.notice.key.stage == "list"]
    return tuple(str(name) for name in lists[0]) if lists else ()  # type: ignore[union-attr]


def test_v2_how_somebody_is_placed_is_not_read_and_only_the_placements_end_is() -> None:
    assert ["rd_forloeb.anbringelse_slut"] == re.findall(r".*anbring.*", CONTRACT)
    prepared = replace(VEJEN_FREM, fase=1, fase2_dato=None)
    assert [] == sends(snapshot(forloeb=[prepared]), FIRST, date(2026, 2, 27))
    ends = replace(prepared, anbringelse_slut=date(2026, 8, 3))
    stages = {stage for _, stage, _ in sends(snapshot(forloeb=[ends]), FIRST, date(2026, 2, 27))}
    assert {"preparation"} == stages


def test_v3_who_belongs_to_the_offer_is_entered_by_people_and_never_proposed() -> None:
    case = replace(VEJEN_FREM, fase=None, fase2_dato=None)
    assert () == listed(snapshot(forloeb=[case]))
    assert () == listed(snapshot(forloeb=[replace(case, status="planlagt")]))
    assert ("2026-0001",) == listed(snapshot(forloeb=[replace(case, status="kandidat")]))


def test_v13_when_it_ends_is_decided_by_people_and_without_their_date_only_the_birthday_counts() -> None:
    data = snapshot(forloeb=[VEJEN_FREM])
    kinds = {one.notice.key.deadline_kind for one in decide_on(data, date(2026, 9, 7))}
    assert "exit_age" in kinds
    assert "planned_end" not in kinds


def test_v17_a_unit_is_data_and_no_text_names_one() -> None:
    assert [] == re.findall(r"(?i)ungdomspension|udgående team|\bDUT\b", texts())
    moved = Enhed("e1", "Et helt andet navn", ENHED.faelles_mail, ENHED.leder_id, None)
    data = {"forloeb": [FORLOEB], "roles": [on_case("m2", "kontaktperson")]}
    named, renamed = (sends(snapshot(enheder=[unit], **data), FIRST, LAST) for unit in (ENHED, moved))
    assert "enhed:e1" in {who for _, _, who in named}
    assert named == renamed


def test_v21_days_of_the_past_are_no_rule() -> None:
    assert () == SHIPPED_RULES.one_off
    assert [] == re.findall(r"\b20(?:17|18)\b", texts())


def test_f6_an_enquiry_sets_no_clock_going() -> None:
    asked = (Henvendelse("h1", FIRST, "telefon", "e1", None), Henvendelse("h2", FIRST, "mail", "e1", "f1"))
    without = sends(snapshot(), FIRST, LAST)
    assert without
    assert without == sends(snapshot(henvendelser=asked), FIRST, LAST)


def test_f12_somebody_with_several_roles_in_a_case_is_told_once_and_a_mentor_too() -> None:
    warned = date(2026, 5, 11)
    roles = [on_case("m1", "sagsbehandler"), on_case("m1", "mentor"), on_case("m2", "mentor")]
    found = sends(snapshot(roles=roles), warned, warned)
    assert [(warned, "warning", "medarbejder:m1"), (warned, "warning", "medarbejder:m2")] == sorted(found)
