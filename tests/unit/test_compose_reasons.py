"""A mail about a calendar says what a deadline is about and why, in words for whoever reads it."""

from datetime import date, time
from string import Formatter

import pytest

from reminderd.cli.danish import PATTERNS
from reminderd.compose.filters import LANGUAGES, Language
from reminderd.compose.reasons import ABOUT, UNSAID, WHY, about, why
from reminderd.domain.notices import Fact
from reminderd.domain.rules import DEADLINE_KINDS
from reminderd.domain.words import say
from reminderd.domain.workdays import at
from tests.unit.compose_cases import KINDS, NO_RULES, facts, wordings

ADDED: dict[str, Fact] = {"kalenderfil": True, "raekke_til": None}


def fields(pattern: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(pattern) if name}


def test_every_reason_is_one_that_the_domain_gives_and_uses_only_what_it_holds() -> None:
    assert set() == (set(WHY) | UNSAID) - set(PATTERNS)
    assert [] == [
        pattern for pattern, said in WHY.items() for text in said.values() if fields(text) - fields(pattern)
    ]


def test_every_kind_is_one_of_the_domain() -> None:
    assert set() == set(ABOUT) - set(DEADLINE_KINDS)


def test_a_reason_is_said_with_its_day_in_full_and_an_unknown_one_is_left_out() -> None:
    held = say("the review was held on {day}", day=date(2026, 5, 11))
    assert why(held, "da") == "Opfølgningen blev holdt mandag den 11. maj 2026."
    assert why(held, "en") == "The follow-up was held on Monday 11 May 2026."
    assert why(say("the citizen has died"), "da") is None
    assert why("written in the ledger long ago", "da") is None
    assert about("activity", "da") is None


def shown(kind: str, language: Language, **changes: Fact) -> tuple[str, str]:
    wording = wordings(language).render(kind, {**facts(kind, "full"), **ADDED, **changes})
    return wording.subject, " ".join(str(block) for block in wording.paragraphs)


DEADLINE: dict[str, Fact] = {
    "aftale": "Frist for en beslutning", "hvad": "turns_18", "nu_dag": date(2026, 9, 30), "nu_start": None,
    "nu_slut": None, "nu_sted": None, "foer_dag": date(2026, 9, 28), "foer_start": None, "foer_slut": None,
    "foer_sted": None,
}  # fmt: skip


def test_a_moved_deadline_names_its_kind_the_reason_and_what_to_do() -> None:
    subject, text = shown("calendar-update", "da", ny=False, **DEADLINE)
    assert subject == "Ændret: Frist for en beslutning 30. september 2026 (sag 2026-000123)"
    assert "Det drejer sig om beslutningen om støtte efter 18 år." in text
    assert "Fristen er regnet ud igen" in text
    assert "Planlæg efter den nye dato." in text


def test_a_meeting_that_is_off_says_that_the_deadline_stands_and_a_new_one_is_needed() -> None:
    known = {**DEADLINE, "hvad": "review", "foer_start": at(date(2026, 9, 28), time(10)), "ny": False}
    _, text = shown("calendar-update", "da", **known)
    assert "Aftal et nyt møde inden da." in text


@pytest.mark.parametrize("kind", ["calendar-update", "calendar-cancel"])
def test_whoever_gets_news_of_an_activity_is_asked_to_pass_it_on(kind: str) -> None:
    told = "Sig det til dem, du er kontaktperson for."
    of_activities: dict[str, Fact] = {"hvad": "activity", "aktivitet": True, "ny": False, "aflyst": True}
    assert told in shown(kind, "da", **of_activities)[1]
    assert told not in shown(kind, "da", ny=False, aflyst=True)[1]
    assert told not in shown(kind, "da", **{**of_activities, "aflyst": False, "ny": True})[1]


def test_a_cancelled_deadline_says_why_and_that_nothing_else_is_to_be_done() -> None:
    gone = say("anbringelse_slut is missing")
    known = {"hvad": "placement_end", "hvorfor": gone, "foer_start": None, "aftale": "Planlagt hjemkomst"}
    subject, text = shown("calendar-cancel", "da", **known)
    assert subject == "Udgår: Planlagt hjemkomst 8. januar 2026 (sag 2026-000123)"
    assert "Det drejer sig om den dag, en anbringelse slutter." in text
    assert "Er det en fejl, så skriv den ind igen." in text
    assert "Du skal ikke gøre andet." in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_subject_about_a_calendar_is_longer_than_a_telephone_shows(language: Language) -> None:
    latest, known = date(2026, 9, 30), wordings(language)
    titles = {
        (known.calendar_title(kind, facts(kind, "full")), at(latest, time(10)) if "meeting" in kind else None)
        for kind, deadline in KINDS.items()
        if kind not in NO_RULES and deadline in {*ABOUT, "review_meeting"} and known.file(kind).calendar
    }
    assert len(titles) > 5
    for title, start in titles:
        same: dict[str, Fact] = {"aftale": title, "nu_dag": latest, "nu_start": start}
        same |= {"foer_dag": latest, "foer_start": start}
        subjects = {shown("calendar-update", language, ny=ny, **same)[0] for ny in (False, True)}
        subjects |= {shown("calendar-cancel", language, aflyst=off, **same)[0] for off in (False, True)}
        assert [] == [subject for subject in subjects if len(subject) > 70]
