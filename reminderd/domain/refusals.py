"""Whom a refusal was meant for: one reader, or all of us. Decided by what became of the others.

A relay that stops carrying our mail (a blocklist, a changed rule, "Relay access denied") refuses every
reader alike, and nobody may lose a notice for it. A mailbox that is closed to us is refused alone, and
must hold up nobody.
"""

from collections.abc import Collection

from reminderd.domain.outcomes import Deferred, Outcome, Refused

IN_A_ROW = 3
"""So many come to nothing, one after the other, before it is the relay's doing."""

TIMES_ALONE = 4
"""So often a message is refused after others were taken, within minutes, before the refusal is its own."""


def in_the_row(outcome: Outcome, mailbox: str, attempt: str) -> str | None:
    """Return what an outcome adds to those that came to nothing, None where it was about this message.

    A refusal counts once a reader, whose mailbox may be closed to us; a lost line each time.
    """
    if isinstance(outcome, Refused):
        return mailbox.lower()
    if isinstance(outcome, Deferred) and outcome.perhaps_channel:
        return attempt
    return None


def is_the_relays(in_a_row: Collection[str]) -> bool:
    """Tell from what came to nothing since the relay last took a message."""
    return len(in_a_row) >= IN_A_ROW


def is_the_readers(refused_since: int) -> bool:
    """Tell whether the last refusal is for good: how many came since others were taken, behind the first."""
    return refused_since >= TIMES_ALONE
