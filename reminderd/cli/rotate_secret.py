"""``reminderd rotate-secret``: another secret for the names that machines see."""

import getpass

import click

from reminderd.cli.output import app_of
from reminderd.errors import EXIT_FINDING


@click.command("rotate-secret", short_help="Make the installation's secret anew.")
@click.option("--reason", required=True, help="Why; it stands in the journal.")
@click.option("--author", default=getpass.getuser, show_default="your login", help="Who decides.")
@click.pass_context
def command(ctx: click.Context, reason: str, author: str) -> None:
    """Make the installation's secret anew, because somebody may know it.

    Message-IDs and calendar UIDs are made with it. What was sent keeps the names it has, so that updates
    and cancellations find it. Restart the service afterwards: until then it uses the old one. Exit
    status 1 where nothing has run yet.
    """
    if not reason.strip():
        raise click.BadParameter("say why", param_hint="--reason")
    if not app_of(ctx).rotate_secret(reason.strip(), author=author):
        click.echo("nothing has run yet: the first run makes a secret", err=True)
        ctx.exit(EXIT_FINDING)
    click.echo("made anew; restart the service: systemctl restart reminderd")
