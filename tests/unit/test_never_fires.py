"""What ``check`` refuses as never fired is never fired: asked of the plan itself."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from reminderd.config.never_fires import OVER_AFTER_ITS_DAY
from reminderd.domain.cases import Moede, Snapshot
from reminderd.domain.rules import Lead, OneOff
from tests.casework import POLICY, SHIPPED_RULES, VEJEN_FREM, planned, sends, session, snapshot

DAY, LAST = date(2026, 3, 4), date(2026, 6, 1)  # a Wednesday, so that no rolling helps or hinders
AT_FIVE = datetime(2026, 3, 4, 17)


def everything_on_one_day() -> Snapshot:
    home = replace(VEJEN_FREM, anbringelse_slut=DAY, fase=1, fase2_dato=None)
    reviewed = replace(VEJEN_FREM, forloeb_id="f2", sagsnr="2026-0002", fase2_dato=date(2025, 12, 10))
    return snapshot(
        forloeb=[home, reviewed],
        opfoelgninger=[replace(planned(AT_FIVE), forloeb_id="f2")],
        aktiviteter=[session(AT_FIVE)],
        moeder=(
            Moede("u", SHIPPED_RULES.committee.moedetype, AT_FIVE, None, "e1"),
            Moede("r", SHIPPED_RULES.committee_report.moedetype, AT_FIVE, None, "e1"),
        ),
    )


@pytest.mark.parametrize("kind", OVER_AFTER_ITS_DAY)
def test_what_is_over_after_its_day_is_told_on_the_day_and_never_after(kind: str) -> None:
    (rule, *_) = [rule for rule in SHIPPED_RULES.rules if rule.deadline == kind]
    day = OneOff(name="dag", titel="Dagen", dag=DAY, enhed_id="e1")
    data = everything_on_one_day()
    if kind == "committee":
        candidate = replace(VEJEN_FREM, forloeb_id="f3", sagsnr="2026-0003", status="kandidat")
        data = replace(data, forloeb={**data.forloeb, "f3": candidate})

    def told(when: str) -> list[date]:
        lone = replace(rule, when=Lead.parse(when), roll="next", expires=Lead.parse("56 days after"))
        policy = replace(POLICY, book=replace(SHIPPED_RULES, rules=(lone,), one_off=(day,)))
        return [sent for sent, _, _ in sends(data, date(2026, 3, 1), LAST, policy=policy)]

    assert {DAY} == set(told("on the day"))
    assert [] == told("1 day after") == told("2 weeks after")
