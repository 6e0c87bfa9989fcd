"""The composition root: settings become rooms, wired.

The one place that knows every room's constructor. It decides nothing: what to send, when and how
is decided in the rooms.
"""

import asyncio
import os
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reminderd.casedb.source import CaseSource, open_source
from reminderd.clock import Clock
from reminderd.config.closed_days import closed_day_names, closed_days
from reminderd.config.loading import load_with_rules, read_selects
from reminderd.config.secrets import inbox_password, relay_client_key, relay_password, source_connection
from reminderd.config.settings import InboxSettings, Settings
from reminderd.config.shipped import shipped_folder
from reminderd.config.values import IMAPS_PORT
from reminderd.domain.answers import Answer, FailingAddress
from reminderd.domain.brakes import Limits
from reminderd.domain.cases import Snapshot
from reminderd.domain.cpr import case_number_form
from reminderd.domain.lifecycle import Event, State, sources
from reminderd.domain.notices import Decision, Gap
from reminderd.domain.planning import Policy
from reminderd.domain.reconcile import Knowledge
from reminderd.domain.rehearsal import plan_stretch
from reminderd.domain.rules import RuleBook
from reminderd.domain.silences import Silence, SilenceKind
from reminderd.domain.source_check import SourceCheck, check_source
from reminderd.domain.statistics import Figures, figures_by
from reminderd.domain.workdays import Workdays, civil_day
from reminderd.errors import ConfigurationError, Problem, ReminderdError
from reminderd.ledger import (
    BackedUp,
    EntryRow,
    Ledger,
    Purged,
    Reading,
    Retention,
    Verified,
    back_up,
    beside,
    create_or_open,
    open_for_a_decision,
    open_for_reading,
    verify_journal,
)
from reminderd.pipeline import Pipeline

if TYPE_CHECKING:
    from reminderd.compose.wording import Wordings
    from reminderd.delivery.transport import Transport
    from reminderd.domain.explanation import Explanation
    from reminderd.engine.progress import Progress
    from reminderd.inbox.mailbox import Access
    from reminderd.intake import Intake

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
        readable = f"sag:{sagsnr}"
        return sagsnr in self.sagsnumre or any(readable in row.ids for row in self.snapshot.findings)

    def plan(self, on_subject: Callable[[], object]) -> tuple[list[Decision], list[Gap]]:
        """Return every decision and every gap; ``on_subject`` is called after each course."""
        return plan_stretch(self.snapshot, self.policy, self.known, self.first, self.last, on_subject)


@dataclass(frozen=True)
class Explained:
    """One case explained, with what the ledger holds about it and every case number there is."""

    explanation: "Explanation"
    told: list[EntryRow]
    answers: list[Answer]
    sagsnumre: list[str]


