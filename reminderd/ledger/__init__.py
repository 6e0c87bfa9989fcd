"""The only room that writes: what should be told, what was told, and how it came about."""

from reminderd.ledger.attempts import Claim
from reminderd.ledger.audit import Told, export_case, verify_journal, who_got
from reminderd.ledger.backup import BackedUp, back_up
from reminderd.ledger.bookkeeping import books_of
from reminderd.ledger.chain import Verified
from reminderd.ledger.faults import StorageError
from reminderd.ledger.group_commit import GroupCommit
from reminderd.ledger.opening import create_or_open, open_for_a_decision, open_for_reading
from reminderd.ledger.reading import AttemptRow, EntryRow, JournalRow, Reading
from reminderd.ledger.restoration import beside
from reminderd.ledger.retention import Purged, Retention
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
    "Purged",
    "Reading",
    "Retention",
    "StaleEntryError",
    "StorageError",
    "Told",
    "Transaction",
    "Verified",
    "back_up",
    "beside",
    "books_of",
    "create_or_open",
    "export_case",
    "open_for_a_decision",
    "open_for_reading",
    "verify_journal",
    "who_got",
]
