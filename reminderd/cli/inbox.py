"""``reminderd inbox``: look into the service mailbox now, and what is known of addresses that fail."""

import getpass
from typing import TYPE_CHECKING

import click

from reminderd.cli.output import app_of, print_json, print_table, visible
from reminderd.errors import EXIT_FINDING

if TYPE_CHECKING:
    from reminderd.intake import Looked


@click.command("inbox", short_help="Read what came back: answers, and mails that returned.")
@click.option("--failing", is_flag=True, help="List the addresses whose mail came back, and look at nothing.")
@click.option("--clear", "mail", metavar="MAIL", help="Note that this address works again.")
@click.option("--reason", help="With --clear: why; it stands in the journal.")
@click.option("--author", default=getpass.getuser, show_default="your login", help="Who decides.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def command(
    ctx: click.Context, mail: str | None, reason: str | None, author: str, *, failing: bool, as_json: bool
) -> None:
    """Look once into the service mailbox (inbox.url), also while the service runs.

    Answers to invitations are noted, addresses whose mail came back count as failing, automatic mail
    is dropped, and everything else is flagged for a person. No case and no rule is changed by a mail.
    Exit status 1 where mails were left to a person or addresses fail, 69 where the mailbox is away.
    """
    if failing and mail is not None:
        raise click.UsageError("give --failing or --clear, not both")
    if mail is not None:
        _clear(ctx, mail, (reason or "").strip(), author)
    elif failing:
        _failing(ctx, as_json=as_json)
    else:
        _look(ctx, as_json=as_json)


def _look(ctx: click.Context, *, as_json: bool) -> None:
    from reminderd import logs

    logs.set_up()
    app = app_of(ctx)
    with app.intake() as intake:
        looked = intake.look()
    if as_json:
        print_json(_as_json(looked))
    else:
        counts = ", ".join(f"{number} {kind}" for kind, number in sorted(looked.counts.items()))
        click.echo(counts or "nothing new")
        for why, number in looked.left_because.most_common():
            click.echo(f"  left to a person: {number} ({why})")
        if looked.more:
            click.echo("more may wait: run again, or raise inbox.mails_per_look")
    if looked.left or app.failing_addresses():
        ctx.exit(EXIT_FINDING)


def _as_json(looked: "Looked") -> dict[str, object]:
    names = ("answers", "returned", "ignored", "left")
    return {
        "at": looked.at.isoformat(timespec="seconds"),
        **{name: looked.counts[name] for name in names},
        "left_because": dict(looked.left_because),
        "more": looked.more,
    }


def _failing(ctx: click.Context, *, as_json: bool) -> None:
    from reminderd.status import failing_address_as_json

    found = app_of(ctx).failing_addresses()
    if as_json:
        print_json([failing_address_as_json(address) for address in found])
    elif found:
        rows = [(one.mail, f"{one.since:%Y-%m-%d %H:%M} UTC", one.status, one.times) for one in found]
        print_table(["address", "failing since", "status", "mails"], rows)
    else:
        click.echo("no mail came back")
    if found:
        ctx.exit(EXIT_FINDING)


def _clear(ctx: click.Context, mail: str, reason: str, author: str) -> None:
    if not reason:
        raise click.UsageError("--clear needs a reason (--reason TEXT)")
    if not app_of(ctx).clear_address(mail, reason=reason, author=author):
        click.echo(f"{visible(mail)} does not count as failing; `reminderd inbox --failing` lists", err=True)
        ctx.exit(EXIT_FINDING)
    click.echo(f"{visible(mail)} counts as working")
