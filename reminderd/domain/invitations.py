"""What people's calendars were told: each invitation with everything that was ever sent about it.

Values only, and the text in which the ledger keeps a content. ``upkeep`` compares them with what is
wanted; nothing here knows rules, mail or tables.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from reminderd.domain.lifecycle import State
from reminderd.domain.notices import Notice, Occasion
from reminderd.domain.recurrence import Recurrence, slots_of
from reminderd.domain.revisions import Method, used_up
from reminderd.domain.workdays import COPENHAGEN, at

_MIDNIGHT = time(0)
Name = tuple[str, str, str]
"""What a calendar entry is about, and whose it is: kind, subject, role holder."""
Generations = Mapping[Name, int]
"""The number of the newest generation of each entry."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a calendar shows: the occasion, the title in it, and the courses on whose account it was told."""

    occasion: Occasion
    shown: str
    through: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """One notice that carried an invitation's revision.

    ``begun`` says that a relay may have heard its text, so that its bytes stay; ``heard`` that it may
    have arrived.
    """

    key: str
    rule: str
    state: State
    method: Method
    content: Content
    heard: bool
    begun: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """One generation of a calendar entry: one UID, in one mailbox, and its carriers in SEQUENCE's order.

    ``forgotten`` counts updates and cancellations that were told and whose content has been purged since.
    """

    kind: str
    subject: str
    holder: str
    role: str
    mailbox: str
    generation: int
    forloeb_id: str | None
    sagsnr: str | None
    carriers: tuple[Carrier, ...]
    forgotten: int = 0

    @property
    def told(self) -> Carrier | None:
        """Return the newest revision that may have arrived, or None where none has."""
        return next((carrier for carrier in reversed(self.carriers) if carrier.heard), None)


def not_over(invitations: Iterable[Invitation], now: datetime) -> tuple[Invitation, ...]:
    """Return the invitations of which something that was ever sent still lies ahead, or goes on."""
    return tuple(
        one for one in invitations if any(ends(each.content.occasion) > now for each in one.carriers)
    )


def name_of(invitation: Invitation) -> Name:
    """Return what an invitation is about, and whose it is."""
    return invitation.kind, invitation.subject, invitation.holder


def subject_id(subject: str) -> str:
    """Return the id in ``forloeb:ID``, ``aktivitet:ID`` or ``forloeb:ID#since``."""
    return subject.partition(":")[2].partition("#")[0]


def newest(invitations: Iterable[Invitation], before: Generations) -> Generations:
    """Return the newest generation of each entry, of these invitations and of those ``before``."""
    found = dict(before)
    for one in invitations:
        found[name_of(one)] = max(one.generation, found.get(name_of(one), 0))
    return found


def learned(
    invitations: Iterable[Invitation], notice: Notice, now: datetime, before: Generations
) -> tuple[Invitation, ...]:
    """Return what calendars were told once this notice has been sent: what the ledger will then say."""
    invitations, occasion = tuple(invitations), notice.occasion
    if occasion is None:
        return invitations
    holder, mailbox = notice.key.recipient, notice.recipient.mail or ""
    name = (occasion.kind, occasion.subject, holder)
    group = [one for one in invitations if name_of(one) == name]
    mine = [one for one in group if one.mailbox.lower() == mailbox.lower()]
    carrier = Carrier(
        key=str(notice.key),
        rule=notice.key.rule,
        state=State.SENT,
        method=notice.method,
        content=Content(occasion, occasion.title or notice.template, notice.recipient.through),
        heard=True,
        begun=True,
    )
    if mine and not (notice.method == "REQUEST" and _used_up(mine[-1], now)):
        grown = replace(
            mine[-1],
            carriers=(*mine[-1].carriers, carrier),
            forloeb_id=notice.forloeb_id,
            sagsnr=notice.sagsnr,
        )
        return tuple(grown if one is mine[-1] else one for one in invitations)
    new = Invitation(
        kind=occasion.kind,
        subject=occasion.subject,
        holder=holder,
        role=notice.recipient.role,
        mailbox=mailbox,
        generation=max((before.get(name, 0), *(one.generation for one in group))) + 1,
        forloeb_id=notice.forloeb_id,
        sagsnr=notice.sagsnr,
        carriers=(carrier,),
    )
    return (*invitations, new)


def _used_up(invitation: Invitation, now: datetime) -> bool:
    told = invitation.told
    cancelled = told is not None and told.method == "CANCEL"
    return used_up(cancelled, max(ends(one.content.occasion) for one in invitation.carriers), now)


def begins(occasion: Occasion) -> datetime:
    """Return the instant at which an occasion begins; a day begins at midnight in Copenhagen."""
    return _instant(occasion.starts)


def ends(occasion: Occasion) -> datetime:
    """Return the instant from which an occasion is over; a series is over with its last date."""
    if occasion.recurrence is not None and isinstance(occasion.starts, datetime):
        return occasion.recurrence.until + (_instant(occasion.ends) - occasion.starts)
    return _instant(occasion.ends)


def last_begins(occasion: Occasion) -> datetime:
    """Return the instant at which an occasion begins for the last time."""
    return begins(occasion) if occasion.recurrence is None else occasion.recurrence.until


def starts_of(occasion: Occasion) -> tuple[datetime, ...]:
    """Return every instant at which an occasion begins, in order."""
    starts, recurrence = occasion.starts, occasion.recurrence
    if recurrence is None or not isinstance(starts, datetime):
        return (begins(occasion),)
    without = frozenset(recurrence.without)
    slots = slots_of(starts, recurrence.until, recurrence.interval)
    return tuple(slot for slot in slots if slot not in without)


def same(told: Occasion, wanted: Occasion) -> bool:
    """Tell whether a calendar that was told the one shows the other."""
    return replace(told, location=told.location or None) == replace(wanted, location=wanted.location or None)


def as_text(content: Content) -> str:
    """Return a content as JSON: the same content, the same text."""
    occasion = content.occasion
    value: dict[str, Any] = {
        "starts": _written(occasion.starts),
        "ends": _written(occasion.ends),
        "location": occasion.location,
        "rsvp": occasion.rsvp,
        "title": occasion.title,
        "shown": content.shown,
        "through": list(content.through),
    }
    if occasion.recurrence is not None:
        value["recurrence"] = {
            "interval": occasion.recurrence.interval,
            "until": _written(occasion.recurrence.until),
            "without": [_written(start) for start in occasion.recurrence.without],
        }
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def from_text(text: str, kind: str, subject: str) -> Content:
    """Return the content that :func:`as_text` wrote; raises ValueError or KeyError on another text."""
    value: dict[str, Any] = json.loads(text)
    occasion = Occasion(
        kind=kind,
        subject=subject,
        starts=_read(value["starts"]),
        ends=_read(value["ends"]),
        location=value["location"],
        rsvp=value["rsvp"],
        title=value["title"],
        recurrence=_recurrence(value.get("recurrence")),
    )
    return Content(occasion, value["shown"], tuple(value["through"]))


def _recurrence(value: dict[str, Any] | None) -> Recurrence | None:
    if value is None:
        return None
    return Recurrence(
        interval=value["interval"],
        until=_moment(value["until"]),
        without=tuple(_moment(start) for start in value["without"]),
    )


def _instant(moment: date | datetime) -> datetime:
    return moment if isinstance(moment, datetime) else at(moment, _MIDNIGHT)


def _written(moment: date | datetime) -> str:
    return (moment.astimezone(UTC) if isinstance(moment, datetime) else moment).isoformat()


def _read(text: str) -> date | datetime:
    return _moment(text) if "T" in text else date.fromisoformat(text)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(COPENHAGEN)
