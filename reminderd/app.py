"""One installation, ready to be asked or to be run: an operator's questions and decisions.

The rooms come from ``wiring``; nothing here knows how one is made.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hmac import compare_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from reminderd.accounts import account_of
from reminderd.clock import Clock
from reminderd.config.closed_days import closed_day_names
from reminderd.config.rulebook import FaultyRulesError, load_rules
from reminderd.domain.accounting import Account
from reminderd.domain.answers import Answer, FailingAddress
from reminderd.domain.cases import Snapshot
from reminderd.domain.differences import Difference, differences, most_on_a_day
from reminderd.domain.lifecycle import Event, State, sources
from reminderd.domain.notices import Decision, Gap
from reminderd.domain.planning import Policy
from reminderd.domain.reconcile import Knowledge
from reminderd.domain.rehearsal import plan_stretch
from reminderd.domain.silences import Silence, SilenceKind
from reminderd.domain.source_check import SourceCheck, check_source
from reminderd.domain.statistics import Figures, figures_by
from reminderd.domain.workdays import civil_day
from reminderd.errors import ConfigurationError, Problem, ReminderdError
from reminderd.ledger import (
    BackedUp,
    EntryRow,
    Purged,
    Verified,
    back_up,
    beside,
    export_case,
    verify_journal,
)
from reminderd.wiring import Wiring

if TYPE_CHECKING:
    from reminderd.domain.explanation import Explanation

# Closed days are known for this many years around now, and around the days that a rehearsal asks for:
# a birthday to prepare for lies at most seven years ahead, an overdue review a few years back.
_YEARS_BACK, _YEARS_AHEAD = 10, 15
# What writing to the ledger may add to a message in hand.
_COMMITS_S = 30.0
# Long enough for the people who renew certificates, short enough that one of 90 days is not always named.
_CERTIFICATE_DAYS = 21


@dataclass(frozen=True)
class Rehearsal:
    """A plan about to be made: the data it is made of, and the stretch of days it is for."""

    snapshot: Snapshot
    policy: Policy
    known: Knowledge
    first: date
    last: date

    @property
    def sagsnumre(self) -> list[str]:
        """Return every case number that the case source has, in order."""
        return sorted({row.sagsnr for row in self.snapshot.forloeb.values()})

    def knows(self, sagsnr: str) -> bool:
        """Tell whether the case source has this case, be it only as a row that could not be read."""
        return sagsnr in self.sagsnumre or any(row.of.sagsnr == sagsnr for row in self.snapshot.findings)

    def plan(self, on_subject: Callable[[], object]) -> tuple[list[Decision], list[Gap]]:
        """Return every decision and every gap; ``on_subject`` is called after each course."""
        return plan_stretch(self.snapshot, self.policy, self.known, self.first, self.last, on_subject)


@dataclass(frozen=True)
class Compared:
    """What two files of rules make of the same data, and the day on which the new one tells most."""

    differences: list[Difference]
    most: tuple[date, int] | None


@dataclass(frozen=True)
class Explained:
    """One case explained, with what the ledger holds about it and every case number there is."""

    explanation: "Explanation"
    told: list[EntryRow]
    answers: list[Answer]
    sagsnumre: list[str]


@dataclass(frozen=True)
class App(Wiring):
    """One installation, ready to be asked or to be run."""

    def rehearse(self, first: date, last: date) -> Rehearsal:
        """Read the case source and the ledger for a plan over a stretch of days.

        Where nothing has run yet, the plan supposes that the service starts on the first day.
        """
        snapshot = self.source().read()
        reading = self.reading()
        if reading is None:
            known = Knowledge({}, {}, first)
        else:
            never_run = reading.previous_run() is None
            known = reading.knowledge(first if never_run else self.today())
        return Rehearsal(snapshot, self._policy_for(first, last), known, first, last)

    def compare_rules(self, old: Path, new: Path, first: date, last: date) -> Compared:
        """Plan a stretch of days under two files of rules; raises ConfigurationError where one is wrong."""
        rehearsal = self.rehearse(first, last)
        books = [load_rules(path) for path in (old, new)]
        before, after = (
            replace(rehearsal, policy=replace(rehearsal.policy, book=book)).plan(lambda: None)[0]
            for book in books
        )
        return Compared(differences(before, after), most_on_a_day(after))

    def explain(self, sagsnr: str, lang: Literal["en", "da"] = "en") -> Explained:
        """Explain one case, and why; ``lang`` is that of the holidays' names."""
        from reminderd.domain.explanation import explain, told_in_groups  # noqa: PLC0415

        today = self.today()
        rehearsal = self.rehearse(today, today)
        snapshot, known, now = rehearsal.snapshot, rehearsal.known, self.clock.now()
        names = closed_day_names(today.year - _YEARS_BACK, today.year + _YEARS_AHEAD, lang)
        explanation = explain(snapshot, self.policy, known, sagsnr, now, names.get)
        reading = self.reading()
        told = [] if reading is None else reading.of_case(sagsnr)
        if reading is not None:
            groups, times = told_in_groups(snapshot, sagsnr)
            told += [
                row
                for row in reading.of_groups(groups, times)
                if any(first <= civil_day(row.send_at) <= last for first, last in times[row.recipient_id])
            ]
            told.sort(key=lambda row: (row.send_at, row.entry_id))
        answers = [] if reading is None else reading.answers_about([row.key for row in told])
        return Explained(explanation, told, answers, rehearsal.sagsnumre)

    def check_source(self) -> SourceCheck:
        """Read the case source and judge what the reading is good for."""
        return check_source(self.source().read(), self.book, self.clock.now())

    def silence(self, kind: SilenceKind, target: str, until: date, *, reason: str, author: str) -> Silence:
        """Begin a silence that a person asks for; the ledger is made where nothing has run yet."""
        now = self.clock.now()
        ledger = self._deciding() or self._writing()
        try:
            with ledger.transaction() as tx:
                number = tx.silence(kind, target, until, reason=reason, author=author, at=now)
        finally:
            ledger.close()
        return next(silence for silence in self.silences() if silence.silence_id == number)

    def end_silence(self, silence_id: int, *, author: str) -> bool:
        """End a silence before its day; False where none with this id is in force."""
        now = self.clock.now()
        in_force = [silence.silence_id for silence in self.silences() if silence.in_force(now)]
        ledger = self._deciding()
        if ledger is None or silence_id not in in_force:
            return False
        try:
            with ledger.transaction() as tx:
                tx.end_silence(silence_id, author=author, at=now)
        finally:
            ledger.close()
        return True

    def silences(self) -> list[Silence]:
        """Return every silence that ever was, oldest first."""
        reading = self.reading()
        return [] if reading is None else reading.silences()

    def silenceable(self, kind: SilenceKind) -> Collection[str]:
        """Return what can be silenced: the rules, or what the case source holds just now."""
        if kind == "rule":
            return [rule.name for rule in self.book.rules]
        snapshot = self.source().read()
        if kind == "person":
            return list(snapshot.medarbejdere)
        return {row.sagsnr for row in snapshot.forloeb.values()}

    def check_online(self) -> list[str]:
        """Try everything outside; returns what is away, or wrong in the data, in words."""
        found = []
        try:
            findings = self.source().read().findings
        except ReminderdError as error:
            found.append(str(error))
        else:
            found += [
                f"{finding.view} {finding.row_id}: {finding.column}: {finding.reason}"
                + (" (the row is used without it)" if finding.row_kept else " (the row is left out)")
                for finding in findings
            ]
        try:
            self.reading()
        except ReminderdError as error:
            found.append(str(error))
        try:
            protection = asyncio.run(self.transport().probe())
        except ReminderdError as error:
            found.append(str(error))
        else:
            trouble = self.certificate_trouble(None if protection is None else protection.expires)
            found += [trouble] if trouble else []
        if self.settings.inbox.url:
            try:
                self._knock_at_mailbox()
            except ReminderdError as error:
                found.append(str(error))
        return found

    def certificate_trouble(self, ends: datetime | None) -> str:
        """Return a warning where the relay's certificate ends soon: then nothing would be sent any more."""
        days = None if ends is None else (ends - self.clock.now()).days
        if days is None or days > _CERTIFICATE_DAYS:
            return ""
        return f"the relay's certificate ends in {days} days, and then nothing is sent: have it renewed"

    def figures(self, first: date, last: date) -> Figures:
        """Read the case source and count what happened from ``first`` to ``last``."""
        snapshot = self.source().read()
        workdays = self._policy_for(first, last).workdays
        return figures_by(self.book, workdays, snapshot, first, last, self.today())

    def release_brake(self, brake: str, *, reason: str, author: str) -> list[EntryRow]:
        """Let go what a brake holds, or believe the case source as it is; returns the entries let go."""
        reading, ledger = self.reading(), self._deciding()
        if reading is None or ledger is None:
            return []
        now = self.clock.now()
        try:
            with ledger.transaction() as tx:
                if brake == "source":
                    tx.believe_source(reason, now, author=author)
                    return []
                held = reading.held_by(brake)
                entries = [(row.entry_id, State(row.state)) for row in held]
                tx.apply(entries, Event.RELEASE, reason, now, actor=author)
        finally:
            ledger.close()
        return held

    def feed_names(self) -> dict[str, str]:
        """Return under which name each mailbox with something ahead finds its calendar, by mailbox."""
        from reminderd.compose.identity import feed_name  # noqa: PLC0415

        reading = self.reading()
        if reading is None:
            return {}
        secret = reading.secret()
        return {mailbox: feed_name(secret, mailbox) for mailbox in reading.mailboxes(self.clock.now())}

    def feed(self, name: str) -> bytes | None:
        """Return the calendar of the mailbox that a name stands for, or None."""
        from reminderd.compose.feed import FeedEntry, feed  # noqa: PLC0415
        from reminderd.compose.invite import CalendarRevision, Mailbox  # noqa: PLC0415

        reading, sender = self.reading(), self.settings.sender
        mailbox = next((one for one, its in self.feed_names().items() if compare_digest(its, name)), None)
        if reading is None or mailbox is None:
            return None
        entries = [
            FeedEntry(
                one.content.occasion,
                one.content.shown,
                CalendarRevision(one.uid, one.sequence, one.dtstamp, one.method, one.organizer),
            )
            for one in reading.published(mailbox, self.clock.now())
        ]
        return feed(entries, organizer=Mailbox(sender.mail, sender.name), language=sender.language)

    def back_up(self, copy: Path) -> BackedUp | None:
        """Copy the ledger to a new file and verify the copy; None where nothing has run yet."""
        reading = self.reading()
        return None if reading is None else back_up(reading.path, copy, self.clock.now())

    def verify_journal(self) -> Verified | None:
        """Reckon the journal's chain anew; None where nothing has run yet."""
        reading = self.reading()
        if reading is None:
            return None
        return verify_journal(reading, self.settings.ledger.mark or beside(reading.path))

    def export_case(self, sagsnr: str) -> list[dict[str, Any]]:
        """Return what is kept about a case, and what the people whose case it is were told themselves."""
        reading = self.reading()
        if reading is None:
            return []
        courses = self.source().read().forloeb.values()
        people = {f"borger:{row.borger_id}" for row in courses if row.sagsnr == sagsnr}
        return export_case(reading, sagsnr, people)

    def audit(self) -> Account | None:
        """Hold what the case source asks for against what became of it; None where nothing has run yet.

        What is asked for is reckoned anew from the source's rows, without the planner.
        """
        reading = self.reading()
        if reading is None:
            return None
        return account_of(self.source(), reading, self.policy, self.settings, self.clock.now())

    def purge(self, sagsnr: str | None, *, author: str, dry_run: bool) -> Purged:
        """Purge what has been kept long enough, or a case's settled texts at once."""
        ledger = self._deciding()
        if ledger is None:
            return Purged(0, 0, 0)
        now = self.clock.now()
        try:
            with ledger.transaction() as tx:
                purged = tx.purge(self.retention, now, sagsnr=sagsnr, actor=author, dry_run=dry_run)
            ledger.empty_wal()
        finally:
            ledger.close()
        return purged

    def rotate_secret(self, reason: str, *, author: str) -> bool:
        """Make the installation's secret anew; False where nothing has run yet."""
        ledger = self._deciding()
        if ledger is None:
            return False
        try:
            with ledger.transaction() as tx:
                tx.rotate_secret(reason, self.clock.now(), author=author)
            ledger.empty_wal()
        finally:
            ledger.close()
        return True

    def concerned(self, key: str, event: Event) -> list[EntryRow]:
        """Return the entries that a decision by ``key`` is about: their key, or whole fields of it.

        Only entries in a state from which the lifecycle table knows this event are concerned.
        """
        reading = self.reading()
        named = [] if reading is None else reading.named(key)
        return [row for row in named if State(row.state) in sources(event)]

    def decide(self, concerned: Sequence[EntryRow], event: Event, *, reason: str, author: str) -> None:
        """Carry out a person's decision; raises StaleEntryError where an entry has moved on meanwhile."""
        ledger = self._deciding()
        if ledger is None:
            return
        try:
            with ledger.transaction() as tx:
                entries = [(row.entry_id, State(row.state)) for row in concerned]
                tx.apply(entries, event, reason, self.clock.now(), actor=author)
        finally:
            ledger.close()

    def _knock_at_mailbox(self) -> None:
        from reminderd.inbox.mailbox import open_mailbox  # noqa: PLC0415

        with open_mailbox(self._mailbox()):
            pass

    def failing_addresses(self) -> tuple[FailingAddress, ...]:
        """Return the addresses whose mail came back, the longest failing first."""
        reading = self.reading()
        return () if reading is None else reading.failing_addresses()

    def clear_address(self, mail: str, *, reason: str, author: str) -> bool:
        """Note that an address works again; False where it does not count as failing."""
        ledger = self._deciding()
        if ledger is None:
            return False
        try:
            with ledger.transaction() as tx:
                return tx.clear_address(mail, reason=reason, author=author, at=self.clock.now()) > 0
        finally:
            ledger.close()

    def wording_problems(self, *, every_rule: bool = True) -> list[Problem]:
        """Render every wording that a rule uses with example facts; returns what is wrong with them.

        Without ``every_rule`` some rules could not be read: then no wording is called unused.
        """
        from reminderd.compose.checking import check  # noqa: PLC0415

        return check(self.wordings(), self.book.rules, self.book.shows, every_rule=every_rule)

    @classmethod
    def wording_problems_beside(cls, error: ConfigurationError, clock: Clock) -> list[Problem]:
        """Return what is wrong with the wordings of those rules that are in order, beside ``error``."""
        if not isinstance(error, FaultyRulesError) or error.settings is None:
            return []
        return cls(error.settings, error.sound, clock).wording_problems(every_rule=False)
