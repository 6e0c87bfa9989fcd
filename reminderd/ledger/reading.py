"""An operator's questions to the ledger; reads only, beside a running service."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, func, literal, or_, select

from reminderd.domain.answers import Answer, FailingAddress
from reminderd.domain.brakes import SourceStanding
from reminderd.domain.lifecycle import State
from reminderd.domain.reconcile import Knowledge
from reminderd.domain.silences import Silence
from reminderd.ledger.address_faults import failing_addresses
from reminderd.ledger.answers import answers, came_back
from reminderd.ledger.calendar_entries import Published, generations, invitations, mailboxes, published
from reminderd.ledger.faults import in_words
from reminderd.ledger.receipts import receipts
from reminderd.ledger.schema import (
    answer,
    attempt,
    calendar_entry,
    entry,
    installation,
    journal,
    message,
    rule_start,
)
from reminderd.ledger.silences import all_silences, known_silences
from reminderd.ledger.standing import source_standing_of
from reminderd.ledger.unsent import unsent

_OPEN = [state for state in State if state not in (State.SENT, State.LAPSED, State.FAILED, State.WITHDRAWN)]


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One ledger entry as an operator sees it."""

    entry_id: int
    key: str
    rule: str
    stage: str
    deadline_kind: str
    deadline_date: date
    sagsnr: str | None
    recipient_role: str
    recipient_id: str
    recipient_mail: str
    deputy_for: str | None
    state: str
    reason: str
    send_at: datetime
    expires_at: datetime
    attempts: int
    updated_at: datetime
    message_id: str | None
    calendar_uid: str | None
    calendar_sequence: int | None


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One attempt: when, how far it came, what was answered."""

    number: int
    started_at: datetime
    phase: str
    finished_at: datetime | None
    outcome: str | None
    code: int | None
    reply: str | None
    tls_version: str | None = None
    tls_cipher: str | None = None
    tls_certificate: str | None = None
    tls_expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One change, by whom and why."""

    at: datetime
    actor: str
    event: str
    from_state: str | None
    to_state: str | None
    reason: str


