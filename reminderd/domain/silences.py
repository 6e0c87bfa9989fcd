"""What an operator paused: a case, a person or a rule, until a day, with author and reason.

A silenced notice waits; it is neither told nor lost. Values only: nothing here knows where silences
are kept or what becomes of a notice when one is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from reminderd.domain.notices import Notice
from reminderd.domain.words import Words, say
from reminderd.domain.workdays import civil_day

SilenceKind = Literal["case", "person", "rule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """One pause. ``until`` is its last day, in Copenhagen; ``ended_at`` is set where somebody ended it.

    ``target`` is a ``sagsnr``, a ``medarbejder_id`` or a rule's name. A person is meant as the holder
    of a role: what her deputy would read for her waits too, what she reads for others does not. What
    a whole group is told belongs to no case and is not paused with one.
    """

    silence_id: int
    kind: SilenceKind
    target: str
    until: date
    author: str
    reason: str
    created_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None

    def in_force(self, now: datetime) -> bool:
        """Tell whether it has not ended by ``now``; plans made for earlier days count it as well."""
        return (self.ended_at is None or now < self.ended_at) and civil_day(now) <= self.until

    def concerns(self, notice: Notice) -> bool:
        """Tell whether a notice is about this case, for this person or by this rule."""
        match self.kind:
            case "case":
                return notice.sagsnr == self.target
            case "person":
                return notice.key.recipient == f"medarbejder:{self.target}"
            case "rule":
                return notice.key.rule == self.target

    def covers(self, notice: Notice, now: datetime) -> bool:
        """Tell whether this notice has to wait now."""
        return self.concerns(notice) and self.in_force(now)

    @property
    def words(self) -> Words:
        """Return until when, by whom and why it is silenced."""
        pattern = "silenced until {until} by {author}: {reason}"
        return say(pattern, until=self.until, author=self.author, reason=self.reason)

    def __str__(self) -> str:
        return self.words


def silence_over(silences: Sequence[Silence], notice: Notice, now: datetime) -> Silence | None:
    """Return the silence under which a notice waits now, the longest one where there are several."""
    if not silences:
        return None
    covering = [silence for silence in silences if silence.covers(notice, now)]
    return max(covering, key=lambda silence: (silence.until, silence.silence_id), default=None)
