"""The installation's secret is made anew: what was sent keeps its names, and the old secret is nowhere."""

import re
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

from reminderd.compose.readback import read_back
from reminderd.testing.relay import ScriptedRelay
from reminderd.testing.script import Drop
from tests.installation import Installation, courses
from tests.integration.corridor import morning

NOW = morning(date(2026, 5, 11))
START = date(2026, 1, 5)
DAY = timedelta(days=1)


def rotated(one: Installation) -> bytes:
    """Make the secret anew; returns the old one."""
    with closing(sqlite3.connect(one.folder / "ledger.db")) as connection:
        (old,) = connection.execute("SELECT secret FROM installation").fetchone()
    done = one.run("rotate-secret", "--reason", "a backup was lost", "--author", "anne", now=NOW)
    assert 0 == done.returncode, done.stderr
    assert isinstance(old, bytes)
    return old


def calendar_of(raw: bytes) -> str:
    part = read_back(raw).reading("text/calendar")
    assert part is not None
    return re.sub(r"\r\n[ \t]", "", part.text)


def value(name: str, text: str) -> str:
    found = re.search(rf"^{name}:(.*)\r$", text, re.MULTILINE)
    assert found is not None
    return found[1]


def test_an_update_of_what_was_sent_before_finds_its_entry(tmp_path: Path) -> None:
    with ScriptedRelay() as relay:
        one = Installation.make(tmp_path, courses(START), {"url": relay.url, "tls": "none"})
        one.run_here(NOW)
        rotated(one)
        one.set_cases(courses(START + 7 * DAY))
        one.run_here(NOW + DAY)
        told, changed = (calendar_of(message.raw) for message in relay.messages)
    assert value("UID", told) == value("UID", changed)
    assert ("0", "1") == (value("SEQUENCE", told), value("SEQUENCE", changed))
    assert value("DTSTART;VALUE=DATE", told) != value("DTSTART;VALUE=DATE", changed)


def test_what_may_have_been_sent_is_offered_again_byte_for_byte(tmp_path: Path) -> None:
    with ScriptedRelay([Drop("dot")]) as relay:
        one = Installation.make(tmp_path, courses(START), {"url": relay.url, "tls": "none"})
        one.run_here(NOW)
        assert ["unknown"] == one.states()
        rotated(one)
        one.run_here(NOW + DAY)
        first, second = relay.messages
    assert first.raw == second.raw


def test_what_is_named_from_now_on_is_named_by_the_new_secret(tmp_path: Path) -> None:
    ids = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        one = Installation.make(folder, courses(), {"url": f"eml:{folder / 'mails'}"})
        one.run_here(NOW - DAY)
        if number:
            before = sqlite3.connect(tmp_path / "0" / "ledger.db")
            (secret,) = before.execute("SELECT secret FROM installation").fetchone()
            before.close()
            with closing(sqlite3.connect(folder / "ledger.db")) as connection, connection:
                connection.execute("UPDATE installation SET secret = ?", (secret,))
            rotated(one)
        one.set_cases(courses(START))
        one.run_here(NOW)
        ids.append({entry.message_id for entry in one.entries()} | {e.calendar_uid for e in one.entries()})
    assert set() == ids[0] & ids[1]


def test_the_old_secret_is_nowhere_and_the_journal_says_who_and_why(tmp_path: Path) -> None:
    one = Installation.make(tmp_path, courses(START), {"url": f"eml:{tmp_path / 'mails'}"})
    one.run_here(NOW)
    old = rotated(one)
    assert [] == [file.name for file in tmp_path.glob("ledger.db*") if old in file.read_bytes()]
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as connection:
        last = "SELECT event, actor, reason FROM journal ORDER BY id DESC LIMIT 1"
        assert ("rotate_secret", "anne", "a backup was lost") == connection.execute(last).fetchone()
    assert 0 == one.run("audit", "verify").returncode


def test_there_is_nothing_to_rotate_before_the_first_run(tmp_path: Path) -> None:
    one = Installation.make(tmp_path, courses(START), {"url": f"eml:{tmp_path / 'mails'}"})
    assert 1 == one.run("rotate-secret", "--reason", "just so").returncode
