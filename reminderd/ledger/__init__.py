"""The only room that writes: what should be told, what was told, and how it came about."""

from reminderd.ledger.attempts import Claim
from reminderd.ledger.backup import BackedUp, back_up
from reminderd.ledger.group_commit import GroupCommit
from reminderd.ledger.opening import create_or_open, open_for_a_decision, open_for_reading
from reminderd.ledger.reading import AttemptRow, EntryRow, JournalRow, Reading
from reminderd.ledger.steps import StaleEntryError
from reminderd.ledger.store import DueEntry, Ledger
from reminderd.ledger.transaction import Transaction

__all__ = [
    "AttemptRow",
    "BackedUp",
    "Claim",
    "DueEntry",
    "EntryRow",
    "GroupCommit",
    "JournalRow",
    "Ledger",
    "Reading",
    "StaleEntryError",
    "Transaction",
    "back_up",
    "create_or_open",
    "open_for_a_decision",
    "open_for_reading",
]
