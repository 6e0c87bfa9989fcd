"""``hold``, ``release``, ``requeue``, ``confirm-sent``: what a person decides about ledger entries.

Four commands of one shape: each is one event of the lifecycle table, journalled with who and why.
"""

import getpass
from collections.abc import Sequence

import click

from reminderd.cli.output import app_of, print_json, print_table, visible
from reminderd.errors import EXIT_FINDING

_SHOWN = 20  # of the entries that a decision would be about, where they are several

_DECISIONS = {
    "hold": (
        "Keep entries back until they are released.",
        "Nothing is sent of an entry that is held; it lapses when it is no longer useful.",
    ),
    "release": (
        "Let held entries go.",
        "They are queued again and go out with the next run, if the case still asks for them.",
    ),
    "requeue": (
        "Offer failed or unknown entries again.",
        "What somebody may have goes out as it was, as an identical copy; what was refused is written anew.",
    ),
    "confirm-sent": (
        "Note that failed, unknown or held entries did arrive.",
        "For entries whose recipient says that the mail is there; so after a backup was restored.",
    ),
}


def _command(name: str) -> click.Command:
    short, more = _DECISIONS[name]

    @click.command(
        name,
        short_help=short,
        help=f"{short} {more}\n\nKEY is a key of `show`, or whole fields of one, such as forloeb:F-1.",
    )
    @click.argument("key", required=name != "release", default="")
    @click.option("--reason", required=True, help="Why; it stands in the journal.")
    @click.option("--author", default=getpass.getuser, show_default="your login", help="Who decides.")
    @click.option("--all", "every", is_flag=True, help="Decide about every entry that KEY names.")
    @click.option("--json", "as_json", is_flag=True, help="Print the entries as JSON.")
    @click.pass_context
    def command(
        ctx: click.Context,
        key: str,
        reason: str,
        author: str,
        brake: str | None = None,
        *,
        every: bool,
        as_json: bool,
    ) -> None:
        from reminderd.domain.lifecycle import Event

        _refuse_blanks(key, reason, brake)
        if brake is not None:
            _release_brake(ctx, brake, reason, author, as_json=as_json)
            return
        event = Event(name.replace("-", "_"))
        app = app_of(ctx)
        concerned = app.concerned(key.strip(), event)
        changed = [row.key for row in concerned]
        if len(changed) > 1 and not every:
            raise click.UsageError(_several(changed))
        app.decide(concerned, event, reason=reason.strip(), author=author)
        if as_json:
            print_json(changed)
        for entry_key in [] if as_json else changed:
            click.echo(visible(entry_key))
        if not changed:
            if not as_json:
                click.echo(
                    f"no entry that {name} concerns has the field {visible(key)!r} in its key;"
                    " `reminderd show` finds keys by a part of one",
                    err=True,
                )
            ctx.exit(EXIT_FINDING)

    if name == "release":
        return click.option(
            "--brake",
            type=click.Choice(["new", "cancel", "vanished", "restored", "source"]),
            help="Instead of KEY: all that this brake holds; `source` believes the case source as it is.",
        )(command)
    return command


def _several(keys: Sequence[str]) -> str:
    """Return what to say where more is concerned than one entry, and nothing has been done."""
    shown = [f"  {visible(key)}" for key in keys[:_SHOWN]]
    more = [f"  and {len(keys) - _SHOWN} more"] if len(keys) > _SHOWN else []
    first = f"{len(keys)} entries are concerned, and none was changed; name one, or say --all:"
    return "\n".join([first, *shown, *more])


def _refuse_blanks(key: str, reason: str, brake: str | None) -> None:
    if brake is not None and key:
        raise click.UsageError("give a KEY or --brake, not both")
    if brake is None and not key.strip(" |"):
        raise click.UsageError("KEY is blank, and would mean every entry; `reminderd show` lists keys")
    if not reason.strip():
        raise click.UsageError("--reason is blank; say why, it stands in the journal")


def _release_brake(ctx: click.Context, brake: str, reason: str, author: str, *, as_json: bool) -> None:
    from collections import Counter

    changed = app_of(ctx).release_brake(brake, reason=reason.strip(), author=author)
    if as_json:
        print_json([row.key for row in changed])
    else:
        print_table(["rule", "released"], sorted(Counter(row.rule for row in changed).items()))
    if not changed and brake != "source":
        ctx.exit(EXIT_FINDING)


commands = {name: _command(name) for name in _DECISIONS}
