"""Conversations with people's calendars, kept as mails that a person can read.

Each lies in a folder of its own under ``conversations/``: the mails in the order they were sent, each with
its calendar part in plain text, and in ``calendar.txt`` what then stands in each calendar. After a wanted
change, ``REMINDERD_WRITE_GOLDEN=1 pytest tests/integration/test_conversations.py`` writes them anew; read
the difference before keeping it.
"""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import pytest

from reminderd.clock import FixedClock
from reminderd.compose.composer import Composer
from reminderd.compose.invite import Mailbox
from reminderd.compose.wording import Wordings
from reminderd.config.shipped import shipped_folder
from reminderd.delivery.transport import Envelope
from reminderd.domain.cases import Snapshot
from reminderd.domain.planning import Policy
from reminderd.pipeline import Pipeline
from reminderd.testing.memory_ledger import MemoryLedger
from reminderd.testing.transport import RecordingTransport
from tests.attendee import Shown, deliver
from tests.casework import VEJEN_FREM, on_case, planned, snapshot
from tests.integration.corridor import DOMAIN, SENDER, GivenCases, morning
from tests.integration.stories import (
    ASKED,
    INVITES,
    MEETING,
    REVIEWS,
    THURSDAY,
    TOLD,
    WARNED,
    WARNS,
    course,
    evening,
    reviewed,
)
from tests.integration.test_series_kept_right import EVENINGS, evenings
from tests.integration.test_series_kept_right import TOLD as SERIES_TOLD

FOLDER = Path(__file__).parent / "conversations"
WRITE = "REMINDERD_WRITE_GOLDEN" in os.environ
DAY = timedelta(days=1)

Step = tuple[date, Snapshot]
_CLOSED = replace(VEJEN_FREM, status="afsluttet", slut_dato=TOLD)
_REPLACED = [on_case("m2", "kontaktperson", til=TOLD), on_case("m1", "kontaktperson", fra=TOLD + DAY)]
_WEEKLY = [datetime(2027, 3, 11, 17) + timedelta(days=7 * number) for number in range(5)]
_AUTUMN = [datetime(2027, 10, 14, 17) + timedelta(days=7 * number) for number in range(5)]

CONVERSATIONS: dict[str, tuple[Policy, Callable[[], Sequence[Step]]]] = {
    "01-invite": (INVITES, lambda: [(TOLD, evening())]),
    "02-update-twice": (
        INVITES,
        lambda: [
            (TOLD, evening()),
            (TOLD + DAY, evening(THURSDAY.replace(hour=18))),
            (TOLD + 4 * DAY, evening(THURSDAY.replace(hour=18), sted="Skolen")),
        ],
    ),
    "03-one-date-dropped": (
        INVITES,
        lambda: [
            (SERIES_TOLD, evenings(EVENINGS)),
            (SERIES_TOLD + DAY, evenings(EVENINGS, changes={2: {"status": "aflyst"}})),
        ],
    ),
    "04-one-date-moved": (
        INVITES,
        lambda: [
            (SERIES_TOLD, evenings(EVENINGS)),
            (SERIES_TOLD + DAY, evenings([*EVENINGS[:2], EVENINGS[2] + DAY, *EVENINGS[3:]])),
        ],
    ),
    "05-series-ended": (
        INVITES,
        lambda: [
            (SERIES_TOLD, evenings(EVENINGS)),
            (
                SERIES_TOLD + DAY,
                evenings(EVENINGS, changes={number: {"status": "aflyst"} for number in (3, 4, 5)}),
            ),
        ],
    ),
    "06-weekday-changed": (
        INVITES,
        lambda: [
            (SERIES_TOLD, evenings(EVENINGS)),
            (
                EVENINGS[0].date() + DAY,
                evenings([EVENINGS[0], *(start - 2 * DAY for start in EVENINGS[1:])]),
            ),
        ],
    ),
    "07-contact-person-replaced": (
        INVITES,
        lambda: [(TOLD, evening()), (TOLD + DAY, evening(roles=_REPLACED))],
    ),
    "08-case-closed": (
        INVITES,
        lambda: [(TOLD, evening()), (TOLD + DAY, evening(forloeb=[_CLOSED]))],
    ),
    "09-reopened": (
        INVITES,
        lambda: [
            (TOLD, evening()),
            (TOLD + DAY, evening(forloeb=[_CLOSED])),
            (TOLD + 5 * DAY, evening(forloeb=[replace(VEJEN_FREM, genaabnet_dato=TOLD + 5 * DAY)])),
        ],
    ),
    "10-clock-changes": (
        INVITES,
        lambda: [
            (date(2027, 2, 18), evenings(_WEEKLY)),
            (date(2027, 9, 23), evenings([*_WEEKLY, *_AUTUMN])),
        ],
    ),
    "11-deadline-corrected": (
        WARNS,
        lambda: [(WARNED, snapshot()), (WARNED + DAY, course(start_dato=date(2026, 1, 12)))],
    ),
    "12-meeting-planned": (
        REVIEWS,
        lambda: [(ASKED, reviewed()), (ASKED + DAY, reviewed(planned(MEETING)))],
    ),
    "13-another-place": (
        INVITES,
        lambda: [
            (SERIES_TOLD, evenings(EVENINGS)),
            (SERIES_TOLD + DAY, evenings(EVENINGS, changes={key: {"sted": "Skolen"} for key in range(6)})),
        ],
    ),
}


