"""The operator's commands. Each lies in a file of its own, loaded when it is called.

Nothing here decides anything: a command asks ``app``, ``status`` or ``service`` and prints.
"""

import importlib
import os
import sys
from datetime import datetime
from pathlib import Path

import click

from reminderd.cli.days import Instant
from reminderd.cli.tongue import LANGUAGES, Lang, remember
from reminderd.errors import EXIT_BUG, EXIT_FINE, ReminderdError

_COMMANDS = (
    "audit",
    "backup",
    "check",
    "check-source",
    "confirm-sent",
    "demo",
    "diff",
    "explain",
    "feed",
    "hold",
    "inbox",
    "plan",
    "purge",
    "release",
    "reload",
    "report",
    "requeue",
    "rotate-secret",
    "run",
    "show",
    "silence",
    "status",
)
_DECISIONS = frozenset({"confirm-sent", "hold", "release", "requeue"})


class LazyGroup(click.Group):
    """Finds a command's file by its name; unknown names get the nearest known one."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the commands in alphabetical order."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load one command."""
        if cmd_name not in _COMMANDS:
            return None
        if cmd_name in _DECISIONS:
            found: click.Command = importlib.import_module("reminderd.cli.decide").commands[cmd_name]
            return found
        module = cmd_name.replace("-", "_")
        command: click.Command = importlib.import_module(f"reminderd.cli.{module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Add the nearest known command to the error about an unknown one."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], _COMMANDS, n=1)
            if near:
                raise click.UsageError(f"{error.message} Did you mean '{near[0]}'?", ctx) from error
            raise


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Configuration file. Without it: $REMINDERD_CONFIG, then /etc/reminderd/reminderd.toml.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override one key of the file, as in --set relay.tls=none.",
)
@click.option("--now", type=Instant(), help="Pretend that it is this instant: rehearsals and tests.")
@click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    help="Language of tables and reasons; JSON stays as it is.",
)
@click.version_option(package_name="reminderd")
@click.pass_context
def main_group(
    ctx: click.Context, config: Path | None, overrides: tuple[str, ...], now: datetime | None, lang: Lang
) -> None:
    """Reminders and calendar files for public casework.

    reminderd reads the case database, works out who must be told what and when, and sends e-mails
    with calendar files, once each. It never writes to the case database.

    \b
    First steps:
      reminderd demo                     see it work on invented data
      reminderd check --online           is everything configured and reachable?
      reminderd plan --to 2026-12-31     who will be told what, when and why?
      reminderd run                      the service itself
    """  # noqa: D301 - click reads the \b as "keep these lines"
    ctx.obj = (config, overrides, now)
    remember(ctx, lang)


def main() -> None:
    """Run a command; problems end in a message and an exit status, never in a traceback."""
    try:
        # Without its standalone mode click returns the status that a command exits with.
        status = main_group(standalone_mode=False, prog_name="reminderd")
        sys.stdout.flush()
        sys.exit(status)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except ReminderdError as error:
        from reminderd.logs import to_stderr

        click.echo(to_stderr(f"reminderd: {error}"), err=True)
        sys.exit(error.exit_status)
    except BrokenPipeError:
        # The reader has seen enough (`plan | head`); what is still buffered must not complain at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_FINE)
    except Exception as error:  # noqa: BLE001 - a bug: say where, without the data it stumbled over
        import traceback

        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(frame.filename).name}:{frame.lineno}"
        from reminderd.logs import to_stderr

        said = f"reminderd: a bug: {type(error).__name__} at {where}; please report this line"
        click.echo(to_stderr(said), err=True)
        sys.exit(EXIT_BUG)
