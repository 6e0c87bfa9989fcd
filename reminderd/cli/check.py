"""``reminderd check``: whether everything is right, before anything is sent."""

from typing import TYPE_CHECKING

import click

from reminderd.cli.output import app_of, print_json, wording_problems_beside
from reminderd.cli.tongue import tongue_of
from reminderd.domain.words import say
from reminderd.errors import EXIT_CONFIGURATION, EXIT_FINDING, ConfigurationError

if TYPE_CHECKING:
    from reminderd.domain.rules import RuleBook

_MORE = "says more: {rule}: {value}, because: {because}"
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
    is needed. Also printed is what mails may say beyond the default, with the reason that the rules
    give. Exit status 0: fine; 1: findings in the data, or something is away; 78: configuration.
    """
    problems: list[str] = []
    findings: list[str] = []
    shown: list[dict[str, str]] = []
    try:
        app = app_of(ctx)
    except ConfigurationError as error:
        problems += [str(problem) for problem in error.problems]
        problems += [str(problem) for problem in wording_problems_beside(error)]
    else:
        problems += [str(problem) for problem in app.wording_problems()]
        shown += _says_more(app.book)
        if online:
            findings += app.check_online()
    if as_json:
        print_json({"problems": problems, "findings": findings, "shown": shown})
    else:
        tongue = tongue_of(ctx)
        for line in (*(tongue(say(_MORE, **one)) for one in shown), *problems, *findings):
            click.echo(line)
        if not problems and not findings:
            outside = _ONLINE_AND_MAILBOX if online and app.settings.inbox.url else _ONLINE
            click.echo(tongue(outside if online else _FILES))
    if problems:
        ctx.exit(EXIT_CONFIGURATION)
    if findings:
        ctx.exit(EXIT_FINDING)


def _says_more(book: "RuleBook") -> list[dict[str, str]]:
    """Return what mails may say beyond the default, with the reason; what all rules say stands once."""
    found: list[tuple[str, str, str]] = [(say("every rule"), value, why) for value, why in book.shows.items()]
    for rule in book.rules:
        if rule.enabled:
            own = ((value, why) for value, why in rule.shows.items() if book.shows.get(value) != why)
            found += [(rule.name, value, why) for value, why in own]
    return [{"rule": rule, "value": value, "because": why} for rule, value, why in found]
