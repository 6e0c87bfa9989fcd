"""What an invitation that was told should say today: this, nothing any more, or nobody can know just now.

Asks the very functions that planning asks, for exactly the occasion that somebody was told of, whether a
notice about it is due or not. What merely disappeared from the case source, or was rejected there, is
unclear (``doubts``), and nothing is taken out of a calendar on its account. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from reminderd.domain import deadlines
from reminderd.domain.activities import activity_of
from reminderd.domain.cases import Borger
from reminderd.domain.deadlines import Case, Deadline, Found, Withheld
from reminderd.domain.doubts import Doubts
from reminderd.domain.facts import contact_facts, youth_facts
from reminderd.domain.fields import shown_facts, shown_occasion
from reminderd.domain.invitations import Content, Invitation, starts_of, subject_id
from reminderd.domain.notices import Fact, Occasion, Recipient
from reminderd.domain.occurrences import spoken
from reminderd.domain.planning import blocked, deadlines_of, spoken_of_with
from reminderd.domain.recipients import Directory, recipients
from reminderd.domain.rules import Rule
from reminderd.domain.serial import SerialCalendars
from reminderd.domain.series import occasion_of
from reminderd.domain.unit_days import committee_reports, committees, one_offs
from reminderd.domain.views import lacking
from reminderd.domain.words import say
from reminderd.domain.workdays import civil_day

_FAR = date(9999, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """It should say this, in one of these mailboxes (lower case); ``recipient`` is where its mail goes today.

    ``template`` is the wording whose calendar title names the occasion, None where the title stays as it was
    told; ``facts`` is what that title may use.
    """

    occasion: Occasion
    recipient: Recipient
    mailboxes: frozenset[str]
    template: str | None
    facts: Mapping[str, Fact]
    protected: bool


@dataclass(frozen=True, slots=True)
class Gone:
    """It should not be there: ``off`` where that is so for everybody, ``silent`` where no word is said."""

    reason: str
    off: bool = False
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Unclear:
    """The case source does not say; what was told stays as it is."""

    reason: str


Standing = Wanted | Gone | Unclear
_SOMEBODY_ELSES = Gone(say("it is somebody else's now"))
_SILENT = Gone(say("nothing more is said about this case"), silent=True)
ANOTHER_MAILBOX = Gone(say("it is read in another mailbox now"))
ENTERED_ANEW = Gone(say("it is wanted again, and entered anew"))


class Standings:
    """Answers for one reading of the case source on one day."""

    def __init__(self, serial: SerialCalendars) -> None:
        self._serial = serial
        self._now = serial.now
        self._policy = serial.policy
        self._directory = serial.directory
        self._snapshot = serial.directory.snapshot
        self._doubts = Doubts(serial)
        self._found: dict[str, list[tuple[Found, tuple[Case, ...]]]] = {}
        self._later: dict[date, Directory] = {}

    def of(self, invitation: Invitation, told: Content) -> Standing:
        """Return what the invitation should say today."""
        subject = invitation.subject
        own = (subject_id(subject),) if subject.startswith("forloeb:") else ()
        missing = self._doubts.missing(invitation)
        if missing is not None:
            return Unclear(missing)
        if self._hidden(own):
            return _SILENT
        unclear = self._doubts.of_courses(own)
        if unclear is not None and not self._ended(own):
            return Unclear(unclear)
        serie_id = self._serial.serie_of(invitation.kind, invitation.subject)
        standing = (
            self._standing(invitation) if serie_id is None else self._in_series(serie_id, invitation, told)
        )
        if standing is _SOMEBODY_ELSES:
            unclear = unclear or self._doubts.of_courses((*own, *told.through), emptied=True)
            if subject.startswith("aktivitet:") and invitation.role != "ansvarlig":
                unclear = unclear or self._doubts.of_lists({subject.removeprefix("aktivitet:")})
        leaves = isinstance(standing, Gone) or (isinstance(standing, Wanted) and standing.template is None)
        if leaves and self._died(own or told.through):
            return _SILENT
        # What a kept row says of the course's end is true, whatever other rows could not say.
        if unclear is not None and not (isinstance(standing, Gone) and standing.reason in self._ended(own)):
            return Unclear(unclear)
        return standing

    def may_hear(self, invitation: Invitation) -> str | None:
        """Return why nothing may be sent to this mailbox any more, or None."""
        kind, _, holder_id = invitation.holder.partition(":")
        if kind != "borger":
            return (
                None if self._directory.allows(invitation.mailbox) else say("mail may not go to this address")
            )
        borger = self._snapshot.borgere.get(holder_id)
        if borger is None:
            return say("the citizen is not in the case source")
        found = self._directory.to_citizen(borger)
        if isinstance(found, str):
            return found
        same = (found.mail or "").lower() == invitation.mailbox.lower()
        return None if same else say("the citizen has another mailbox now")

    def contact_of(self, holder: str) -> Mapping[str, Fact]:
        """Return whom a citizen may ask, as far as a rule that writes to citizens shows it."""
        book, borger_id = self._policy.book, holder.partition(":")[2]
        shows = {name for rule in book.rules if rule.enabled and "ung" in rule.roles for name in rule.shows}
        rows = [row for row in self._snapshot.forloeb.values() if row.borger_id == borger_id]
        own = [deadlines.case_of(self._snapshot, row) for row in rows]
        return shown_facts(contact_facts(own, self._directory), shows | set(book.shows))

    def next_time(self, invitation: Invitation) -> datetime | None:
        """Return when the series of a session meets next with the same person, or None."""
        serie_id = self._serial.serie_of(invitation.kind, invitation.subject)
        member = None if serie_id is None else self._serial.members(serie_id).get(invitation.holder)
        sessions = () if member is None else member.sessions.values()
        return min((one.starts for one in sessions if one.starts > self._now), default=None)

    def _ended(self, courses: Iterable[str]) -> frozenset[str]:
        """Return why courses do not run today, as their own rows say."""
        rows = [self._snapshot.forloeb[key] for key in courses if key in self._snapshot.forloeb]
        reasons = [
            deadlines.ended(row, self._snapshot.borgere[row.borger_id], self._directory.day) for row in rows
        ]
        return frozenset(reason for reason in reasons if reason is not None)

    def _people(self, courses: Iterable[str]) -> list[Borger]:
        known = self._snapshot.forloeb
        return [self._snapshot.borgere[known[key].borger_id] for key in courses if key in known]

    def _died(self, courses: Iterable[str]) -> bool:
        today = self._directory.day
        return any(row.doedsdato is not None and row.doedsdato <= today for row in self._people(courses))

    def _hidden(self, courses: Iterable[str]) -> bool:
        """Tell whether somebody is protected so that no more than case and deadline may be named."""
        return any(row.beskyttelse == "saerlig" for row in self._people(courses))

    def appointment(self, serie_id: str, invitation: Invitation, mailbox: str) -> Wanted | None:
        """Return what one appointment of a series should say in one mailbox, if it stands there at all."""
        found = self._serial.appointments(serie_id, invitation.holder, mailbox)
        one = next((one for one in found if one.subject == invitation.subject), None)
        if one is None:
            return None
        member = self._serial.members(serie_id).get(invitation.holder)
        reads = member is not None and mailbox.lower() in member.mailboxes
        occasion = occasion_of(one)
        facts: dict[str, Fact] = {
            "titel": one.title, "start": one.starts, "slut": one.ends, "sted": one.place,
        }  # fmt: skip
        # Whom to ask is told to whoever is no member any more as well: the mail has to end somehow.
        contact = self.contact_of(invitation.holder) if invitation.role == "ung" else {}
        return Wanted(
            occasion=occasion,
            recipient=(
                member.recipient
                if member is not None and reads
                else Recipient(role=invitation.role, holder=invitation.holder, mail=mailbox)
            ),
            mailboxes=frozenset({mailbox.lower()}),
            template=member.template if member is not None and reads else None,
            facts={**shown_facts(facts, () if member is None else member.shows), **contact},
            protected=False,
        )

    def _in_series(self, serie_id: str, invitation: Invitation, told: Content) -> Standing:
        wanted = self.appointment(serie_id, invitation, invitation.mailbox)
        ahead = _ahead(told.occasion, self._now)
        lost = ahead if wanted is None else ahead - _ahead(wanted.occasion, self._now)
        off = self._serial.cancelled_starts(serie_id)
        if any(start.replace(tzinfo=None) not in off for start in lost):
            unclear = self._doubts.of_series(serie_id, told.occasion, lost)
            unclear = unclear or self._doubts.of_courses(told.through)
            if unclear is not None:
                return Unclear(unclear)
        if wanted is not None:
            return wanted
        if lost and all(start.replace(tzinfo=None) in off for start in lost):
            return Gone(say("the sessions are cancelled"), off=True)
        member = self._serial.members(serie_id).get(invitation.holder)
        if member is None:
            return _SOMEBODY_ELSES
        reads = invitation.mailbox.lower() in member.mailboxes
        return Gone(say("it is not in the series any more")) if reads else ANOTHER_MAILBOX

    def _standing(self, invitation: Invitation) -> Standing:
        reason = self._nothing_of_it(invitation)
        ranked: list[tuple[tuple[bool, bool], Wanted]] = []
        for found, cases in self._about(invitation):
            if found is None or not _same_kind(found.kind, invitation.kind):
                continue
            verdict = self._without_it(found, invitation)
            if isinstance(verdict, Unclear):
                return verdict
            if verdict is not None:
                reason = verdict
            elif isinstance(found, Deadline):
                for rule, recipient in self._told_by_rules(found, cases):
                    reason = _SOMEBODY_ELSES
                    if recipient is None or recipient.holder != invitation.holder:
                        continue
                    if recipient.mail is None:
                        return Unclear(say("nobody can be told"))
                    rank = (blocked(rule, found) is None, found.begins is not None)
                    ranked.append((rank, self._wanted(rule, found, recipient, cases)))
        return max(ranked, key=lambda pair: pair[0])[1] if ranked else reason

    def _nothing_of_it(self, invitation: Invitation) -> Gone:
        """Say why a kind of deadline has nothing to say of an invitation any more."""
        kinds = ("review", "review_meeting") if invitation.kind == "review" else (invitation.kind,)
        if not any(rule.calendar != "none" for each in kinds for rule in self._policy.rules_on(each)):
            return Gone(say("no rule puts it into calendars any more"))
        if self._doubts.meeting_removed(invitation.subject):
            return Gone(say("the meeting was removed from the case source"), off=True)
        return Gone(say("it concerns the case no more"))

    def _without_it(self, found: Deadline | Withheld, invitation: Invitation) -> Gone | Unclear | None:
        """Say why a deadline does not speak for the invitation; None where it does, or says nothing of it."""
        missing = lacking(found.kind, self._snapshot.absent_views)
        if missing is not None:
            return Unclear(say("the case source has no {views}", views=missing))
        if isinstance(found, Withheld):
            if found.fault:
                return Unclear(found.reason)
            return self._withheld(found) if found.kind == invitation.kind else None
        if found.occasion is None or found.occasion.subject != invitation.subject:
            return Gone(_replaced(found), off=True)
        return None

    def _withheld(self, found: Withheld) -> Gone:
        """Say "cancelled" only of what the case source itself calls off: others may go there all the same."""
        row = self._snapshot.aktiviteter.get(found.subject.removeprefix("aktivitet:"))
        elsewhere = found.kind in ("activity", "committee")
        return Gone(found.reason, off=not elsewhere or (row is not None and row.status == "aflyst"))

    def _told_by_rules(
        self, found: Deadline, cases: tuple[Case, ...]
    ) -> Iterator[tuple[Rule, Recipient | None]]:
        """Yield whom each rule puts it into a calendar for; None once for a rule, so that it is seen."""
        for rule in self._policy.rules_on(found.kind):
            if rule.calendar != "none":
                yield rule, None
                yield from ((rule, recipient) for recipient in self._recipients(rule, found, cases))

    def _recipients(self, rule: Rule, found: Deadline, cases: tuple[Case, ...]) -> list[Recipient]:
        occurrence, _ = spoken(rule, found, self._policy.workdays, self._directory.day)
        due = date.min if occurrence is None else occurrence.due_day
        return recipients(rule, found, due, cases, self._directory)

    def _wanted(self, rule: Rule, found: Deadline, recipient: Recipient, cases: tuple[Case, ...]) -> Wanted:
        occasion = found.occasion
        assert occasion is not None  # noqa: S101 - _without_it() has asked
        mailboxes = {recipient.mail, *self._on_the_day(recipient, found, occasion)}
        youth = recipient.role == "ung"
        facts = (
            youth_facts(found, cases, recipient, self._directory.day, self._directory)
            if youth
            else found.facts
        )
        return Wanted(
            occasion=shown_occasion(occasion, rule.shows),
            recipient=recipient,
            mailboxes=frozenset(mailbox.lower() for mailbox in mailboxes if mailbox is not None),
            template=rule.template,
            facts=shown_facts(facts, rule.shows),
            protected=found.of_a_case and any(case.borger.beskyttelse != "ingen" for case in cases),
        )

    def _on_the_day(self, recipient: Recipient, found: Deadline, occasion: Occasion) -> list[str | None]:
        """Return who reads on the occasion's own day: a leave that is over by then takes nothing from her."""
        kind, _, holder_id = recipient.holder.partition(":")
        if kind != "medarbejder":
            return []
        starts = occasion.starts
        day = max(self._directory.day, civil_day(starts) if isinstance(starts, datetime) else starts)
        later = self._later.get(day)
        if later is None:
            later = self._later[day] = self._policy.directory(self._snapshot, day)
        enhed_id = found.enhed_id
        if enhed_id is None and found.of_a_case:
            enhed_id = self._snapshot.forloeb[found.forloeb_ids[0]].enhed_id
        then = later.to_staff(recipient.role, holder_id, enhed_id)
        return [one.mail for one in then if one.holder == recipient.holder]

    def _about(self, invitation: Invitation) -> Iterable[tuple[Found, tuple[Case, ...]]]:
        subject = invitation.subject
        if subject.startswith("forloeb:"):
            forloeb_id = subject_id(subject)
            if forloeb_id not in self._found:
                self._found[forloeb_id] = list(self._of_course(forloeb_id))
            return self._found[forloeb_id]
        if subject not in self._found:
            self._found[subject] = list(self._of_group(invitation.kind, subject))
        return self._found[subject]

    def _of_course(self, forloeb_id: str) -> Iterator[tuple[Found, tuple[Case, ...]]]:
        case = deadlines.case_of(self._snapshot, self._snapshot.forloeb[forloeb_id])
        for found in deadlines_of(case, self._policy, self._directory.day):
            yield found, spoken_of_with(case, found, self._directory)

    def _of_group(self, kind: str, subject: str) -> Iterator[tuple[Found, tuple[Case, ...]]]:
        book, snapshot, today = self._policy.book, self._snapshot, self._directory.day
        found: list[Deadline | Withheld] = []
        if kind == "activity":
            one = activity_of(snapshot, book.activity, subject, today, self._policy.workdays)
            found = [] if one is None else [one]
        elif kind == "committee":
            found = committees(snapshot, book.committee, today, _FAR)
        elif kind == "committee_report":
            found = committee_reports(snapshot, book.committee_report, today, _FAR)
        elif kind == "one_off":
            found = one_offs(book.one_off, today, _FAR)
        for item in found:
            if isinstance(item, Withheld):
                if item.subject == subject.partition("#")[0]:
                    yield item, ()
            elif item.occasion is not None and item.occasion.subject == subject:
                rows = [snapshot.forloeb[key] for key in item.forloeb_ids]
                yield item, tuple(deadlines.case_of(snapshot, row) for row in rows)


def _ahead(occasion: Occasion, now: datetime) -> frozenset[datetime]:
    """Return the starts that lie ahead."""
    return frozenset(start for start in starts_of(occasion) if start > now)


def _same_kind(deadline_kind: str, occasion_kind: str) -> bool:
    return deadline_kind == occasion_kind or (deadline_kind, occasion_kind) == ("review_meeting", "review")


def _replaced(found: Deadline) -> str:
    held = found.facts.get("sidst_afholdt")
    if isinstance(held, date):
        return say("the review was held on {day}", day=held)
    return say("another date has taken its place")
