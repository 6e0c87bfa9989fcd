"""What did not reach its reader, for the ledger in memory: the same answers as ``ledger.unsent``."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from reminderd.domain.lifecycle import FINAL, State
from reminderd.domain.unsent import STANDS_IN_OVERVIEWS, Unsent, in_order
from reminderd.testing.memory_rows import Entry, Rows

_LATEST = timedelta(days=60)
_LONG_AGO = datetime(1970, 6, 1, tzinfo=UTC)
_TOLD_NOBODY = (State.LAPSED, State.WITHDRAWN, State.FAILED)


def unsent_this_week(rows: Rows, today: date, after: datetime) -> tuple[Unsent, ...]:
    """Return what is wanted for this week's overview, or nothing once that has been settled."""
    monday = today - timedelta(days=today.weekday())
    keys = [entry.notice.key for entry in rows.entries.values() if entry.state in FINAL]
    if any(
        (key.subject, key.deadline_kind, key.deadline_date) == ("operator", "digest", monday) for key in keys
    ):
        return ()
    return in_order(_unsent(rows, after - STANDS_IN_OVERVIEWS))


def unsent(rows: Rows) -> tuple[Unsent, ...]:
    """Return what ever was."""
    return in_order(_unsent(rows, _LONG_AGO))


def _unsent(rows: Rows, since: datetime) -> Iterator[Unsent]:
    for entry_id, entry in rows.entries.items():
        young = entry.notice.key.deadline_date >= since.date() - _LATEST
        recent = entry.updated_at > since
        missed = entry.state is State.LAPSED and young and recent and not _told_otherwise(rows, entry)
        if entry.state in (State.HELD, State.UNKNOWN) or missed or (entry.state is State.FAILED and recent):
            yield _of(entry, str(entry.state), entry.updated_at)
        for line in rows.journal.get(entry_id, ()):
            if line.event in ("replaced", "calendar_left_out") and young and line.at > since:
                yield _of(entry, line.event, line.at)


def _told_otherwise(rows: Rows, entry: Entry) -> bool:
    if entry.reason.startswith("nothing to tell"):
        return True
    mine, key = entry.notice, entry.notice.key
    return any(
        other.state not in _TOLD_NOBODY
        and other.notice.sagsnr == mine.sagsnr
        and (other.notice.key.subject, other.notice.key.deadline_kind) == (key.subject, key.deadline_kind)
        and (other.notice.key.deadline_date, other.notice.key.recipient) == (key.deadline_date, key.recipient)
        for other in rows.entries.values()
    )


def _of(entry: Entry, why: str, at: datetime) -> Unsent:
    key = entry.notice.key
    return Unsent(why, key.subject, entry.notice.sagsnr, key.deadline_kind, key.deadline_date, at)  # type: ignore[arg-type]
