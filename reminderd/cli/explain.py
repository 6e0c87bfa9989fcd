"""``reminderd explain``: one case, its deadlines reckoned aloud, what was told, and what will be."""

from typing import TYPE_CHECKING

import click

from reminderd.cli.output import app_of, no_such_case, print_json, print_table, visible
from reminderd.errors import EXIT_FINDING

if TYPE_CHECKING:
    from reminderd.app import Explained
    from reminderd.domain.explanation import ExplainedCourse, Explanation
    from reminderd.domain.notices import Decision


@click.command("explain", short_help="One case: its deadlines, what was told, what comes, and why.")
@click.argument("sagsnr")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.pass_context
def command(ctx: click.Context, sagsnr: str, *, as_json: bool) -> None:
    """Explain the case SAGSNR as of today: who is told what and when, and why, or why not.

    Shows each deadline with its arithmetic, what the ledger says was told to whom, what comes within a
    year if nothing changes, what will not be sent with the reason, silences, and rows that were
    rejected. Exit status 1 where there is no such case, or where rows of it were rejected.
    """
    explained = app_of(ctx).explain(sagsnr)
    explanation = explained.explanation
    if explanation.unknown and not explained.told:
        click.echo(no_such_case(sagsnr, explained.sagsnumre), err=True)
        ctx.exit(EXIT_FINDING)
    if as_json:
        from reminderd.status import explanation_as_json

        print_json(explanation_as_json(explanation, explained.told, explained.answers))
    else:
        _tell(explained)
    if explanation.rejected or not explanation.courses:
        ctx.exit(EXIT_FINDING)


def _tell(explained: "Explained") -> None:
    explanation = explained.explanation
    click.secho(f"case {visible(explanation.sagsnr)}, as of {explanation.day}", bold=True)
    if not explanation.courses:
        click.echo("\nThe case source has no course that can be used; nothing is told about this case.")
    for course in explanation.courses:
        _tell_course(course)
    _tell_entries(explained)
    _tell_answers(explained)
    _tell_plan(explanation)
    _tell_faults(explanation)


def _tell_course(course: "ExplainedCourse") -> None:
    click.echo(f"\ncourse {visible(course.forloeb_id)}: {visible(course.tilbud)}, {course.status}")
    for deadline in course.deadlines:
        click.echo(f"\n  {deadline.kind}: {deadline.arithmetic}")
        for step in deadline.steps:
            click.echo(f"    {step.rule} ({step.stage}): {step.arithmetic}")
            if step.blocked is not None:
                click.echo(f"      but {visible(step.blocked)}")
        if not deadline.steps:
            click.echo("    no rule speaks about it")
    if course.withheld:
        click.echo("\n  Without a day:")
        for item in course.withheld:
            click.echo(f"    {item.kind}: {visible(item.reason)}")


def _tell_entries(explained: "Explained") -> None:
    from reminderd.domain.workdays import COPENHAGEN

    click.echo("\nTold so far:" if explained.told else "\nTold so far: nothing.")
    if explained.told:
        print_table(
            ["when", "what", "deadline", "to", "state", "last word"],
            [
                (
                    f"{row.updated_at.astimezone(COPENHAGEN):%a %Y-%m-%d %H:%M}",
                    f"{row.rule} ({row.stage})",
                    row.deadline_date,
                    _to(row.recipient_role, row.recipient_mail, row.deputy_for),
                    row.state,
                    row.reason,
                )
                for row in explained.told
            ],
        )


def _tell_answers(explained: "Explained") -> None:
    if not explained.answers:
        return
    click.echo("\nAnswered:")
    print_table(
        ["when", "what", "date", "answer"],
        [
            (
                f"{answer.given_at:%Y-%m-%d %H:%M} UTC",
                f"{answer.deadline_kind} {answer.subject}",
                answer.occurrence or "all",
                answer.partstat,
            )
            for answer in explained.answers
        ],
    )


def _tell_plan(explanation: "Explanation") -> None:
    coming, skipped = explanation.coming, explanation.not_sent
    click.echo("\nWithin a year, if nothing changes:" if coming else "\nWithin a year: nothing.")
    if coming:
        print_table(["when", "what", "deadline", "to", "calendar", "decision", "why"], map(_row, coming))
    if skipped:
        click.echo("\nWill not be sent:")
        print_table(["was due", "what", "deadline", "to", "calendar", "decision", "why"], map(_row, skipped))
    said = {item.reason for course in explanation.courses for item in course.withheld}
    said |= {
        step.blocked or ""
        for course in explanation.courses
        for item in course.deadlines
        for step in item.steps
    }
    gaps = [gap for gap in explanation.gaps if gap.reason not in said]
    if gaps:
        click.echo("\nCannot or shall not become a notice:")
        print_table(["what", "about", "why"], [(gap.rule, gap.subject, gap.reason) for gap in gaps])


def _row(decision: "Decision") -> tuple[object, ...]:
    from reminderd.domain.calendar_notices import calendar_words

    notice = decision.notice
    to = notice.recipient
    return (
        f"{notice.due_day:%a %Y-%m-%d}" if decision.kind == "skip" else f"{notice.send_at:%a %Y-%m-%d %H:%M}",
        f"{notice.key.rule} ({notice.key.stage})",
        notice.key.deadline_date,
        _to(to.role, to.mail, to.deputy_for),
        calendar_words(notice) or "-",
        decision.kind,
        decision.reason,
    )


def _to(role: str, mail: str | None, deputy_for: str | None) -> str:
    return f"{role} {mail or '-'}" + (f" for {deputy_for}" if deputy_for else "")


def _tell_faults(explanation: "Explanation") -> None:
    if explanation.silences:
        click.echo("\nSilences:")
        for silence in explanation.silences:
            words = f"  {silence.silence_id}: {silence.kind} {silence.target} {silence}"
            click.echo(visible(words))
    if explanation.rejected:
        click.echo("\nRows of this case that were found at fault in the case source:")
        print_table(
            ["view", "row", "column", "reason", "row"],
            [
                (item.view, item.row_id, item.column, item.reason, "kept" if item.row_kept else "left out")
                for item in explanation.rejected
            ],
        )
