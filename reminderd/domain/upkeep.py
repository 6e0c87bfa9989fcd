"""Invitations that keep themselves right: what calendars were told, against what they should say.

What has become another thing is updated, what is no longer true is cancelled, and what was never told
is neither. The answer is notices like any other: the corridor records, composes and sends them, and
the rehearsal shows them. What has begun is left alone. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from reminderd.domain.cases import Snapshot
from reminderd.domain.changes import before_facts, changed_dates, now_facts, when, why_update
from reminderd.domain.invitations import Carrier, Content, Invitation, ends, last_begins, same
from reminderd.domain.lifecycle import LAPSABLE, State
from reminderd.domain.notices import Decision, Fact, Gap, Notice, NoticeKey, Occasion, Recipient
from reminderd.domain.planning import Policy
from reminderd.domain.recipients import Directory
from reminderd.domain.revisions import Method
from reminderd.domain.serial import SerialCalendars
from reminderd.domain.standing import Gone, Standing, Standings, Unclear, Wanted
from reminderd.domain.workdays import civil_day

UPDATE, CANCEL = "calendar-update", "calendar-cancel"
UPKEEP = frozenset({UPDATE, CANCEL})
_WITHOUT_WORDS = "calendar-remove"
_OPEN = LAPSABLE
_Group = tuple[str, str, str]


@dataclass(slots=True)
class Upkeep:
    """What calendars have to be told, what cannot be told to whom, and what stays as it is for now.

    ``unclear`` are occasions' subjects of which nobody can know: what waits about them goes on waiting.
    """

    notices: list[Notice] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    unclear: set[str] = field(default_factory=set)


def upkeep(
    invitations: Iterable[Invitation],
    decisions: Iterable[Decision],
    states: Mapping[str, State],
    snapshot: Snapshot,
    policy: Policy,
    directory: Directory,
    serial: SerialCalendars,
    now: datetime,
) -> Upkeep:
    """Return what has to be told about these invitations now.

    ``decisions`` are those about ordinary notices of the same run: an entry whose new content goes out
    with one of them needs no mail of its own.
    """
    found = Upkeep()
    groups = [list(group) for _, group in groupby(sorted(invitations, key=_order), key=_group)]
    if not groups:
        return found
    standings = Standings(snapshot, policy, directory, serial, now)
    keeper = _Keeper(standings, serial, policy, states, now, found)
    keeper.carried = frozenset(_carried(decisions, states, groups))
    for group in groups:
        keeper.look_at(group)
    keeper.complete_series(groups)
    return found


@dataclass(slots=True)
class _Keeper:
    """Looks at one occasion and recipient after the other, all their generations together."""

    standings: Standings
    serial: SerialCalendars
    policy: Policy
    states: Mapping[str, State]
    now: datetime
    found: Upkeep
    carried: frozenset[tuple[str, str, str, str]] = frozenset()

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
            elif isinstance(standing, Wanted) and invitation.mailbox.lower() in standing.mailboxes:
                if told.method == "REQUEST":
                    in_place = True
                    self._keep_right(invitation, told, standing)
            elif told.method == "REQUEST" or _waits(told, CANCEL):
                gone = standing if isinstance(standing, Gone) else Gone("it is read in another mailbox now")
                self._take_out(invitation, told, gone)
        if not in_place:
            wanted = self._elsewhere(ahead[-1]) or standing
            if isinstance(wanted, Wanted) and last_begins(wanted.occasion) > self.now:
                self._enter(group, wanted)

    def complete_series(self, groups: Iterable[Sequence[Invitation]]) -> None:
        """Enter what a series has beside what was told of it: a date that moved, another rhythm."""
        named = {_group(group[0]): group for group in groups}
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
            if member is None or member.recipient.mail is None:
                continue
            mailbox = one.mailbox if one.mailbox.lower() in member.mailboxes else member.recipient.mail
            for appointment in self.serial.appointments(serie_id, holder, mailbox):
                group = named.get((one.kind, appointment.subject, holder), [])
                if any(each.told is not None for each in group):
                    continue  # look_at() has
                new = replace(one, subject=appointment.subject, generation=0, mailbox=mailbox, carriers=())
                wanted = self.standings.appointment(serie_id, new, mailbox)
                if wanted is not None and last_begins(wanted.occasion) > self.now:
                    self._enter(group or [new], wanted)

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
        notice = self._cancel(invitation, told, Gone(standing.reason))
        if self.states.get(str(notice.key)) in _OPEN:
            self.found.notices.append(notice)

    def _keep_right(self, invitation: Invitation, told: Carrier, wanted: Wanted) -> None:
        tried = _tried_since(invitation, told)
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
        number = _number(invitation, tried)
        self.found.notices.append(self._request(invitation, wanted, recipient, number, told.content))

    def _take_out(self, invitation: Invitation, told: Carrier, gone: Gone) -> None:
        tried = _tried_since(invitation, told)
        if tried is not None and tried.method == "CANCEL" and tried.state is State.FAILED:
            return
        reason = self.standings.may_hear(invitation)
        if reason is not None:
            words = f"cannot be cancelled in the calendar: {reason}"
            self.found.gaps.append(
                Gap(
                    rule=CANCEL,
                    deadline_kind=invitation.kind,
                    subject=invitation.subject,
                    forloeb_id=invitation.forloeb_id,
                    sagsnr=invitation.sagsnr,
                    reason=words,
                )
            )
            return
        self.found.notices.append(self._cancel(invitation, told, gone))

    def _enter(self, group: Sequence[Invitation], wanted: Wanted) -> None:
        """Put back what was cancelled, or what another mailbox reads now: under a new UID."""
        mail = _mailbox_of(wanted)
        mine = [invitation for invitation in group if invitation.mailbox.lower() == mail.lower()]
        begun = mine[-1] if mine and mine[-1].told is None else None
        if begun is None:
            number, tried = max(invitation.generation for invitation in group) + 1, None
            count = 1
        else:
            number, tried = begun.generation, _tried_since(begun, None)
            if tried is not None and not same(tried.content.occasion, wanted.occasion):
                tried = None
            count = _number(begun, tried)
        if tried is not None and (tried.state is State.FAILED or tried.rule != UPDATE):
            return
        if tried is None and self._is_carried(group[-1], mail):
            return
        last = group[-1]
        fresh = replace(last, generation=number, mailbox=mail, carriers=())
        self.found.notices.append(self._request(fresh, wanted, _recipient_at(wanted, mail), count, None))

    def _is_carried(self, invitation: Invitation, mailbox: str) -> bool:
        return (*_group(invitation), mailbox.lower()) in self.carried

    def _request(
        self,
        invitation: Invitation,
        wanted: Wanted,
        recipient: Recipient,
        number: int,
        before: Content | None,
    ) -> Notice:
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

    def _cancel(self, invitation: Invitation, told: Carrier, gone: Gone) -> Notice:
        content = told.content
        youth = invitation.role == "ung"
        tried = _tried_since(invitation, told)
        again = tried if tried is not None and tried.method == "CANCEL" else None
        if told.method == "CANCEL":
            again = told
        template = "youth-calendar-cancel" if youth else _WITHOUT_WORDS if gone.silent else CANCEL
        facts: dict[str, Fact] = {"aftale": content.shown, "aflyst": gone.off}
        facts |= before_facts(content.occasion, self.now, hide_place=True)
        if youth:
            facts |= self.standings.contact_of(invitation.holder)
        return self._notice(
            invitation,
            CANCEL,
            _number(invitation, again),
            # Where it would have been is nobody's business any more.
            replace(content.occasion, location=None),
            Recipient(role=invitation.role, holder=invitation.holder, mail=invitation.mailbox),
            template=template,
            title_from=None,
            facts=facts,
            expires_at=ends(content.occasion),
            why=f"cancels {when(content.occasion)}: {gone.reason}",
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
                "stedfortraeder_for": recipient.deputy_for_navn,
                "initialer": None,
                "leder_navn": None,
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


def calendar_words(notice: Notice) -> str | None:
    """Return what a notice does to its reader's calendar, in words; None where it does nothing to it."""
    if notice.occasion is None:
        return None
    if notice.key.rule not in UPKEEP:
        return f"invites for {when(notice.occasion)}"
    return notice.why


