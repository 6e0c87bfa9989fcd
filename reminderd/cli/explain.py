"""``reminderd explain``: one case, its deadlines reckoned aloud, what was told, and what will be."""

from typing import TYPE_CHECKING

import click

from reminderd.cli.output import app_of, no_such_case, print_json, print_table, visible
from reminderd.cli.tongue import Tongue, lang_of, tongue_of
from reminderd.domain.words import say
from reminderd.errors import EXIT_FINDING

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    explained = app_of(ctx).explain(sagsnr, lang_of(ctx))
    explanation = explained.explanation
    if explanation.unknown and not explained.told:
        click.echo(no_such_case(sagsnr, explained.sagsnumre), err=True)
        ctx.exit(EXIT_FINDING)
    if as_json:
        from reminderd.status import explanation_as_json

        print_json(explanation_as_json(explanation, explained.told, explained.answers))
    else:
        _tell(explained, tongue_of(ctx))
    if explanation.rejected or not explanation.courses:
        ctx.exit(EXIT_FINDING)


def _tell(explained: "Explained", tongue: Tongue) -> None:
    explanation = explained.explanation
    head = say("case {sagsnr}, as of {day}", sagsnr=visible(explanation.sagsnr), day=explanation.day)
    click.secho(tongue(head), bold=True)
    if not explanation.courses:
        nothing = say("The case source has no course that can be used; nothing is told about this case.")
        click.echo(f"\n{tongue(nothing)}")
    for course in explanation.courses:
        _tell_course(course, tongue)
    _tell_entries(explained, tongue)
    _tell_answers(explained, tongue)
    _tell_plan(explanation, tongue)
    _tell_faults(explanation, tongue)


def _tell_course(course: "ExplainedCourse", tongue: Tongue) -> None:
    facts = {"forloeb_id": visible(course.forloeb_id), "tilbud": visible(course.tilbud)}
    click.echo(f"\n{tongue(say('course {forloeb_id}: {tilbud}, {status}', status=course.status, **facts))}")
    for deadline in course.deadlines:
        click.echo(f"\n  {tongue(deadline.kind)}: {tongue(deadline.arithmetic)}")
        for step in deadline.steps:
            click.echo(f"    {step.rule} ({step.stage}): {tongue(step.arithmetic)}")
            if step.blocked is not None:
                click.echo(f"      {visible(tongue(say('but {reason}', reason=step.blocked)))}")
        if not deadline.steps:
            click.echo(f"    {tongue(say('no rule speaks about it'))}")
    if course.withheld:
        click.echo(f"\n  {tongue(say('Without a day:'))}")
        for item in course.withheld:
            click.echo(f"    {tongue(item.kind)}: {visible(tongue(item.reason))}")


def _tell_entries(explained: "Explained", tongue: Tongue) -> None:
    from reminderd.domain.workdays import COPENHAGEN

    head = say("Told so far:") if explained.told else say("Told so far: nothing.")
    click.echo(f"\n{tongue(head)}")
    if explained.told:
        print_table(
            tongue.all(["when", "what", "deadline", "to", "state", "last word"]),
            [
                (
                    tongue(say("{moment:when}", moment=row.updated_at.astimezone(COPENHAGEN))),
                    f"{row.rule} ({row.stage})",
                    row.deadline_date,
                    _to(row.recipient_role, row.recipient_mail, row.deputy_for, tongue),
                    tongue(row.state),
                    tongue(row.reason),
                )
                for row in explained.told
            ],
        )


def _tell_answers(explained: "Explained", tongue: Tongue) -> None:
    if not explained.answers:
        return
    from reminderd.domain.workdays import COPENHAGEN

    click.echo(f"\n{tongue(say('Answered:'))}")
    print_table(
        tongue.all(["when", "what", "date", "answer"]),
        [
            (
                tongue(say("{moment:when}", moment=answer.given_at.astimezone(COPENHAGEN))),
                f"{tongue(answer.deadline_kind)} {answer.subject}",
                answer.occurrence or tongue(say("all")),
                tongue(answer.partstat),
            )
            for answer in explained.answers
        ],
    )


