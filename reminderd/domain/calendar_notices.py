"""The notices that keep calendars right: an update or a cancellation, with its name, facts and reason.

Knows what was told and what is wanted, and decides nothing: ``upkeep`` does. Pure.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from reminderd.domain.changes import before_facts, changed_dates, now_facts, when, why_update
from reminderd.domain.fields import shown_facts
from reminderd.domain.invitations import Carrier, Content, Invitation, begins, ends, starts_of
from reminderd.domain.lifecycle import State
from reminderd.domain.notices import Fact, Notice, NoticeKey, Occasion, Recipient
from reminderd.domain.planning import Policy
from reminderd.domain.revisions import Method
from reminderd.domain.standing import Gone, Wanted
from reminderd.domain.words import say
from reminderd.domain.workdays import civil_day

UPDATE, CANCEL = "calendar-update", "calendar-cancel"
UPKEEP = frozenset({UPDATE, CANCEL})
_WITHOUT_WORDS = "calendar-remove"
Slot = tuple[str, str | None, Occasion | None]
"""Whose calendar, on account of which course, and what stands there."""


@dataclass(frozen=True, slots=True)
class CalendarNotices:
    """Writes the notices of one moment.

    For citizens: ``contact_of`` says whom one may ask, ``next_time`` when a series meets next.
    """

    policy: Policy
    contact_of: Callable[[str], Mapping[str, Fact]]
    next_time: Callable[[Invitation], datetime | None]
    now: datetime

    def request(
        self,
        invitation: Invitation,
        wanted: Wanted,
        recipient: Recipient,
        number: int,
        before: Content | None,
    ) -> Notice:
        """Return a REQUEST: for what changed since ``before``, or for what is not there yet."""
        occasion = wanted.occasion
        facts: dict[str, Fact] = {**wanted.facts, **_nothing_before(), "ny": before is None}
        facts |= now_facts(occasion, self.now)
        if before is not None:
            facts |= before_facts(before.occasion, self.now, hide_place=wanted.protected)
            facts |= changed_dates(before.occasion, occasion, self.now)
            if wanted.template is None:
                facts["aftale"] = before.shown
        over = ends(occasion) if before is None else max(ends(occasion), ends(before.occasion))
        return self._notice(
            invitation,
            UPDATE,
            number,
            occasion,
            recipient,
            template="youth-calendar-update" if recipient.role == "ung" else UPDATE,
            title_from=wanted.template,
            facts=facts,
            expires_at=over,
            why=why_update(before, occasion, self.now),
        )

    def cancel(self, invitation: Invitation, told: Carrier, gone: Gone) -> Notice:
        """Return the CANCEL of what was told."""
        content = told.content
        youth = invitation.role == "ung"
        tried = tried_since(invitation, told)
        again = tried if tried is not None and tried.method == "CANCEL" else None
        if told.method == "CANCEL":
            again = told
        template = "youth-calendar-cancel" if youth else _WITHOUT_WORDS if gone.silent else CANCEL
        facts: dict[str, Fact] = {"aftale": content.shown, "aflyst": gone.off}
        facts |= before_facts(content.occasion, self.now, hide_place=True)
        if youth:
            facts |= self.contact_of(invitation.holder)
            facts["naeste_start"] = self.next_time(invitation)
        else:
            facts["hvorfor"] = gone.reason
        return self._notice(
            invitation,
            CANCEL,
            number_of(invitation, again),
            # Where it would have been is nobody's business any more.
            replace(content.occasion, location=None),
            Recipient(role=invitation.role, holder=invitation.holder, mail=invitation.mailbox),
            template=template,
            title_from=None,
            facts=facts,
            expires_at=ends(content.occasion),
            why=say("cancels {moment}: {reason}", moment=when(content.occasion), reason=gone.reason),
        )

    def _notice(
        self,
        invitation: Invitation,
        rule: str,
        number: int,
        occasion: Occasion,
        recipient: Recipient,
        *,
        template: str,
        title_from: str | None,
        facts: Mapping[str, Fact],
        expires_at: datetime,
        why: str,
    ) -> Notice:
        starts = occasion.starts
        today = civil_day(self.now)
        send_at = self.policy.sending_moment(today, today)
        method: Method = "CANCEL" if rule == CANCEL else "REQUEST"
        common: dict[str, Fact] = {"sendedag": send_at.date()}
        if recipient.role != "ung":
            common |= {
                "sagsnr": invitation.sagsnr,
                "initialer": None,
                "hvad": invitation.kind,
                "aktivitet": invitation.kind == "activity",
                **shown_facts({"stedfortraeder_for": recipient.deputy_for_navn}, self.policy.book.shows),
            }
        stage = f"g{invitation.generation}-{number}"
        return Notice(
            key=NoticeKey(
                rule=rule,
                subject=invitation.subject,
                deadline_kind=invitation.kind,
                deadline_date=civil_day(starts) if isinstance(starts, datetime) else starts,
                stage=stage,
                recipient=invitation.holder,
            ),
            template=template,
            track=f"{rule} {stage}",
            channel="mail",
            recipient=recipient,
            due_day=today,
            send_at=send_at,
            expires_at=expires_at,
            forloeb_id=invitation.forloeb_id,
            sagsnr=invitation.sagsnr,
            occasion=occasion,
            facts={**facts, **common},
            method=method,
            title_from=title_from,
            why=why,
        )


def slot(notice: Notice) -> Slot:
    """Return whose calendar a notice is about, on account of which course, and what it puts there."""
    return notice.key.recipient, notice.forloeb_id, notice.occasion


def in_order(notices: Sequence[Notice], wanted: Iterable[Slot]) -> list[Notice]:
    """Return the notices with every CANCEL first: a calendar lets go of an hour before another takes it.

    Where somebody has the same hour of the same kind under another name, nothing is cancelled in words.
    """
    cancels = [notice for notice in notices if notice.method == "CANCEL"]
    requests = [notice for notice in notices if notice.method != "CANCEL"]
    kept = {
        (holder, course, occasion.kind, start)
        for holder, course, occasion in (*wanted, *map(slot, requests))
        if cancels and occasion is not None
        for start in starts_of(occasion)
    }
    found = []
    for notice in cancels:
        holder, course, occasion = slot(notice)
        stays = occasion is not None and (holder, course, occasion.kind, begins(occasion)) in kept
        found.append(replace(notice, facts={**notice.facts, "aflyst": False}) if stays else notice)
    return [*found, *requests]


def say_moves(
    notices: Sequence[Notice],
    serie_of: Callable[[str, str], str | None],
    known_starts: Callable[[str], Collection[datetime]],
) -> list[Notice]:
    """Return the notices, where a date left its rhythm and another came beside it, with from where to where.

    The case source keeps no history of a session. So they are paired in order, where a reader loses as many
    dates of a series as she gets. A date that the source still has (``known_starts``) did not move: it was
    called off, or is not hers any more.
    """
    lost: dict[tuple[str, str, str | None], list[tuple[datetime, datetime]]] = {}
    came: dict[tuple[str, str, str | None], list[Notice]] = {}
    for notice in notices:
        occasion, recipient = notice.occasion, notice.recipient
        if occasion is None or notice.key.rule != UPDATE:
            continue
        starts, over = occasion.starts, occasion.ends
        serie_id = serie_of(occasion.kind, occasion.subject)
        if serie_id is None or not (isinstance(starts, datetime) and isinstance(over, datetime)):
            continue
        whose = (recipient.holder, serie_id, recipient.mail)
        days = notice.facts["udgaar"]
        if occasion.recurrence is None and notice.facts["ny"]:
            came.setdefault(whose, []).append(notice)
        elif isinstance(days, tuple):
            slots = [datetime.combine(day, starts.timetz()) for day in days if isinstance(day, date)]
            moved = [slot for slot in slots if slot not in known_starts(serie_id)]
            lost.setdefault(whose, []).extend((slot, slot + (over - starts)) for slot in moved)
    told: dict[NoticeKey, Notice] = {}
    for whose, new in came.items():
        if len(new) == len(lost.get(whose, ())):
            in_time = sorted(new, key=lambda notice: str(notice.key.deadline_date))
            for notice, (start, end) in zip(in_time, sorted(lost[whose]), strict=True):
                told[notice.key] = _moved_from(notice, start, end)
    return [told.get(notice.key, notice) for notice in notices]


def _moved_from(notice: Notice, start: datetime, end: datetime) -> Notice:
    assert notice.occasion is not None  # noqa: S101 - only such have moved
    facts: dict[str, Fact] = {"foer_dag": civil_day(start), "foer_start": start, "foer_slut": end}
    words = say("moves {before} to {now}", before=f"{start:%Y-%m-%d %H:%M}", now=when(notice.occasion))
    return replace(notice, facts={**notice.facts, **facts}, why=words)


def in_turn(notices: Sequence[Notice]) -> list[Notice]:
    """Return notices with the oldest deadline first, else as given; but a CANCEL before what takes its place.

    That is a REQUEST about the same course or series, or at the same hour in the same mailbox; nothing else
    waits for it. A change of a series is as urgent as its next date, whenever the series began.
    """
    notices = sorted(notices, key=_day)
    places: dict[tuple[str, object], int] = {}
    for position, notice in enumerate(notices):
        if notice.method == "REQUEST" and notice.occasion is not None:
            for what in _place(notice):
                places.setdefault(what, position)
    turns = []
    for position, notice in enumerate(notices):
        first = position
        if notice.method == "CANCEL":
            first = min((places.get(what, position) for what in _place(notice)), default=position)
        turns.append((min(first, position), notice.method != "CANCEL", position, notice))
    return [notice for *_, notice in sorted(turns, key=lambda turn: turn[:3])]


def _day(notice: Notice) -> date:
    """Return the day that a notice is about; of a change the next day that it touches."""
    if notice.key.rule not in UPKEEP:
        return notice.key.deadline_date
    days = (notice.facts.get("foer_dag"), notice.facts.get("nu_dag"))
    return min((day for day in days if isinstance(day, date)), default=notice.key.deadline_date)


def _place(notice: Notice) -> Iterator[tuple[str, object]]:
    """Yield what a calendar part takes: its subject, without the rhythm, and its hours in its mailbox."""
    mailbox, occasion = (notice.recipient.mail or "").lower(), notice.occasion
    if occasion is None:
        return
    yield occasion.kind, occasion.subject.partition("#")[0]
    for start in starts_of(occasion):
        yield occasion.kind, (mailbox, start)


def calendar_words(notice: Notice) -> str | None:
    """Return what a notice does to its reader's calendar, in words; None where it does nothing to it."""
    if notice.occasion is None:
        return None
    if notice.key.rule not in UPKEEP:
        return say("invites for {moment}", moment=when(notice.occasion))
    return notice.why


def tried_since(invitation: Invitation, told: Carrier | None) -> Carrier | None:
    """Return the newest revision after the one told whose bytes are fixed or were refused, or None."""
    since = 0 if told is None else invitation.carriers.index(told) + 1
    tried = [one for one in invitation.carriers[since:] if one.begun or one.state is State.FAILED]
    return tried[-1] if tried else None


def number_of(invitation: Invitation, again: Carrier | None) -> int:
    """Return the number of this generation's next upkeep notice, or that of the one that is there already."""
    numbered = [
        one for one in invitation.carriers if fixed(one.rule, one.state, begun=one.begun or one.heard)
    ]
    before = numbered.index(again) if again in numbered else len(numbered)
    return invitation.forgotten + before + 1


def fixed(rule: str, state: State, *, begun: bool) -> bool:
    """Tell whether a carrier has used up its number: its bytes can no longer be written anew."""
    return rule in UPKEEP and (begun or state is State.FAILED)


def _nothing_before() -> dict[str, Fact]:
    return {
        "foer_dag": None, "foer_start": None, "foer_slut": None, "foer_sted": None, "foer_sidste": None,
        "udgaar": (), "nye": (),
    }  # fmt: skip
