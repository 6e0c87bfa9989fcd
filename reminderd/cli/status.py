"""``reminderd status``: how the ledger stands."""

import click

from reminderd.cli.output import app_of, print_json, print_table
from reminderd.cli.tongue import tongue_of
from reminderd.domain.words import say
from reminderd.errors import EXIT_FINDING


@click.command("status", short_help="Counts by rule and state.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Show counts by rule and state, and what has waited longest.

    Reads beside a running service. Exit status 1 where something failed or is held, or an address
    fails: that needs a person.
    """
    from reminderd.status import status_of

    tongue = tongue_of(ctx)
    app = app_of(ctx)
    status = status_of(app.reading())
    if as_json:
        print_json(status.as_json())
    else:
        last = status.previous_run
        moment = "" if last is None else f"{last:%Y-%m-%d %H:%M}"
        look = say("last look at the case source: {moment} UTC", moment=moment)
        click.echo(f"{tongue(look if last else say('nothing has run yet'))}\n")
        rows = [(rule, tongue(state), number) for rule, state, number in status.counts]
        print_table(tongue.all(["rule", "state", "count"]), rows)
        if status.source_doubt is not None:
            doubt = say(
                "the case source is in doubt ({reason}): nothing is withdrawn or cancelled;"
                "\n  `reminderd release --brake source` takes it as it is",
                reason=status.source_doubt,
            )
            click.echo(f"\n{tongue(doubt)}")
        if status.braked:
            click.echo(f"\n{tongue(say('held by a brake; `reminderd release --brake NAME` lets go:'))}")
            print_table(tongue.all(["brake", "rule", "count"]), status.braked)
        oldest = status.oldest_unsent
        if oldest is not None:
            facts = {"key": oldest.key, "state": say(oldest.state), "reason": oldest.reason}
            click.echo(f"\n{tongue(say('waiting longest: {key} ({state}: {reason})', **facts))}")
        trouble = app.certificate_trouble(status.relay_certificate_ends)
        if trouble:
            click.echo(f"\n{trouble}")
        if status.failing:
            head = say("addresses whose mail came back (`reminderd inbox --clear` when they work again):")
            click.echo(f"\n{tongue(head)}")
            print_table(
                tongue.all(["address", "since", "status", "mails"]),
                [(one.mail, f"{one.since:%Y-%m-%d}", one.status, one.times) for one in status.failing],
            )
    if status.needs_a_person:
        ctx.exit(EXIT_FINDING)