async def sent(policy: Policy, steps: Sequence[Step]) -> list[Envelope]:
    """Let the service run on each day over its cases; return the mails in the order they went out."""
    transport, ledger = RecordingTransport(), MemoryLedger()
    source, clock = GivenCases(steps[0][1]), FixedClock(morning(steps[0][0]))
    wordings = Wordings([shipped_folder("templates")])
    pipeline = Pipeline(
        source=source,
        ledger=ledger,
        composer=Composer(wordings, Mailbox(SENDER, "Påmindelser"), DOMAIN, ledger.secret),
        transport=transport,
        policy=policy,
        sender=SENDER,
        domain=DOMAIN,
        clock=clock,
    )
    for day, data in steps:
        source.data = data
        clock.move_to(morning(day))
        await pipeline.run()
    await pipeline.close()
    return transport.taken


def readable(raw: bytes) -> str:
    """Return a mail with its text and its calendar as they are read, not as they travel."""
    message = message_from_bytes(raw, policy=SMTP)
    head = [f"{name}: {message[name]}" for name in ("From", "To", "Subject", "Date", "Message-ID")]
    boundary = message.get_boundary()
    lines = [*head, "MIME-Version: 1.0", f'Content-Type: multipart/alternative; boundary="{boundary}"', ""]
    for part in message.walk():
        if part.get_content_type() not in ("text/plain", "text/calendar"):
            continue
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        method = part.get_param("method")
        named = f"; method={method}" if method else ""
        lines += [
            f"--{boundary}",
            f"Content-Type: {part.get_content_type()}; charset=UTF-8{named}",
            "Content-Transfer-Encoding: 8bit",
            "",
            payload.decode().replace("\r\n", "\n").rstrip("\n"),
        ]
    return "\n".join([*lines, f"--{boundary}--", ""])


def in_words(one: Shown) -> str:
    """Return one date of a calendar as a person sees it."""
    if isinstance(one.start, datetime) and isinstance(one.end, datetime):
        moment = f"{one.start:%a %Y-%m-%d %H:%M} to {one.end:%H:%M} ({one.start:%Z})"
    else:
        moment = f"{one.start:%a %Y-%m-%d}, all day"
    return f"  {moment}  {one.title}{', ' + one.place if one.place else ''}"


def calendars(envelopes: Sequence[Envelope]) -> str:
    """Return what then stands in each calendar, a line a date."""
    lines = []
    for mail, reader in sorted(deliver(envelopes).items()):
        lines.append(mail)
        lines += [in_words(one) for one in reader.shown] or ["  nothing"]
        assert {mail} >= {one.who for one in reader.shown}
    return "\n".join([*lines, ""])


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_the_conversation_is_the_one_that_lies_there(name: str) -> None:
    policy, steps = CONVERSATIONS[name]
    envelopes = await sent(policy, steps())
    files = {
        f"{number:02}-{envelope.recipient.partition('@')[0]}.eml": readable(envelope.raw)
        for number, envelope in enumerate(envelopes, start=1)
    }
    files["calendar.txt"] = calendars(envelopes)
    folder = FOLDER / name
    if WRITE:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
    assert files == {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_every_conversation_that_lies_there_is_held() -> None:
    assert set(CONVERSATIONS) == {path.name for path in FOLDER.iterdir()}
