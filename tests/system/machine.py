"""A booted Debian with a systemd of its own, which tests may do anything to.

Its files are a folder made by mmdebstrap, kept between runs in a cache outside this repository; what a
machine writes lies in a layer above it and goes away with the machine. It has no network but its loopback.
Needs root, and Debian's packages systemd-container and mmdebstrap.
"""

import fcntl
import json
import os
import platform
import queue
import shutil
import socket
import subprocess
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CACHE = Path(os.environ.get("REMINDERD_SYSTEM_CACHE", "/var/cache/reminderd-system"))
PACKAGES = (
    "ca-certificates",
    "curl",
    "dbus",
    "iproute2",
    "libsasl2-modules",
    "man-db",
    "postfix",
    "postgresql",
    "python3",
    "python3-venv",
    "sasl2-bin",
    "sqlite3",
    "strace",
    "systemd",
    "systemd-sysv",
    "tdsodbc",
    "tzdata",
    "unixodbc",
)
# A machine lives for minutes: its dpkg need not wait for the disk.
OPTIONS = ("--quiet", "--variant=minbase", "--dpkgopt=force-unsafe-io")
# Not below /tmp where that is in memory or an overlay itself: an overlay cannot lie on another.
LAYERS = Path(os.environ.get("REMINDERD_SYSTEM_LAYERS", "/var/tmp"))  # noqa: S108
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
BOOT_SECONDS = 120


def empty_debian(packages: Sequence[str] = PACKAGES) -> Path:
    """Return the folder with an empty Debian of this machine's release, made at the first call.

    The folder's name changes with the list of packages, so another list makes another folder.
    """
    release = platform.freedesktop_os_release()["VERSION_CODENAME"]
    name = f"{release}-{zlib.crc32(' '.join([*OPTIONS, *packages]).encode()):08x}"
    folder = CACHE / name
    CACHE.mkdir(parents=True, exist_ok=True)
    with CACHE.joinpath(f"{name}.lock").open("w") as lock:  # the other half of a run wants it, too
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            making = CACHE / f"{name}.making"
            shutil.rmtree(making, ignore_errors=True)
            included = f"--include={','.join(packages)}"
            command = ["mmdebstrap", *OPTIONS, included, release, making]
            subprocess.run(command, check=True, timeout=900)
            making.rename(folder)
    return folder