class Reading:
    """Questions; every answer is a plain value."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine
        self.path = path

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """Open a connection for one question; faults of the file are raised in words."""
        with in_words(self.path), self._engine.connect() as connection:
            yield connection

    def knowledge(self, start: date) -> Knowledge:
        """Return everything that has been told, as planning asks for it."""
        with self.asking() as connection:
            states = {
                key: State(state) for key, state in connection.execute(select(entry.c.key, entry.c.state))
            }
            since: dict[str, date] = dict(connection.execute(select(rule_start)).all())
            told = invitations(connection)
            back, missed, ends = came_back(connection), unsent(connection), receipts(connection)
            over = generations(connection)
            return Knowledge(states, since, start, known_silences(connection), told, back, missed, ends, over)

    def silences(self) -> list[Silence]:
        """Return every silence that ever was, oldest first."""
        with self.asking() as connection:
            return all_silences(connection)

    def previous_run(self) -> datetime | None:
        """Return when the case source was last reconciled."""
        with self.asking() as connection:
            return connection.scalar(select(installation.c.previous_run))

    def counts(self) -> list[tuple[str, str, int]]:
        """Return (rule, state, number of entries), sorted."""
        statement = (
            select(entry.c.rule, entry.c.state, func.count())
            .group_by(entry.c.rule, entry.c.state)
            .order_by(entry.c.rule, entry.c.state)
        )
        with self.asking() as connection:
            return [(rule, state, number) for rule, state, number in connection.execute(statement)]

    def source_standing(self) -> SourceStanding:
        """Return what the case source held when it was last good, and the doubt there is about it."""
        with self.asking() as connection:
            return source_standing_of(connection)

    def braked(self) -> list[tuple[str, str, int]]:
        """Return (brake, rule, number of entries it holds), sorted."""
        statement = (
            select(entry.c.held_by, entry.c.rule, func.count())
            .where(entry.c.state == State.HELD, entry.c.held_by.is_not(None))
            .group_by(entry.c.held_by, entry.c.rule)
            .order_by(entry.c.held_by, entry.c.rule)
        )
        with self.asking() as connection:
            return [(brake, rule, number) for brake, rule, number in connection.execute(statement)]

    def held_by(self, brake: str) -> list[EntryRow]:
        """Return the entries that a brake holds."""
        return self._entries((entry.c.state == State.HELD) & (entry.c.held_by == brake))

    def oldest_unsent(self) -> EntryRow | None:
        """Return the open entry that has waited longest."""
        found = self._entries(entry.c.state.in_(_OPEN), limit=1)
        return found[0] if found else None

    def waiting_since(self, now: datetime) -> list[datetime]:
        """Return for each open entry whose moment has come when that was."""
        statement = select(entry.c.send_at).where(entry.c.state.in_(_OPEN), entry.c.send_at <= now)
        with self._engine.connect() as connection:
            return list(connection.scalars(statement))

    def find(self, key: str) -> list[EntryRow]:
        """Return the entry with this key, or else every entry whose key contains the text."""
        return self._entries(entry.c.key == key) or self._entries(entry.c.key.contains(key, autoescape=True))

    def named(self, key: str) -> list[EntryRow]:
        """Return the entry with this key, or every one that has these fields, each whole and side by side.

        ``forloeb:f1`` names what is about that course, and nothing about ``forloeb:f10``.
        """
        fields = f"|{key.strip('|')}|"
        return self._entries(func.instr(literal("|") + entry.c.key + "|", fields) > 0)

    def of_case(self, sagsnr: str) -> list[EntryRow]:
        """Return every entry about a case, in the order it became due."""
        return self._entries(entry.c.sagsnr == sagsnr)

    def of_entries(self, ids: Collection[int]) -> list[EntryRow]:
        """Return these entries, in the order they became due."""
        return self._entries(entry.c.id.in_(ids))

    def told_to(self, people: Collection[str]) -> list[EntryRow]:
        """Return what these people were told of no case: of evenings and meetings, as it became due."""
        return self._entries(entry.c.sagsnr.is_(None) & entry.c.recipient_id.in_(people))

    def of_groups(self, subjects: Collection[str], holders: Collection[str]) -> list[EntryRow]:
        """Return what some people were told of these activities, series and meetings, as it became due."""
        if not subjects or not holders:
            return []
        parts = [entry.c.subject.startswith(f"{subject}#", autoescape=True) for subject in subjects]
        about = or_(entry.c.subject.in_(subjects), *parts)
        return self._entries(entry.c.sagsnr.is_(None) & entry.c.recipient_id.in_(holders) & about)

    def secret(self) -> bytes:
        """Return the installation's secret, by which names are keyed."""
        with self.asking() as connection:
            secret: bytes = connection.execute(select(installation.c.secret)).scalar_one()
            return secret

    def mailboxes(self, after: datetime) -> list[str]:
        """Return every mailbox, in lower case, that was told of something that is not over by then."""
        with self.asking() as connection:
            return mailboxes(connection, after)

    def published(self, mailbox: str, after: datetime) -> list[Published]:
        """Return what one mailbox was told last of each calendar entry that is not over by then."""
        with self.asking() as connection:
            return published(connection, mailbox, after)

    def sent_between(self, first: datetime, last: datetime) -> list[EntryRow]:
        """Return what the relay took in a stretch of time, both ends included."""
        return self._entries((entry.c.state == State.SENT) & entry.c.updated_at.between(first, last))

    def attempts(self, entry_id: int) -> list[AttemptRow]:
        """Return an entry's attempts, oldest first."""
        columns = [attempt.c[name] for name in AttemptRow.__dataclass_fields__]
        statement = select(*columns).where(attempt.c.entry_id == entry_id).order_by(attempt.c.number)
        with self.asking() as connection:
            return [AttemptRow(*row) for row in connection.execute(statement)]

    def relay_certificate_ends(self) -> datetime | None:
        """Return when the certificate ends that the relay showed last; None where it never showed one."""
        newest = (
            select(attempt.c.tls_expires)
            .where(attempt.c.tls_expires.is_not(None))
            .order_by(attempt.c.id.desc())
            .limit(1)
        )
        with self._engine.connect() as connection:
            return connection.scalar(newest)

    def journal(self, entry_id: int) -> list[JournalRow]:
        """Return an entry's history, oldest first."""
        columns = [journal.c[name] for name in JournalRow.__dataclass_fields__]
        statement = select(*columns).where(journal.c.entry_id == entry_id).order_by(journal.c.id)
        with self.asking() as connection:
            return [JournalRow(*row) for row in connection.execute(statement)]

    def answers_to(self, calendar_uid: str) -> list[Answer]:
        """Return the newest answer to each date of one calendar entry, oldest first."""
        with self.asking() as connection:
            this = select(calendar_entry.c.id).where(calendar_entry.c.uid == calendar_uid)
            return answers(connection, answer.c.calendar_entry_id.in_(this))

    def answers_about(self, keys: Sequence[str]) -> list[Answer]:
        """Return the newest answer to each date that these entries invited to, oldest first."""
        with self.asking() as connection:
            return answers(connection, entry.c.key.in_(keys))

    def failing_addresses(self) -> tuple[FailingAddress, ...]:
        """Return the addresses whose mail came back, the longest failing first."""
        with self.asking() as connection:
            return failing_addresses(connection)

    def _entries(self, condition: object, limit: int | None = None) -> list[EntryRow]:
        own = ("id", *(name for name in EntryRow.__dataclass_fields__ if name in entry.c))
        columns = [*(entry.c[name] for name in own), message.c.message_id, calendar_entry.c.uid]
        columns.append(message.c.calendar_sequence)
        statement = (
            select(*columns)
            .join(message, message.c.entry_id == entry.c.id, isouter=True)
            .join(calendar_entry, calendar_entry.c.id == message.c.calendar_entry_id, isouter=True)
            .where(condition)  # type: ignore[arg-type]
            .order_by(entry.c.send_at, entry.c.id)
            .limit(limit)
        )
        with self.asking() as connection:
            return [EntryRow(*row) for row in connection.execute(statement)]
