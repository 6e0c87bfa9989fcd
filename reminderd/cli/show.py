"""``reminderd show``: one entry of the ledger with its history."""

import click

from reminderd.cli.output import app_of, print_json, print_table, visible
from reminderd.errors import EXIT_FINDING


@click.command("show", short_help="One entry with its history.")
@click.argument("key")
@click.option("--json", "as_json", is_flag=True, help="Print the entries as JSON.")
@click.pass_context
def command(ctx: click.Context, key: str, *, as_json: bool) -> None:
    """Show the entry KEY, or every entry whose key contains KEY, with answers, attempts and journal.

    Keys are those of `plan --json`; a part is enough, as in `reminderd show forloeb:F-0012`.
    """
    from reminderd.status import show

    entries = show(app_of(ctx).reading(), key)
    if as_json:
        print_json(entries)
    for entry in [] if as_json else entries:
        click.secho(visible(str(entry["key"])), bold=True)
        for name, value in entry.items():
            if name not in ("key", "attempts", "journal") and value is not None:
                click.echo(f"  {name:18} {visible(str(value))}")
        for name in ("answers", "attempts", "journal"):
            lines = entry[name]
            assert isinstance(lines, list)  # noqa: S101 - status.show() makes it one
            if lines:
                click.echo(f"\n{name}:")
                print_table(list(lines[0]), [list(line.values()) for line in lines])
        click.echo()
    if not entries:
        if not as_json:
            click.echo(
                f"no entry has {visible(key)!r} in its key; `reminderd plan --json` shows keys", err=True
            )
        ctx.exit(EXIT_FINDING)
