"""What came back to the service mailbox, as lines of the weekly overviews. Pure.

Whoever is in charge hears of the week's answers, by case, occasion and date, without a name; leader and
operator of addresses whose mail comes back, for as long as the case source has them. Mail goes on being
sent to such an address: nothing that came back changes who is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from reminderd.domain.answers import Answer, FailingAddress
from reminderd.domain.cases import Snapshot
from reminderd.domain.deadlines import case_of, ended
from reminderd.domain.notices import Line
from reminderd.domain.readers import OPERATOR, readers_of
from reminderd.domain.recipients import Directory
from reminderd.domain.workdays import civil_day

_WEEK = timedelta(days=7)
STANDS_IN_OVERVIEWS = 3 * _WEEK
"""For how long after it was noted an answer can be wanted for an overview, with some days to spare."""


@dataclass(frozen=True, slots=True)
class CameBack:
    """The newest answers to invitations, and the addresses that fail."""

    answers: tuple[Answer, ...] = ()
    failing: tuple[FailingAddress, ...] = ()


NOTHING_CAME_BACK = CameBack()


def answered(snapshot: Snapshot, directory: Directory, came_back: CameBack) -> Iterator[tuple[str, Line]]:
    """Yield the answers noted in the ISO week before, each with the medarbejder_id of who is in charge.

    Nobody is told of her own answers, and nothing is said under special protection.
    """
    monday = directory.day - timedelta(days=directory.day.weekday())
    for answer in came_back.answers:
        if monday - _WEEK <= civil_day(answer.noted_at) < monday:
            day = answer.occurrence or answer.deadline_date
            line = Line(_name_of(answer), f"{answer.deadline_kind}/{answer.partstat}", day)
            for who in _in_charge(snapshot, directory, answer.subject):
                if answer.recipient_id != f"medarbejder:{who}":
                    yield who, line


def returned(snapshot: Snapshot, directory: Directory, came_back: CameBack) -> Iterator[tuple[str, Line]]:
    """Yield the addresses that fail and are still in the case source, with who is to see to them.

    That is a medarbejder_id or ``OPERATOR``. A citizen's address is said as the case's number, to the
    caseworker alone.
    """
    failing = {address.mail for address in came_back.failing}
    if not failing:
        return
    staff = [(row.mail, row.enhed_id) for row in snapshot.medarbejdere.values() if row.aktiv]
    shared = [(row.faelles_mail, row.enhed_id) for row in snapshot.enheder.values()]
    for mail, enhed_id in (*staff, *shared):
        if mail is not None and mail.lower() in failing:
            line = Line(mail, "mail_kommer_retur")
            yield OPERATOR, line
            unit = None if enhed_id is None else snapshot.enheder.get(enhed_id)
            if unit is not None and unit.leder_id is not None:
                yield unit.leder_id, line
    for forloeb in snapshot.forloeb.values():
        borger = snapshot.borgere[forloeb.borger_id]
        if ended(forloeb, borger, directory.day, candidates=True) is not None:
            continue
        if borger.mail is not None and borger.mail.lower() in failing and borger.beskyttelse != "saerlig":
            for who in readers_of(case_of(snapshot, forloeb), directory).workers:
                yield who, Line(forloeb.sagsnr, "borgers_mail_kommer_retur")


def _name_of(answer: Answer) -> str:
    return answer.sagsnr or answer.subject.partition(":")[2]


def _in_charge(snapshot: Snapshot, directory: Directory, subject: str) -> tuple[str, ...]:
    kind, _, key = subject.partition(":")
    if kind == "forloeb" and key in snapshot.forloeb:
        case = case_of(snapshot, snapshot.forloeb[key])
        hidden = case.borger.beskyttelse == "saerlig"
        return () if hidden else readers_of(case, directory).workers
    row = snapshot.aktiviteter.get(key) if kind == "aktivitet" else snapshot.serier.get(key)
    return () if row is None or row.ansvarlig_id is None else (row.ansvarlig_id,)