def learned(invitations: Sequence[Invitation], notice: Notice) -> list[Invitation]:
    """Return what calendars were told once this notice has been sent: what the ledger will then say."""
    occasion = notice.occasion
    if occasion is None:
        return list(invitations)
    holder, mailbox = notice.key.recipient, notice.recipient.mail or ""
    group = [one for one in invitations if _group(one) == (occasion.kind, occasion.subject, holder)]
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
    last = mine[-1].told if mine else None
    if mine and not (last is not None and last.method == "CANCEL" and notice.method == "REQUEST"):
        grown = replace(
            mine[-1],
            carriers=(*mine[-1].carriers, carrier),
            forloeb_id=notice.forloeb_id,
            sagsnr=notice.sagsnr,
        )
        return [grown if one is mine[-1] else one for one in invitations]
    new = Invitation(
        kind=occasion.kind,
        subject=occasion.subject,
        holder=holder,
        role=notice.recipient.role,
        mailbox=mailbox,
        generation=max((one.generation for one in group), default=0) + 1,
        forloeb_id=notice.forloeb_id,
        sagsnr=notice.sagsnr,
        carriers=(carrier,),
    )
    return [*invitations, new]


def _group(invitation: Invitation) -> _Group:
    return invitation.kind, invitation.subject, invitation.holder


