"""The memory ledger's calendar entries; says the same as ``reminderd.ledger.calendar_entries``."""

from datetime import datetime

from reminderd.domain.invitations import Carrier, Generations, Invitation, from_text
from reminderd.domain.lifecycle import FINAL, State
from reminderd.domain.revisions import CalendarName, Past
from reminderd.testing.memory_rows import Frozen, Left, Occasion, Rows, occasion_of, text_begun


def past_of(rows: Rows, name: CalendarName) -> Past:
    """Return what was published under a name before."""
    generations = rows.calendar.get(occasion_of(name), {})
    own = [number for number, kept in generations.items() if kept.mailbox == name.mailbox.lower()]
    newest = max(generations, default=0)
    if not own:
        return Past(generations=newest)
    last = generations[max(own)].revision
    cancels = [
        entry_id
        for entry_id, _ in _carried(rows, occasion_of(name), last.generation)
        if _method(rows, entry_id) == "CANCEL"
    ]
    ended = last.method == "CANCEL" and any(may_have_arrived(rows, entry_id) for entry_id in cancels)
    kept = generations[max(own)]
    return Past(
        last=last,
        uid=kept.uid,
        ended=ended,
        generations=newest,
        organizer=kept.organizer,
        ends=kept.ends,
    )


def invitations(rows: Rows, useful_after: datetime | None = None) -> tuple[Invitation, ...]:
    """Return everything that calendars were told; with ``useful_after`` only what is not over by then."""
    found = []
    for occasion, generations in rows.calendar.items():
        kind, subject, holder = occasion
        for number, kept in generations.items():
            told = [
                *((*one, None) for one in _carried(rows, occasion, number)),
                *((entry_id, left.frozen, left) for entry_id, left in _left(rows, occasion, number)),
            ]
            if not told or (useful_after is not None and kept.ends <= useful_after):
                continue
            told.sort(key=lambda one: (one[1].sequence or 0, one[0]))
            entry_id, _, left = told[-1]
            newest = rows.entries[entry_id].notice
            carriers = [_carrier(rows, entry_id, frozen, left) for entry_id, frozen, left in told]
            found.append(
                Invitation(
                    kind=kind,
                    subject=subject,
                    holder=holder,
                    role=newest.recipient.role,
                    mailbox=left.mailbox if left is not None else newest.recipient.mail or "",
                    generation=number,
                    forloeb_id=newest.forloeb_id,
                    sagsnr=newest.sagsnr,
                    carriers=tuple(carriers),
                )
            )
    return tuple(found)


def _carrier(rows: Rows, entry_id: int, frozen: Frozen, left: Left | None) -> Carrier:
    part, entry = frozen.calendar, rows.entries[entry_id]
    assert part is not None  # noqa: S101 - only such are asked about
    return Carrier(
        key=str(entry.notice.key),
        rule=entry.notice.key.rule,
        state=entry.state if left is None else State.SENT,
        method=part.revision.method,
        content=from_text(part.content, part.name.kind, part.name.subject),
        heard=left is not None or may_have_arrived(rows, entry_id),
        begun=left is not None or text_begun(rows, entry_id),
    )


def generations(rows: Rows, over_at: datetime | None = None) -> Generations:
    """Return the newest generation of each entry; with ``over_at`` of activities that are over by then."""
    counted = {
        name: [number for number, one in kept.items() if over_at is None or one.ends <= over_at]
        for name, kept in rows.calendar.items()
        if over_at is None or name[0] == "activity"
    }
    return {name: max(numbers) for name, numbers in counted.items() if numbers}


def waits_its_turn(rows: Rows, entry_id: int) -> bool:
    """Tell whether an older revision of the same UID may still be handed over with the bytes it has."""
    frozen = rows.messages.get(entry_id)
    if frozen is None or frozen.uid is None:
        return False
    return any(
        other.uid == frozen.uid
        and (other.sequence or 0) < (frozen.sequence or 0)
        and rows.entries[number].state not in (*FINAL, State.HELD, State.WITHDRAWN)
        and (text_begun(rows, number) or any(a.finished_at is None for a in rows.attempts.get(number, ())))
        for number, other in rows.messages.items()
    )


def _left(rows: Rows, occasion: Occasion, generation: int) -> list[tuple[int, Left]]:
    return [
        (entry_id, one)
        for entry_id, left in rows.left.items()
        for one in left
        if one.frozen.calendar is not None
        and occasion_of(one.frozen.calendar.name) == occasion
        and one.frozen.calendar.revision.generation == generation
    ]


def _carried(rows: Rows, occasion: Occasion, generation: int) -> list[tuple[int, Frozen]]:
    found = [
        (entry_id, frozen)
        for entry_id, frozen in rows.messages.items()
        if frozen.calendar is not None
        and occasion_of(frozen.calendar.name) == occasion
        and frozen.calendar.revision.generation == generation
    ]
    return sorted(found, key=lambda pair: (pair[1].sequence or 0, pair[0]))


def _method(rows: Rows, entry_id: int) -> str | None:
    calendar = rows.messages[entry_id].calendar
    return None if calendar is None else calendar.revision.method


def may_have_arrived(rows: Rows, entry_id: int) -> bool:
    """Tell whether a message may have arrived in the mailbox that it goes to."""
    before = max((left.attempts for left in rows.left.get(entry_id, ())), default=0)
    in_doubt = any(
        attempt.outcome == "unknown" or (attempt.phase == "data" and attempt.outcome is None)
        for attempt in rows.attempts.get(entry_id, ())[before:]
    )
    return in_doubt or rows.entries[entry_id].state is State.SENT
