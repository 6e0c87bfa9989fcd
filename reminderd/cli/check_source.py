"""``reminderd check-source``: what the case source is good for, before and while it is relied on."""

from typing import TYPE_CHECKING

import click

from reminderd.cli.output import app_of, print_json, print_table
from reminderd.cli.tongue import Tongue, tongue_of
from reminderd.domain.words import say
from reminderd.errors import EXIT_FINDING

if TYPE_CHECKING:
    from reminderd.domain.source_check import SourceCheck

_SHOWN = 50


@click.command("check-source", short_help="What the case source is good for.")
@click.option("--all", "everything", is_flag=True, help=f"List every finding, not the first {_SHOWN}.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.pass_context
def command(ctx: click.Context, *, everything: bool, as_json: bool) -> None:
    """Read the case source once and say what the reading is good for; ids only, never a value.

    Per view: rows read, rejected, kept with an emptied column, columns with unknown codes. Open
    courses per programme, which rules are off because a view or their offer is absent, and how old the
    data is.
    Exit status 0: fine; 1: findings, old data, or an enabled rule that is off; 69: the source is away;
    78: it breaks the contract.
    """
    check = app_of(ctx).check_source()
    if as_json:
        from reminderd.status import source_check_as_json

        print_json(source_check_as_json(check))
    else:
        _tell(check, tongue_of(ctx), everything=everything)
    if not check.fine:
        ctx.exit(EXIT_FINDING)


def _tell(check: "SourceCheck", tongue: Tongue, *, everything: bool) -> None:
    head = "data as of {day} {hour:hour}, {hours} hours old"
    old = "data as of {day} {hour:hour}, {hours} hours old; OLDER THAN 26 HOURS"
    hours = f"{check.age.total_seconds() / 3600:.1f}"
    facts = {"day": check.data_pr.date(), "hour": check.data_pr.time(), "hours": hours}
    click.echo(f"{tongue(say(old if check.too_old else head, **facts))}\n")
    print_table(
        tongue.all(["view", "rows", "rejected", "kept without a column", "unknown codes in"]),
        [
            (
                view.name,
                tongue("absent") if view.read is None else view.read,
                view.rejected or "",
                view.emptied or "",
                ", ".join(view.unknown_codes),
            )
            for view in check.views
        ],
    )
    click.echo()
    print_table(tongue.all(["programme", "open courses"]), check.open_courses)
    click.echo()
    print_table(
        tongue.all(["rule", "deadline", "state", "why"]),
        [(rule.name, tongue(rule.deadline), tongue(rule.state), tongue(rule.reason)) for rule in check.rules],
    )
    if check.findings:
        shown = check.findings if everything else check.findings[:_SHOWN]
        click.echo()
        print_table(
            tongue.all(["view", "row id", "column", "reason", "row"]),
            [
                (
                    item.view,
                    item.row_id,
                    item.column,
                    tongue(item.reason),
                    tongue("kept" if item.row_kept else "left out"),
                )
                for item in shown
            ],
        )
        if len(shown) < len(check.findings):
            click.echo(tongue(say("and {number} more: --all", number=len(check.findings) - len(shown))))
