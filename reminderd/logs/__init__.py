"""How the process speaks of itself: one event a line, values as fields, ids only.

To the journal natively (``journal``), to a terminal for human eyes, else to stderr as key=value with
the time. Trouble that repeats itself is counted and summed up (``repeats``). An exception is logged
as its type and place, never with its text: drivers quote data. So is what nobody handled, and what
libraries log (``strays``).
"""

import logging
import os
import sys
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

import structlog

from reminderd.logs.journal import SOCKET, Journal, prefixed
from reminderd.logs.repeats import Repeats
from reminderd.logs.strays import catch_strays, type_and_place

__all__ = ["catch_strays", "is_journal", "set_up", "sum_up", "to_stderr"]
_repeats = Repeats()


def set_up(
    level: int = logging.INFO, environ: Mapping[str, str] = os.environ, journal_socket: Path = SOCKET
) -> None:
    """Send events of this level and above to whoever reads stderr."""
    global _repeats  # noqa: PLW0603 - a process has one log
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # a metronome has nothing to say
    factory: Callable[..., Any] = structlog.PrintLoggerFactory(sys.stderr)
    if is_journal(environ):
        journal = Journal(journal_socket)
        factory = lambda *_: journal  # noqa: E731 - structlog asks for a factory
        tail: list[Any] = [journal.render]
    elif sys.stderr.isatty():
        tail = [
            structlog.processors.TimeStamper("%H:%M:%S", utc=False),
            structlog.dev.ConsoleRenderer(colors="NO_COLOR" not in environ, pad_event_to=0),
        ]
    else:
        tail = [
            structlog.processors.TimeStamper("iso", utc=True),
            structlog.processors.LogfmtRenderer(
                key_order=["timestamp", "level", "event"], drop_missing=True, bool_as_flag=False
            ),
        ]
    _repeats = Repeats()
    structlog.configure(
        processors=[structlog.stdlib.add_log_level, _without_data, _repeats, *tail],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=factory,
        cache_logger_on_first_use=False,
    )


def sum_up(*, everything: bool = False) -> None:
    """Say how often trouble repeated itself whose time is over; all of it where the process ends."""
    log = structlog.get_logger("reminderd.logs")
    for summary in _repeats.over(everything=everything):
        log.log(summary.level, summary.event, **summary.fields())


def to_stderr(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return an error text for stderr; the journal files each of its lines as an error."""
    return prefixed("error", text) if is_journal(environ) else text


def is_journal(environ: Mapping[str, str]) -> bool:
    """Tell whether stderr itself is the journal's: the variable is inherited by whom it does not concern."""
    try:
        status = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def _without_data(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if event.pop("exc_info", None):
        kind, _, trace = sys.exc_info()
        if kind is not None:
            event.update(type_and_place(kind, trace))
    return {name: _one_line(value) for name, value in event.items()}


def _one_line(value: object) -> object:
    return "".join(c if c.isprintable() else " " for c in value) if isinstance(value, str) else value
