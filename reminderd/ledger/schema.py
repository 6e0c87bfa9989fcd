"""The ledger's tables.

What is here is what survives: every notice with its state, every attempt, the frozen bytes, the
calendar entries, and a journal of every change. Instants are UTC text of fixed width, so that they
sort as they are; civil days are ISO text. No table holds a name or a personal number of a citizen.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)

HEAD = "0012"


def instant_text(value: datetime) -> str:
    """Write an instant in UTC; a naive one is a bug."""
    if value.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Instant(TypeDecorator[datetime]):
    """An aware instant as ``2026-05-11T06:00:00.000000Z``."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write in UTC; a naive instant is a bug."""
        return None if value is None else instant_text(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Read as an aware UTC instant."""
        return None if value is None else datetime.fromisoformat(value)


class Day(TypeDecorator[date]):
    """A civil day as ISO text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write as ISO text."""
        return None if value is None else value.isoformat()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> date | None:  # noqa: ARG002
        """Read from ISO text."""
        return None if value is None else date.fromisoformat(value)


metadata = MetaData()

installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("previous_run", Instant),
    Column("doubt_until", Instant),
    Column("copied_at", Instant),
    Column("upkeep_in_doubt", Boolean, nullable=False, server_default=false()),
)

source_standing = Table(
    "source_standing",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("courses", Integer),
    Column("running", Integer),
    Column("views", Text),
    Column("doubt", Text),
    Column("since", Instant),
    Column("accepted", Boolean, nullable=False),
)

rule_start = Table(
    "rule_start",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("since", Day, nullable=False),
)

entry = Table(
    "entry",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("rule", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("deadline_kind", Text, nullable=False),
    Column("deadline_date", Day, nullable=False),
    Column("stage", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("forloeb_id", Text),
    Column("sagsnr", Text),
    Column("recipient_role", Text, nullable=False),
    Column("recipient_id", Text, nullable=False),
    Column("recipient_mail", Text, nullable=False),
    Column("deputy_for", Text),
    Column("channel", Text, nullable=False),
    Column("on_unknown", Text, nullable=False),
    Column("due_day", Day, nullable=False),
    Column("send_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_attempt_at", Instant),
    Column("held_by", Text),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index("entry_state", "state", "deadline_date"),
    Index("entry_sagsnr", "sagsnr"),
)

calendar_entry = Table(
    "calendar_entry",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("recipient_id", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("uid", Text, nullable=False, unique=True),
    Column("sequence", Integer, nullable=False),
    Column("dtstamp", Instant, nullable=False),
    Column("method", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("mailbox", Text),
    Column("ends_at", Instant),
    Column("organizer", Text),
    UniqueConstraint("kind", "subject", "recipient_id", "generation"),
    Index("calendar_entry_ends", "ends_at"),
)

message = Table(
    "message",
    metadata,
    Column("entry_id", Integer, ForeignKey("entry.id"), primary_key=True),
    Column("message_id", Text, nullable=False, unique=True),
    Column("raw", LargeBinary),
    Column("digest", Text, nullable=False),
    Column("wording_version", Text, nullable=False),
    Column("composed_at", Instant, nullable=False),
    Column("calendar_entry_id", Integer, ForeignKey("calendar_entry.id")),
    Column("calendar_sequence", Integer),
    Column("calendar_method", Text),
    Column("calendar_content", Text),
    Column("mailbox", Text),
    Column("reticence", Integer),
    Index("message_calendar", "calendar_entry_id", "calendar_sequence"),
)

left_behind = Table(
    "left_behind",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entry_id", Integer, ForeignKey("entry.id"), nullable=False),
    Column("calendar_entry_id", Integer, ForeignKey("calendar_entry.id"), nullable=False),
    Column("mailbox", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("calendar_sequence", Integer, nullable=False),
    Column("calendar_method", Text, nullable=False),
    Column("calendar_content", Text, nullable=False),
    Index("left_behind_entry", "entry_id"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entry_id", Integer, ForeignKey("entry.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("phase", Text, nullable=False),
    Column("finished_at", Instant),
    Column("outcome", Text),
    Column("code", Integer),
    Column("reply", Text),
    Column("tls_version", Text),
    Column("tls_cipher", Text),
    Column("tls_certificate", Text),
    Column("tls_expires", Instant),
    UniqueConstraint("entry_id", "number"),
)

journal = Table(
    "journal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("entry_id", Integer, ForeignKey("entry.id")),
    Column("actor", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("from_state", Text),
    Column("to_state", Text),
    Column("reason", Text, nullable=False),
    Column("rule", Text),
    Column("wording_version", Text),
    Column("tls", Text),
    Column("hash", Text),
    Index("journal_entry", "entry_id"),
)

silence = Table(
    "silence",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("until", Day, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_by", Text),
)

answer = Table(
    "answer",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("calendar_entry_id", Integer, ForeignKey("calendar_entry.id"), nullable=False),
    Column("entry_id", Integer, ForeignKey("entry.id"), nullable=False),
    Column("occurrence", Day),
    Column("partstat", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("dtstamp", Instant, nullable=False),
    Column("noted_at", Instant, nullable=False),
    Index("answer_calendar_entry", "calendar_entry_id"),
)

address_fault = Table(
    "address_fault",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("mail", Text, nullable=False),
    Column("entry_id", Integer, ForeignKey("entry.id"), nullable=False),
    Column("status", Text, nullable=False),
    Column("noted_at", Instant, nullable=False),
    Column("cleared_at", Instant),
    Column("cleared_by", Text),
    Column("cleared_because", Text),
    Index("address_fault_mail", "mail"),
)
