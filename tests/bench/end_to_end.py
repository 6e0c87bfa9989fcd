"""From due rows to mails that a relay has taken, each written down durably, into the same sink.

Ours reads the case database, plans, composes mails with HTML and calendar parts and keeps the
ledger; the yardstick is what one would write in an hour: a loop over due rows, a text, a connection
and a commit a mail. The sink is another process, and its CPU is nobody's.
"""

import asyncio
import smtplib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from reminderd.casedb.source import open_source
from reminderd.delivery.open import open_transport
from reminderd.domain.reconcile import Knowledge, plan_today
from tests.bench import sink
from tests.bench.harness import Line, Seen
from tests.bench.stand import (
    DAY,
    NOW,
    SENDER,
    Watch,
    WatchedSource,
    corridor,
    logging_as_in_service,
    write_cases,
)
from tests.casework import POLICY

_LETTER = """\
From: Paamindelser <{sender}>
To: {mail}
Subject: Frist i sag {sagsnr}
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii

Forloebet i sag {sagsnr} skal vaere afsluttet senest {frist}.
Der er 14 dage til.

Aftal afslutningen med borgeren, og registrer slutdatoen i fagsystemet.

Venlig hilsen
Paamindelser
"""
_AGAINST = "a cron script: sqlite3, str.format (text only), smtplib with a connection and a commit a mail"


class EndToEnd:
    """Mails a second, and CPU milliseconds a mail."""

    name = "end-to-end"
    lines = (
        Line(
            "due rows to mails taken, durably", "rate", "cron_rate", "mails/s", _AGAINST, more_is_better=True
        ),
        Line("the same, our processor time", "cpu", "cron_cpu", "ms CPU a mail", _AGAINST),
    )

    def __init__(self, mails: int = 2000, sample_cases: int = 710) -> None:
        self._mails = mails
        self._sample_cases = sample_cases

    def prepare(self) -> None:
        self._folder = TemporaryDirectory(prefix="reminderd-bench-")
        self._path = Path(self._folder.name)
        cases = self._path / "cases.db"
        write_cases(cases, self._sample_cases)
        write_cases(cases, -(-self._sample_cases * self._mails // max(1, self._due(cases))))
        self._sent = self._due(cases)

    def _due(self, cases: Path) -> int:
        """Return how many mails a first run on the day would send."""
        data = open_source(f"sqlite:///{cases}").read()
        decisions = plan_today(data, POLICY, Knowledge({}, {}, DAY), NOW).decisions
        return sum(decision.kind == "send" for decision in decisions)

    def ours(self) -> Seen:
        source = WatchedSource(open_source(f"sqlite:///{self._path}/cases.db"))
        with _sink(self._sent) as port, logging_as_in_service():
            transport = open_transport(f"smtp://127.0.0.1:{port}", tls="none")
            with corridor(self._path / "ledger.db", source, transport) as pipeline:
                with Watch() as watch:
                    report = asyncio.run(pipeline.run())
                asyncio.run(pipeline.close())
            assert report.sent == self._sent, f"of {self._sent} due mails: {report.outcomes}"
        for left in self._path.glob("ledger.db*"):
            left.unlink()
        return {"rate": self._sent / watch.wall, "cpu": 1000 * watch.cpu / self._sent}

    def yardstick(self) -> Seen:
        table = self._path / "cron.db"
        _fill(table, self._sent)
        with _sink(self._sent) as port, Watch() as watch:
            cron_script(table, port)
        table.unlink()
        return {"cron_rate": self._sent / watch.wall, "cron_cpu": 1000 * watch.cpu / self._sent}

    def clear(self) -> None:
        self._folder.cleanup()


def cron_script(table: Path, port: int) -> None:
    connection = sqlite3.connect(table)
    due = connection.execute("SELECT id, sagsnr, frist, mail FROM due WHERE sent_at IS NULL").fetchall()
    for number, sagsnr, frist, mail in due:
        letter = _LETTER.format(sender=SENDER, mail=mail, sagsnr=sagsnr, frist=frist)
        with smtplib.SMTP("127.0.0.1", port, local_hostname="bench.kommune.example") as relay:
            relay.sendmail(SENDER, [mail], letter)
        connection.execute("UPDATE due SET sent_at = ? WHERE id = ?", (NOW.isoformat(), number))
        connection.commit()
    connection.close()


def _fill(table: Path, rows: int) -> None:
    connection = sqlite3.connect(table)
    with connection:
        connection.execute(
            "CREATE TABLE due (id INTEGER PRIMARY KEY, sagsnr TEXT, frist TEXT, mail TEXT, sent_at TEXT)"
        )
        connection.executemany(
            "INSERT INTO due (sagsnr, frist, mail) VALUES (?, ?, ?)",
            ((f"2026-{number:06}", DAY.isoformat(), f"m{number}@kommune.example") for number in range(rows)),
        )
    connection.close()


@contextmanager
def _sink(expected: int) -> Iterator[int]:
    """Start a sink and yield its port; at the end it must have taken as many messages as are due."""
    with subprocess.Popen(
        [sys.executable, sink.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
        assert int(process.stdout.readline()) == expected, "the sink must have taken every mail"
