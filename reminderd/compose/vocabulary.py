"""What the domain's own words and codes are called in the language of a mail.

The domain names a plan, a role and a length of time in Danish and a line of an overview by a code;
here they become words. What is not in the vocabulary stays as it is, and so does everything that
people have written (a title, a place, a name). Knows no wording.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date

from reminderd.compose.filters import FILTERS, Language
from reminderd.compose.reasons import about, why
from reminderd.compose.values import Data
from reminderd.domain.notices import Fact, Line, StandIn

_PLANS = {
    "handleplanen": "the handleplan",
    "ungeplanen": "the ungeplan",
    "barnets plan": "the child's plan (barnets plan)",
    "den helhedsorienterede plan": "the helhedsorienteret plan",
}
_PEOPLE = {
    "sagsbehandleren": "the caseworker",
    "kontaktpersonen": "the contact person",
    "mentoren": "the mentor",
    "lederen": "the leader",
}
_UNITS = {
    "dag": "day",
    "dage": "days",
    "arbejdsdag": "working day",
    "arbejdsdage": "working days",
    "uge": "week",
    "uger": "weeks",
    "måned": "month",
    "måneder": "months",
}
_LENGTH = re.compile(r"(?P<count>\d+) (?P<unit>\w+)")
_AND = " og "
_AND_ENGLISH = " and "
# The kinds of deadline, as the middle of a line: the case, this, and the day.
KINDS: Mapping[str, Mapping[Language, str]] = {
    "frist": {"da": "frist ·", "en": "deadline ·"},  # all that is said under special protection
    "review": {"da": "opfølgning · frist", "en": "follow-up · due"},
    "review_meeting": {"da": "møde om opfølgning ·", "en": "follow-up meeting ·"},
    "course_limit": {"da": "forløbet skal være slut · senest", "en": "the course must end · by"},
    "course_end": {"da": "forløbet er afsluttet ·", "en": "the course has ended ·"},
    "exit_age": {"da": "aldersgrænsen for støtte ·", "en": "age limit of support ·"},
    "planned_end": {"da": "planlagt afslutning ·", "en": "planned end ·"},
    "placement_end": {"da": "anbringelsen slutter ·", "en": "the placement ends ·"},
    "intro_visit": {"da": "introduktionsbesøg · frist", "en": "introduction visit · due"},
    "turns_18": {
        "da": "beslutning om støtte efter 18 år · frist",
        "en": "decision on support after 18 · due",
    },
    "plan_due": {"da": "planen skal være klar · frist", "en": "the plan must be ready · due"},
    "activity": {"da": "aktivitet ·", "en": "activity ·"},
    "committee": {"da": "udvalgsmøde ·", "en": "committee meeting ·"},
    "committee_report": {"da": "tal til udvalgsmødet ·", "en": "figures for the committee ·"},
    "one_off": {"da": "mærkedag ·", "en": "date to note ·"},
}
# What is amiss in a case's data, to stand after the case and a colon.
FAULTS: Mapping[str, Mapping[Language, str]] = {
    "foedselsdato_mangler": {"da": "fødselsdato mangler", "en": "date of birth is missing"},
    "alder_uden_for": {"da": "alderen ligger uden for tilbuddet", "en": "age lies outside the offer"},
    "start_dato_mangler": {"da": "startdato mangler", "en": "start date is missing"},
    "fase2_dato_mangler": {"da": "startdato for fase 2 mangler", "en": "start date of phase 2 is missing"},
    "slut_foer_start": {"da": "slutdato før startdato", "en": "end date before start date"},
    "opfoelgning_i_fremtiden": {
        "da": "en afholdt opfølgning ligger i fremtiden",
        "en": "a follow-up that was held lies in the future",
    },
    "mangler_besoeg_anbringelsessted": {
        "da": "intet besøg på anbringelsesstedet",
        "en": "no visit where the young person is placed",
    },
    "mangler_besoeg_i_kommunen": {"da": "intet besøg i kommunen", "en": "no visit to the municipality"},
    "fase2_foer_start": {"da": "fase 2 før startdato", "en": "phase 2 before start date"},
    "ingen_sagsbehandler": {"da": "ingen sagsbehandler", "en": "no caseworker"},
    "sagsbehandler_uden_mail": {
        "da": "sagsbehandleren kan ikke få mail",
        "en": "the caseworker cannot be mailed",
    },
    "ingen_kontaktperson": {"da": "ingen kontaktperson", "en": "no contact person"},
    "fraflyttet": {"da": "borgeren er fraflyttet", "en": "the citizen has moved away"},
    "flere_forloeb": {"da": "flere åbne forløb på samme tid", "en": "several open courses at once"},
    "moede_uden_klokkeslaet": {
        "da": "et planlagt møde mangler klokkeslæt",
        "en": "a planned meeting has no time of day",
    },
    "uden_klokkeslaet": {"da": "aktiviteten mangler klokkeslæt", "en": "the activity has no time of day"},
    "delt_mail": {
        "da": "borgerens mailadresse er også en andens",
        "en": "the citizen's mail address is somebody else's too",
    },
    "slut_dato_fjernet": {
        "da": "slutdatoen er fjernet, og ingen genåbning er registreret",
        "en": "the end date was removed, and no reopening is registered",
    },
    "slut_planlagt_fjernet": {"da": "den planlagte slutdato er fjernet", "en": "the planned end was removed"},
    "anbringelse_slut_fjernet": {
        "da": "datoen for anbringelsens ophør er fjernet",
        "en": "the date on which the placement ends was removed",
    },
    "mail_kommer_retur": {"da": "mail hertil kommer retur", "en": "mail to it comes back"},
    "borgers_mail_kommer_retur": {
        "da": "mail til borgeren kommer retur",
        "en": "mail to the citizen comes back",
    },
    "flere": {"da": "flere, som ikke er vist her", "en": "more, which are not shown here"},
    "kort_mellemrum": {"da": "kort tid siden det forrige forløb", "en": "shortly after the previous course"},
}
# What somebody answered to an invitation, after the kind of deadline, a slash between them.
ANSWERS: Mapping[str, Mapping[Language, str]] = {
    "accepted": {"da": "kommer", "en": "is coming"},
    "declined": {"da": "kommer ikke", "en": "is not coming"},
    "tentative": {"da": "kommer måske", "en": "may be coming"},
}
# What became of a notice that was not sent, or not as it should be; in the same place.
UNSENT: Mapping[str, Mapping[Language, str]] = {
    "held": {"da": "tilbageholdt", "en": "held"},
    "unknown": {"da": "uvist, om den nåede frem", "en": "may or may not have arrived"},
    "failed": {"da": "afvist af mailserveren", "en": "refused by the mail server"},
    "lapsed": {"da": "ikke sendt, mens den var til nytte", "en": "not sent while it was of use"},
    "replaced": {"da": "sendt uden detaljer", "en": "sent without details"},
    "calendar_left_out": {"da": "sendt uden kalenderdel", "en": "sent without its calendar part"},
}
_OVERVIEW: Mapping[Language, str] = {"da": "ugeoversigt ·", "en": "weekly overview ·"}
# The list it stands in says the rest.
CASE_ALONE = frozenset({"kontakt"})


def worded(facts: Mapping[str, Fact], language: Language) -> dict[str, Data]:
    """Return the facts in ``language``: known Danish values translated, lines of an overview as text."""
    return {name: _value(name, value, language) for name, value in facts.items()}


def _value(name: str, value: Fact, language: Language) -> Data:
    if isinstance(value, tuple):
        return tuple(_item(item, language) for item in value)
    if isinstance(value, str) and name in _BOTH:
        return _BOTH[name](value, language)
    if isinstance(value, str) and language == "en" and name in _ENGLISH:
        return _ENGLISH[name](value)
    return value


def _item(item: str | Line | StandIn | date, language: Language) -> str:
    match item:
        case Line():
            return _line(item, language)
        case StandIn():
            return _stand_in(item, language)
        case date():
            return str(FILTERS[language]["dato_lang"](item))
        case _:
            return item


def _stand_in(item: StandIn, language: Language) -> str:
    name, number = item.navn, item.antal
    until = None if item.til is None else FILTERS[language]["dato_kort"](item.til)
    if language == "da":
        period = "indtil videre" if until is None else f"til og med {until}"
        whose = f"{name}'" if name[-1:] in "sxz" else f"{name}s"
        return f"{name} {period}. {number} af linjerne hører til {whose} sager."
    period = "until further notice" if until is None else f"until {until}"
    return (
        f"{name} {period}. {number} of the lines {'belongs' if number == 1 else 'belong'} to {name}'s cases."
    )


def _line(line: Line, language: Language) -> str:
    if line.what in CASE_ALONE:
        return line.sagsnr
    if line.day is None:
        fault = FAULTS.get(line.what)
        return f"{line.sagsnr}: {fault[language] if fault else line.what}"
    what, _, answer = line.what.partition("/")
    kind = KINDS.get(what)
    said = kind[language] if kind else f"{what} ·"
    if what == "digest":
        said = _OVERVIEW[language]
    ends = ANSWERS.get(answer) or UNSENT.get(answer)
    end = f" · {ends[language]}" if ends else ""
    return f"{line.sagsnr} · {said} {FILTERS[language]['dato_kort'](line.day)}{end}"


def _plan(name: str) -> str:
    return _PLANS.get(name, name)


def _people(names: str) -> str:
    return _AND_ENGLISH.join(_PEOPLE.get(name, name) for name in names.split(_AND))


def _length(length: str) -> str:
    parts = [_LENGTH.fullmatch(part) for part in length.split(_AND)]
    known = [f"{part['count']} {_UNITS[part['unit']]}" for part in parts if part and part["unit"] in _UNITS]
    return _AND_ENGLISH.join(known) if len(known) == len(parts) else length


_BOTH: Mapping[str, Callable[[str, Language], str | None]] = {"hvad": about, "hvorfor": why}
_ENGLISH: Mapping[str, Callable[[str], str]] = {
    "plannavn": _plan,
    "de_andre_roller": _people,
    "maks_tekst": _length,
    "varsel_tekst": _length,
    "varighed_tekst": _length,
}
