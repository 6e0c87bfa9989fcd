"""Tries what the service must not be able to do, and prints what came of it as one line of JSON.

Runs in the service's place with all its directives: exactly what a hijacked service could do. The keys say
what was tried, the values what happened. Standard library only, because it is copied.
"""

import ctypes
import json
import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

_NEW_USER_NAMESPACE = 0x10000000
_FOLDERS = (
    "/",
    "/boot",
    "/dev/shm",  # noqa: S108
    "/etc",
    "/etc/reminderd",
    "/opt/reminderd",
    "/proc/sys/kernel",
    "/srv",
    "/sys/fs/cgroup",
    "/usr",
    "/var/lib",
    "/var/log",
)


def names(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def write(folder: str) -> str:
    file = Path(folder, "was-here")
    file.write_text("x")
    file.unlink()
    return "written"


def execute(folder: str) -> str:
    """Drop a program into a folder and run it."""
    file = Path(folder, "dropped")
    file.write_bytes(Path("/bin/true").read_bytes())
    file.chmod(0o700)
    try:
        subprocess.run([file], check=True)
        return "ran"
    finally:
        file.unlink()


def connect(host: str) -> str:
    with socket.create_connection((host, 25), timeout=5):
        return "connected"


def listen() -> str:
    with socket.create_server(("127.0.0.1", 0)):
        return "listens"


def strangers() -> int:
    """Count the processes that are seen besides this one."""
    return sum(name.isdecimal() for name in names("/proc")) - 1


def new_namespace() -> str:
    if ctypes.CDLL(None, use_errno=True).unshare(_NEW_USER_NAMESPACE):
        raise OSError(ctypes.get_errno(), "")
    return "made"


def hardware() -> list[str]:
    harmless = {"full", "null", "ptmx", "random", "tty", "urandom", "zero"}
    return sorted(
        path.name
        for path in Path("/dev").iterdir()
        if path.is_char_device() and not path.is_symlink() and path.name not in harmless
    )


def tries() -> dict[str, Callable[[], Any]]:
    state = os.environ["STATE_DIRECTORY"]
    return {
        "write state": lambda: write(state),
        **{f"write {folder}": lambda folder=folder: write(folder) for folder in _FOLDERS},
        "read /root": lambda: names("/root"),
        "read /home/mailbox": lambda: names("/home/mailbox"),
        "read /etc/credstore": lambda: names("/etc/credstore"),
        "strangers": strangers,
        "hardware": hardware,
        "new namespace": new_namespace,
        "become root": lambda: os.setuid(0),
        "execute in state": lambda: execute(state),
        "execute in /tmp": lambda: execute("/tmp"),  # noqa: S108
        "packets": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).fileno(),
        "call the relay": lambda: connect("192.0.2.25"),
        "call elsewhere": lambda: connect("192.0.2.99"),
        "listen": listen,
    }


def outcome(attempt: Callable[[], Any]) -> Any:
    try:
        return attempt()
    except TimeoutError:
        return "no answer"
    except OSError as error:
        return os.strerror(error.errno or 0)


print(json.dumps({what: outcome(attempt) for what, attempt in tries().items()}))  # noqa: T201
