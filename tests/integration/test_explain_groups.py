"""`explain` tells what a case's people were told of activities that concern it, past ones too."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from reminderd.cli.explain import without_repetition
from reminderd.clock import FixedClock
from reminderd.domain.cases import Moede
from reminderd.domain.explanation import explain, told_in_groups
from reminderd.domain.reconcile import Knowledge
from reminderd.domain.workdays import civil_day
from tests.casework import POLICY, VEJEN_FREM, on_case, serie, session, snapshot
from tests.integration.corridor import Corridor, GivenCases, morning

DAY = date(2026, 2, 5)
OTHER = replace(VEJEN_FREM, forloeb_id="f2", sagsnr="2026-0002")
ROLES = (on_case("m2", "kontaktperson"), on_case("m9", "kontaktperson", forloeb_id="f2"))


async def test_an_evening_that_is_over_stands_among_what_was_told(tmp_path: Path) -> None:
    data = snapshot(
        forloeb=[VEJEN_FREM, OTHER],
        roles=ROLES,
        aktiviteter=[session(datetime(2026, 2, 12, 17))],
        serier=[serie(datetime(2026, 2, 19, 17))],
    )
    corridor = Corridor(tmp_path, GivenCases(data), FixedClock(morning(DAY)))
    await corridor.run(morning(DAY))
    subjects, times = told_in_groups(data, VEJEN_FREM.sagsnr)
    told = corridor.reading.of_groups(subjects, times)
    assert {"medarbejder:m2"} == {row.recipient_id for row in told}
    assert {"aktivitet:a1", "serie:s1"} == {row.key.split("|")[1] for row in told}
    assert all(
        first <= civil_day(row.send_at) <= last for row in told for first, last in times["medarbejder:m2"]
    )
    assert [] == corridor.reading.of_groups(*told_in_groups(data, "2026-9999"))


def test_the_dates_of_a_series_are_one_line_and_a_meeting_concerns_its_candidate() -> None:
    proposed = replace(VEJEN_FREM, forloeb_id="f3", sagsnr="2026-0003", status="kandidat")
    meeting = Moede("u1", POLICY.book.committee.moedetype, datetime(2026, 2, 26, 10), None, "e1")
    data = snapshot(
        forloeb=[VEJEN_FREM, proposed],
        roles=(*ROLES[:1], on_case("m1", "sagsbehandler", forloeb_id="f3")),
        serier=[serie(datetime(2026, 2, 19, 17))],
        moeder=(meeting,),
    )
    known = Knowledge({}, {}, DAY)
    coming = explain(data, POLICY, known, VEJEN_FREM.sagsnr, morning(DAY)).coming
    of_series = [one for one in coming if one.notice.key.subject == "serie:s1"]
    rules = {one.notice.key.rule for one in of_series}
    assert len(of_series) > 2 * len(rules)
    assert len(rules) == sum(one.notice.key.subject == "serie:s1" for one in without_repetition(coming))
    of_candidate = explain(data, POLICY, known, proposed.sagsnr, morning(DAY)).coming
    assert "committee" in {one.notice.key.deadline_kind for one in of_candidate}
    assert "committee" not in {one.notice.key.deadline_kind for one in coming}
