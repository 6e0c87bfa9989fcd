"""Installations in the moments before something happens to them."""

import atexit
import shutil
import tempfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
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


def update_and_cancel(folder: Path, relay: ScriptedRelay) -> tuple[Installation, datetime]:
    """The same five, told the day before; since then two began later and two have ended."""
    installation, now = first_run(folder, relay)
    installation.run_here(now)
    cases = courses(*[WARNING - timedelta(weeks=18)] * 5)
    later = WARNING - timedelta(weeks=17)
    moved = {name: replace(cases.forloeb[name], start_dato=later) for name in ("f1", "f2")}
    ended = {
        name: replace(cases.forloeb[name], status="afsluttet", slut_dato=WARNING) for name in ("f3", "f4")
    }
    installation.set_cases(replace(cases, forloeb=cases.forloeb | moved | ended))
    return installation, morning(WARNING + timedelta(days=1))


MANY = 10_000


def catch_up(folder: Path, relay: ScriptedRelay) -> tuple[Installation, datetime]:
    """Ten thousand courses, five of which came to their warning in two weeks without the service."""
    made = _before_two_weeks_of_silence()
    for name in ("cases.db", "ledger.db", "ledger.db.mark"):
        shutil.copy(made / name, folder / name)
    installation = Installation(folder)
    installation.configure({"url": relay.url, "tls": "none"})
    return installation, morning(WARNING + timedelta(days=1))


@cache
def _before_two_weeks_of_silence() -> Path:
    """Make the house once for the whole session: it takes some seconds."""
    folder = Path(tempfile.mkdtemp(prefix="reminderd-catch-up-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    due = [WARNING - timedelta(weeks=18, days=number) for number in (0, 3, 6, 7, 10)]
    others = [WARNING - timedelta(weeks=10)] * (MANY - len(due))
    with ScriptedRelay() as relay:
        installation = Installation.make(folder, courses(*due, *others), {"url": relay.url, "tls": "none"})
        installation.run_here(morning(WARNING - timedelta(days=13)))
    return folder
