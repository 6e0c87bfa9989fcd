"""What is amiss in a case's data, as codes that a wording puts into words. Pure.

These are not rows that the door rejected; they are rows that are well formed and cannot be right, or
leave somebody without help. The person in charge is told once a week.
"""

from datetime import date, time, timedelta

from reminderd.domain.cases import Forloeb
from reminderd.domain.deadlines import Case, ended
from reminderd.domain.recipients import Directory
from reminderd.domain.rules import RuleBook
from reminderd.domain.told_ends import NOTHING_TOLD, ToldEnds
from reminderd.domain.workdays import Workdays, birthday

_YOUNGEST = 16
_WITHOUT_CONTACT_PERSON = 5  # working days
_SHORT_GAP = timedelta(days=28)


# What the person in charge cannot judge or mend: whether somebody belongs to the offer at all, what another
# case holds, and what somebody has taken out of the source. They are the operator's, who knows the data.
FOR_THE_OPERATOR = frozenset(
    {
        "alder_uden_for",
        "delt_mail",
        "slut_dato_fjernet",
        "slut_planlagt_fjernet",
        "anbringelse_slut_fjernet",
    }
)


def faults(
    case: Case, book: RuleBook, directory: Directory, workdays: Workdays, told: ToldEnds = NOTHING_TOLD
) -> list[str]:
    """Return the codes of what is amiss in a running course, as of the directory's day.

    ``told`` is what was told of ends that people entered: the source itself keeps no history.
    """
    as_of, others = directory.day, case.others
    forloeb, borger = case.forloeb, case.borger
    if ended(forloeb, borger, as_of, candidates=True) is not None:
        return []
    workers = directory.holders(case, "sagsbehandler")
    ahead = forloeb.start_dato is not None and forloeb.start_dato > as_of
    of_age = forloeb.tilbud in book.exit_age.tilbud
    found = {
        "foedselsdato_mangler": of_age and borger.foedselsdato is None,
        "alder_uden_for": of_age and _outside_age(case, book, as_of),
        "start_dato_mangler": forloeb.start_dato is None and forloeb.status in ("aktiv", "pause"),
        "fase2_dato_mangler": forloeb.fase in book.review.phases and forloeb.fase2_dato is None,
        "slut_foer_start": None not in (forloeb.start_dato, forloeb.slut_dato)
        and forloeb.slut_dato < forloeb.start_dato,  # type: ignore[operator]
        "fase2_foer_start": None not in (forloeb.start_dato, forloeb.fase2_dato)
        and forloeb.fase2_dato < forloeb.start_dato,  # type: ignore[operator]
        "opfoelgning_i_fremtiden": any(
            row.status == "afholdt" and row.afholdt_dato is not None and row.afholdt_dato > as_of
            for row in case.opfoelgninger
        ),
        "ingen_kontaktperson": of_age and _long_without_contact_person(case, as_of, workdays),
        # One who takes over when the course begins is nobody missing.
        "ingen_sagsbehandler": not workers and not ahead,
        "sagsbehandler_uden_mail": any(not directory.can_be_mailed(who) for who in workers),
        "fraflyttet": borger.fraflyttet_dato is not None and borger.fraflyttet_dato <= as_of,
        "flere_forloeb": any(ended(other, borger, as_of) is None for other in others),
        "moede_uden_klokkeslaet": any(
            row.status == "planlagt"
            and row.planlagt_tid is not None
            and row.planlagt_tid.time() == time(0)
            and row.planlagt_tid.date() >= as_of
            for row in case.opfoelgninger
        ),
        "delt_mail": directory.shares_a_mailbox(borger),
        "slut_dato_fjernet": _end_taken_back(case, book, told),
        "slut_planlagt_fjernet": forloeb.slut_planlagt is None
        and _still_ahead(told.days("planned_end", case, book), as_of),
        "anbringelse_slut_fjernet": forloeb.anbringelse_slut is None
        and forloeb.fase == 1
        and _still_ahead(told.days("placement_end", case, book), as_of),
        "kort_mellemrum": any(_follows_closely(forloeb, other) for other in others),
    }
    return [code for code, amiss in found.items() if amiss]


def _outside_age(case: Case, book: RuleBook, as_of: date) -> bool:
    born = case.borger.foedselsdato
    if born is None:
        return False
    leap = book.exit_age.leap_birthday
    return not birthday(born, _YOUNGEST, leap) <= as_of < birthday(born, book.exit_age.age, leap)


def _end_taken_back(case: Case, book: RuleBook, told: ToldEnds) -> bool:
    """Tell whether a course that was told to have ended runs on, and nobody has said that it was reopened."""
    forloeb = case.forloeb
    ends = told.days("course_end", case, book)
    reopened = forloeb.genaabnet_dato
    return bool(ends) and forloeb.slut_dato is None and (reopened is None or reopened <= max(ends))


def _still_ahead(days: list[date], as_of: date) -> bool:
    return any(day >= as_of for day in days)


def _long_without_contact_person(case: Case, as_of: date, workdays: Workdays) -> bool:
    """Tell whether nobody has been the contact person for more than five working days (V4)."""
    rows = [row for row in case.tilknytninger if row.rolle == "kontaktperson" and row.fra_dato <= as_of]
    if any(row.til_dato is None or row.til_dato >= as_of for row in rows):
        return False
    last = [row.til_dato for row in rows if row.til_dato is not None]
    since = max(last) if last else case.forloeb.start_dato
    return since is not None and workdays.add(since, _WITHOUT_CONTACT_PERSON) < as_of


def _follows_closely(forloeb: Forloeb, other: Forloeb) -> bool:
    """Tell whether a course began less than four weeks after another one ended (F1)."""
    if forloeb.start_dato is None or other.slut_dato is None:
        return False
    return timedelta(0) <= forloeb.start_dato - other.slut_dato < _SHORT_GAP
