"""Why a calendar entry goes, and what a deadline in a calendar is about, as a mail to staff says it.

The domain's reasons are sentences for operators; here each has one that a caseworker can act on. A reason
that has none is left out of the mail, never said as it stands. Knows no wording.
"""

from collections.abc import Mapping
from datetime import date

from reminderd.compose.filters import FILTERS, Language
from reminderd.domain.words import Words

# After "Det drejer sig om": what the kinds are whose title in the calendar is only a deadline.
ABOUT: Mapping[str, Mapping[Language, str]] = {
    "review": {"da": "opfølgning på en plan", "en": "the follow-up of a plan"},
    "course_limit": {
        "da": "den længste tid, et forløb må vare",
        "en": "the longest time that a course may last",
    },
    "exit_age": {"da": "aldersgrænsen for støtte", "en": "the age limit of support"},
    "planned_end": {"da": "den planlagte afslutning af et forløb", "en": "the planned end of a course"},
    "placement_end": {"da": "den dag, en anbringelse slutter", "en": "the day on which a placement ends"},
    "turns_18": {"da": "beslutningen om støtte efter 18 år", "en": "the decision on support after 18"},
    "plan_due": {"da": "en plan, der skal være klar", "en": "a plan that must be ready"},
}
_REMOVED: Mapping[Language, str] = {
    "da": "Datoen er fjernet fra sagssystemet. Er det en fejl, så skriv den ind igen.",
    "en": "The date was removed from the case system. If that is a mistake, enter it again.",
}
# By the domain's own pattern; a day in it is said in full.
WHY: Mapping[str, Mapping[Language, str]] = {
    "the course ended on {day}": {"da": "Forløbet sluttede {day}.", "en": "The course ended on {day}."},
    "the course is closed": {
        "da": "Forløbet er lukket i sagssystemet.",
        "en": "The course is closed in the case system.",
    },
    "the course is only a candidate": {
        "da": "Sagen er kun indstillet til forløbet.",
        "en": "The case has only been proposed for the course.",
    },
    "the course is paused": {"da": "Forløbet er sat på pause.", "en": "The course is paused."},
    "reviews do not run in phase {fase}": {
        "da": "Der følges ikke op i den fase, forløbet er i nu.",
        "en": "There is no follow-up in the phase that the course is in now.",
    },
    "phase 2 begins on {day}": {
        "da": "Fase 2 begynder først {day}.",
        "en": "Phase 2 does not begin until {day}.",
    },
    "told on case {sagsnr}": {
        "da": "Den unge har flere sager; datoen følges i sag {sagsnr}.",
        "en": "The young person has several cases; the date is followed in case {sagsnr}.",
    },
    "the young person has come home (phase {fase})": {
        "da": "Den unge er kommet hjem.",
        "en": "The young person has come home.",
    },
    "anbringelse_slut is missing": _REMOVED,
    "no end is planned": _REMOVED,
    "the placement ended on {day}": {
        "da": "Anbringelsen sluttede {day}.",
        "en": "The placement ended on {day}.",
    },
    "there is a plan": {"da": "Planen er registreret.", "en": "The plan is registered."},
    "the limit on {day} comes first": {
        "da": "Forløbet skal være slut {day}, og det er før.",
        "en": "The course must end by {day}, and that is earlier.",
    },
    "the birthday on {day} comes first": {
        "da": "Aldersgrænsen for støtte er {day}, og det er før.",
        "en": "The age limit of support is {day}, and that is earlier.",
    },
    "the meeting was removed from the case source": {
        "da": "Mødet er fjernet fra sagssystemet.",
        "en": "The meeting was removed from the case system.",
    },
    "nobody is on the list": {
        "da": "Der står ingen på listen i sagssystemet.",
        "en": "Nobody is on the list in the case system.",
    },
    "the review was held on {day}": {
        "da": "Opfølgningen blev holdt {day}.",
        "en": "The follow-up was held on {day}.",
    },
    "another date has taken its place": {
        "da": "En anden dato er trådt i stedet.",
        "en": "Another date has taken its place.",
    },
    "it is somebody else's now": {
        "da": "Du er ikke længere en af dem, der får den.",
        "en": "You are no longer one of those who get it.",
    },
    "it is read in another mailbox now": {
        "da": "Den læses nu i en anden postkasse.",
        "en": "It is now read in another mailbox.",
    },
    "it is wanted again, and entered anew": {
        "da": "Den er sat ind på ny.",
        "en": "It has been entered anew.",
    },
    "no rule puts it into calendars any more": {
        "da": "Den slags bliver ikke længere sat i kalendere.",
        "en": "Such dates are no longer put into calendars.",
    },
    "it concerns the case no more": {
        "da": "Det er ikke længere aktuelt i sagen.",
        "en": "It no longer concerns the case.",
    },
    "it is not in the series any more": {
        "da": "Den er ikke længere med i rækken af datoer.",
        "en": "It is no longer in the series of dates.",
    },
}
# Said by the mail itself, or to nobody.
UNSAID = frozenset({"the session is cancelled", "the sessions are cancelled", "the citizen has died"})


def about(kind: str, language: Language) -> str | None:
    """Return what a kind of deadline is about, or None where its title says so."""
    words = ABOUT.get(kind)
    return None if words is None else words[language]


def why(reason: str, language: Language) -> str | None:
    """Return a reason of the domain as a mail says it, or None for one that a mail does not say."""
    if not isinstance(reason, Words):
        return None
    words = WHY.get(reason.pattern)
    if words is None:
        return None
    said = FILTERS[language]["dato_lang"]
    facts = {name: said(fact) if isinstance(fact, date) else fact for name, fact in reason.facts.items()}
    return words[language].format(**facts)
