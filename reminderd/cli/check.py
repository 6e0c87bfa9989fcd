"""``reminderd check``: whether everything is right, before anything is sent."""

import click

from reminderd.cli.output import app_of, print_json
from reminderd.cli.tongue import tongue_of
from reminderd.domain.words import say
from reminderd.errors import EXIT_CONFIGURATION, EXIT_FINDING, ConfigurationError

_FILES = say("fine: configuration, rules and templates")
_ONLINE = say("fine: configuration, rules and templates, case source, ledger and relay")
_ONLINE_AND_MAILBOX = say("fine: configuration, rules and templates, case source, ledger, relay and mailbox")


@click.command("check", short_help="Whether everything is right.")
@click.option(
    "--online",
    is_flag=True,
    help="Also read the case source, open the ledger and knock at relay and mailbox.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_context
def command(ctx: click.Context, *, online: bool, as_json: bool) -> None:
    """Check configuration, rules and templates; every problem at once.

    Templates are rendered with sample data. Without --online no network, no database and no secret
    is needed. Exit status 0: fine; 1: findings in the data, or something is away; 78: configuration.
    """
    problems: list[str] = []
    findings: list[str] = []
    try:
        app = app_of(ctx)
    except ConfigurationError as error:
        problems += [str(problem) for problem in error.problems]
    else:
        problems += [str(problem) for problem in app.wording_problems()]
        if online:
            findings += app.check_online()
    if as_json:
        print_json({"problems": problems, "findings": findings})
    else:
        for line in (*problems, *findings):
            click.echo(line)
        if not problems and not findings:
            outside = _ONLINE_AND_MAILBOX if online and app.settings.inbox.url else _ONLINE
            click.echo(tongue_of(ctx)(outside if online else _FILES))
    if problems:
        ctx.exit(EXIT_CONFIGURATION)
    if findings:
        ctx.exit(EXIT_FINDING)
