"""Answers to invitations as rows: compared with what was last sent, and noted in the same transaction.

Only added to: a later answer stands beside the earlier one. What fits is decided in ``domain.answers``;
nothing here changes an entry, a case or a rule.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, true

from reminderd.domain.answers import Answer, Invited, Reply, Verdict, judge_reply
from reminderd.domain.came_back import STANDS_IN_OVERVIEWS, CameBack
from reminderd.ledger import journal
from reminderd.ledger.address_faults import clear_address, failing_addresses
from reminderd.ledger.attempts import TEXT_BEGUN
from reminderd.ledger.schema import answer, attempt, calendar_entry, entry, message

_HEARD = select(attempt.c.id).where(attempt.c.entry_id == entry.c.id, TEXT_BEGUN).exists()


def take_reply(connection: Connection, reply: Reply, at: datetime) -> Verdict:
    """Note an answer if it fits the invitation as it was last sent; returns what became of it."""
    found = _invited(connection, reply.uid)
    verdict = judge_reply(reply, None if found is None else found[0], at)
    if found is None or verdict.kind != "note":
        return verdict
    invited, entry_id = found
    connection.execute(
        answer.insert().values(
            calendar_entry_id=invited.calendar_entry_id,
            entry_id=entry_id,
            occurrence=reply.occurrence,
            partstat=reply.partstat,
            sequence=reply.sequence,
            dtstamp=reply.dtstamp,
            noted_at=at,
        )
    )
    what = reply.partstat if reply.occurrence is None else f"{reply.partstat} for {reply.occurrence}"
    journal.write(connection, [journal.Line(at=at, entry_id=entry_id, event="answer", reason=what)])
    # Whoever answers has read the mail: the address works.
    clear_address(connection, invited.mailbox, reason="answered an invitation", author=journal.SERVICE, at=at)
    return verdict


def _invited(connection: Connection, uid: str) -> tuple[Invited, int] | None:
    """Return the calendar entry of a UID as some reader last got it, and the entry that carried it."""
    row = connection.execute(
        select(
            calendar_entry.c.id,
            message.c.calendar_sequence,
            message.c.calendar_method,
            entry.c.id.label("entry_id"),
            entry.c.recipient_mail,
        )
        .join(message, message.c.calendar_entry_id == calendar_entry.c.id)
        .join(entry, entry.c.id == message.c.entry_id)
        .where(calendar_entry.c.uid == uid, _HEARD)
        .order_by(message.c.calendar_sequence.desc(), entry.c.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    newest = (
        select(answer.c.occurrence, func.max(answer.c.dtstamp))
        .where(answer.c.calendar_entry_id == row.id)
        .group_by(answer.c.occurrence)
    )
    invited = Invited(
        calendar_entry_id=row.id,
        mailbox=row.recipient_mail,
        sequence=row.calendar_sequence,
        cancelled=row.calendar_method == "CANCEL",
        answered=dict(connection.execute(newest).all()),
    )
    return invited, row.entry_id


def came_back(connection: Connection, useful_after: datetime | None = None) -> CameBack:
    """Return what came back; with ``useful_after`` only what an overview made after it can still say."""
    condition: ColumnElement[bool] = true()
    if useful_after is not None:
        condition = answer.c.noted_at > useful_after - STANDS_IN_OVERVIEWS
    return CameBack(tuple(answers(connection, condition)), failing_addresses(connection))


def answers(connection: Connection, condition: ColumnElement[bool]) -> list[Answer]:
    """Return the newest answer to each date of each calendar entry, oldest first."""
    later = answer.alias()
    overtaken = (
        select(later.c.id)
        .where(
            later.c.calendar_entry_id == answer.c.calendar_entry_id,
            later.c.occurrence.is_not_distinct_from(answer.c.occurrence),
            later.c.dtstamp > answer.c.dtstamp,
        )
        .exists()
    )
    statement = (
        select(
            entry.c.key, entry.c.deadline_kind, entry.c.deadline_date, entry.c.subject,
            entry.c.recipient_id, entry.c.sagsnr,
            answer.c.partstat, answer.c.occurrence, answer.c.dtstamp, answer.c.noted_at,
        )
        .join(entry, entry.c.id == answer.c.entry_id)
        .where(condition, ~overtaken)
        .order_by(answer.c.noted_at, answer.c.id)
    )  # fmt: skip
    return [
        Answer(
            key=row.key,
            deadline_kind=row.deadline_kind,
            deadline_date=row.deadline_date,
            subject=row.subject,
            recipient_id=row.recipient_id,
            sagsnr=row.sagsnr,
            partstat=row.partstat,
            occurrence=row.occurrence,
            given_at=row.dtstamp,
            noted_at=row.noted_at,
        )
        for row in connection.execute(statement)
    ]
