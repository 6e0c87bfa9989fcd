"""What the interpreter and libraries would print by themselves, with the data they stumbled over.

An error that ends a thread, one in a finaliser, a task's that nobody asked for, and whatever a library logs:
each becomes one event with type and place, and its text is dropped. Knows no event of our own.
"""

import logging
import os
import sys
import threading
import traceback
from types import TracebackType
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

log = structlog.get_logger("reminderd.logs")


def type_and_place(kind: type[BaseException], trace: TracebackType | None) -> dict[str, str]:
    """Return what may be said of an exception: its type, and the file and line where it was raised."""
    frames = traceback.extract_tb(trace)
    at = f"{_name(frames[-1].filename)}:{frames[-1].lineno}" if frames else "unknown"
    return {"error": kind.__name__, "at": at}


def catch_strays() -> None:
    """Let every error that nobody handles, and every library's warning, come this way from now on."""
    threading.excepthook = _of_a_thread
    sys.unraisablehook = _unraisable
    logging.getLogger().addHandler(_RECORDS)


class _Records(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        kind, _, trace = record.exc_info or (None, None, None)
        place = {"at": f"{_name(record.pathname)}:{record.lineno}"}
        said = place if kind is None else type_and_place(kind, trace)
        level = logging.ERROR if record.levelno >= logging.ERROR else logging.WARNING
        log.log(level, "stray_error", source=record.name, **said)


_RECORDS = _Records(logging.WARNING)


def _of_a_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is not SystemExit:
        log.error("stray_error", source="thread", **type_and_place(args.exc_type, args.exc_traceback))


def _unraisable(args: "UnraisableHookArgs") -> None:
    log.error("stray_error", source="finaliser", **type_and_place(args.exc_type, args.exc_traceback))


def _name(path: str) -> str:
    return os.path.basename(path)  # noqa: PTH119 - a name, no file