class Machine:
    """One booted system. Commands run in it as root, with nothing of this machine's environment."""

    def __init__(self, files: Path, layer: Path) -> None:
        for name in ("upper", "work", "root"):
            layer.joinpath(name).mkdir(parents=True)
        self._layer = layer
        self._cgroup = own_cgroup(layer.name)
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._line.bind(f"\0{self._cgroup.name}")
        self._told: queue.Queue[str] = queue.Queue()
        # a thread, because a systemd that nobody listens to waits, and everything with it
        threading.Thread(target=self._listen, daemon=True).start()
        with layer.joinpath("console").open("wb") as console:
            self._process = subprocess.Popen(
                [Path(__file__).with_name("boot.sh"), files, layer, self._cgroup],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                env={"PATH": PATH, "NOTIFY_SOCKET": f"@{self._cgroup.name}"},
            )
        self._wait_for_boot()

    def _listen(self) -> None:
        with self._line:
            while message := self._line.recv(4096).decode():
                self._told.put(message)

    def _wait_for_boot(self) -> None:
        try:
            # a reload of the old systemd says READY=1 as well, so first the new one must be there
            for word in ("X_NSPAWN_LEADER_PID=", "READY=1"):
                while word not in self._told.get(timeout=BOOT_SECONDS):
                    pass
        except queue.Empty as error:
            raise RuntimeError(self.console()) from error
        (script,) = _children(self._process.pid)
        (nspawn,) = _children(script)
        (self._leader,) = (pid for pid in _children(nspawn) if _name(pid) == "systemd")
        assert "running" == self.run("systemctl is-system-running --wait", check=False).stdout.strip()

    def console(self) -> str:
        """Return what was written to the console since the first boot."""
        return self._layer.joinpath("console").read_text(errors="replace")

    def close(self) -> None:
        """Switch it off, and take away everything it has written."""
        self._process.kill()
        self._process.wait()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"", f"\0{self._cgroup.name}")
        self._cgroup.joinpath("cgroup.kill").write_text("1")
        events = self._cgroup / "cgroup.events"
        while "populated 1" in events.read_text():
            os.sched_yield()
        for folder, _, _ in os.walk(self._cgroup, topdown=False):
            Path(folder).rmdir()
        shutil.rmtree(self._layer)

    def reboot(self) -> None:
        """Boot again, orderly; files stay."""
        self.run("systemctl reboot", check=False)
        self._wait_for_boot()

    def arguments(self, command: str) -> list[str]:
        """Return what runs a shell command in the machine, for those who want a process of their own."""
        enter = ["nsenter", "--target", str(self._leader), "--all", "--"]
        return [*enter, "env", "-i", f"PATH={PATH}", "HOME=/root", "LANG=C.UTF-8", "sh", "-c", command]

    def run(
        self, command: str, *, check: bool = True, given: bytes | None = None, seconds: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run a shell command to its end; with ``check`` it must succeed."""
        done = subprocess.run(
            self.arguments(command), input=given or b"", capture_output=True, timeout=seconds, check=False
        )
        said = subprocess.CompletedProcess(
            command,
            done.returncode,
            done.stdout.decode(errors="replace"),
            done.stderr.decode(errors="replace"),
        )
        if check:
            assert (0, command) == (said.returncode, command), said.stdout + said.stderr
        return said

    def write(self, path: str, content: str | bytes, mode: str = "0644") -> None:
        """Write a file, root's own, and the folders above it."""
        data = content.encode() if isinstance(content, str) else content
        self.run(f"mkdir -p $(dirname {path}) && install -m {mode} /dev/stdin {path}", given=data)

    def read(self, path: str) -> str:
        return self.run(f"cat {path}").stdout

    def show(self, unit: str, name: str) -> str:
        """Return one property of a unit, as ``systemctl show`` knows it."""
        return self.run(f"systemctl show --property={name} --value {unit}").stdout.strip()

    def cursor(self) -> str:
        """Return the place in the journal that everything after now is behind."""
        self.run("journalctl --sync")
        return self.run("journalctl -n 0 --show-cursor").stdout.partition("cursor: ")[2].strip()

    def journal(self, unit: str, since: str) -> list[dict[str, Any]]:
        """Return what the journal has about a unit behind a place, with all fields."""
        self.run("journalctl --sync")
        said = self.run(f"journalctl -u {unit} --after-cursor='{since}' -o json").stdout
        return [json.loads(line) for line in said.splitlines()]

    def wait_for(self, unit: str, text: str, since: str, seconds: float = 120) -> dict[str, Any]:
        """Return the first entry about a unit with this text behind a place; waits until there is one."""
        command = (
            f"timeout {seconds} journalctl -u {unit} --after-cursor='{since}' --lines=all --follow -o json"
        )
        with subprocess.Popen(
            self.arguments(f"exec {command}"), stdout=subprocess.PIPE, text=True
        ) as journal:
            assert journal.stdout is not None
            try:
                for line in journal.stdout:
                    entry: dict[str, Any] = json.loads(line)
                    if text in str(entry.get("MESSAGE")):
                        return entry
            finally:
                journal.kill()
        said = "\n".join(str(entry.get("MESSAGE")) for entry in self.journal(unit, since))
        raise AssertionError(f"{unit} never said {text!r} in {seconds} s, but:\n{said}")


@contextmanager
def booted(layer: Path) -> Iterator[Machine]:
    """Boot an empty Debian, and take it away at the end."""
    if os.geteuid() != 0:
        raise PermissionError("the system test boots a machine, and only root may; run it as root on Debian")
    machine = Machine(empty_debian(), layer)
    try:
        yield machine
    finally:
        machine.close()


def own_cgroup(name: str) -> Path:
    """Make a control group (version 2) for one machine, and return its folder."""
    folder = _cgroup2() / name
    folder.mkdir()
    return folder


def _cgroup2() -> Path:
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        if after.startswith("cgroup2 "):
            return Path(before.split()[4])
    raise RuntimeError("no control groups of version 2 are mounted: mount -t cgroup2 none /sys/fs/cgroup")


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()
