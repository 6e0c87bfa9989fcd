"""What the commands share with the screen: the app from the global options, JSON and tables.

Text from the case source is shown with control characters and direction marks made visible.
"""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from reminderd.app import App
    from reminderd.errors import ConfigurationError, Problem

_BEYOND_ASCII = re.compile(r"[^ -~\n]")
_DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def app_of(ctx: click.Context) -> "App":
    """Build the app that the global options describe; raises ConfigurationError.

    From here on cases are in memory, so it is kept private.
    """
    _keep_memory_private()
    from reminderd.app import App
    from reminderd.clock import FixedClock, SystemClock

    config, overrides, now = ctx.find_root().obj
    return App.from_files(config, overrides, SystemClock() if now is None else FixedClock(now))


def wording_problems_beside(error: "ConfigurationError") -> "list[Problem]":
    """Return what is wrong with the wordings although the rules are at fault too."""
    from reminderd.app import App
    from reminderd.clock import SystemClock

    return App.wording_problems_beside(error, SystemClock())


def _keep_memory_private() -> None:
    """Leave no core dump, and let no other process of this user read memory: cases are in it."""
    import contextlib
    import ctypes
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # prctl(PR_SET_DUMPABLE, 0): a dump that is piped to a collector does not ask for the limit above
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)


def config_of(ctx: click.Context) -> tuple[Path | None, tuple[str, ...], datetime | None]:
    """Return the global options themselves."""
    config, overrides, now = ctx.find_root().obj
    return config, overrides, now


def print_json(value: object) -> None:
    """Print a value as JSON, one document; what a terminal would obey stands in it as JSON escapes it."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    click.echo(_BEYOND_ASCII.sub(lambda found: _escaped(found[0]), text))


def print_table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows in columns."""
    from tabulate import tabulate

    shown = [[visible("" if cell is None else str(cell)) for cell in row] for row in rows]
    click.echo(tabulate(shown, headers=headers, tablefmt="simple", disable_numparse=True))


def no_such_case(sagsnr: str, known: Sequence[str]) -> str:
    """Return what to say of a case number that the case source does not have."""
    import difflib

    near = difflib.get_close_matches(sagsnr, known, n=1)
    hint = f"did you mean {visible(near[0])}?" if near else "`reminderd plan --all` shows case numbers"
    return f"the case source has no case {visible(sagsnr)!r}; {hint}"


def _escaped(character: str) -> str:
    return character if character.isprintable() else json.dumps(character)[1:-1]


def visible(text: str) -> str:
    """Return the text with everything a terminal would obey or turn around written out."""
    return "".join(f"\\u{ord(c):04x}" if c in _DIRECTION_MARKS or not c.isprintable() else c for c in text)
