"""The memory ledger's calendar entries; says the same as ``reminderd.ledger.calendar_entries``."""

from datetime import datetime

from reminderd.domain.invitations import Carrier, Invitation, from_text
from reminderd.domain.lifecycle import FINAL, State
from reminderd.domain.revisions import CalendarName, Past
from reminderd.testing.memory_rows import Frozen, Occasion, Rows, occasion_of, text_begun


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
    ended = last.method == "CANCEL" and any(_heard(rows, entry_id) for entry_id in cancels)
    return Past(last=last, uid=generations[max(own)].uid, ended=ended, generations=newest)


def invitations(rows: Rows, useful_after: datetime | None = None) -> tuple[Invitation, ...]:
    """Return everything that calendars were told; with ``useful_after`` only what is not over by then."""
    found = []
    for occasion, generations in rows.calendar.items():
        kind, subject, holder = occasion
        for number, kept in generations.items():
            carried = _carried(rows, occasion, number)
            if not carried or (useful_after is not None and kept.ends <= useful_after):
                continue
            newest = rows.entries[carried[-1][0]].notice
            carriers = []
            for entry_id, frozen in carried:
                assert frozen.calendar is not None  # noqa: S101 - _carried() asks for it
                entry = rows.entries[entry_id]
                carriers.append(
                    Carrier(
                        key=str(entry.notice.key),
                        rule=entry.notice.key.rule,
                        state=entry.state,
                        method=frozen.calendar.revision.method,
                        content=from_text(frozen.calendar.content, kind, subject),
                        heard=_heard(rows, entry_id),
                        begun=text_begun(rows, entry_id),
                    )
                )
            found.append(
                Invitation(
                    kind=kind,
                    subject=subject,
                    holder=holder,
                    role=newest.recipient.role,
                    mailbox=newest.recipient.mail or "",
                    generation=number,
                    forloeb_id=newest.forloeb_id,
                    sagsnr=newest.sagsnr,
                    carriers=tuple(carriers),
                )
            )
    return tuple(found)


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


def superseded(rows: Rows, entry_id: int) -> bool:
    """Tell whether a message's calendar part is no longer the newest of its UID."""
    frozen = rows.messages.get(entry_id)
    if frozen is None or frozen.calendar is None:
        return False
    kept = rows.calendar[occasion_of(frozen.calendar.name)][frozen.calendar.revision.generation]
    return kept.revision.sequence > frozen.calendar.revision.sequence


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


def _heard(rows: Rows, entry_id: int) -> bool:
    """Tell whether a message may have arrived."""
    in_doubt = any(
        attempt.outcome == "unknown" or (attempt.phase == "data" and attempt.outcome is None)
        for attempt in rows.attempts.get(entry_id, ())
    )
    return in_doubt or rows.entries[entry_id].state is State.SENT
