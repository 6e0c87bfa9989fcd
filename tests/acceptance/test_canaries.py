"""Names, CPR numbers, addresses and free text in every column of every view, found only where they are told.

Over the whole demonstration data. Every view gets further columns that nobody asks for; every text column of
the contract gets a CPR number in one spelling or another, and every one that holds free text or a code gets
words of its own. Searched is all that anybody can read afterwards: received bytes, the ledger with its WAL, a
backup, everything printed and logged at debug level, a crash's traceback, metrics, and the
environment of the process. The numbers' day, 31 February, does not exist.
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from reminderd.casedb.contract import CONTRACT, Kind
from reminderd.casedb.synthetic import build
from reminderd.casedb.synthetic.write import base_name
from reminderd.compose.readback import decoded, read_back
from reminderd.domain.workdays import at
from reminderd.testing.relay import ScriptedRelay
from tests.acceptance.looking import UnixConnection, get
from tests.hostile import TEXT_COLUMNS, Rows, family
from tests.installation import Installation

pytestmark = pytest.mark.xdist_group("canaries")  # made ready once, and not by each worker

# Two days of the demonstration, and the one on which the strangers' families have their deadlines.
DAYS = (date(2026, 1, 5), date(2026, 1, 7), date(2026, 5, 11))
MORNING = at(DAYS[-1], time(9))
# In further columns of every view: a name, a number, an address, a note.
EXTRA = {
    "kanarie_navn": "Kanariefugl Gulvinge",
    "kanarie_cpr": "310299-0000",
    "kanarie_adresse": "Burvej 7, Fjerstrup",
    "kanarie_notat": "pipper hver morgen",
}
SPELLINGS = (
    "310299-0000",
    "3102990000",
    "310299 0000",
    "31.02.99-0000",
    "31 02 99 00 00",
    "310299\N{EN DASH}0000",
    "310299\N{NON-BREAKING HYPHEN}0000",
    "310299_0000",
    "9102990000",
    "\uff13\uff11\uff10\uff12\uff19\uff19\uff10\uff10\uff10\uff10",
)
# Where what stands in a column is meant to be read: in the text, in the subject, in the calendar. Bytes that
# were sent are kept, so the ledger and its backup hold them, too.
TOLD = {
    ("rd_aktivitet", "titel"): ("subject", "text", "calendar", "kept"),
    ("rd_aktivitet", "sted"): ("text", "calendar", "kept"),
    ("rd_serie", "titel"): ("subject", "text", "calendar", "kept"),
    ("rd_serie", "sted"): ("text", "calendar", "kept"),
    ("rd_opfoelgning", "sted"): ("text", "calendar", "kept"),
    ("rd_moede", "sted"): ("text", "kept"),
    ("rd_borger", "initialer"): ("text", "kept"),
    ("rd_medarbejder", "navn"): ("text", "kept"),
}
# Names of things, in which the service thinks and of which it speaks; a CPR number in them is refused.
NAMES = {
    (view.name, column.name)
    for view in CONTRACT
    for column in view.columns
    if column.kind is Kind.TEXT
    and (column.name in view.key or column.refers or column.name in ("sagsnr", "tilbud", "kildesystem"))
}
MAILBOXES = {("rd_enhed", "faelles_mail"), ("rd_medarbejder", "mail"), ("rd_borger", "mail")}
FREE = {
    *TOLD,
    ("rd_enhed", "navn"),
    ("rd_enhed", "adresse"),
    ("rd_medarbejder", "initialer"),
    ("rd_medarbejder", "telefon"),
    ("rd_forloeb", "lovhjemmel"),
}
CODES = set(TEXT_COLUMNS) - NAMES - MAILBOXES - FREE
Found = dict[str, str]


def word(view: str, column: str) -> str:
    """Return a column's own word, short enough for all of them."""
    number = sorted(TEXT_COLUMNS).index((view, column))
    return f"Kvi{number:02}dr"


