"""Too many cancellations at once: held in the ledger, let go by a person, sent in order to a real relay.

Faults 23 and 28 of the matrix: nothing is taken out of calendars in bulk unless somebody has looked.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from reminderd.delivery.transport import Envelope
from reminderd.testing.relay import ScriptedRelay
from tests.attendee import Attendee, deliver
from tests.casework import ANNE
from tests.installation import Installation, courses
from tests.integration.corridor import morning

MONDAY = date(2026, 5, 11)
NOW = morning(MONDAY)
TOMORROW = NOW + timedelta(days=1)
STARTS = [date(2026, 1, 5)] * 4


@pytest.fixture
def relay() -> Iterator[ScriptedRelay]:
    with ScriptedRelay() as started:
        yield started


@pytest.fixture
def installation(tmp_path: Path, relay: ScriptedRelay) -> Installation:
    """Four courses whose limit stands in their caseworker's calendar; then all of them are closed at once."""
    made = Installation.make(tmp_path, courses(*STARTS), {"url": relay.url, "tls": "none"})
    settings = made.config.read_text(encoding="utf-8").replace("[brake]", "[brake]\nmax_cancel = 3")
    made.config.write_text(settings, encoding="utf-8")
    assert 4 == made.run_here(NOW).sent
    made.set_cases(courses(*STARTS, slut_dato=MONDAY, status="afsluttet"))
    return made


def annes(relay: ScriptedRelay) -> Attendee:
    taken = [Envelope("", message.rcpt_to[0], message.raw, "") for message in relay.messages]
    return deliver(taken)[ANNE.mail or ""]


def cancels(installation: Installation) -> list[str]:
    return [entry.state for entry in installation.entries() if entry.rule == "calendar-cancel"]


def test_row_28_too_many_cancels_are_held_and_shown_until_a_person_lets_them_go_and_then_go_out_in_order(
    installation: Installation, relay: ScriptedRelay
) -> None:
    for hours in (0, 1):
        report = installation.run_here(TOMORROW + timedelta(hours=hours))
        assert (4 if hours == 0 else 0, 0) == (report.braked, report.sent)
        assert ["held"] * 4 == cancels(installation)
    assert 4 == len(annes(relay).calendar)
    shown = installation.run("status", now=TOMORROW)
    assert (1, True) == (shown.returncode, "cancel calendar-cancel 4" in " ".join(shown.stdout.split()))
    released = installation.app(TOMORROW).release_brake("cancel", reason="the unit has moved", author="it")
    assert 4 == len(released)
    assert 4 == installation.run_here(TOMORROW + timedelta(hours=2)).sent
    assert (["sent"] * 4, []) == (cancels(installation), annes(relay).calendar)
    assert 8 == len(relay.messages)
    assert 0 == installation.run_here(TOMORROW + timedelta(hours=3)).sent


def test_row_28_what_is_wanted_again_while_its_cancel_is_held_is_never_cancelled(
    installation: Installation, relay: ScriptedRelay
) -> None:
    installation.run_here(TOMORROW)
    installation.set_cases(courses(*STARTS))
    report = installation.run_here(TOMORROW + timedelta(hours=1))
    assert (0, 4, ["withdrawn"] * 4) == (report.sent, report.withdrawn, cancels(installation))
    assert 4 == len(annes(relay).calendar)


def test_row_28_three_cancels_are_bearable_and_go_out_by_themselves(
    installation: Installation, relay: ScriptedRelay
) -> None:
    three = courses(*STARTS)
    closed = {
        key: replace(row, slut_dato=MONDAY, status="afsluttet") if key != "f1" else row
        for key, row in three.forloeb.items()
    }
    installation.set_cases(replace(three, forloeb=closed))
    report = installation.run_here(TOMORROW)
    assert (0, 3) == (report.braked, report.sent)
    assert 1 == len(annes(relay).calendar)
