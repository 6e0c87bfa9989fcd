"""Installations in the moments before something happens to them."""

from datetime import date, datetime, timedelta
from pathlib import Path

from reminderd.testing.relay import ScriptedRelay
from tests.installation import Installation, courses
from tests.integration.corridor import morning

WARNING = date(2026, 5, 11)
"""A Monday; 18 weeks before it began the courses of these scenarios."""


def first_run(folder: Path, relay: ScriptedRelay) -> tuple[Installation, datetime]:
    """Five courses whose warning is due, and a ledger that does not exist yet."""
    cases = courses(*[WARNING - timedelta(weeks=18)] * 5)
    return Installation.make(folder, cases, {"url": relay.url, "tls": "none"}), morning(WARNING)
