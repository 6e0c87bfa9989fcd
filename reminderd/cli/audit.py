"""``reminderd audit``: do the accounts agree, is the journal whole, what is kept of a case, who was told."""

from dataclasses import asdict
from datetime import datetime, time
from typing import Any

import click

from reminderd.cli.days import Instant
from reminderd.cli.output import app_of, print_json, print_table, visible
from reminderd.domain.accounting import SETTLED, Account
from reminderd.domain.workdays import COPENHAGEN
from reminderd.errors import EXIT_FINDING


@click.group("audit", invoke_without_command=True, short_help="Do the accounts agree, and who was told what.")
@click.option("--json", "as_json", is_flag=True, help="Print the accounts as JSON.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Answer an auditor's questions; reads beside a running service.

    Alone, it draws up the accounts: what the case source asks for is reckoned a second time, without
    the planner, and held against the ledger. Every obligation has one outcome, or is open, or waits for
    the next hour of sending; exit status 1 where one is missing, or the ledger contradicts itself. What
    was entered within the last minute may be missing until the next look of the service.
    """
    if ctx.invoked_subcommand is not None:
        return
    account = app_of(ctx).audit()
    if account is None:
        click.echo("nothing has run yet", err=True)
        ctx.exit(EXIT_FINDING)
    if as_json:
        print_json(account_as_json(account))
    else:
        _print(account)
    if not account.agrees:
        ctx.exit(EXIT_FINDING)


def account_as_json(account: Account) -> dict[str, object]:
    """Return the stable form for ``audit --json``."""
    return {
        "as_of": account.as_of.isoformat(timespec="seconds"),
        "agrees": account.agrees,
        "obligations": [
            {"kind": kind, **{name: account.obligations.get((kind, name), 0) for name in SETTLED}}
            for kind in _kinds(account)
        ],
        "entries": dict(account.entries),
        "missing": [str(one) for one in account.missing],
        "contradictions": list(account.contradictions),
    }


def _kinds(account: Account) -> list[str]:
    return sorted({kind for kind, _ in account.obligations})


def _print(account: Account) -> None:
    rows = [
        [kind, *(account.obligations.get((kind, name), 0) for name in SETTLED)] for kind in _kinds(account)
    ]
    print_table(["obligation", *(name.replace("_", " ") for name in SETTLED)], rows)
    states = ", ".join(f"{number} {state}" for state, number in account.entries.items()) or "none"
    click.echo(f"entries in the ledger: {states}")
    for one in account.missing:
        click.echo(f"missing: {visible(str(one))}: see `reminderd explain {visible(one.sagsnr or 'SAGSNR')}`")
    for words in account.contradictions:
        click.echo(visible(words))
    at = account.as_of.astimezone(COPENHAGEN)
    verdict = "the accounts agree" if account.agrees else "the accounts do not agree"
    click.echo(f"as of the run of {at:%Y-%m-%d %H:%M}: {verdict}")


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

    Entries with attempts, history and answers to invitations, and the texts that are not purged yet: of
    overviews and lists the lines about this case, and all that was sent to the person. Whose case it is
    says the case source. Exit status 1 where nothing is kept.
    """
    found = app_of(ctx).export_case(sagsnr)
    print_json([_plain(one) for one in found])
    if not found:
        ctx.exit(EXIT_FINDING)


@command.command("who-got")
@click.option("--case", "sagsnr", required=True, metavar="SAGSNR", help="The case number.")
@click.option(
    "--since",
    type=Instant(time()),
    required=True,
    help="From when on: a day from its beginning, as 2026-05-11, or an instant, as 2026-05-11T08:00.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@click.pass_context
def who_got(ctx: click.Context, sagsnr: str, since: datetime, *, as_json: bool) -> None:
    """List who may have read about a case since then: every mail whose text was begun.

    For a breach that must be reported within 72 hours. Overviews and lists that named the case count, as
    long as their text is kept (`retention.text_days`). Times are Copenhagen time. Exit status 1 where
    nobody was told.
    """
    from reminderd.ledger import who_got as told_about

    reading = app_of(ctx).reading()
    found = [] if reading is None else told_about(reading, sagsnr, since)
    if as_json:
        print_json([_plain(asdict(one)) for one in found])
    else:
        print_table(
            ["at", "recipient", "role", "outcome", "rule", "line"],
            [
                (
                    f"{one.at.astimezone(COPENHAGEN):%Y-%m-%d %H:%M}",
                    one.recipient_mail,
                    one.recipient_role,
                    one.outcome,
                    one.rule,
                    one.tls_version or "not encrypted",
                )
                for one in found
            ],
        )
    if not found:
        ctx.exit(EXIT_FINDING)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items() if name != "entry_id"}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
