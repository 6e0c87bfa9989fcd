"""What happens to the cases of a small invented house: closed, moved, handed over, lost, found, protected."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from reminderd.domain.cases import Forloeb, Snapshot
from tests.casework import on_case
from tests.installation import courses

COURSES = 6


def first_cases(today: date, chance: Random) -> Snapshot:
    """Return § 82 b courses some of which reach their 18th week within the month."""
    return courses(*(today - timedelta(days=chance.randrange(90, 140)) for _ in range(COURSES)))


def change(data: Snapshot, whole: Snapshot, today: date, chance: Random) -> tuple[Snapshot, str]:
    """Return the cases after one more thing has happened, and what it was.

    ``whole`` holds every case there ever was: one that was not delivered may come again.
    """
    forloeb = chance.choice(list(data.forloeb.values()))
    what: Callable[[Snapshot, Forloeb, date, Random], tuple[Snapshot, str]] = chance.choice(_CHANGES)
    if chance.random() < _AGAIN or len(data.forloeb) == 1:
        return replace(data, forloeb=whole.forloeb | data.forloeb), "every case is delivered"
    return what(data, forloeb, today, chance)


_AGAIN = 0.15


def _closes(data: Snapshot, row: Forloeb, today: date, _: Random) -> tuple[Snapshot, str]:
    return _with(data, replace(row, status="afsluttet", slut_dato=today)), f"{row.forloeb_id} closed"


def _reopens(data: Snapshot, row: Forloeb, _: date, __: Random) -> tuple[Snapshot, str]:
    return _with(data, replace(row, status="aktiv", slut_dato=None)), f"{row.forloeb_id} open"


def _moves(data: Snapshot, row: Forloeb, _: date, chance: Random) -> tuple[Snapshot, str]:
    start = row.start_dato + timedelta(days=chance.randrange(-20, 20))
    return _with(data, replace(row, start_dato=start)), f"{row.forloeb_id} began {start}"


def _is_handed_over(data: Snapshot, row: Forloeb, _: date, chance: Random) -> tuple[Snapshot, str]:
    name, who = row.forloeb_id, chance.choice(["m1", "m2"])
    roles = data.tilknytninger | {name: (on_case(who, "sagsbehandler", forloeb_id=name),)}
    return replace(data, tilknytninger=roles), f"{name} is {who}'s"


def _changes_mailbox(data: Snapshot, _: Forloeb, __: date, chance: Random) -> tuple[Snapshot, str]:
    mail = f"anne{chance.randrange(3)}@kommune.example"
    staff = data.medarbejdere | {"m1": replace(data.medarbejdere["m1"], mail=mail)}
    return replace(data, medarbejdere=staff), f"m1 has {mail}"


def _vanishes(data: Snapshot, row: Forloeb, _: date, __: Random) -> tuple[Snapshot, str]:
    left = {name: each for name, each in data.forloeb.items() if name != row.forloeb_id}
    return replace(data, forloeb=left), f"{row.forloeb_id} is not delivered"


def _is_protected(data: Snapshot, row: Forloeb, _: date, __: Random) -> tuple[Snapshot, str]:
    who = data.borgere[row.borger_id]
    now = "adresse" if who.beskyttelse == "ingen" else "ingen"
    people = data.borgere | {who.borger_id: replace(who, beskyttelse=now)}
    return replace(data, borgere=people), f"{row.forloeb_id} has protection: {now}"


# Protection twice: it comes and goes, and only its coming can be disregarded.
_CHANGES = (
    _closes, _reopens, _moves, _is_handed_over, _changes_mailbox, _vanishes, _is_protected, _is_protected,
)  # fmt: skip


def _with(data: Snapshot, row: Forloeb) -> Snapshot:
    return replace(data, forloeb=data.forloeb | {row.forloeb_id: row})
