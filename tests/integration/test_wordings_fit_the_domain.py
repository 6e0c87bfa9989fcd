"""What the domain hands over is what the wordings were promised, for every shipped rule."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from reminderd.compose.checking import check
from reminderd.compose.composer import Composer
from reminderd.compose.invite import Mailbox
from reminderd.compose.samples import ADDED_BY_COMPOSER, values_for
from reminderd.compose.wording import Wordings
from reminderd.config.shipped import shipped_folder
from reminderd.domain.cases import Opfoelgning, Snapshot
from reminderd.domain.notices import Notice
from reminderd.domain.reconcile import Knowledge
from reminderd.domain.rehearsal import plan_stretch
from reminderd.domain.workdays import local
from tests.casework import BORGER, LONG_AGO, POLICY, SHIPPED_RULES, VEJEN_FREM, planned, session, snapshot

WORDINGS = Wordings([shipped_folder("templates")])
COMPOSER = Composer(
    WORDINGS, Mailbox("afsender@kommune.example", "Påmindelser"), "kommune.example", b"x" * 32
)
YOUNG = replace(BORGER, foedselsdato=date(2003, 9, 1))


def notices(data: Snapshot) -> list[Notice]:
    decisions, _ = plan_stretch(
        data, POLICY, Knowledge({}, {}, LONG_AGO), date(2025, 12, 1), date(2026, 12, 31)
    )
    return [decision.notice for decision in decisions if decision.notice.recipient.mail]


def everything(beskyttelse: str = "ingen") -> list[Notice]:
    person = replace(YOUNG, beskyttelse=beskyttelse)
    meeting: list[Opfoelgning] = [planned(datetime(2026, 4, 2, 10))]  # noqa: DTZ001 - the contract's civil time
    activity = session(datetime(2026, 4, 16, 17))  # noqa: DTZ001 - the contract's civil time
    return [
        *notices(snapshot(borgere=[person])),
        *notices(snapshot(borgere=[person], forloeb=[VEJEN_FREM])),
        *notices(
            snapshot(borgere=[person], forloeb=[VEJEN_FREM], opfoelgninger=meeting, aktiviteter=[activity])
        ),
    ]


def promised(notice: Notice) -> set[str]:
    special = notice.template == "special-protection"
    names = {
        value.name for value in values_for("special_protection" if special else notice.key.deadline_kind)
    }
    return names - {value.name for value in ADDED_BY_COMPOSER} - {"data_pr"}


def test_every_shipped_rule_has_a_notice_in_this_test() -> None:
    assert {rule.name for rule in SHIPPED_RULES.rules} == {notice.key.rule for notice in everything()}


@pytest.mark.parametrize("beskyttelse", ["ingen", "navne_adresse", "saerlig"])
def test_the_domain_hands_over_exactly_the_values_that_wordings_were_promised(beskyttelse: str) -> None:
    for notice in everything(beskyttelse):
        assert promised(notice) == set(notice.facts), notice.template


@pytest.mark.parametrize("beskyttelse", ["ingen", "navne_adresse", "saerlig"])
def test_every_notice_of_a_year_becomes_a_mail(beskyttelse: str) -> None:
    for notice in everything(beskyttelse):
        data_pr = local(datetime(2026, 1, 1, 6))  # noqa: DTZ001 - the contract's civil time
        mail = COMPOSER.compose(notice, composed_at=notice.send_at, revision=None, data_pr=data_pr)
        assert notice.recipient.mail is not None
        assert f"To: {notice.recipient.mail}\r\n".encode() in mail.raw


@pytest.mark.parametrize("beskyttelse", ["navne_adresse", "saerlig"])
def test_a_protected_persons_initials_reach_no_wording(beskyttelse: str) -> None:
    assert {None} == {notice.facts["initialer"] for notice in everything(beskyttelse)}


def test_the_shipped_rules_and_wordings_pass_the_check() -> None:
    assert [] == check(WORDINGS, SHIPPED_RULES.rules)
