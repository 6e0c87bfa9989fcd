"""Invitations that keep themselves right: what calendars were told, against what they should say.

What has become another thing is updated, what is no longer true is cancelled, and what was never told
is neither. The answer is notices like any other: the corridor records, composes and sends them, and
the rehearsal shows them. What has begun is left alone. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from reminderd.domain.calendar_notices import (
    CANCEL,
    UPDATE,
    CalendarNotices,
    Slot,
    in_order,
    number_of,
    say_moves,
    slot,
    tried_since,
)
from reminderd.domain.invitations import (
    Carrier,
    Generations,
    Invitation,
    Name,
    last_begins,
    learned,
    name_of,
    newest,
    not_over,
    same,
)
from reminderd.domain.lifecycle import CLAIMABLE, LAPSABLE, State
from reminderd.domain.notices import Decision, Gap, Notice, Occasion, Recipient
from reminderd.domain.serial import SerialCalendars
from reminderd.domain.standing import (
    ANOTHER_MAILBOX,
    ENTERED_ANEW,
    Gone,
    Standing,
    Standings,
    Unclear,
    Wanted,
)
from reminderd.domain.words import say

_OPEN = LAPSABLE


@dataclass(slots=True)
class Upkeep:
    """What calendars have to be told, what cannot be told to whom, and what stays as it is for now.

    ``unclear`` are occasions' subjects of which nobody can know: what waits about them goes on waiting.
    """

    notices: list[Notice] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    unclear: set[str] = field(default_factory=set)


def upkeep(
    serial: SerialCalendars,
    decisions: Sequence[Decision],
    states: Mapping[str, State],
    generations: Generations,
) -> Upkeep:
    """Return what has to be told now about the invitations that ``serial`` knows.

    ``decisions`` are those about ordinary notices of the same run: an entry whose new content goes out
    with one of them needs no mail of its own. ``generations`` counts those of what is over.
    """
    now, found = serial.now, Upkeep()
    known, before = not_over(serial.invitations, now), newest(serial.invitations, generations)
    groups = _grouped(known)
    standings = Standings(serial)
    writer = CalendarNotices(serial.policy, standings.contact_of, standings.next_time, now)
    keeper = _Keeper(standings, serial, writer, states, now, before, found)
    keeper.carried = frozenset(_carried(decisions, states, groups))
    for group in groups:
        keeper.look_at(group)
    for decision in decisions:
        occasion = decision.notice.occasion
        if decision.kind == "send" and occasion and serial.serie_of(occasion.kind, occasion.subject):
            known = learned(known, decision.notice, now, before)
    groups = _grouped(known)
    # Whoever is told of a series in this very run is told of what stands beside it as well.
    keeper.complete_series(groups)
    keeper.complete_told(decisions, groups)
    wanted = [*keeper.wanted, *(slot(decision.notice) for decision in decisions if decision.kind != "skip")]
    found.notices = say_moves(in_order(found.notices, wanted), serial.serie_of, serial.known_starts)
    return found


def _grouped(invitations: Iterable[Invitation]) -> list[list[Invitation]]:
    """Return the generations of each occasion and recipient together, in order."""
    return [list(group) for _, group in groupby(sorted(invitations, key=_order), key=name_of)]


@dataclass(slots=True)
class _Keeper:
    """Looks at one occasion and recipient after the other, all their generations together."""

    standings: Standings
    serial: SerialCalendars
    writer: CalendarNotices
    states: Mapping[str, State]
    now: datetime
    before: Generations
    found: Upkeep
    carried: frozenset[tuple[str, str, str, str]] = frozenset()
    # Series of which something stays in somebody's calendar because nobody can know: nothing may join it.
    frozen: set[tuple[str, str]] = field(default_factory=set)
    # What stands, or should stand, in somebody's calendar.
    wanted: list[Slot] = field(default_factory=list)

    def look_at(self, group: Sequence[Invitation]) -> None:
        ahead = [
            invitation
            for invitation in group
            if invitation.told is not None and last_begins(invitation.told.content.occasion) > self.now
        ]
        if not ahead:
            return
        in_place = False
        standing: Standing | None = None
        for invitation in ahead:
            told = invitation.told
            assert told is not None  # noqa: S101 - asked for above
            standing = self.standings.of(invitation, told.content)
            if isinstance(standing, Unclear):
                self._wait(invitation, told, standing)
                in_place = True
                serie_id = self.serial.serie_of(invitation.kind, invitation.subject)
                if serie_id is not None:
                    self.frozen.add((serie_id, invitation.holder))
            elif isinstance(standing, Wanted) and invitation.mailbox.lower() in standing.mailboxes:
                self.wanted.append((invitation.holder, invitation.forloeb_id, standing.occasion))
                in_place |= self._keep(invitation, told, standing)
            elif told.method == "REQUEST" or _waits(told, CANCEL):
                self._take_out(invitation, told, standing if isinstance(standing, Gone) else ANOTHER_MAILBOX)
        if not in_place:
            wanted = self._elsewhere(ahead[-1]) or standing
            if isinstance(wanted, Wanted) and last_begins(wanted.occasion) > self.now:
                self._enter(group, wanted)

    def complete_series(self, groups: Iterable[Sequence[Invitation]]) -> None:
        """Enter what a series has beside what was told of it: a date that moved, another rhythm."""
        named = {name_of(group[0]): group for group in groups}
        whole: dict[tuple[str, str], Invitation] = {}
        for group in named.values():
            serie_id = self.serial.serie_of(group[0].kind, group[0].subject)
            for one in group:
                told = one.told
                if serie_id is None or told is None or told.method == "CANCEL":
                    continue
                if last_begins(told.content.occasion) > self.now:
                    whole[serie_id, one.holder] = one
        for (serie_id, holder), one in whole.items():
            member = self.serial.members(serie_id).get(holder)
            if member is None or member.recipient.mail is None or (serie_id, holder) in self.frozen:
                continue
            mailbox = one.mailbox if one.mailbox.lower() in member.mailboxes else member.recipient.mail
            for appointment in self.serial.appointments(serie_id, holder, mailbox):
                group = named.get((one.kind, appointment.subject, holder), [])
                if any(each.told is not None for each in group):
                    continue  # look_at() has
                new = replace(one, subject=appointment.subject, mailbox=mailbox, carriers=(), forgotten=0)
                new = replace(new, generation=self._next(new))
                wanted = self.standings.appointment(serie_id, new, mailbox)
                if wanted is not None and last_begins(wanted.occasion) > self.now:
                    self._enter(group or [new], wanted)

    def complete_told(self, decisions: Iterable[Decision], groups: Iterable[Sequence[Invitation]]) -> None:
        """Enter what a notice told of under a name that it has no more: a date whose rhythm is gone."""
        named = {name_of(group[0]): group for group in groups}
        heard = {
            carrier.key: one.subject
            for group in named.values()
            for one in group
            for carrier in one.carriers
            if carrier.heard
        }
        entered = {
            (notice.key.deadline_kind, notice.key.subject, notice.key.recipient)
            for notice in self.found.notices
            if notice.key.rule == UPDATE
        }
        for decision in decisions:
            notice, occasion = decision.notice, decision.notice.occasion
            if decision.kind != "told" or occasion is None or notice.recipient.mail is None:
                continue
            name = (occasion.kind, occasion.subject, notice.key.recipient)
            group = named.get(name, [])
            if name in entered or (self.serial.serie_of(name[0], name[1]), name[2]) in self.frozen:
                continue
            last = next((one for one in reversed(group) if one.told is not None), None)
            if last is not None and last.told is not None:
                passed = last_begins(last.told.content.occasion) <= self.now < last_begins(occasion)
                if passed and last.told.method == "REQUEST" and _reads(last, notice):
                    # It was moved to a day that is over, and back: its own notice was told long ago.
                    entered.add(name)
                    self._keep_right(last, last.told, _as_told(notice, occasion))
                continue
            if heard.get(str(notice.key), occasion.subject) == occasion.subject:
                continue
            if last_begins(occasion) > self.now:
                entered.add(name)
                new = _unheard(notice, occasion)
                self._enter(group or [replace(new, generation=self._next(new))], _as_told(notice, occasion))

    def _elsewhere(self, invitation: Invitation) -> Wanted | None:
        """Return what an appointment of a series says in the mailbox that reads today."""
        serie_id = self.serial.serie_of(invitation.kind, invitation.subject)
        if serie_id is None:
            return None
        member = self.serial.members(serie_id).get(invitation.holder)
        mail = None if member is None else member.recipient.mail
        return None if mail is None else self.standings.appointment(serie_id, invitation, mail)

    def _wait(self, invitation: Invitation, told: Carrier, standing: Unclear) -> None:
        """Keep what waits; what has to be taken out of a calendar already goes on."""
        self.found.unclear.add(invitation.subject)
        words = say("stays in the calendar as it is: {reason}", reason=standing.reason)
        self.found.gaps.append(_gap(invitation, UPDATE, words))
        notice = self.writer.cancel(invitation, told, Gone(standing.reason))
        if self.states.get(str(notice.key)) in _OPEN:
            self.found.notices.append(notice)

    def _keep(self, invitation: Invitation, told: Carrier, wanted: Wanted) -> bool:
        """Tell whether it is in its place, and keep it right there.

        A CANCEL that may have arrived goes on: the entry comes back under another UID, so this one has to go.
        """
        if told.method == "REQUEST":
            self._keep_right(invitation, told, wanted)
            return True
        if _waits(told, CANCEL):
            self._take_out(invitation, told, ENTERED_ANEW)
        return False

    def _keep_right(self, invitation: Invitation, told: Carrier, wanted: Wanted) -> None:
        tried = tried_since(invitation, told)
        if told.rule == UPDATE and told.state in _OPEN and same(told.content.occasion, wanted.occasion):
            tried = told
        elif same(told.content.occasion, wanted.occasion):
            return
        if tried is not None and tried.method == "REQUEST" and same(tried.content.occasion, wanted.occasion):
            if tried.state is State.FAILED or tried.rule != UPDATE:
                return
        else:
            tried = None
            if self._is_carried(invitation, invitation.mailbox):
                return
        recipient = _recipient_at(wanted, invitation.mailbox)
        number = number_of(invitation, tried)
        self.found.notices.append(self.writer.request(invitation, wanted, recipient, number, told.content))

    def _take_out(self, invitation: Invitation, told: Carrier, gone: Gone) -> None:
        tried = tried_since(invitation, told)
        if tried is not None and tried.method == "CANCEL" and tried.state is State.FAILED:
            return
        reason = self.standings.may_hear(invitation)
        if reason is not None:
            words = say("cannot be cancelled in the calendar: {reason}", reason=reason)
            self.found.gaps.append(_gap(invitation, CANCEL, words))
            return
        self.found.notices.append(self.writer.cancel(invitation, told, gone))

    def _enter(self, group: Sequence[Invitation], wanted: Wanted) -> None:
        """Put back what was cancelled, or what another mailbox reads now: under a new UID."""
        mail = _mailbox_of(wanted)
        mine = [invitation for invitation in group if invitation.mailbox.lower() == mail.lower()]
        begun = mine[-1] if mine and mine[-1].told is None else None
        if begun is None:
            number, tried = max(self._next(group[-1]), group[-1].generation + 1), None
            count = 1
        else:
            number, tried = begun.generation, tried_since(begun, None)
            if tried is not None and not same(tried.content.occasion, wanted.occasion):
                tried = None
            count = number_of(begun, tried)
        if tried is not None and (tried.state is State.FAILED or tried.rule != UPDATE):
            return
        if tried is None and self._is_carried(group[-1], mail):
            return
        last = group[-1]
        fresh = replace(last, generation=number, mailbox=mail, carriers=(), forgotten=0)
        self.found.notices.append(
            self.writer.request(fresh, wanted, _recipient_at(wanted, mail), count, None)
        )

    def _next(self, invitation: Invitation) -> int:
        return self.before.get(name_of(invitation), 0) + 1

    def _is_carried(self, invitation: Invitation, mailbox: str) -> bool:
        return (*name_of(invitation), mailbox.lower()) in self.carried


def _order(invitation: Invitation) -> tuple[Name, int]:
    return name_of(invitation), invitation.generation


def _carried(
    decisions: Iterable[Decision], states: Mapping[str, State], groups: Iterable[Sequence[Invitation]]
) -> Iterator[tuple[str, str, str, str]]:
    """Yield the entries that ordinary notices of this run carry as they should be, freshly written.

    So is what one mailbox may have got and another one reads now: it is written anew for that one.
    """
    begun = {
        carrier.key: one.mailbox.lower()
        for group in groups
        for one in group
        for carrier in one.carriers
        if carrier.begun
    }
    for decision in decisions:
        notice = decision.notice
        occasion, key = notice.occasion, str(notice.key)
        if occasion is None:
            continue
        mailbox = (notice.recipient.mail or "").lower()
        state = states.get(key) if decision.kind == "told" else None
        unheard = state in (State.QUEUED, State.DEFERRED) and key not in begun
        moved = state in CLAIMABLE and begun.get(key, mailbox) != mailbox
        if decision.kind == "send" or unheard or moved:
            yield occasion.kind, occasion.subject, notice.key.recipient, mailbox


def _gap(invitation: Invitation, rule: str, reason: str) -> Gap:
    return Gap(
        rule=rule,
        deadline_kind=invitation.kind,
        subject=invitation.subject,
        forloeb_id=invitation.forloeb_id,
        sagsnr=invitation.sagsnr,
        reason=reason,
    )


def _waits(carrier: Carrier, rule: str) -> bool:
    return carrier.rule == rule and carrier.state in _OPEN


def _reads(invitation: Invitation, notice: Notice) -> bool:
    return invitation.mailbox.lower() == (notice.recipient.mail or "").lower()


def _unheard(notice: Notice, occasion: Occasion) -> Invitation:
    return Invitation(
        kind=occasion.kind,
        subject=occasion.subject,
        holder=notice.key.recipient,
        role=notice.recipient.role,
        mailbox=notice.recipient.mail or "",
        generation=1,
        forloeb_id=notice.forloeb_id,
        sagsnr=notice.sagsnr,
        carriers=(),
    )


def _as_told(notice: Notice, occasion: Occasion) -> Wanted:
    return Wanted(
        occasion=occasion,
        recipient=notice.recipient,
        mailboxes=frozenset({(notice.recipient.mail or "").lower()}),
        template=notice.template,
        facts=notice.facts,
        protected=False,
    )


def _mailbox_of(wanted: Wanted) -> str:
    """Return the mailbox that reads today, or the one that a series is kept in."""
    mail = wanted.recipient.mail or ""
    return mail if mail.lower() in wanted.mailboxes or not wanted.mailboxes else min(wanted.mailboxes)


def _recipient_at(wanted: Wanted, mailbox: str) -> Recipient:
    recipient = wanted.recipient
    if (recipient.mail or "").lower() == mailbox.lower():
        return recipient
    return Recipient(role=recipient.role, holder=recipient.holder, mail=mailbox, through=recipient.through)
