"""How the process speaks of itself: one event a line on stderr, fields as key=value, ids only.

Under journald each line carries its priority as ``<N>`` and no time of its own, because the journal
has both. An exception is logged as its type and place, never with its text: drivers quote data.
"""

import logging
import os
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}


def set_up(level: int = logging.INFO, environ: Mapping[str, str] = os.environ) -> None:
    """Send events of this level and above to stderr."""
    under_journald = _is_journal(environ)
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # a metronome has nothing to say
    tail: list[Any] = [_with_priority] if under_journald else []
    head: list[Any] = [] if under_journald else [structlog.processors.TimeStamper("iso", utc=True)]
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            *head,
            _without_data,
            structlog.processors.LogfmtRenderer(
                key_order=["timestamp", "level", "event"], drop_missing=True, bool_as_flag=False
            ),
            *tail,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _is_journal(environ: Mapping[str, str]) -> bool:
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
            frame = traceback.extract_tb(trace)[-1]
            event["error"] = kind.__name__
            event["at"] = f"{os.path.basename(frame.filename)}:{frame.lineno}"  # noqa: PTH119 - a name, no file
    return {name: _one_line(value) for name, value in event.items()}


def _one_line(value: object) -> object:
    return "".join(c if c.isprintable() else " " for c in value) if isinstance(value, str) else value


def _with_priority(_logger: Any, method: str, line: str) -> str:
    level = "error" if method == "exception" else method
    return f"<{_PRIORITIES.get(level, 6)}>{line}"
