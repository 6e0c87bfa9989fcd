"""``reminderd demo``: the real corridor over invented data, on a clock of its own."""

import json
import shlex
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reminderd.cli.days import Day
from reminderd.cli.output import print_table

if TYPE_CHECKING:
    from reminderd.app import App
    from reminderd.clock import FixedClock
    from reminderd.ledger import EntryRow

_DAY = Day()
_OWN = {"cases.db", "mails", "reminderd.toml"}
_LEDGER = "ledger.db"  # and what lies beside it under a longer name
_SETTINGS = """\
# Made by `reminderd demo`: an invented case database and a relay that keeps what it is given.
[source]
url = {cases}

[ledger]
url = {ledger}

[relay]
url = {mails}

[sender]
mail = "paamindelser@kommune.example"
name = "Ballerup Kommune (demo)"

[installation]
domain = "reminderd.kommune.example"

[privacy]
recipient_domains = ["kommune.example"]
"""


@click.command("demo", short_help="See it work on invented data.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("reminderd-demo"), show_default=True, help="Folder to work in; what an earlier demo left there is replaced.")  # fmt: skip  # noqa: E501
@click.option("--from", "first", type=_DAY, default="2026-01-01", show_default=True, help="First day.")
@click.option("--to", "last", type=_DAY, default="2026-04-30", show_default=True, help="Last day.")
def command(out: Path, first: date, last: date) -> None:
    """Show reminderd at work: invented cases, a relay on this machine, one run a day.

    Makes a case database of Ballerup's size (6 young people, 65 courses, 204 enquiries, 8 staff),
    starts a mail relay on the loopback address, runs the real service once a day over the stretch
    of days, and ends with what was sent to whom and why. All names are invented; no mail leaves the
    machine.
    """
    import asyncio
    import logging

    from reminderd import logs
    from reminderd.app import App
    from reminderd.casedb import synthetic
    from reminderd.clock import FixedClock
    from reminderd.testing.relay import ScriptedRelay

    logs.set_up(logging.ERROR)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    if not days:
        raise click.UsageError("--to lies before --from")
    folder = _fresh(out)
    synthetic.write_sqlite(synthetic.build(reference=synthetic.DEMO_REFERENCE), folder / "cases.db")
    with ScriptedRelay() as relay:
        config = folder / "reminderd.toml"
        config.write_text(_settings(folder), encoding="utf-8")
        clock = FixedClock(_morning(days[0]))
        app = App.from_files(config, (f"relay.url={relay.url}", "relay.tls=none"), clock)
        with click.progressbar(days, label=f"{len(days)} days, one run each", file=sys.stderr) as stretch:
            asyncio.run(_run_daily(app, clock, stretch, folder / "cases.db"))
        received = [message.raw for message in relay.messages]
    reading = app.reading()
    entries = [] if reading is None else reading.find("")
    _keep_mails(entries, received, folder / "mails")
    _tell(entries, out, days[-1] + timedelta(days=1))


def _fresh(out: Path) -> Path:
    """Return an empty folder; only what an earlier demo made is removed."""
    folder = out.resolve()
    if not str(folder).isprintable():
        raise click.UsageError(
            "--out: the folder's path holds characters that cannot be shown; choose another"
        )
    if folder.exists():
        names = {path.name for path in folder.iterdir()}
        strangers = {name for name in names - _OWN if not name.startswith(_LEDGER)}
        if strangers:
            raise click.UsageError(f"{out} holds other things than a demo: {', '.join(sorted(strangers))}")
        shutil.rmtree(folder)
    (folder / "mails").mkdir(parents=True)
    return folder


def _settings(folder: Path) -> str:
    return _SETTINGS.format(
        cases=_toml(_sqlite(folder / "cases.db")),
        ledger=_toml(_sqlite(folder / _LEDGER)),
        mails=_toml(f"eml:{folder / 'mails'}"),
    )


def _sqlite(path: Path) -> str:
    """Return the URL of a database file; what has a meaning of its own in a URL is escaped."""
    return f"sqlite:///{str(path).replace('%', '%25').replace('?', '%3F')}"


def _toml(text: str) -> str:
    """Return a TOML string; of printable text, JSON's escapes are TOML's."""
    return json.dumps(text, ensure_ascii=False)


def _morning(day: date) -> datetime:
    from reminderd.domain.workdays import at

    return at(day, time(8))


async def _run_daily(app: "App", clock: "FixedClock", days: Iterable[date], cases: Path) -> None:
    from reminderd.casedb import synthetic

    with app.pipeline() as pipeline:
        for day in days:
            clock.move_to(_morning(day))
            synthetic.live(cases, day)
            await pipeline.run()
        await pipeline.close()


def _keep_mails(entries: Sequence["EntryRow"], received: Sequence[bytes], folder: Path) -> None:
    """Write what the relay took as files, named so that a folder listing tells the story."""
    from email import message_from_bytes

    from reminderd.delivery.eml_folder import calendar_part

    told = {entry.message_id: entry for entry in entries}
    for number, raw in enumerate(received, start=1):
        entry = told[message_from_bytes(raw)["Message-ID"]]
        name = f"{number:04}-{entry.updated_at:%Y-%m-%d}-{entry.rule}"
        (folder / f"{name}.eml").write_bytes(raw)
        invite = calendar_part(raw)
        if invite is not None:
            (folder / f"{name}.ics").write_bytes(invite)


def _program() -> str:
    """Return how this program was called, so that what is printed can be typed: it may not be on the PATH."""
    called = Path(sys.argv[0])
    return (
        shlex.quote(sys.argv[0]) if called.name == "reminderd" and not called.is_absolute() else "reminderd"
    )


def _tell(entries: Sequence["EntryRow"], out: Path, after: date) -> None:
    print_table(
        ["sent", "what", "case", "to", "why"],
        [
            (
                f"{entry.updated_at:%a %Y-%m-%d}",
                entry.rule,
                entry.sagsnr,
                f"{entry.recipient_role} {entry.recipient_mail}",
                f"{entry.deadline_kind} on {entry.deadline_date}, stage {entry.stage}",
            )
            for entry in entries
            if entry.state == "sent"
        ],
    )
    click.echo()
    counts = Counter((entry.rule, entry.state) for entry in entries)
    print_table(
        ["what", "state", "count"], [(rule, state, count) for (rule, state), count in sorted(counts.items())]
    )
    asking = f"{_program()} --config {shlex.quote(str(out / 'reminderd.toml'))} --now {after}"
    click.echo(f"""
mails and calendar files:  {out / "mails"}   (open one with a mail program)
ask the installation:      {asking} status
one mail's history:        {asking} show course-limit-warning
what comes next, and why:  {asking} plan --to {after + timedelta(days=90)}
figures for a committee:   {asking} report --from 2018-04-01 --to 2018-07-31""")
