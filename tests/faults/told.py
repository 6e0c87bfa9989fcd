"""What a mail says to its reader, and what the case source said then: nothing here asks the program."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime

from reminderd.domain.cases import Snapshot
from tests.casework import BORGER
from tests.faults.month import Arrival, Month

ENDS_AFTER = timedelta(weeks=20)


@dataclass(frozen=True, slots=True)
class Told:
    """What a mail says to its reader: which case, when its course ends, and whether that is new."""

    mailbox: str
    sagsnr: str
    limit: date
    what: str
    uid: str
    sequence: int
    message_id: str
    initials: bool
    composed: datetime
    moment: datetime
    shown: datetime
    """The same moment as the service's machine had it."""


def read(arrival: Arrival) -> Told:
    """Read a mail as its reader does: text, calendar part, and nothing of the program."""
    mail = message_from_bytes(arrival.message.raw)
    parts = {part.get_content_type(): part for part in mail.walk()}
    lines = _content(parts["text/calendar"]).replace("\r\n ", "").splitlines()
    values = {line.partition(":")[0]: line.partition(":")[2] for line in lines}
    subject = str(make_header(decode_header(mail["Subject"])))
    text = f"{subject} {_content(parts['text/plain'])}"
    words = text.split()
    started = subject.startswith("Forløbet")
    return Told(
        mailbox=arrival.message.rcpt_to[0],
        sagsnr=next(word.strip(".,()") for word in words if word.strip("(").startswith("2026-0")),
        limit=datetime.strptime(values["DTSTART;VALUE=DATE"], "%Y%m%d").date(),  # noqa: DTZ007 - a civil day
        what="cancel" if values["METHOD"] == "CANCEL" else "warning" if started else "update",
        uid=values["UID"],
        sequence=int(values["SEQUENCE"]),
        message_id=str(mail["Message-ID"]),
        initials=f"({BORGER.initialer})" in text,
        composed=parsedate_to_datetime(str(mail["Date"])),
        moment=arrival.moment,
        shown=arrival.moment + arrival.wrong_by,
    )


def _content(part: Message) -> str:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def true_in(source: Snapshot, what: Told) -> bool | None:
    """Tell whether a course is open, in these hands, and ends then; None where the source is silent."""
    for row in source.forloeb.values():
        if row.sagsnr == what.sagsnr:
            mailbox = mailbox_of(source, row.forloeb_id)
            return (
                row.slut_dato is None
                and mailbox == what.mailbox
                and row.start_dato + ENDS_AFTER == what.limit
            )
    return None


def is_protected_in(source: Snapshot, sagsnr: str) -> bool:
    """Tell whether the source says that a course's citizen is under any protection."""
    return any(
        source.borgere[row.borger_id].beskyttelse != "ingen"
        for row in source.forloeb.values()
        if row.sagsnr == sagsnr
    )


def mailbox_of(source: Snapshot, forloeb_id: str) -> str | None:
    """Return where whoever answers for a course reads her mail."""
    return source.medarbejdere[source.tilknytninger[forloeb_id][0].medarbejder_id].mail


def belongs(month: Month, mailbox: str, worker: str) -> bool:
    """Tell whether somebody ever read her mail there."""
    return any(source.medarbejdere[worker].mail == mailbox for _, source in month.history)


def sources_between(month: Month, first: datetime, last: datetime) -> list[Snapshot]:
    """Return what the source held at some moment between two."""
    before = [source for moment, source in month.history if moment <= first]
    return [before[-1], *(source for moment, source in month.history if first < moment <= last)]
