"""What a rule's mails may say: by default little, more with a reason alone, and the rest is out of reach."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from reminderd.cli import main_group
from reminderd.compose.checking import check
from reminderd.compose.readback import decoded, read_back
from reminderd.compose.samples import BY_DEADLINE, COMMON, YOUTH, YOUTH_COMMON
from reminderd.compose.wording import Wordings
from reminderd.compose.wordingfile import FLEETING, NOT_IN_SUBJECTS, PERSONAL, load_wording
from reminderd.config.rulebook import load_rules
from reminderd.domain.fields import BY_DEFAULT, WITH_A_REASON, shown_facts
from reminderd.domain.notices import Fact, Notice
from reminderd.domain.reconcile import Knowledge, plan_today
from reminderd.domain.rules import Rule
from reminderd.domain.workdays import at
from reminderd.errors import ConfigurationError, WordingError
from tests.casework import LONG_AGO, POLICY, SHIPPED_RULES, VEJEN_FREM, session, snapshot
from tests.unit.compose_cases import (
    DATA_PR,
    KINDS,
    SENT,
    TEMPLATES,
    composer,
    notice,
    revision_of,
)
from tests.unit.compose_cases import (
    YOUTH as YOUTH_KINDS,
)

UPKEEP = ("calendar_update", "calendar_cancel")
MORNING = at(datetime(2026, 4, 15).date(), datetime(2026, 4, 15, 9).time())


def told(rules: tuple[Rule, ...]) -> list[Notice]:
    book = replace(SHIPPED_RULES, rules=rules)
    data = snapshot(forloeb=[VEJEN_FREM], aktiviteter=[session(datetime(2026, 4, 16, 17))])
    plan = plan_today(data, replace(POLICY, book=book), Knowledge({}, {}, LONG_AGO), MORNING)
    return [one.notice for one in plan.decisions if one.notice.key.deadline_kind == "activity"]


def activity_rules(**changes: object) -> tuple[Rule, ...]:
    chosen = (rule for rule in SHIPPED_RULES.rules if rule.name.startswith("activity-") and rule.enabled)
    return tuple(replace(rule, **changes) for rule in chosen)  # type: ignore[arg-type]


def test_every_value_is_said_by_default_or_with_a_reason() -> None:
    values = {value.name for kind, each in BY_DEADLINE.items() if kind not in UPKEEP for value in each}
    values |= {value.name for kind, each in YOUTH.items() if kind not in UPKEEP for value in each}
    values |= {value.name for value in (*COMMON, *YOUTH_COMMON)} - {"kalenderfil", "raekke_til", "data_pr"}
    assert values == BY_DEFAULT | set(WITH_A_REASON)
    assert set() == BY_DEFAULT & set(WITH_A_REASON)


def test_a_fact_that_nobody_has_listed_reaches_no_wording() -> None:
    facts: dict[str, Fact] = {"sagsnr": "2026-000123", "navn": "Gulvinge", "titel": "Fællesspisning"}
    assert {"sagsnr": "2026-000123"} == shown_facts(facts, ())
    assert {"sagsnr", "titel"} == shown_facts(facts, ("titel",)).keys()


def test_a_rule_that_shows_neither_title_nor_place_hands_over_neither() -> None:
    silent = told(activity_rules(shows={}))
    assert silent
    for one in silent:
        assert one.occasion is not None
        assert set() == {"titel", "sted"} & set(one.facts)
        assert (None, "") == (one.occasion.location, one.occasion.title)


def test_a_rule_that_shows_them_hands_them_over() -> None:
    for one in told(activity_rules()):
        assert {"titel", "sted"} <= set(one.facts)


def test_a_wording_that_wants_what_its_rule_does_not_show_is_refused_with_the_cure() -> None:
    found = check(Wordings([TEMPLATES]), activity_rules(shows={}), SHIPPED_RULES.shows)
    missing = "write shows = { titel = 'why it is said' } into the rule, or under [shows] for all"
    assert missing in {problem.cure for problem in found}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("shows = { titel = 'so' }", "why mails may say 'titel' takes a few words"),
        ("shows = { cpr = 'we would like to' }", "'cpr' is nothing that needs a reason"),
    ],
)
def test_a_reason_is_words_and_for_something_that_there_is(tmp_path: Path, line: str, what: str) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(
        "[[rule]]\nname = 'a'\ndeadline = 'activity'\nstage = 'a'\nwhen = 'on the day'\n"
        f"roles = ['kontaktperson']\ntemplate = 'a'\n{line}\n"
    )
    with pytest.raises(ConfigurationError) as refused:
        load_rules(rules)
    assert what in str(refused.value.problems[0])


def test_two_rules_that_write_the_same_entry_show_alike(tmp_path: Path) -> None:
    shipped = (TEMPLATES.parent / "config" / "rules.toml").read_text(encoding="utf-8")
    parts = shipped.split('name = "activity-reminder"')
    line = next(line for line in parts[1].splitlines() if line.startswith("shows = "))
    rules = tmp_path / "rules.toml"
    rules.write_text(
        'name = "activity-reminder"'.join((parts[0], parts[1].replace(line, "", 1))), encoding="utf-8"
    )
    with pytest.raises(ConfigurationError, match="titel is shown by activity-invitation alone"):
        load_rules(rules)


def test_check_prints_each_reason(tmp_path: Path) -> None:
    config = tmp_path / "reminderd.toml"
    config.write_text(
        "source.url = 'csv:.'\nrelay.url = 'eml:mail'\nsender.mail = 'p@kommune.example'\n"
        "installation.domain = 'r.kommune.example'\nprivacy.recipient_domains = ['kommune.example']\n"
    )
    said = CliRunner().invoke(main_group, ["--config", str(config), "check"]).output
    assert "says more: review-meeting: sted, because: it is where to meet\n" in said
    assert 1 == said.count("stedfortraeder_for")


@pytest.mark.parametrize("value", sorted(NOT_IN_SUBJECTS))
@pytest.mark.parametrize("header", ["Emne: {{ VALUE }}\n", "Emne: x\nKalender: {{ VALUE }}\n"])
def test_no_text_gets_initials_or_a_name_into_a_subject_or_a_calendar(
    tmp_path: Path, header: str, value: str
) -> None:
    path = tmp_path / "da.txt"
    path.write_text(f"{header.replace('VALUE', value)}\nTekst\n", encoding="utf-8")
    with pytest.raises(WordingError, match="others may see it"):
        load_wording(path)


def test_nor_are_they_in_reach_where_a_text_was_not_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "da.txt"
    path.write_text("Emne: {{ sagsnr }}\nKalender: {{ sagsnr2 }}\n\nTekst\n", encoding="utf-8")
    file = load_wording(path)
    values = dict.fromkeys(PERSONAL | FLEETING, "Gulvinge") | {"sagsnr2": "x"}
    assert "Gulvinge" == file.heading(file.subject, "Emne", values)  # the case's number alone may stand there
    with pytest.raises(WordingError):
        file.heading(file.subject, "Kalender", values)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_initials_and_names_stand_in_no_subject_calendar_or_file_name(kind: str) -> None:
    """Over every wording, in both languages."""
    one = notice(kind)
    words = {name: f"Kanarie{name.replace('_', '')}" for name in NOT_IN_SUBJECTS & set(one.facts)}
    words.pop("stedfortraedelser", None)
    planted = replace(one, facts={**one.facts, **words})
    for language in ("da", "en"):
        composed = composer(language).compose(  # type: ignore[arg-type]
            planted, composed_at=SENT, revision=revision_of(planted), data_pr=DATA_PR
        )
        mail = read_back(composed.raw)
        headers = "\n".join(decoded(value) for _, value in mail.headers)
        calendar = mail.reading("text/calendar")
        names = [part.filename or "" for part in mail.files]
        for place in (headers, calendar.text if calendar else "", *names):
            assert "kanarie" not in place.lower()
    assert words or kind in YOUTH_KINDS or "sagsnr" in one.facts