@dataclass(frozen=True)
class App:
    """One installation, ready to be asked or to be run."""

    settings: Settings
    book: RuleBook
    clock: Clock

    @classmethod
    def from_files(cls, config: Path | None, overrides: tuple[str, ...], clock: Clock) -> "App":
        """Read configuration and rules; raises ConfigurationError with every problem."""
        settings, book = load_with_rules(config, overrides)
        return cls(settings, book, clock)

    @cached_property
    def policy(self) -> Policy:
        """Return what the municipality decided, with the closed days of the years around now."""
        return self._policy_for(self.today(), self.today())

    def _policy_for(self, first: date, last: date) -> Policy:
        """Return the policy with the closed days of the years around now and around a stretch of days."""
        year = self.today().year
        closed = closed_days(
            min(first.year, year) - _YEARS_BACK, max(last.year, year) + _YEARS_AHEAD, self.settings.calendar
        )
        return Policy(
            book=self.book,
            workdays=Workdays(closed),
            send_time=self.settings.run.send_time,
            operators=self.settings.operator.mail,
            domains=frozenset(self.settings.privacy.recipient_domains),
            citizen_mail=self.settings.privacy.citizen_mail,
        )

    def source(self) -> CaseSource:
        """Return the door to the case source; nothing is opened yet."""
        source = self.settings.source
        return open_source(
            source_connection(source, os.environ).get_secret_value(),
            schema=source.schema_name,
            selects=read_selects(source),
            encoding=source.encoding,
            sentinel_dates=source.sentinel_dates,
            case_numbers=self._case_numbers,
        )

    @property
    def _case_numbers(self) -> re.Pattern[str] | None:
        form = self.settings.privacy.case_numbers
        return None if form is None else case_number_form(form)

    def wordings(self) -> "Wordings":
        """Return the templates in force: the operator's own before the shipped ones."""
        from reminderd.compose.wording import Wordings  # noqa: PLC0415

        own = self.settings.templates.dir
        return Wordings([*([own] if own else []), shipped_folder("templates")], self.settings.sender.language)

    def today(self) -> date:
        """Return the civil day in Copenhagen."""
        return civil_day(self.clock.now())

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

    def explain(self, sagsnr: str) -> Explained:
        """Explain one case: its deadlines, what was told, what comes, and what will not, and why."""
        from reminderd.domain.explanation import explain  # noqa: PLC0415

        today = self.today()
        rehearsal = self.rehearse(today, today)
        snapshot, known, now = rehearsal.snapshot, rehearsal.known, self.clock.now()
        names = closed_day_names(today.year - _YEARS_BACK, today.year + _YEARS_AHEAD)
        explanation = explain(snapshot, self.policy, known, sagsnr, now, names.get)
        reading = self.reading()
        told = [] if reading is None else reading.of_case(sagsnr)
        if reading is not None:
            shared = [decision for decision in explanation.told if decision.notice.sagsnr is None]
            told += [row for decision in shared for row in reading.find(str(decision.notice.key))]
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

    def reading(self) -> Reading | None:
        """Return the ledger for questions, or None where nothing has run yet."""
        return open_for_reading(self.settings.ledger.url, mark=self.settings.ledger.mark)

    def limits(self) -> Limits:
        """Return what a run may do before a person must look at it."""
        brake = self.settings.brake
        return Limits(
            max_new=brake.max_new,
            max_cancel=brake.max_cancel,
            max_lost_percent=brake.max_lost_percent,
            max_data_age=timedelta(hours=brake.max_data_age_h),
        )

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

    def back_up(self, copy: Path) -> BackedUp | None:
        """Copy the ledger to a new file and verify the copy; None where nothing has run yet."""
        reading = self.reading()
        return None if reading is None else back_up(reading.path, copy)

    def verify_journal(self) -> Verified | None:
        """Reckon the journal's chain anew; None where nothing has run yet."""
        reading = self.reading()
        if reading is None:
            return None
        return verify_journal(reading, self.settings.ledger.mark or beside(reading.path))

    @property
    def retention(self) -> Retention:
        """Return how long what was sent and noted is kept."""
        kept = self.settings.retention
        return Retention(kept.text_days, kept.journal_days)

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

    def _deciding(self) -> Ledger | None:
        return open_for_a_decision(self.settings.ledger.url, mark=self.settings.ledger.mark)

    def _writing(self) -> Ledger:
        ledger = self.settings.ledger
        return create_or_open(
            ledger.url, self.clock.now(), mark=ledger.mark, min_free=ledger.min_free_mb << 20
        )

    def decide(self, key: str, event: Event, *, reason: str, author: str) -> list[str]:
        """Carry out a person's decision; returns the keys of the entries that it changed.

        ``key`` is an entry's key or a part of it; only entries in a state from which the lifecycle
        table knows this event are concerned.
        """
        reading = self.reading()
        ledger = self._deciding()
        if reading is None or ledger is None:
            return []
        concerned = [row for row in reading.find(key) if State(row.state) in sources(event)]
        try:
            with ledger.transaction() as tx:
                entries = [(row.entry_id, State(row.state)) for row in concerned]
                tx.apply(entries, event, reason, self.clock.now(), actor=author)
        finally:
            ledger.close()
        return [row.key for row in concerned]

    def transport(self, progress: "Progress | None" = None) -> "Transport":
        """Return the way out; nothing is opened yet."""
        from reminderd.delivery.open import open_transport  # noqa: PLC0415

        relay = self.settings.relay
        password = relay_password(relay, os.environ)
        return open_transport(
            relay.url,
            tls=relay.tls,
            ca_file=relay.ca_file,
            client_certificate=relay.client_certificate,
            client_key=relay_client_key(relay, os.environ),
            requiretls=relay.requiretls,
            username=relay.username,
            password=None if password is None else password.get_secret_value(),
            timeout=relay.timeout_s,
            per_connection=relay.messages_per_connection,
            socket=relay.socket,
            on_certificate=(lambda _ends: None) if progress is None else progress.certificate,
        )

    @contextmanager
    def intake(self) -> Iterator["Intake"]:
        """Wire the way back, also beside a running service; raises ConfigurationError where it is off."""
        from reminderd.inbox.mailbox import open_mailbox  # noqa: PLC0415 - off by default
        from reminderd.intake import Intake  # noqa: PLC0415

        access, url = self._mailbox(), self.settings.ledger.url
        ledger = open_for_a_decision(url) or create_or_open(url, self.clock.now())
        try:
            yield Intake(
                open_mailbox=lambda: open_mailbox(access),
                ledger=ledger,
                clock=self.clock,
                most=self.settings.inbox.mails_per_look,
            )
        finally:
            ledger.close()

    def _mailbox(self) -> "Access":
        """Return where the service mailbox is and how it is used; nothing is opened yet."""
        from reminderd.inbox.mailbox import Access, tls_context  # noqa: PLC0415

        inbox: InboxSettings = self.settings.inbox
        if inbox.url is None:
            cure = "set it to imaps://host:port to have answers and returned mails read"
            raise ConfigurationError([Problem("inbox.url", "is not set", cure)])
        where = urlsplit(inbox.url)
        return Access(
            host=where.hostname or "",
            port=where.port or IMAPS_PORT,
            context=tls_context(inbox.ca_file),
            username=inbox.username or self.settings.sender.mail,
            password=inbox_password(inbox, os.environ).get_secret_value(),
            folder=inbox.folder,
            move_to=inbox.move_to,
            largest=inbox.largest_bytes,
            timeout=inbox.timeout_s,
            seconds=inbox.look_s,
        )

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
        ledger = open_for_a_decision(self.settings.ledger.url)
        if ledger is None:
            return False
        try:
            with ledger.transaction() as tx:
                return tx.clear_address(mail, reason=reason, author=author, at=self.clock.now()) > 0
        finally:
            ledger.close()

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """Open the ledger for writing; it is let go at the end."""
        ledger = self._writing()
        try:
            yield ledger
        finally:
            ledger.close()

    def corridor(self, ledger: Ledger, progress: "Progress | None" = None) -> Pipeline:
        """Wire the corridor over an open ledger; ``progress`` takes down that its work moves.

        Raises ConfigurationError and SecretError; nothing is opened, so nothing has to be undone.
        """
        # Sending needs the mail libraries; asking does not.
        from reminderd.compose.composer import Composer  # noqa: PLC0415
        from reminderd.compose.invite import Mailbox  # noqa: PLC0415

        settings = self.settings
        source, transport = self.source(), self.transport(progress)
        sender = Mailbox(settings.sender.mail, settings.sender.name)
        return Pipeline(
            source=source if progress is None else progress.reading(source),
            ledger=ledger,
            composer=Composer(
                self.wordings(),
                sender,
                settings.installation.domain,
                ledger.secret,
                alarm_minutes=settings.calendar.alarm_minutes,
                link=settings.sender.link,
                case_numbers=self._case_numbers,
                redirect_to=settings.delivery.redirect_all_to,
            ),
            transport=transport if progress is None else progress.sending(transport, self.longest_send),
            policy=self.policy,
            sender=settings.sender.mail,
            domain=settings.installation.domain,
            clock=self.clock,
            limits=self.limits(),
            retention=self.retention,
            connections=settings.relay.connections,
            rate_per_minute=settings.relay.rate_per_minute,
            redirect_to=settings.delivery.redirect_all_to,
        )

    @property
    def longest_send(self) -> float:
        """Return the seconds after which a message that is still in hand never ends."""
        from reminderd.delivery.smtp import COMMANDS_PER_MESSAGE  # noqa: PLC0415

        return self.settings.relay.timeout_s * (COMMANDS_PER_MESSAGE + 1) + _COMMITS_S

    def wording_problems(self) -> list[Problem]:
        """Render every wording that a rule uses with example facts; returns what is wrong with them."""
        from reminderd.compose.checking import check  # noqa: PLC0415

        return check(self.wordings(), self.book.rules)

    @contextmanager
    def pipeline(self) -> Iterator[Pipeline]:
        """Open the ledger for writing and wire the corridor; the ledger is let go at the end."""
        with self.ledger() as ledger:
            yield self.corridor(ledger)
