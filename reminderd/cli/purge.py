"""``reminderd purge``: let go what has been kept long enough, or a case's texts at once."""

import getpass

import click

from reminderd.cli.output import app_of


@click.command("purge", short_help="Let go what has been kept long enough.")
@click.option("--case", "sagsnr", metavar="SAGSNR", help="This case's settled texts, however young.")
@click.option("--dry-run", is_flag=True, help="Only say how much it would be.")
@click.option("--author", default=getpass.getuser, show_default="your login", help="Who decides.")
@click.pass_context
def command(ctx: click.Context, sagsnr: str | None, author: str, *, dry_run: bool) -> None:
    """Purge texts after `retention.text_days` and journal lines after `retention.journal_days`.

    The service does it by itself once a day. What may still be offered stays, and so does what a
    calendar shows until it is over. What was sent to whom and when stays known.
    """
    purged = app_of(ctx).purge(sagsnr, author=author, dry_run=dry_run)
    would = "would go" if dry_run else "gone"
    click.echo(
        f"{purged.texts} texts, {purged.contents} calendar contents, {purged.lines} journal lines {would}"
    )