def _order(invitation: Invitation) -> tuple[str, str, str, int]:
    return (*_group(invitation), invitation.generation)


def _carried(
    decisions: Iterable[Decision], states: Mapping[str, State], groups: Iterable[Sequence[Invitation]]
) -> Iterator[tuple[str, str, str, str]]:
    """Yield the entries that ordinary notices of this run carry as they should be, freshly written."""
    begun = {carrier.key for group in groups for one in group for carrier in one.carriers if carrier.begun}
    for decision in decisions:
        notice = decision.notice
        occasion, key = notice.occasion, str(notice.key)
        if occasion is None:
            continue
        waits = decision.kind == "told" and states.get(key) in (State.QUEUED, State.DEFERRED)
        if decision.kind == "send" or (waits and key not in begun):
            mailbox = (notice.recipient.mail or "").lower()
            yield occasion.kind, occasion.subject, notice.key.recipient, mailbox


def _waits(carrier: Carrier, rule: str) -> bool:
    return carrier.rule == rule and carrier.state in _OPEN


def _tried_since(invitation: Invitation, told: Carrier | None) -> Carrier | None:
    """Return the newest revision after the one told whose bytes are fixed or were refused, or None."""
    since = 0 if told is None else invitation.carriers.index(told) + 1
    tried = [one for one in invitation.carriers[since:] if one.begun or one.state is State.FAILED]
    return tried[-1] if tried else None


def _number(invitation: Invitation, again: Carrier | None) -> int:
    """Return the number of this generation's next upkeep notice, or that of the one that is there already."""
    fixed = [
        one
        for one in invitation.carriers
        if one.rule in UPKEEP and (one.begun or one.heard or one.state is State.FAILED)
    ]
    return fixed.index(again) + 1 if again in fixed else len(fixed) + 1


def _mailbox_of(wanted: Wanted) -> str:
    """Return the mailbox that reads today, or the one that a series is kept in."""
    mail = wanted.recipient.mail or ""
    return mail if mail.lower() in wanted.mailboxes or not wanted.mailboxes else min(wanted.mailboxes)


def _recipient_at(wanted: Wanted, mailbox: str) -> Recipient:
    recipient = wanted.recipient
    if (recipient.mail or "").lower() == mailbox.lower():
        return recipient
    return Recipient(role=recipient.role, holder=recipient.holder, mail=mailbox, through=recipient.through)


def _nothing_before() -> dict[str, Fact]:
    return {
        "foer_dag": None, "foer_start": None, "foer_slut": None, "foer_sted": None, "foer_sidste": None,
        "udgaar": (), "nye": (),
    }  # fmt: skip
