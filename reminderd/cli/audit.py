"""``reminderd audit``: is the journal whole, what is kept of a case, and who was told about it."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from reminderd.cli.days import Instant
from reminderd.cli.output import app_of, print_json, print_table
from reminderd.errors import EXIT_FINDING


@click.group("audit", short_help="Is the journal whole, and who was told what.")
def command() -> None:
    """Answer an auditor's questions from the ledger; reads beside a running service."""


@command.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def verify(ctx: click.Context, *, as_json: bool) -> None:
    """Reckon the journal's chain anew: any line edited, taken out, added or moved is found.

    Exit status 1 with a finding.
    """
    found = app_of(ctx).verify_journal()
    if found is None:
        click.echo("nothing has run yet", err=True)
        ctx.exit(EXIT_FINDING)
    if as_json:
        print_json(asdict(found))
    else:
        for finding in found.findings:
            click.echo(finding)
        whole = "something is wrong" if found.findings else "whole"
        click.echo(f"{found.lines} lines, the last is {found.last_id} ({found.head[:16]}): {whole}")
    if found.findings:
        ctx.exit(EXIT_FINDING)


@command.command("export")
@click.option("--case", "sagsnr", required=True, metavar="SAGSNR", help="The case number.")
@click.pass_context
def export(ctx: click.Context, sagsnr: str) -> None:
    """Print everything that is kept about a case as JSON, for a person's right of access.

    Entries with attempts and history, and the texts that are not purged yet. Exit status 1 where
    nothing is kept.
    """
    from reminderd.ledger import export_case

    reading = app_of(ctx).reading()
    found = [] if reading is None else export_case(reading, sagsnr)
    print_json([_plain(one) for one in found])
    if not found:
        ctx.exit(EXIT_FINDING)


@command.command("who-got")
@click.option("--case", "sagsnr", required=True, metavar="SAGSNR", help="The case number.")
@click.option("--since", type=Instant(), required=True, help="From when on, as 2026-05-11T08:00.")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@click.pass_context
def who_got(ctx: click.Context, sagsnr: str, since: datetime, *, as_json: bool) -> None:
    """List who may have read about a case since then: every mail whose text was begun.

    For a breach that must be reported within 72 hours. Exit status 1 where nobody was told.
    """
    from reminderd.ledger import who_got as told_about

    reading = app_of(ctx).reading()
    found = [] if reading is None else told_about(reading, sagsnr, since)
    if as_json:
        print_json([_plain(asdict(one)) for one in found])
    else:
        print_table(
            ["at", "recipient", "role", "outcome", "rule"],
            [(f"{one.at:%Y-%m-%d %H:%M}", one.recipient_mail, one.recipient_role, one.outcome, one.rule)
             for one in found],
        )  # fmt: skip
    if not found:
        ctx.exit(EXIT_FINDING)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items() if name != "entry_id"}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
