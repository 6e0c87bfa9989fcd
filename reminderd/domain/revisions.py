"""The identity of a calendar entry over time: generation, SEQUENCE, DTSTAMP.

An entry belongs to one occasion, one recipient and the one mailbox that reads for her. The same content
keeps its revision, changed content raises SEQUENCE and DTSTAMP. What was cancelled comes back only as a
new generation with a new UID (RFC 5546 section 2.1.5; clients remember cancelled UIDs), and so does what
goes to another mailbox: its calendar has never heard of the old UID. What is over stays in the calendar as
it was held: what comes after it is a new generation too. Pure.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Method = Literal["REQUEST", "CANCEL"]

SEQUENCES_SKIPPED = 1000
"""A calendar keeps the highest SEQUENCE it has seen. Which ones went out before a restoration nobody knows,
but no entry is revised a thousand times."""


@dataclass(frozen=True, slots=True)
class CalendarName:
    """Whose calendar entry about what, and in which mailbox.

    ``kind`` and ``subject`` are the occasion's, ``recipient_id`` the role holder's; ``mailbox`` is the
    address that reads. Generations are counted over all mailboxes of one recipient.
    """

    kind: str
    subject: str
    recipient_id: str
    mailbox: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One published state of a calendar entry; ``dtstamp`` is aware, whole seconds."""

    generation: int
    sequence: int
    dtstamp: datetime
    method: Method
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What was published before: the newest revision in this mailbox, and how many generations there are.

    ``uid`` is the one that the newest revision went out under, and ``organizer`` the mailbox that invited:
    its generation keeps both. ``ends`` is the instant from which all that it ever said is over.

    ``ended`` says that the newest revision's CANCEL may have been read, so that its UID is used up. ``least``
    is the SEQUENCE that a generation begins with: higher after a restoration, where it may be out already.
    """

    last: Revision | None = None
    uid: str | None = None
    ended: bool = False
    generations: int = 0
    organizer: str | None = None
    ends: datetime | None = None
    least: int = 0

    def begins_anew(self, now: datetime) -> bool:
        """Tell whether a REQUEST begins a generation: the first one, after a CANCEL, or after its end."""
        return self.last is None or used_up(self.ended, self.ends, now)


def used_up(cancelled: bool, ends: datetime | None, now: datetime) -> bool:
    """Tell whether a generation takes no REQUEST any more: it was cancelled, or all it ever said is over.

    The ledger and the plan ask here, so that both count generations alike.
    """
    return cancelled or (ends is not None and ends <= now)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarPart:
    """What a message does to a calendar, to be kept with its bytes.

    ``content`` is the occasion as text (``domain.invitations``); ``ends`` the instant from which it is over;
    ``organizer`` the mailbox that invited, which the generation keeps.
    """

    name: CalendarName
    uid: str
    organizer: str
    revision: Revision
    content: str
    ends: datetime


def next_revision(past: Past, digest: str, now: datetime, method: Method = "REQUEST") -> Revision:
    """Return the revision that this content carries: the last one where nothing changed.

    Raises ValueError for the CANCEL of what was never published.
    """
    moment = now.replace(microsecond=0)
    last = past.last
    if last is None and method == "CANCEL":
        raise ValueError("what was never published cannot be cancelled")
    if last is None or (method == "REQUEST" and past.begins_anew(now)):
        generation = past.generations + 1
        return Revision(
            generation=generation, sequence=past.least, dtstamp=moment, method=method, digest=digest
        )
    if (last.method, last.digest) == (method, digest):
        return last
    return Revision(
        generation=last.generation,
        sequence=last.sequence + 1,
        dtstamp=max(moment, last.dtstamp + timedelta(seconds=1)),
        method=method,
        digest=digest,
    )
