"""``hold``, ``release``, ``requeue``, ``confirm-sent``: what a person decides about ledger entries.

Four commands of one shape: each is one event of the lifecycle table, journalled with who and why.
"""

import getpass

import click

from reminderd.cli.output import app_of, print_json, visible
from reminderd.errors import EXIT_FINDING

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
        "The same bytes are sent; whoever already got an unknown one gets an identical copy.",
    ),
    "confirm-sent": (
        "Note that failed, unknown or held entries did arrive.",
        "For entries whose recipient says that the mail is there; so after a backup was restored.",
    ),
}


def _command(name: str) -> click.Command:
    short, more = _DECISIONS[name]

    @click.command(
        name, short_help=short, help=f"{short} {more}\n\nKEY is a key of `show`, or a part of one."
    )
    @click.argument("key")
    @click.option("--reason", required=True, help="Why; it stands in the journal.")
    @click.option("--author", default=getpass.getuser, show_default="your login", help="Who decides.")
    @click.option("--json", "as_json", is_flag=True, help="Print the entries as JSON.")
    @click.pass_context
    def command(ctx: click.Context, key: str, reason: str, author: str, *, as_json: bool) -> None:
        from reminderd.domain.lifecycle import Event

        if not key.strip():
            raise click.UsageError("KEY is blank, and would mean every entry; `reminderd show` lists keys")
        if not reason.strip():
            raise click.UsageError("--reason is blank; say why, it stands in the journal")
        event = Event(name.replace("-", "_"))
        changed = app_of(ctx).decide(key, event, reason=reason.strip(), author=author)
        if as_json:
            print_json(changed)
        for entry_key in [] if as_json else changed:
            click.echo(visible(entry_key))
        if not changed:
            if not as_json:
                click.echo(f"no entry that {name} concerns has {visible(key)!r} in its key", err=True)
            ctx.exit(EXIT_FINDING)

    return command


commands = {name: _command(name) for name in _DECISIONS}
