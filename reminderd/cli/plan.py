"""``reminderd plan``: who will be told what, when and why; touches nothing."""

import sys
from collections import Counter
from datetime import date, timedelta

import click

from reminderd.cli.days import Day
from reminderd.cli.output import app_of, no_such_case, print_json, print_table
from reminderd.cli.tongue import tongue_of
from reminderd.domain.words import joined, say
from reminderd.errors import EXIT_FINDING

_DAY = Day()


@click.command("plan", short_help="Who will be told what, when and why.")
@click.option("--from", "first", type=_DAY, help="First day [today].")
@click.option("--to", "last", type=_DAY, help="Last day [30 days after the first].")
@click.option("--case", "sagsnr", metavar="SAGSNR", help="Only this case.")
@click.option(
    "--all", "everything", is_flag=True, help="Also list every notice that will not be sent, with its reason."
)
@click.option("--json", "as_json", is_flag=True, help="Print every decision as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    first: date | None,
    last: date | None,
    sagsnr: str | None,
    *,
    everything: bool,
    as_json: bool,
) -> None:
    """Show every notice that today's data would produce from one day to another, and why.

    It folds the very function that `run` sends by, so what is shown is what daily runs would send
    if nothing changed in the case source. Decisions: send (will go out), told (is in the ledger),
    wait (cannot go out yet, or is silenced), skip (will not go out); each with its reason.
    """
    app = app_of(ctx)
    today = app.today()
    begin = first or today
    end = last or begin + timedelta(days=30)
    if end < begin:
        raise click.UsageError("--to lies before --from")
    rehearsal = app.rehearse(begin, end)
    if sagsnr is not None and not rehearsal.knows(sagsnr):
        click.echo(no_such_case(sagsnr, rehearsal.sagsnumre), err=True)
        ctx.exit(EXIT_FINDING)
    with click.progressbar(
        length=len(rehearsal.snapshot.forloeb),
        label="planning",
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
    ) as bar:
        decisions, gaps = rehearsal.plan(lambda: bar.update(1))
    decisions = [decision for decision in decisions if sagsnr in (None, decision.notice.sagsnr)]
    gaps = [gap for gap in gaps if sagsnr in (None, gap.sagsnr)]
    if as_json:
        from reminderd.status import decision_as_json, gap_as_json

        print_json([*map(decision_as_json, decisions), *map(gap_as_json, gaps)])
        return
    from reminderd.domain.calendar_notices import calendar_words

    shown = [
        decision
        for decision in decisions
        if everything or decision.kind == "send" or decision.cause == "silenced"
    ]
    tongue = tongue_of(ctx)
    print_table(
        tongue.all(["when", "what", "case", "deadline", "to", "calendar", "decision", "why"]),
        [
            (
                tongue(say("{moment:when}", moment=decision.notice.send_at)),
                decision.notice.key.rule,
                decision.notice.sagsnr,
                decision.notice.key.deadline_date,
                f"{decision.notice.recipient.role} {decision.notice.recipient.mail or '-'}",
                tongue(calendar_words(decision.notice)) or "-",
                tongue(decision.kind),
                tongue(decision.reason),
            )
            for decision in shown
        ],
    )
    counted = Counter(decision.kind for decision in decisions)
    counts = joined(
        "{first}, {then}",
        [say("{number} {kind}", number=number, kind=say(kind)) for kind, number in sorted(counted.items())],
    )
    click.echo()
    counts = counts or say("nothing")
    click.echo(tongue(say("{first} to {last}: {counts}", first=begin, last=end, counts=counts)))
    if everything:
        click.echo()
        click.echo(tongue(say("Cannot or shall not become a notice:")))
        print_table(
            tongue.all(["what", "case", "about", "why"]),
            [(gap.rule, gap.sagsnr, gap.subject, tongue(gap.reason)) for gap in gaps],
        )
    else:
        click.echo(tongue(say("Everything that will not be sent, with its reason: --all")))
