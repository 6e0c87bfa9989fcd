"""Who sees the lines of a case in the weekly overviews, so that there is always somebody. Pure.

A line that stands only in the overview of somebody who cannot be mailed, or who is away and nobody reads for
her, has told nobody. So the people of a case are asked whether they are reached at all; where no caseworker
and no contact person is, the leader sees the whole case, and where she is not reached either, the operator.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from reminderd.domain.deadlines import Case
from reminderd.domain.recipients import Directory

OPERATOR = ""  # the operator's list among members of staff, whose ids are never empty


@dataclass(frozen=True, slots=True)
class Readers:
    """Whose overviews a case's lines belong in, by medarbejder_id or ``OPERATOR``.

    ``everybody`` sees all of it; ``workers`` and ``contacts`` are the caseworkers and the contact persons
    among them, ``leaders`` who sees what nobody else would act on, and ``operators`` who sees what those in
    charge cannot judge or mend.
    """

    everybody: tuple[str, ...]
    workers: tuple[str, ...]
    contacts: tuple[str, ...]
    leaders: tuple[str, ...]
    operators: tuple[str, ...]


def readers_of(case: Case, directory: Directory, on: date | None = None) -> Readers:
    """Return who sees the lines of a case, by the roles held on a day; today where none is given."""
    workers, contacts, mentors, leaders = (
        directory.holders(case, role, on) for role in ("sagsbehandler", "kontaktperson", "mentor", "leder")
    )
    in_charge = _reached((*workers, *contacts), directory)
    leading = _reached(leaders, directory)
    last = leading or (OPERATOR,)
    stand_ins = () if in_charge else last
    return Readers(
        everybody=tuple(dict.fromkeys((*workers, *contacts, *mentors, *stand_ins))),
        workers=tuple(workers) if _reached(workers, directory) else tuple(dict.fromkeys((*workers, *last))),
        contacts=tuple(dict.fromkeys((*contacts, *stand_ins))),
        leaders=last,
        operators=(OPERATOR,) if directory.operators else leading or in_charge or (OPERATOR,),
    )


def _reached(people: Iterable[str], directory: Directory) -> tuple[str, ...]:
    """Return those whose overview is read this week: by themselves, or by who stands in for them."""
    return tuple(
        who
        for who in dict.fromkeys(people)
        if directory.can_be_mailed(who) and (not directory.away(who) or directory.reader_for(who) is not None)
    )
