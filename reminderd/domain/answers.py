"""What comes back to the service mailbox, and what may be believed of it.

Anybody can write to a mailbox, so a mail is only ever compared with what was sent: an answer must fit
the invitation in UID, address and revision and be newer than the last one; a returned mail must be one
of ours. What fits is noted. Nothing here changes a case, a rule or who is told. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

Partstat = Literal["accepted", "declined", "tentative"]
PARTSTATS: tuple[Partstat, ...] = ("accepted", "declined", "tentative")

# A DTSTAMP ahead of the clock would shut out every later answer.
_CLOCKS_DIFFER = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer to one invitation, as a calendar program wrote it; nothing in it has been believed yet.

    ``attendee`` is a bare address; ``dtstamp`` an aware instant; ``occurrence`` the civil day in
    Copenhagen of the one date that is answered, None for the whole entry.
    """

    uid: str
    attendee: str
    partstat: Partstat
    sequence: int
    dtstamp: datetime
    occurrence: date | None = None


@dataclass(frozen=True, slots=True)
class Replies:
    """A mail that holds answers: one, or one for each date of a series."""

    replies: tuple[Reply, ...]


@dataclass(frozen=True, slots=True)
class Returned:
    """A mail server's word that a mail could not be delivered, for good.

    ``message_ids`` (with angle brackets) and ``envelope_ids`` are what it says the mail was;
    ``status`` is RFC 3463's code, such as ``5.1.1``.
    """

    message_ids: tuple[str, ...]
    envelope_ids: tuple[str, ...]
    status: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A mail that says nothing to note, such as an absence notice, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class ForAPerson:
    """A mail that no program should decide about, and why."""

    reason: str


Kind = Literal["note", "ignore", "leave"]
Letter = Replies | Returned | Ignored | ForAPerson


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """A calendar entry as its reader last got it.

    ``answered`` holds the DTSTAMP of the last answer to each date, under None that to the whole entry.
    """

    calendar_entry_id: int
    mailbox: str
    sequence: int
    cancelled: bool
    answered: Mapping[date | None, datetime]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of what was read: ``note`` it, ``ignore`` it, or ``leave`` the mail to a person."""

    kind: Kind
    reason: str


def judge_reply(reply: Reply, invitation: Invited | None, now: datetime) -> Verdict:
    """Compare an answer with the invitation of that UID; None where no invitation has it."""
    if invitation is None:
        return Verdict("leave", "answers an invitation that was never sent from here")
    last = invitation.answered.get(reply.occurrence)
    reasons: tuple[tuple[Kind, str, bool], ...] = (
        (
            "leave",
            "answered by somebody whom this invitation was not sent to",
            reply.attendee.strip().lower() != invitation.mailbox.strip().lower(),
        ),
        ("leave", "answers a revision that was never sent", reply.sequence > invitation.sequence),
        ("leave", "the answer is dated in the future", reply.dtstamp > now + _CLOCKS_DIFFER),
        ("ignore", "answers a revision that is no longer the newest", reply.sequence < invitation.sequence),
        ("ignore", "answers an invitation that was cancelled since", invitation.cancelled),
        ("ignore", "a later answer is known already", last is not None and reply.dtstamp <= last),
    )
    for kind, reason, holds in reasons:
        if holds:
            return Verdict(kind, reason)
    return Verdict("note", "fits the invitation as it was last sent")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """A mail of ours that came back: whose it was, and whether that is known already."""

    entry_id: int
    mailbox: str
    known: bool


def judge_returned(sent: SentMail | None) -> Verdict:
    """Compare a returned mail with what was sent; None where it was none of ours."""
    if sent is None:
        return Verdict("leave", "a mail came back that the ledger does not know")
    if sent.known:
        return Verdict("ignore", "that this mail came back is known already")
    return Verdict("note", "a mail of ours came back")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as noted: ``occurrence`` None is the whole entry, ``given_at`` the reader's own clock."""

    key: str
    deadline_kind: str
    deadline_date: date
    subject: str
    recipient_id: str
    sagsnr: str | None
    partstat: Partstat
    occurrence: date | None
    given_at: datetime
    noted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingAddress:
    """An address whose mail came back, and which nobody has cleared since."""

    mail: str
    since: datetime
    status: str
    times: int
