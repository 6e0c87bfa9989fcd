"""What the domain hands over is what the wordings were promised, for every shipped rule."""

from dataclasses import replace
from datetime import date, datetime
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from reminderd.cli import main_group
from reminderd.compose.checking import check
from reminderd.compose.composer import Composer
from reminderd.compose.filters import LANGUAGES, Language
from reminderd.compose.invite import Mailbox
from reminderd.compose.samples import ADDED_BY_COMPOSER, values_for
from reminderd.compose.vocabulary import FAULTS
from reminderd.compose.wording import Wordings
from reminderd.config.shipped import shipped_folder
from reminderd.domain.cases import Moede, Opfoelgning, Snapshot
from reminderd.domain.fields import WITH_A_REASON
from reminderd.domain.notices import Notice
from reminderd.domain.reconcile import Knowledge
from reminderd.domain.rehearsal import plan_stretch
from reminderd.domain.rules import OneOff, PlannedEndParameters
from reminderd.domain.workdays import local
from reminderd.errors import EXIT_CONFIGURATION
from tests.casework import (
    BORGER,
    FORLOEB,
    LONG_AGO,
    POLICY,
    SHIPPED_RULES,
    VEJEN_FREM,
    planned,
    session,
    snapshot,
)

WORDINGS = {language: Wordings([shipped_folder("templates")], language) for language in LANGUAGES}
COMPOSERS = [
    Composer(wordings, Mailbox("afsender@kommune.example", "Påmindelser"), "kommune.example", b"x" * 32)
    for wordings in WORDINGS.values()
]
YOUNG = replace(BORGER, foedselsdato=date(2003, 9, 1), mail="ung@privat.example", mail_samtykke=True)
CONFIGURATION = """
[source]
url = "csv:cases"
[relay]
url = "eml:mails"
[sender]
mail = "paamindelser@kommune.example"
[installation]
domain = "reminderd.kommune.example"
[privacy]
recipient_domains = ["kommune.example"]
[rules]
file = "rules.toml"
[templates]
dir = "texts"
"""
ALMOST_18 = replace(BORGER, foedselsdato=date(2008, 12, 1))
# Every shipped rule, those that are off and the weekly overview included, and one date to note.
EVERY_RULE = replace(
    SHIPPED_RULES,
    rules=tuple(replace(rule, enabled=True) for rule in SHIPPED_RULES.rules),
    planned_end=PlannedEndParameters(tilbud=("VEJEN_FREM", "SEL_82B")),
    one_off=(OneOff(name="projekt", titel="Projektet slutter", dag=date(2026, 4, 2), enhed_id="e1"),),
)


def notices(data: Snapshot) -> list[Notice]:
    decisions, _ = plan_stretch(
        data,
        replace(POLICY, book=EVERY_RULE, citizen_mail=True),
        Knowledge({}, {}, LONG_AGO),
        date(2025, 12, 1),
        date(2026, 12, 31),
    )
    return [decision.notice for decision in decisions if decision.notice.recipient.mail]


@cache
def everything(beskyttelse: str = "ingen") -> list[Notice]:
    person = replace(YOUNG, beskyttelse=beskyttelse)
    younger = replace(ALMOST_18, beskyttelse=beskyttelse)
    meeting: list[Opfoelgning] = [planned(datetime(2026, 4, 2, 10))]
    activity = session(datetime(2026, 4, 16, 17), ansvarlig_id="m2")
    committee = Moede("1", "eftervaernsudvalg", datetime(2026, 4, 16, 13), "Rådhuset", "e1")
    report = Moede("2", "fagudvalg", datetime(2026, 4, 14, 17), "Rådhuset", "e1")
    placed = replace(VEJEN_FREM, fase=1, fase2_dato=None, anbringelse_slut=date(2026, 12, 1))
    cases = [
        snapshot(borgere=[person]),
        snapshot(borgere=[person], forloeb=[replace(FORLOEB, slut_planlagt=date(2026, 4, 10))]),
        snapshot(borgere=[person], forloeb=[VEJEN_FREM]),
        snapshot(borgere=[person], forloeb=[VEJEN_FREM], opfoelgninger=meeting, aktiviteter=[activity]),
        snapshot(borgere=[person], forloeb=[replace(VEJEN_FREM, slut_planlagt=date(2026, 8, 1))]),
        snapshot(
            borgere=[person], forloeb=[replace(FORLOEB, slut_dato=date(2026, 3, 4), status="afsluttet")]
        ),
        snapshot(borgere=[younger], forloeb=[placed]),
        snapshot(borgere=[younger], forloeb=[replace(placed, status="kandidat")], moeder=(committee, report)),
    ]
    return [notice for data in cases for notice in notices(data)]


def promised(notice: Notice) -> set[str]:
    special = notice.template == "special-protection"
    deadline = "special_protection" if special else notice.key.deadline_kind
    names = {value.name for value in values_for(deadline, youth=notice.recipient.role == "ung")}
    # What needs a reason is handed over where the rule has one.
    shown = next(rule.shows for rule in SHIPPED_RULES.rules if rule.name == notice.key.rule)
    names -= {name for name in WITH_A_REASON if name not in shown}
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
        data_pr = local(datetime(2026, 1, 1, 6))
        for composer in COMPOSERS:
            mail = composer.compose(notice, composed_at=notice.send_at, revision=None, data_pr=data_pr)
            assert f"To: {notice.recipient.mail}\r\n".encode() in mail.raw


@pytest.mark.parametrize("beskyttelse", ["navne_adresse", "saerlig"])
def test_a_protected_persons_initials_reach_no_wording(beskyttelse: str) -> None:
    assert {None} == {notice.facts.get("initialer") for notice in everything(beskyttelse)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_shipped_rules_and_wordings_pass_the_check(language: Language) -> None:
    assert [] == check(WORDINGS[language], SHIPPED_RULES.rules, SHIPPED_RULES.shows)


def test_every_fault_that_the_overview_names_is_said_in_words() -> None:
    named = {
        line.what
        for notice in everything()
        for line in notice.facts.get("mangler_i_data") or ()  # type: ignore[union-attr]
    }
    assert named
    assert set() == named - set(FAULTS)


def test_a_fault_in_the_rules_hides_no_fault_in_the_wordings_of_the_others(tmp_path: Path) -> None:
    rules = (shipped_folder("config") / "rules.toml").read_text(encoding="utf-8")
    wrong = rules.replace('name = "review-plan"', 'name = "review-plan"\nwhne = "soon"')
    (tmp_path / "rules.toml").write_text(wrong, encoding="utf-8")
    for kind, text in (("exit-30-days", "Emne: {{ aldr }}\n\nTekst.\n"), ("mine", "Emne: Min\n\nTekst.\n")):
        (tmp_path / "texts" / kind).mkdir(parents=True)
        (tmp_path / "texts" / kind / "da.txt").write_text(text, encoding="utf-8")
    config = tmp_path / "reminderd.toml"
    config.write_text(CONFIGURATION, encoding="utf-8")
    answer = CliRunner().invoke(main_group, ["--config", str(config), "check"])
    assert EXIT_CONFIGURATION == answer.exit_code
    assert "whne: unknown key (did you mean" in answer.output
    assert "there is no value 'aldr' for this kind (did you mean 'alder'" in answer.output
    # A rule that cannot be read may use it.
    assert "no rule uses this wording" not in answer.output
