"""Addresses whose mail came back, as rows: noted, and cleared by a person or by an answer; never removed.

Whose mail it was, the ledger knows: no address is taken from a report. Mail goes on being sent to such
an address; who is told instead of whom is not for a stranger's report to decide.
"""

from datetime import datetime

from sqlalchemy import Connection, func, or_, select, update

from reminderd.domain.answers import FailingAddress, Returned, SentMail, Verdict, judge_returned
from reminderd.ledger import journal
from reminderd.ledger.attempts import TEXT_BEGUN
from reminderd.ledger.schema import address_fault, attempt, entry, message


def take_returned(connection: Connection, returned: Returned, at: datetime) -> Verdict:
    """Note the address of a mail of ours that came back; returns what became of the report."""
    sent = _sent(connection, returned)
    verdict = judge_returned(sent)
    if sent is None or verdict.kind != "note":
        return verdict
    values = {"mail": sent.mailbox.lower(), "entry_id": sent.entry_id, "status": returned.status}
    connection.execute(address_fault.insert().values(noted_at=at, **values))
    reason = f"the mail came back: {returned.status}"
    journal.write(connection, [journal.Line(at=at, entry_id=sent.entry_id, event="returned", reason=reason)])
    return verdict


def clear_address(connection: Connection, mail: str, *, reason: str, author: str, at: datetime) -> int:
    """Note that an address works again; returns how many faults that ends."""
    ended = {"cleared_at": at, "cleared_by": author, "cleared_because": reason}
    open_faults = (address_fault.c.mail == mail.strip().lower(), address_fault.c.cleared_at.is_(None))
    entries = connection.scalars(select(address_fault.c.entry_id).where(*open_faults)).all()
    connection.execute(update(address_fault).where(*open_faults).values(ended))
    journal.write(
        connection,
        [
            journal.Line(at=at, entry_id=entry_id, event="address_cleared", reason=reason, actor=author)
            for entry_id in entries
        ],
    )
    return len(entries)


def failing_addresses(connection: Connection) -> tuple[FailingAddress, ...]:
    """Return the addresses that fail, the longest failing first."""
    first = func.min(address_fault.c.noted_at)
    statement = (
        select(
            address_fault.c.mail,
            first.label("since"),
            # SQLite takes the other columns of a maximum from its row: the newest status.
            address_fault.c.status,
            func.max(address_fault.c.id),
            func.count().label("times"),
        )
        .where(address_fault.c.cleared_at.is_(None))
        .group_by(address_fault.c.mail)
        .order_by(first, address_fault.c.mail)
    )
    return tuple(
        FailingAddress(mail=row.mail, since=row.since, status=row.status, times=row.times)
        for row in connection.execute(statement)
    )


def _sent(connection: Connection, returned: Returned) -> SentMail | None:
    """Return the mail that a report is about, by what was sent with it alone."""
    # The envelope id is what stands before the @ of the Message-ID.
    by_envelope = (f"<{name}@" for name in returned.envelope_ids)
    names = [
        message.c.message_id.in_(returned.message_ids),
        *(message.c.message_id.startswith(name, autoescape=True) for name in by_envelope),
    ]
    heard = select(attempt.c.id).where(attempt.c.entry_id == entry.c.id, TEXT_BEGUN).exists()
    row = connection.execute(
        select(entry.c.id, entry.c.recipient_mail, entry.c.updated_at)
        .join(message, message.c.entry_id == entry.c.id)
        .where(or_(*names), heard)
        .limit(1)
    ).first()
    if row is None:
        return None
    # A mail that was sent once more after it had come back may come back once more.
    since_sent = (address_fault.c.entry_id == row.id, address_fault.c.noted_at >= row.updated_at)
    known = connection.scalar(select(address_fault.c.id).where(*since_sent).limit(1)) is not None
    return SentMail(entry_id=row.id, mailbox=row.recipient_mail, known=known)