def plant(database: Path) -> None:
    """Give every view further columns that nobody asks for."""
    with closing(sqlite3.connect(database)) as connection, connection:
        for view in CONTRACT:
            base = base_name(view)
            for name, text in EXTRA.items():
                connection.execute(f"ALTER TABLE {base} ADD COLUMN {name} TEXT DEFAULT '{text}'")
            connection.execute(f"DROP VIEW {view.name}")
            connection.execute(f"CREATE VIEW {view.name} AS SELECT * FROM {base}")  # noqa: S608 - our own


def worded(view: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with a word of its own in each column of free text that says anything."""
    words = {name: word(view, name) for name, value in row.items() if value and (view, name) in FREE}
    return {**row, **words}


def strangers() -> Iterator[Rows]:
    """Yield families of rows: a number in each text column, and a word in each that holds a code."""
    number = 0
    for place, (view, column) in enumerate(TEXT_COLUMNS):
        texts = [SPELLINGS[place % len(SPELLINGS)]]
        if (view, column) in CODES | MAILBOXES:
            texts.append(word(view, column))
        for text in texts:
            number += 1
            rows = family(number)
            rows[view][0][column] = text
            yield rows


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """Run some days, ask every question and stumble; returns everything that anybody can read afterwards."""
    folder = tmp_path_factory.mktemp("here")
    tables: Rows = {view: [worded(view, row) for row in rows] for view, rows in build().items()}
    # A stranger's row that names no session keeps those without a list waiting, so each gets one.
    listed = {(row["aktivitet_id"], row["forloeb_id"]) for row in tables["rd_deltager"]}
    without = {row["aktivitet_id"] for row in tables["rd_aktivitet"]} - {session for session, _ in listed}
    for session in without:
        for course in {course for _, course in listed}:
            row = {"aktivitet_id": session, "forloeb_id": course, "svar": "inviteret"}
            tables["rd_deltager"].append(row)
    for rows in strangers():
        for view, values in rows.items():
            tables.setdefault(view, []).extend(values)
    found: Found = {}
    with ScriptedRelay() as relay:
        one = Installation.make(folder, tables, {"url": relay.url, "tls": "none"}, all_rules=True)
        plant(folder / "cases.db")
        for day in DAYS:
            one.morning_data(day)
            settings = ("--set", "brake.max_new=0")  # months lie between the days
            done = one.run(*settings, "run", "--once", "--verbose", now=at(day, time(9)), seconds=300)
            assert done.returncode in (0, 1), done.stderr
            found[f"log of {day}"] = done.stdout + done.stderr
        received = relay.messages
    for number, message in enumerate(received):
        mail = read_back(message.raw)
        headers = {name: decoded(value) for name, value in mail.headers}
        found[f"subject {number}"] = headers.pop("Subject")
        found[f"headers {number}"] = str(headers)
        for part in (*mail.readings, *mail.files):
            kind = "calendar" if part.content_type == "text/calendar" else "text"
            name = f"{kind} {number} {part.content_type}"
            found[name] = (part.filename or "") + part.content.decode("latin-1")
    backup = one.run("backup", str(folder / "copy.db"))
    assert 0 == backup.returncode, backup.stderr
    for file in (*folder.glob("ledger.db*"), folder / "copy.db"):
        found[f"kept {file.name}"] = file.read_bytes().decode("latin-1")
    found |= answers(one) | crashes(one) | service(one)
    return found


def answers(one: Installation) -> Found:
    """Ask what an operator can ask."""
    sagsnr = next(entry.sagsnr for entry in one.entries() if entry.sagsnr)
    questions = (
        ("status",),
        ("show", "forloeb"),
        ("check-source",),
        ("plan", "--to", "2026-05-25", "--all"),
        ("plan", "--to", "2026-05-25", "--all", "--json"),
        ("explain", sagsnr),
        ("report", "--from", "2026-01-01", "--to", "2026-02-28"),
        ("audit", "who-got", "--case", sagsnr, "--since", "2026-01-01T00:00", "--json"),
        ("check", "--online"),
    )
    found = {}
    for question in questions:
        done = one.run(*question, now=MORNING, seconds=300)
        assert done.returncode in (0, 1), done.stderr
        found[f"answer to {question[0]}"] = done.stdout + done.stderr
    return found


def crashes(one: Installation) -> Found:
    """Let the command stumble over a mistake in the program that quotes a case."""
    patched = one.folder / "patched"
    patched.mkdir()
    patched.joinpath("sitecustomize.py").write_text(
        "import reminderd.domain.deadlines as deadlines\n"
        "def stumble(case, *others):\n"
        "    raise KeyError('Kanariefugl Gulvinge 310299-0000', case)\n"
        "deadlines.course_limit = stumble\n",
        encoding="utf-8",
    )
    found = {}
    for command in (["run", "--once", "--verbose"], ["plan"]):
        with one.start(*command, now=MORNING, PYTHONPATH=str(patched)) as process:
            out, err = process.communicate(timeout=300)
        assert process.returncode == 70, err
        assert "a bug: KeyError" in err
        found[f"crash of {command[0]}"] = out + err
    return found


def service(one: Installation) -> Found:
    """Look at the service while it lives: its metrics, its environment and what it logs."""
    place = one.folder / "web.sock"
    with one.start("--set", f"web.listen=unix:{place}", "run", "--verbose") as process:
        assert process.stderr is not None
        heard = ""
        while "web_listening" not in heard:
            line = process.stderr.readline()
            assert line, heard
            heard += line
        _, metrics = get(UnixConnection(place), "/metrics")
        _, health = get(UnixConnection(place), "/healthz")
        environ = Path(f"/proc/{process.pid}/environ").read_bytes().decode()
        process.terminate()
        out, err = process.communicate(timeout=120)
    return {"metrics": metrics, "health": health, "environ": environ, "log of the service": heard + out + err}


def test_what_nobody_asked_for_is_found_nowhere(said: Found) -> None:
    # One test for all: a name in brackets would stand in pytest's own environment variable.
    words = [*EXTRA.values(), "ulvinge", "jerstrup", *SPELLINGS]
    assert [] == [(place, text) for text in words for place, where in said.items() if text in where]


def test_a_number_is_not_found_without_its_separators_either(said: Found) -> None:
    digits = {place: re.sub(r"[ .\-_\u2010-\u2015\xad]", "", where) for place, where in said.items()}
    assert [] == [place for place, where in digits.items() if "3102990000" in where or "9102990000" in where]


def test_what_a_column_says_is_found_where_it_is_told_and_nowhere_else(said: Found) -> None:
    astray = [
        (f"{view}.{column}", place)
        for view, column in sorted(FREE | CODES | MAILBOXES)
        for place, where in said.items()
        if word(view, column) in where and place.partition(" ")[0] not in TOLD.get((view, column), ())
    ]
    assert [] == astray


def test_what_is_meant_to_be_told_was_told(said: Found) -> None:
    """So that the search is known to find what is there."""
    for view, column in (("rd_aktivitet", "titel"), ("rd_opfoelgning", "sted"), ("rd_borger", "initialer")):
        assert "text" in places_of(said, view, column), (view, column)
    # Texts of the last day are kept, and found.
    assert "Content-Type: text/plain" in said["kept copy.db"]


def test_what_was_purged_is_not_kept_in_free_pages_either(said: Found) -> None:
    """January's evenings were told in January alone, and by May their texts have gone."""
    assert "kept" not in places_of(said, "rd_aktivitet", "titel")


def places_of(said: Found, view: str, column: str) -> set[str]:
    return {place.partition(" ")[0] for place, where in said.items() if word(view, column) in where}


def test_every_text_column_and_every_kind_of_place_was_searched(said: Found) -> None:
    texts = {
        (view.name, column.name) for view in CONTRACT for column in view.columns if column.kind is Kind.TEXT
    }
    assert texts == NAMES | MAILBOXES | FREE | CODES
    kinds = {place.partition(" ")[0] for place in said}
    assert kinds == {
        *("subject", "headers", "text", "calendar", "kept", "log", "answer", "crash"),
        *("metrics", "health", "environ"),
    }
    assert {"kept ledger.db", "kept copy.db"} <= set(said)
    assert 20 < sum(place.startswith("subject ") for place in said)
