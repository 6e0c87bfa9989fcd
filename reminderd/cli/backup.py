"""``reminderd backup FILE``: a verified copy of the ledger, beside the running service."""

from pathlib import Path

import click

from reminderd.cli.output import app_of, print_json
from reminderd.errors import EXIT_FINDING


@click.command("backup", short_help="A verified copy of the ledger.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print what the copy holds as JSON.")
@click.pass_context
def command(ctx: click.Context, file: Path, *, as_json: bool) -> None:
    """Copy the ledger to FILE, which must not exist, and read the whole copy back.

    Works beside a running service. FILE appears only when the copy is whole and on the disk. How to
    go back to it stands in systemd/README.md. Exit status 1 where there is no ledger yet.
    """
    made = app_of(ctx).back_up(file)
    if made is None:
        click.echo("nothing has run yet, so there is no ledger to copy", err=True)
        ctx.exit(EXIT_FINDING)
    if as_json:
        print_json(
            {"file": str(file), "size": made.size, "entries": made.entries, "journal": made.journal_id}
        )
    else:
        click.echo(f"{file}: {made.entries} entries, {made.size >> 10} KB, verified")
