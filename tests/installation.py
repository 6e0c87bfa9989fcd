"""An installation in a folder: a case database, a configuration, and the installed command.

For tests of the corridor, the service and the commands. Cases are those of ``casework``, written to a
real database file; nothing here knows a rule or what any of it leads to.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from reminderd.app import App
from reminderd.casedb.synthetic import Tables, refresh_sqlite, write_sqlite
from reminderd.clock import Clock, FixedClock, SystemClock
from reminderd.config.shipped import shipped_folder
from reminderd.domain.cases import Forloeb, Snapshot
from reminderd.domain.workdays import ONE_DAY, at, civil_day
from reminderd.ledger import EntryRow
from reminderd.pipeline import Report
from tests.casework import BORGER, DANISH, FORLOEB, on_case, snapshot
from tests.imap_server import PASSWORD, ImapServer

COMMAND = Path(sys.executable).with_name("reminderd")
SENDER = "paamindelser@kommune.example"
DOMAIN = "reminderd.kommune.example"

_SETTINGS = """\
[source]
url = "sqlite:///{folder}/cases.db"

[ledger]
url = "sqlite:///{folder}/ledger.db"

[relay]
{relay}

[sender]
mail = "{sender}"
name = "Påmindelser"

[installation]
domain = "{domain}"

[privacy]
recipient_domains = ["kommune.example"]

[operator]
mail = ["it@kommune.example"]

[brake]
max_data_age_h = 87600  # the invented cases were true at the beginning of 2026, whenever this is read

