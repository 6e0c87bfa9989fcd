"""A notice: one thing that one person should be told, with its name for ever.

Values only. ``planning`` makes them, ``reconcile`` compares them with what the ledger knows, and
every room above reads them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Literal

from reminderd.domain.recurrence import Recurrence
from reminderd.domain.revisions import Method
from reminderd.domain.statistics import Figures


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an overview: which case, what about, and the day it concerns if there is one.

    ``what`` is a kind of deadline or a code for something amiss; the wording says it in words.
    """

    sagsnr: str
    what: str
    day: date | None = None


@dataclass(frozen=True, slots=True)
class StandIn:
    """Somebody whom the reader of an overview stands in for, and how many of its lines are theirs.

    ``til`` is the last day of it, None where nobody knows.
    """

    navn: str
    til: date | None
    antal: int


SPECIAL_PROTECTION = "special-protection"
"""The template that says case number and date alone."""

Items = tuple[str, ...] | tuple[Line, ...] | tuple[StandIn, ...] | tuple[date, ...]
Fact = str | int | bool | date | datetime | Items | None


@dataclass(frozen=True, slots=True)
class NoticeKey:
    """What makes a notice happen once: facts only; no clock, no chance, no personal number.

    ``subject`` is ``forloeb:ID``, ``aktivitet:ID`` or ``serie:ID``; ``recipient`` is the holder of
    the role (``medarbejder:ID``, ``enhed:ID``, ``borger:ID`` or ``operator``), never the deputy who reads it.
    """

    rule: str
    subject: str
    deadline_kind: str
    deadline_date: date
    stage: str
    recipient: str

    def __str__(self) -> str:
        day = self.deadline_date.isoformat()
        return f"{self.rule}|{self.subject}|{self.deadline_kind}|{day}|{self.stage}|{self.recipient}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom a notice is for, and the one mailbox it goes to on its sending day.

    ``holder`` names the role holder as in :class:`NoticeKey`. ``mail`` is None where nobody could
    be found. ``deputy_for`` and ``deputy_for_navn`` are set where somebody else reads it instead.
    ``through`` names the courses on whose account a group's notice goes to the holder.
    """

    role: str
    holder: str
    mail: str | None
    navn: str | None = None
    deputy_for: str | None = None
    deputy_for_navn: str | None = None
    through: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What a notice puts into a calendar.

    ``kind`` and ``subject`` identify the occasion whatever its date: a review that moves is still
    that review. ``starts`` is a civil day for a deadline and an aware instant for something timed;
    ``ends`` is exclusive and of the same type. ``rsvp`` asks for an answer. ``title`` is what the case
    source calls it, where it has a name of its own; else the wording alone says what it is. With a
    ``recurrence`` both ends are those of the first of many, and timed.
    """

    kind: str
    subject: str
    starts: date | datetime
    ends: date | datetime
    location: str | None = None
    rsvp: bool = False
    title: str | None = None
    recurrence: Recurrence | None = None

    @property
    def timed(self) -> bool:
        """Tell whether the occasion has a time of day."""
        return isinstance(self.starts, datetime)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message that should exist: to whom, from when, until when, with which facts.

    ``due_day`` is the civil day the rule asks for, rolled; ``send_at`` the instant it becomes due,
    which is later where the day had passed before anybody could know. ``facts`` is what the
    template may see; ``figures`` go along as files. ``method`` is what becomes of the occasion in the
    reader's calendar; ``title_from`` is the template that names it there, where another one tells of
    it; ``why`` says in words what no rule says. A date no further than ``again_if_moved`` from one
    that was told is not told again.
    """

    key: NoticeKey
    template: str
    track: str
    channel: str
    recipient: Recipient
    due_day: date
    send_at: datetime
    expires_at: datetime
    forloeb_id: str | None
    sagsnr: str | None
    occasion: Occasion | None
    facts: Mapping[str, Fact]
    method: Method = "REQUEST"
    title_from: str | None = None
    why: str | None = None
    on_unknown: Literal["resend", "hold"] = "resend"
    empty: bool = False
    figures: Figures | None = None
    again_if_moved: timedelta | None = None


class Reticence(IntEnum):
    """How little a notice says of the citizen it is about."""

    INITIALS = 0
    CASE_NUMBER = 1
    BARE = 2
    """Under special protection: case number and date alone."""


def reticence(notice: Notice) -> Reticence:
    """Return how little a notice says of the citizen it is about."""
    if notice.template == SPECIAL_PROTECTION:
        return Reticence.BARE
    return Reticence.CASE_NUMBER if notice.facts.get("initialer") is None else Reticence.INITIALS


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A notice that cannot be made, or will not: where, and the reason in words."""

    rule: str
    deadline_kind: str
    subject: str
    forloeb_id: str | None
    sagsnr: str | None
    reason: str


DecisionKind = Literal["send", "skip", "wait", "told"]
Cause = Literal[
    "due", "wanted_again", "told", "lapsed", "expired", "superseded", "before_start", "silenced",
    "closed_hours", "nobody", "nothing", "hardly_moved",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a notice: the kind for the reader, the cause for the code, the reason in words."""

    notice: Notice
    kind: DecisionKind
    cause: Cause
    reason: str
