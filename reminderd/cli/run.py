"""``reminderd run``: the service itself, or one complete cycle of it."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import click

from reminderd.cli.output import app_of, config_of, print_json
from reminderd.errors import EXIT_FINDING, RelayUnavailableError, SourceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from reminderd.app import App
    from reminderd.engine.standing import Standing
    from reminderd.pipeline import Report


@click.command("run", short_help="The service itself, or one cycle of it.")
@click.option("--once", is_flag=True, help="One complete cycle, then exit.")
@click.option("--verbose", is_flag=True, help="Log details, too.")
@click.option("--json", "as_json", is_flag=True, help="With --once: print the result as JSON.")
@click.pass_context
def command(ctx: click.Context, *, once: bool, verbose: bool, as_json: bool) -> None:
    """Run in the foreground until SIGTERM, looking at the case source every minute.

    With --once: read, plan, send what is due, and exit; 0 if all went well, 1 if something was held,
    refused or replaced by the safe wording, 69 if the case source or the relay is away (nothing is lost:
    the next run goes on).
    """
    import asyncio
    import logging

    from reminderd import logs

    if config_of(ctx)[2] is not None and not once:
        raise click.UsageError("--now goes with `run --once`: a service with a fixed clock would never send")
    if as_json and not once:
        raise click.UsageError("--json goes with `run --once`")
    logs.set_up(logging.DEBUG if verbose else logging.INFO)
    logs.catch_strays()
    if not once:
        from reminderd.service import serve

        serve(lambda: app_of(ctx), _shown)
        return
    app = app_of(ctx)
    try:
        report = asyncio.run(_once(app))
    finally:
        logs.sum_up(everything=True)
    _tell(report, as_json=as_json)
    if report.relay_trouble is not None:
        raise RelayUnavailableError(
            report.relay_trouble,
            where=app.settings.relay.url,
            cure="everything unsent waits in the ledger; run again",
        )
    if report.source_trouble is not None:
        raise SourceUnavailableError(
            report.source_trouble, cure="everything unsent waits in the ledger; run again"
        )
    stuck = report.outcomes["held"] or report.outcomes["failed"] or report.braked
    if stuck or report.source_doubt or report.clock_doubt or report.without_calendar or report.replaced:
        ctx.exit(EXIT_FINDING)


def _shown(app: "App", standing: "Callable[[], Standing]") -> AbstractContextManager[None]:
    """Offer metrics and health beside the service, where the settings or systemd ask for it."""
    from reminderd.web import shown

    return shown(app, standing)


async def _once(app: "App") -> "Report":
    with app.pipeline() as pipeline:
        try:
            await pipeline.recover()
            return await pipeline.run()
        finally:
            await pipeline.close()


def _tell(report: "Report", *, as_json: bool) -> None:
    outcomes = {str(state): number for state, number in sorted(report.outcomes.items())}
    if as_json:
        print_json(
            {
                "at": report.at.isoformat(timespec="seconds"),
                "recorded": report.recorded,
                "withdrawn": report.withdrawn,
                "lapsed": report.lapsed,
                "braked": report.braked,
                "source_doubt": report.source_doubt,
                "clock_doubt": report.clock_doubt,
                "outcomes": outcomes,
                "without_calendar": report.without_calendar,
                "replaced": report.replaced,
                "source_findings": report.findings,
                "relay_trouble": report.relay_trouble,
            }
        )
        return
    said = ", ".join(f"{number} {state}" for state, number in outcomes.items()) or "nothing to send"
    if report.without_calendar:
        said += f" ({report.without_calendar} without their calendar part, see `reminderd show`)"
    if report.replaced:
        said += f" ({report.replaced} by the safe wording; the journal says why)"
    click.echo(
        f"{said}; {report.recorded} recorded, {report.withdrawn} withdrawn, {report.lapsed} lapsed;"
        f" {report.findings} findings in the case source"
    )
    if report.braked:
        click.echo(f"{report.braked} held by a brake: `reminderd status` shows which")
    if report.source_doubt is not None:
        click.echo(f"the case source is in doubt, nothing is withdrawn or cancelled: {report.source_doubt}")
    if report.clock_doubt is not None:
        click.echo(f"the clock is in doubt, and nothing was done: {report.clock_doubt}")