def _tell_plan(explanation: "Explanation", tongue: Tongue) -> None:
    coming, skipped = explanation.coming, explanation.not_sent
    head = say("Within a year, if nothing changes:") if coming else say("Within a year: nothing.")
    click.echo(f"\n{tongue(head)}")
    if coming:
        heads = tongue.all(["when", "what", "deadline", "to", "calendar", "decision", "why"])
        shown = without_repetition(coming)
        print_table(heads, [_row(decision, tongue) for decision in shown])
        if len(shown) < len(coming):
            number = len(coming) - len(shown)
            click.echo(tongue(say("and {number} more of the same, again and again: --json", number=number)))
    if skipped:
        click.echo(f"\n{tongue(say('Will not be sent:'))}")
        heads = tongue.all(["was due", "what", "deadline", "to", "calendar", "decision", "why"])
        print_table(heads, [_row(decision, tongue) for decision in skipped])
    said = {item.reason for course in explanation.courses for item in course.withheld}
    said |= {
        step.blocked or ""
        for course in explanation.courses
        for item in course.deadlines
        for step in item.steps
    }
    gaps = [gap for gap in explanation.gaps if gap.reason not in said]
    if gaps:
        click.echo(f"\n{tongue(say('Cannot or shall not become a notice:'))}")
        rows = [(gap.rule, gap.subject, tongue(gap.reason)) for gap in gaps]
        print_table(tongue.all(["what", "about", "why"]), rows)


def without_repetition(decisions: "Sequence[Decision]") -> "list[Decision]":
    """Return only the next of what one rule would say again and again to one recipient.

    That is of one deadline, or of the many dates of one series.
    """
    first: dict[tuple[object, ...], Decision] = {}
    for decision in decisions:
        key = decision.notice.key
        of_a_series = key.subject.startswith("serie:")
        day = None if of_a_series else key.deadline_date
        first.setdefault((key.rule, key.subject, day, key.recipient), decision)
    return list(first.values())


def _row(decision: "Decision", tongue: Tongue) -> tuple[object, ...]:
    from reminderd.domain.calendar_notices import calendar_words

    notice = decision.notice
    to = notice.recipient
    moment = notice.due_day if decision.kind == "skip" else notice.send_at
    return (
        tongue(say("{moment:when}", moment=moment)),
        f"{notice.key.rule} ({notice.key.stage})",
        notice.key.deadline_date,
        _to(to.role, to.mail, to.deputy_for, tongue),
        tongue(calendar_words(notice)) or "-",
        tongue(decision.kind),
        tongue(decision.reason),
    )


def _to(role: str, mail: str | None, deputy_for: str | None, tongue: Tongue) -> str:
    if deputy_for is None:
        return f"{role} {mail or '-'}"
    return tongue(say("{role} {mail} for {person}", role=role, mail=mail or "-", person=deputy_for))


def _tell_faults(explanation: "Explanation", tongue: Tongue) -> None:
    if explanation.silences:
        click.echo(f"\n{tongue(say('Silences:'))}")
        for silence in explanation.silences:
            facts = {"id": silence.silence_id, "kind": say(silence.kind), "target": silence.target}
            words = say("{id}: {kind} {target} {words}", words=silence.words, **facts)
            click.echo(f"  {visible(tongue(words))}")
    if explanation.rejected:
        head = say("Rows of this case that were found at fault in the case source:")
        click.echo(f"\n{tongue(head)}")
        print_table(
            tongue.all(["view", "row", "column", "reason", "row"]),
            [
                (
                    item.view,
                    item.row_id,
                    item.column,
                    tongue(item.reason),
                    tongue("kept" if item.row_kept else "left out"),
                )
                for item in explanation.rejected
            ],
        )
