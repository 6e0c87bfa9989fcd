"""The composition root: settings become rooms, wired.

The one place that knows every room's constructor. It decides nothing: what to send, when and how
is decided in the rooms.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from reminderd.casedb.source import CaseSource, open_source
from reminderd.clock import Clock
from reminderd.config.closed_days import closed_days
from reminderd.config.connections import InboxSettings
from reminderd.config.loading import load_with_rules, read_selects
from reminderd.config.secrets import (
    heartbeat_address,
    inbox_password,
    installation_secret,
    ledger_url,
    relay_client_key,
    relay_password,
    source_connection,
)
from reminderd.config.settings import Settings
from reminderd.config.shipped import shipped_folder
from reminderd.config.values import IMAPS_PORT
from reminderd.domain.brakes import Limits
from reminderd.domain.cpr import case_number_form
from reminderd.domain.planning import Policy
from reminderd.domain.rules import RuleBook
from reminderd.domain.workdays import Workdays, civil_day
from reminderd.errors import ConfigurationError, Problem
from reminderd.ledger import (
    Ledger,
    Reading,
    Retention,
    create_or_open,
    open_for_a_decision,
    open_for_reading,
)
from reminderd.pipeline import Pipeline

if TYPE_CHECKING:
    from reminderd.compose.wording import Wordings
    from reminderd.delivery.transport import Transport
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
class Wiring:
    """One installation: what was read of its files, and every room made of that."""

    settings: Settings
    book: RuleBook
    clock: Clock

    @classmethod
    def from_files(cls, config: Path | None, overrides: tuple[str, ...], clock: Clock) -> Self:
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

    def reading(self) -> Reading | None:
        """Return the ledger for questions, or None where nothing has run yet."""
        return open_for_reading(self._ledger_url, mark=self.settings.ledger.mark)

    def limits(self) -> Limits:
        """Return what a run may do before a person must look at it."""
        brake = self.settings.brake
        return Limits(
            max_new=brake.max_new,
            max_cancel=brake.max_cancel,
            max_lost_percent=brake.max_lost_percent,
            max_data_age=timedelta(hours=brake.max_data_age_h),
        )

    @property
    def retention(self) -> Retention:
        """Return how long what was sent and noted is kept."""
        kept = self.settings.retention
        return Retention(kept.text_days, kept.journal_days)

    @property
    def _ledger_url(self) -> str:
        return ledger_url(self.settings.ledger, os.environ)

    def _deciding(self) -> Ledger | None:
        return open_for_a_decision(self._ledger_url, mark=self.settings.ledger.mark)

    def _writing(self) -> Ledger:
        ledger = self.settings.ledger
        return create_or_open(
            self._ledger_url,
            self.clock.now(),
            mark=ledger.mark,
            min_free=ledger.min_free_mb << 20,
            secret=installation_secret(os.environ),
        )

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

    def heartbeat(self) -> str | None:
        """Return the address that is called when the accounts agree; None where there is none."""
        address = heartbeat_address(self.settings.heartbeat, os.environ)
        return None if address is None else address.get_secret_value()

    @contextmanager
    def intake(self) -> Iterator["Intake"]:
        """Wire the way back, also beside a running service; raises ConfigurationError where it is off."""
        from reminderd.inbox.mailbox import open_mailbox  # noqa: PLC0415 - off by default
        from reminderd.intake import Intake  # noqa: PLC0415

        access = self._mailbox()
        ledger = self._deciding() or self._writing()
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
                answers_read=settings.inbox.url is not None,
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
            rate_per_recipient=settings.relay.rate_per_recipient,
            redirect_to=settings.delivery.redirect_all_to,
        )

    @property
    def longest_send(self) -> float:
        """Return the seconds after which a message that is still in hand never ends."""
        from reminderd.delivery.smtp import COMMANDS_PER_MESSAGE  # noqa: PLC0415

        return self.settings.relay.timeout_s * (COMMANDS_PER_MESSAGE + 1) + _COMMITS_S

    @contextmanager
    def pipeline(self) -> Iterator[Pipeline]:
        """Open the ledger for writing and wire the corridor; the ledger is let go at the end."""
        with self.ledger() as ledger:
            yield self.corridor(ledger)
