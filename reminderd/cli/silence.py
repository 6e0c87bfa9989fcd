"""``reminderd silence``: a person pauses what is told about a case, to a person or by a rule."""

import getpass
from datetime import date
from typing import TYPE_CHECKING

import click

from reminderd.cli.days import Day
from reminderd.cli.output import app_of, print_json, print_table, visible
from reminderd.errors import EXIT_FINDING, SourceUnavailableError

if TYPE_CHECKING:
    from reminderd.domain.silences import SilenceKind

_DAY = Day()


@click.command("silence", short_help="Pause a case, a person or a rule until a day.")
@click.option("--case", "case", metavar="SAGSNR", help="Pause everything about this case.")
@click.option("--person", metavar="ID", help="Pause everything for this member of staff (medarbejder_id).")
@click.option("--rule", metavar="NAME", help="Pause everything that this rule says.")
@click.option("--until", type=_DAY, help="The last silent day.")
@click.option("--reason", help="Why; it stands in the journal and in every answer about what waits.")
@click.option("--author", default=getpass.getuser, show_default="your login", help="Who decides.")
@click.option("--list", "listing", is_flag=True, help="List the silences in force.")
@click.option("--all", "everything", is_flag=True, help="With --list: also those that are over.")
@click.option("--end", "end_id", type=int, metavar="ID", help="End a silence now; --list shows ids.")
@click.option("--json", "as_json", is_flag=True, help="Print silences as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    case: str | None,
    person: str | None,
    rule: str | None,
    until: date | None,
    reason: str | None,
    author: str,
    end_id: int | None,
    *,
    listing: bool,
    everything: bool,
    as_json: bool,
) -> None:
    """Pause what is told about a case, to a person or by a rule, until a day has passed.

    \b
      reminderd silence --case 2026-0001 --until 2026-06-01 --reason "with the ombudsman"
      reminderd silence --list
      reminderd silence --end 3

    Nothing that is silenced is sent, queued mail included. Afterwards it goes out if it is still
    useful, the newest stage of each deadline only; what is not lapses and is listed. A silence takes
    effect with the next run; it does not call back what was sent.
    """  # noqa: D301 - click reads the \b as "keep these lines"
    targets: dict[SilenceKind, str | None] = {"case": case, "person": person, "rule": rule}
    named = [(kind, target) for kind, target in targets.items() if target is not None]
    if len(named) + listing + (end_id is not None) != 1:
        raise click.UsageError("give exactly one of --case, --person, --rule, --list, --end")
    if listing:
        _list(ctx, everything=everything, as_json=as_json)
    elif end_id is not None:
        _end(ctx, end_id, author)
    else:
        if until is None or not (reason or "").strip():
            raise click.UsageError("a silence needs an end (--until DATE) and a reason (--reason TEXT)")
        _begin(ctx, *named[0], until, (reason or "").strip(), author, as_json=as_json)


def _begin(
    ctx: click.Context,
    kind: "SilenceKind",
    target: str,
    until: date,
    reason: str,
    author: str,
    *,
    as_json: bool,
) -> None:
    from reminderd.domain.cpr import looks_like_cpr
    from reminderd.status import silence_as_json

    app = app_of(ctx)
    if until < app.today():
        raise click.UsageError("--until lies in the past")
    if looks_like_cpr(reason):
        raise click.UsageError("the reason can be read as a CPR number; say it without")
    _must_exist(ctx, kind, target)
    silence = app.silence(kind, target, until, reason=reason, author=author)
    if as_json:
        print_json(silence_as_json(silence))
    else:
        click.echo(visible(f"{silence.silence_id}: {kind} {target} {silence}"))


def _must_exist(ctx: click.Context, kind: "SilenceKind", target: str) -> None:
    """Refuse what nothing is told about: a mistyped name would silence nobody."""
    try:
        known = app_of(ctx).silenceable(kind)
    except SourceUnavailableError as error:
        click.echo(f"not looked up, because the case source is away: {error}", err=True)
        return
    if target not in known:
        import difflib

        near = difflib.get_close_matches(target, known, n=1)
        hint = f"; did you mean {visible(near[0])}?" if near else ""
        click.echo(f"there is no {kind} {visible(target)!r}{hint}", err=True)
        ctx.exit(EXIT_FINDING)


def _end(ctx: click.Context, silence_id: int, author: str) -> None:
    if not app_of(ctx).end_silence(silence_id, author=author):
        click.echo(
            f"no silence {silence_id} is in force; `reminderd silence --list` shows which are", err=True
        )
        ctx.exit(EXIT_FINDING)
    click.echo(f"{silence_id} ended")


def _list(ctx: click.Context, *, everything: bool, as_json: bool) -> None:
    from reminderd.status import silence_as_json

    app = app_of(ctx)
    now = app.clock.now()
    found = [silence for silence in app.silences() if everything or silence.in_force(now)]
    if as_json:
        print_json([silence_as_json(silence) | {"in_force": silence.in_force(now)} for silence in found])
        return
    print_table(
        ["id", "what", "", "until", "by", "reason", "state"],
        [
            (
                silence.silence_id,
                silence.kind,
                silence.target,
                silence.until,
                silence.author,
                silence.reason,
                "in force"
                if silence.in_force(now)
                else f"ended by {silence.ended_by}"
                if silence.ended_by
                else "over",
            )
            for silence in found
        ],
    )
