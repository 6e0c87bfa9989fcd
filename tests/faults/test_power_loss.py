"""A ledger that lost its power at any moment still knows what was told.

``REMINDERD_IMAGES`` says how many images of the disk are tried (500; 1,000 in `make test-long`).
"""

import asyncio
import os
import shutil
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from reminderd.delivery.wire import message_text
from reminderd.testing.relay import ScriptedRelay
from reminderd.testing.transport import RecordingTransport
from tests.faults.power_loss import Event, Told, image, watch
from tests.faults.scenarios import WARNING, first_run
from tests.installation import courses
from tests.integration.corridor import Corridor, FixedClock, GivenCases, morning

pytestmark = pytest.mark.xdist_group("power")  # made ready once, and not by each worker

IMAGES = int(os.environ.get("REMINDERD_IMAGES", "500"))
MAILS = 5
LATER = morning(WARNING, 9)


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    folder = tmp_path_factory.mktemp("watched")
    with ScriptedRelay() as relay:
        installation, now = first_run(folder, relay)
        found = watch(installation, now, folder / "strace.log")
        assert MAILS == len(relay.messages)
    assert MAILS == sum(isinstance(event, Told) for event in found)
    return found


@pytest.mark.parametrize("part", range(4))
def test_after_a_power_cut_nothing_is_lost_and_every_copy_is_identical(
    events: list[Event], part: int, tmp_path: Path
) -> None:
    cases = courses(*[WARNING - timedelta(weeks=18)] * MAILS)
    before = tmp_path / "before"
    before.mkdir()
    for number in range(part, IMAGES, 4):
        chance = Random(number)  # noqa: S311 - a story, no secret
        folder = tmp_path / str(number)
        folder.mkdir()
        told = image(events, chance.randrange(len(events) + 1), chance, folder, before)
        transport = RecordingTransport()
        corridor = Corridor(folder, GivenCases(cases), FixedClock(LATER), transport)
        asyncio.run(corridor.run())
        again = {message_text(envelope.raw) for envelope in transport.offered}
        names = {_name(text) for text in (*told, *again)}
        assert MAILS == len({_subject(text) for text in (*told, *again)}), f"image {number}: one is lost"
        assert MAILS == len(names) == len({*told, *again}), f"image {number}: a copy that differs"
        assert {"sent"} == set(corridor.states())
        shutil.rmtree(folder)


def _subject(text: bytes) -> bytes:
    return text.partition(b"\r\nSubject: ")[2].partition(b"\r\nDate:")[0]


def _name(text: bytes) -> bytes:
    return text.partition(b"\r\nMessage-ID: ")[2].partition(b"\r\n")[0]
