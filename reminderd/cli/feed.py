"""``reminderd feed``: where a mailbox finds everything it was told as a calendar to subscribe to."""

import click

from reminderd.cli.output import app_of, print_json, print_table, visible
from reminderd.errors import EXIT_FINDING


@click.command("feed", short_help="Where a mailbox finds its calendar to subscribe to.")
@click.argument("mail", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print mailbox and path as JSON.")
@click.pass_context
def command(ctx: click.Context, mail: str | None, *, as_json: bool) -> None:
    """Print the path of the feed of MAIL, or of every mailbox that was told of something still ahead.

    Feeds are shown by the service where web.listen is and web.feeds is true; the house's web server
    passes them on. Whoever knows the path can read the calendar, so give it to its reader alone. Exit
    status 1 where MAIL was told of nothing that lies ahead.
    """
    names = app_of(ctx).feed_names()
    wanted = names if mail is None else {mail.lower(): names[mail.lower()]} if mail.lower() in names else {}
    rows = [(mailbox, f"/feed/{name}.ics") for mailbox, name in wanted.items()]
    if as_json:
        print_json([{"mail": mailbox, "path": path} for mailbox, path in rows])
    elif rows:
        print_table(["mail", "path"], rows)
    else:
        click.echo(f"{visible(mail or 'nobody')} was told of nothing that lies ahead", err=True)
    if mail is not None and not rows:
        ctx.exit(EXIT_FINDING)