[rules]
file = "rules.toml"
"""

# The rules that a few invented cases are about; with all of them they would say much else besides.
FOUR_KINDS = (
    "course-limit-warning",
    "review-plan",
    "review-approaching",
    "review-overdue",
    "exit-half-year",
    "exit-90-days",
    "exit-30-days",
    "activity-invitation",
    "activity-reminder",
)


def rules_text(names: Sequence[str] | None) -> str:
    """Return the shipped rules with only those of these names; None means all."""
    shipped = (shipped_folder("config") / "rules.toml").read_text(encoding="utf-8")
    head, *stanzas = shipped.split("[[rule]]\n")
    return "[[rule]]\n".join(
        [head, *(text for text in stanzas if names is None or text.split('"')[1] in names)]
    )


def courses(*starts: date, **values: Any) -> Snapshot:
    """Return one § 82 b course for each start, each with one caseworker and nobody else."""
    rows: list[Forloeb] = [
        replace(
            FORLOEB,
            forloeb_id=f"f{number}",
            borger_id=f"b{number}",
            sagsnr=f"2026-{number:04}",
            start_dato=start,
            **values,
        )
        for number, start in enumerate(starts, 1)
    ]
    return snapshot(
        forloeb=rows,
        borgere=[replace(BORGER, borger_id=row.borger_id) for row in rows],
        roles=[on_case("m1", "sagsbehandler", forloeb_id=row.forloeb_id) for row in rows],
    )


def tables_of(data: Snapshot) -> Tables:
    """Return a snapshot as the rows that a source would hold."""
    hanging: dict[str, Mapping[str, tuple[Any, ...]]] = {
        "rd_tilknytning": data.tilknytninger,
        "rd_fravaer": data.fravaer,
        "rd_plan": data.planer,
        "rd_opfoelgning": data.opfoelgninger,
        "rd_deltager": data.deltagere,
    }
    single: dict[str, Mapping[str, Any]] = {
        "rd_enhed": data.enheder,
        "rd_medarbejder": data.medarbejdere,
        "rd_borger": data.borgere,
        "rd_forloeb": data.forloeb,
        "rd_aktivitet": data.aktiviteter,
        "rd_serie": data.serier,
    }
    return {
        "rd_meta": [asdict(data.meta)],
        **{view: [asdict(row) for row in rows.values()] for view, rows in single.items()},
        **{view: [asdict(row) for rows in of.values() for row in rows] for view, of in hanging.items()},
    }


@dataclass(frozen=True)
class Installation:
    """A folder with everything an installation has."""

    folder: Path

    @classmethod
    def make(
        cls, folder: Path, data: Snapshot | Tables, relay: Mapping[str, object], *, all_rules: bool = False
    ) -> "Installation":
        """Write configuration and cases; ``relay`` becomes that section."""
        installation = cls(folder)
        installation.configure(relay, all_rules=all_rules)
        installation.set_cases(data)
        return installation

    def configure(self, relay: Mapping[str, object], *, all_rules: bool = False) -> None:
        """Write the configuration; ``relay`` becomes that section."""
        lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in relay.items())
        settings = _SETTINGS.format(folder=self.folder, relay=lines, sender=SENDER, domain=DOMAIN)
        self.config.write_text(settings, encoding="utf-8")
        rules = rules_text(None if all_rules else FOUR_KINDS)
        (self.folder / "rules.toml").write_text(rules, encoding="utf-8")

    def read_mail_from(self, server: ImapServer, user: str) -> None:
        """Add the mailbox of this user to the configuration."""
        secret = self.folder / "inbox-password"
        secret.write_text(PASSWORD)
        secret.chmod(0o600)
        with self.config.open("a", encoding="utf-8") as settings:
            settings.write(
                f'\n[inbox]\nurl = "{server.url}"\nca_file = "{server.ca_file}"\n'
                f'username = "{user}"\npassword_file = "inbox-password"\n'
            )

    @property
    def config(self) -> Path:
        return self.folder / "reminderd.toml"

    def set_cases(self, data: Snapshot | Tables) -> None:
        tables = tables_of(data) if isinstance(data, Snapshot) else data
        write_sqlite(tables, self.folder / "cases.db")

    def morning_data(self, day: date) -> None:
        """Say that the case data is this morning's."""
        refresh_sqlite(self.folder / "cases.db", datetime(day.year, day.month, day.day, 6))

    def arguments(self, *arguments: str, now: datetime | str | None = None) -> list[str]:
        given = [] if now is None else ["--now", now if isinstance(now, str) else now.isoformat()]
        return [str(COMMAND), "--config", str(self.config), *given, *arguments]

    def run(
        self, *arguments: str, now: datetime | str | None = None, seconds: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run the installed command to its end."""
        return run(self.arguments(*arguments, now=now), cwd=self.folder, seconds=seconds)

    def start(self, *arguments: str, now: datetime | None = None, **env: str) -> subprocess.Popen[str]:
        """Start the installed command; whoever starts it ends it."""
        return subprocess.Popen(
            self.arguments(*arguments, now=now),
            cwd=self.folder,
            env={**bare_environment(), **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run_here(self, now: datetime) -> Report:
        """Do what ``run --once --now`` does, in this process."""

        async def once() -> Report:
            with self.app(now).pipeline() as pipeline:
                try:
                    await pipeline.recover()
                    return await pipeline.run()
                finally:
                    await pipeline.close()

        return asyncio.run(once())

    def app(self, clock: Clock | datetime) -> App:
        return App.from_files(self.config, (), FixedClock(clock) if isinstance(clock, datetime) else clock)

    def entries(self) -> list[EntryRow]:
        """Return everything in the ledger, in the order it became due."""
        reading = self.app(SystemClock()).reading()
        return [] if reading is None else reading.find("")

    def states(self) -> list[str]:
        return [entry.state for entry in self.entries()]


def bare_environment() -> dict[str, str]:
    """Return an environment without anything that the command listens to."""
    mine = ("REMINDERD_", "NOTIFY_SOCKET", "JOURNAL_STREAM", "CREDENTIALS_DIRECTORY", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
    return kept | {"COLUMNS": "100"}


def run(
    arguments: Sequence[str | Path], *, cwd: Path, seconds: float = 60, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run any command in a bare environment and keep what it says."""
    return subprocess.run(
        [str(argument) for argument in arguments],
        cwd=cwd,
        env={**bare_environment(), **env},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def last_working_morning() -> datetime:
    """Return nine o'clock on the last working day before today."""
    today = civil_day(SystemClock().now())
    return at(DANISH.previous(today - ONE_DAY), time(9))


def course_with_18_weeks_over_on(day: date) -> date:
    """Return the start of a course whose warning is due on this day."""
    return day - timedelta(weeks=18)
