"""A series in each person's calendar: its rhythm as one appointment, and what stands alone.

Puts together what ``series`` knows of the sessions, ``recipients`` of the people, and the invitations of
what each mailbox was told; ``recurrence`` reckons. Both an ordinary notice and the upkeep of what was told
ask here, so they say the same. Pure.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from reminderd.domain.deadlines import Deadline, case_of
from reminderd.domain.fields import shown_occasion
from reminderd.domain.invitations import Invitation, not_over
from reminderd.domain.notices import Notice, Occasion, Recipient
from reminderd.domain.planning import Policy
from reminderd.domain.recipients import Directory, recipients
from reminderd.domain.recurrence import Appointment, appointments
from reminderd.domain.rules import Rule
from reminderd.domain.series import Series, appointment_of, occasion_of, series_of
from reminderd.domain.workdays import local

_KIND = "activity"


@dataclass(slots=True)
class Member:
    """Somebody whom a series concerns: where her mail goes, on whose account, and which sessions.

    ``mailboxes`` (lower case) are those whose calendars may show it: today's reader's, and that of whoever
    reads on its last day. ``shows`` is what the first rule that tells her shows beyond the default.
    """

    recipient: Recipient
    template: str
    shows: Collection[str] = ()
    through: tuple[str, ...] = ()
    sessions: dict[str, Appointment] = field(default_factory=dict)
    mailboxes: frozenset[str] = frozenset()


class SerialCalendars:
    """Answers for one reading of the case source at one moment; what it answers from stands open."""

    def __init__(
        self, policy: Policy, directory: Directory, invitations: Sequence[Invitation], now: datetime
    ) -> None:
        self.policy = policy
        self.directory = directory
        self.invitations = invitations
        self.now = now
        self._snapshot = directory.snapshot
        self._rows: Mapping[str, Series] | None = None
        self._members: dict[str, dict[str, Member]] = {}
        self._answers: dict[tuple[str, str, str], tuple[Appointment, ...]] = {}
        self._told: dict[tuple[str, str, str], list[Appointment]] = {}
        for invitation in not_over(invitations, now):
            serie_id, told = self.serie_of(invitation.kind, invitation.subject), invitation.told
            if serie_id is not None and told is not None and told.method == "REQUEST":
                place = (serie_id, invitation.holder, invitation.mailbox.lower())
                self._told.setdefault(place, []).append(appointment_of(told.content.occasion))

    def serie_of(self, kind: str, subject: str) -> str | None:
        """Return the series that an occasion belongs to, if the case source knows of one."""
        if kind != _KIND:
            return None
        name, _, rest = subject.partition(":")
        if name == "serie":
            return rest.partition("#")[0]
        row = self._snapshot.aktiviteter.get(rest)
        return None if row is None else row.serie_id

    def placed(self, notice: Notice) -> Notice:
        """Return a notice about a session with the appointment that the session is part of."""
        occasion, mail = notice.occasion, notice.recipient.mail
        serie_id = None if occasion is None else self.serie_of(occasion.kind, occasion.subject)
        if occasion is None or serie_id is None or mail is None:
            return notice
        holder = notice.key.recipient
        found = [one for one in self.appointments(serie_id, holder, mail) if _covers(one, occasion)]
        if not found:
            return notice
        # What stands alone goes before a rhythm that has the same hour.
        appointment = min(found, key=lambda one: one.recurrence is not None)
        member = self.members(serie_id).get(holder)
        through = notice.recipient.through if member is None else member.through
        return replace(
            notice,
            occasion=occasion_of(appointment),
            recipient=replace(notice.recipient, through=through),
        )

    def appointments(self, serie_id: str, holder: str, mailbox: str) -> tuple[Appointment, ...]:
        """Return what shall stand in one mailbox's calendar for a series, and in which form."""
        asked = (serie_id, holder, mailbox.lower())
        if asked not in self._answers:
            member = self.members(serie_id).get(holder)
            reads = member is not None and mailbox.lower() in member.mailboxes
            serie = self._series().get(serie_id)
            self._answers[asked] = appointments(
                serie_id,
                member.sessions.values() if member is not None and reads else (),
                rhythms=() if serie is None else serie.rhythms,
                now=self.now,
                # What has no rhythm is told by its own notice, when that is due.
                horizon=date.min,
                told=self._told.get(asked, ()),
            )
        return self._answers[asked]

    def members(self, serie_id: str) -> Mapping[str, Member]:
        """Return whom a series concerns today, by role holder."""
        if serie_id not in self._members:
            serie = self._series().get(serie_id)
            self._members[serie_id] = {} if serie is None else self._members_of(serie)
        return self._members[serie_id]

    def cancelled_starts(self, serie_id: str) -> frozenset[datetime]:
        """Return the starts of the series' sessions that the case source itself calls off, naive."""
        rows = self._snapshot.aktiviteter.values()
        return frozenset(row.start_tid for row in rows if row.serie_id == serie_id and row.status == "aflyst")

    def known_starts(self, serie_id: str) -> frozenset[datetime]:
        """Return the starts of all the series' sessions that the case source has, whomever they concern."""
        rows = self._snapshot.aktiviteter.values()
        serie = self._series().get(serie_id)
        slots = () if serie is None else serie.sessions
        return frozenset(
            [one.starts for one in slots] + [local(row.start_tid) for row in rows if row.serie_id == serie_id]
        )

    def _series(self) -> Mapping[str, Series]:
        if self._rows is None:
            book, today = self.policy.book, self.directory.day
            self._rows = series_of(self._snapshot, book.activity, today, self.policy.workdays)
        return self._rows

    def _members_of(self, serie: Series) -> dict[str, Member]:
        found: dict[str, Member] = {}
        courses = tuple(dict.fromkeys(key for keys in serie.concerned.values() for key in keys))
        cases = [case_of(self._snapshot, self._snapshot.forloeb[key]) for key in courses]
        whole = Deadline(
            kind=_KIND,
            subject=f"serie:{serie.serie_id}",
            day=self.directory.day,
            forloeb_ids=courses,
            facts={},
        )
        for rule in self.policy.rules_on(_KIND):
            if rule.calendar == "none":
                continue
            for lead in dict.fromkeys((None, *serie.ansvarlig_id.values())):
                told = replace(whole, ansvarlig_id=lead)
                for recipient in recipients(rule, told, self.directory.day, cases, self.directory):
                    _join(found, recipient, rule, serie, lead)
        for member in found.values():
            member.mailboxes = self._mailboxes(member)
        return found

    def _mailboxes(self, member: Member) -> frozenset[str]:
        recipient = member.recipient
        mailboxes = {recipient.mail}
        kind, _, holder_id = recipient.holder.partition(":")
        if kind == "medarbejder" and member.sessions:
            last = max(one.starts for one in member.sessions.values()).date()
            then = self.policy.directory(self._snapshot, max(last, self.directory.day))
            read = then.to_staff(recipient.role, holder_id, None)
            mailboxes |= {one.mail for one in read if one.holder == recipient.holder}
        return frozenset(mailbox.lower() for mailbox in mailboxes if mailbox is not None)


def _join(
    found: dict[str, Member], recipient: Recipient, rule: Rule, serie: Series, lead: str | None
) -> None:
    member = found.setdefault(recipient.holder, Member(recipient, rule.template, rule.shows))
    member.through = tuple(dict.fromkeys((*member.through, *recipient.through)))
    concerned = serie.sessions_for(recipient.through)
    if recipient.role == "ansvarlig":
        concerned = tuple(one for one in serie.sessions if serie.ansvarlig_id[one.subject] == lead)
    member.sessions |= {one.subject: _shown(one, member.shows) for one in concerned}


def _shown(session: Appointment, shows: Collection[str]) -> Appointment:
    return appointment_of(shown_occasion(occasion_of(session), shows))


def _covers(appointment: Appointment, occasion: Occasion) -> bool:
    if appointment.recurrence is None:
        return appointment.subject == occasion.subject
    return occasion.starts in appointment.occurrences()
