"""Hostile strings in every text column in turn: nothing is smuggled, nobody else is kept waiting.

Each string goes into each column in a family of rows of its own, and one run meets many. Families
without a hostile cell stand between them. What the relay receives is read by a second, strict parser.
"""

import json
import os
import sys
from datetime import time as clock

import pytest

from reminderd.domain.workdays import at
from reminderd.testing.relay import ScriptedRelay
from tests.casework import LEDER, snapshot
from tests.hostile import DAY, HOSTILE, TEXT_COLUMNS, Rows, families, family
from tests.installation import Installation, tables_of
from tests.installation import run as run_command
from tests.strict import Mail, read

MORNING = at(DAY, clock(9))
# One family in ninety, other strings for each column; in `make test-long` all 5,000, in ten runs.
EVERY, SLICES = (10, range(10)) if "REMINDERD_SEEDS" in os.environ else (90, range(1))
FIRST_CONTROL = 900_000
CONTROLS = 10
# Linux lets a process inherit the greatest size of whoever started it; a small one in between keeps the
# size of this test process out of what is measured.
pytestmark = pytest.mark.xdist_group("hostile")  # made ready once, and not by each worker
WEIGHED = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss, used.ru_utime + used.ru_stime, file=sys.stderr)
sys.exit(status)
"""


def rows_of(every: int, of: int) -> tuple[Rows, int]:
    """Return every so many families' rows in one database, and how many of them have a hostile cell."""
    together: Rows = {"rd_meta": tables_of(snapshot(staff=(LEDER,)))["rd_meta"]}  # type: ignore[dict-item]
    hostile = [
        rows
        for number, (view, column, text, rows) in enumerate(families(HOSTILE))
        if (number + number // len(HOSTILE)) % every == of
        or ((view, column) == ("rd_aktivitet", "titel") and "<" in text)  # these are looked at below
    ]
    step = max(1, len(hostile) // CONTROLS)
    for number, rows in enumerate(hostile):
        found = [rows]
        if number % step == 0 and number // step < CONTROLS:
            found.append(family(FIRST_CONTROL + number // step))
        for one in found:
            for view, values in one.items():
                together.setdefault(view, []).extend(values)
    return together, len(hostile)


@pytest.fixture(scope="module", params=SLICES)
def run(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> tuple[Installation, list[Mail], dict[str, object]]:
    """Run once over everything; returns what was received and what it cost."""
    folder = tmp_path_factory.mktemp("hostile")
    rows, hostile = rows_of(EVERY, request.param)
    with ScriptedRelay() as relay:
        settings = {"url": relay.url, "tls": "none", "connections": 4}
        one = Installation.make(folder, rows, settings, all_rules=True)
        one.morning_data(DAY)
        command = one.arguments("--set", "brake.max_new=0", "run", "--once", "--json", now=MORNING)
        done = run_command([sys.executable, "-c", WEIGHED, *command], cwd=folder, seconds=1200)
        received = relay.messages
    assert done.returncode in (0, 1), done.stderr[-2000:]
    *log, used = done.stderr.splitlines()
    peak, seconds = used.split()
    cost = {"seconds": float(seconds), "families": hostile, "peak_kib": int(peak), "log": "\n".join(log)}
    assert all(len(message.rcpt_to) == 1 for message in received)
    mails = [read(message.raw) for message in received]
    assert [message.rcpt_to[0] for message in received] == [mail.recipient for mail in mails]
    return one, mails, cost | {"report": json.loads(done.stdout)}


Run = tuple[Installation, list[Mail], dict[str, object]]


def test_there_are_enough_strings_and_every_text_column_gets_them() -> None:
    assert len(set(HOSTILE)) >= 60
    assert len(TEXT_COLUMNS) >= 60
    met = {(view, column) for view, column, _, _ in families(HOSTILE)}
    assert set(TEXT_COLUMNS) == met


def test_every_mail_went_to_one_mailbox_of_the_house(run: Run) -> None:
    _, mails, _ = run
    assert len(mails) > CONTROLS
    assert {"kommune.example"} == {mail.recipient.rpartition("@")[2] for mail in mails}


def test_every_family_without_a_hostile_cell_was_served(run: Run) -> None:
    _, mails, _ = run
    wanted = {f"2026-{FIRST_CONTROL + number:06}" for number in range(CONTROLS)}
    served = {number for number in wanted for mail in mails if f"sag {number} " in mail.subject + " "}
    assert wanted == served


def test_nothing_was_held_or_refused_for_what_stood_in_a_cell(run: Run) -> None:
    one, _, cost = run
    stopped = [entry.reason for entry in one.entries() if entry.state in ("held", "failed", "unknown")]
    assert [] == stopped
    assert "Traceback" not in str(cost["log"])


def test_a_hostile_title_appears_as_it_was_written(run: Run) -> None:
    _, mails, _ = run
    texts = "\n".join(mail.parts["text/plain"] for mail in mails)
    pages = "\n".join(mail.parts["text/html"] for mail in mails)
    shown = [text for text in HOSTILE if text.isprintable() and "<" in text and text in texts]
    assert shown
    for text in shown:
        assert text not in pages


def test_no_run_takes_two_seconds_a_row_or_two_hundred_megabytes(run: Run) -> None:
    _, _, cost = run
    # The processor's seconds: those that pass on the wall depend on what else the machine does.
    assert float(str(cost["seconds"])) < 2 * int(str(cost["families"]))
    assert int(str(cost["peak_kib"])) < 200 * 1024


def test_the_log_speaks_on_single_lines_without_the_strings(run: Run) -> None:
    _, _, cost = run
    log = str(cost["log"])
    assert "\x1b" not in log
    assert "\u202e" not in log
    for line in log.splitlines():
        assert line.isprintable()


def test_a_terminal_shows_no_control_character(run: Run) -> None:
    one, _, _ = run
    commands = ("check-source",), ("status",), ("plan", "--all", "--to", "2026-05-12")
    for command in (*commands, (*commands[-1], "--json")):
        done = one.run(*command, now=MORNING, seconds=300)
        said = (done.stdout + done.stderr).replace("\n", "").replace("\t", "")
        hidden = {character for character in said if not character.isprintable()}
        assert set() == hidden, command
