"""``reminderd diff``: what other rules would change; touches nothing."""

from datetime import date, timedelta
from pathlib import Path

import click

from reminderd.cli.days import Day
from reminderd.cli.output import app_of, print_json, print_table
from reminderd.cli.tongue import tongue_of
from reminderd.domain.words import say
from reminderd.errors import EXIT_FINDING

_DAY = Day()
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("diff", short_help="What other rules would change.")
@click.option(
    "--rules",
    nargs=2,
    type=_FILE,
    required=True,
    metavar="OLD NEW",
    help="The rules as they are, and as they would be.",
)
@click.option("--from", "first", type=_DAY, help="First day [today].")
@click.option("--to", "last", type=_DAY, help="Last day [90 days after the first].")
@click.option("--json", "as_json", is_flag=True, help="Print every difference as JSON.")
@click.pass_context
def command(
    ctx: click.Context, rules: tuple[Path, Path], first: date | None, last: date | None, *, as_json: bool
) -> None:
    """Plan today's data under two files of rules, and list what is not the same.

    appears: goes out under NEW alone. vanishes: under OLD alone. recipient: goes to somebody else. day:
    goes out on another day. Nothing is sent and nothing written. Exit status 1 where anything differs.
    """
    from reminderd.status import difference_as_json

    app = app_of(ctx)
    begin = first or app.today()
    end = last or begin + timedelta(days=90)
    if end < begin:
        raise click.UsageError("--to lies before --from")
    found = app.compare_rules(*rules, begin, end)
    tongue = tongue_of(ctx)
    if as_json:
        print_json([difference_as_json(one) for one in found.differences])
    else:
        print_table(
            tongue.all(["when", "what", "case", "deadline", "change", "before", "after"]),
            [
                (
                    tongue(say("{moment:when}", moment=one.notice.send_at)),
                    one.notice.key.rule,
                    one.notice.sagsnr,
                    one.notice.key.deadline_date,
                    tongue(one.change),
                    *(
                        notice and tongue(say("{moment:when}", moment=notice.send_at))
                        if one.change == "day"
                        else notice and f"{notice.recipient.role} {notice.recipient.mail or '-'}"
                        for notice in (one.before, one.after)
                    ),
                )
                for one in found.differences
            ],
        )
        click.echo()
        number = len(found.differences)
        click.echo(
            tongue(say("{first} to {last}: {number} differences", first=begin, last=end, number=number))
        )
    if found.most is not None and 0 < app.settings.brake.max_new < found.most[1]:
        day, number = found.most
        words = "on {day:long} {number} notices would go out: more than brake.max_new, so all would be held"
        click.echo(tongue(say(words, day=day, number=number)), err=True)
    if found.differences:
        ctx.exit(EXIT_FINDING)
