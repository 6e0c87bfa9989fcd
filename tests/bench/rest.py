"""Memory at rest: the service after its first look at the case source, waiting for the next tick.

The yardstick has the four libraries imported without which no such service can be, and does nothing.
Resident memory as the kernel counts it, shared pages included, on both sides.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from reminderd.casedb import synthetic
from reminderd.clock import SystemClock
from reminderd.domain.workdays import civil_day
from reminderd.ledger import create_or_open
from tests.bench import sink
from tests.bench.harness import Line, Seen

_PATIENCE_S = 60
_LIBRARIES = "import sqlalchemy, jinja2, aiosmtplib, icalendar"
_SETTINGS = """\
[source]
url = "sqlite:///{folder}/cases.db"
[ledger]
url = "sqlite:///{folder}/ledger.db"
[relay]
url = "smtp://127.0.0.1:{port}"
tls = "none"
[sender]
mail = "paamindelser@kommune.example"
[installation]
domain = "reminderd.kommune.example"
[privacy]
recipient_domains = ["kommune.example"]
"""


class Rest:
    """MiB resident."""

    name = "rest"
    lines = (Line("memory at rest", "ours", "libraries", "MiB", f"python -c '{_LIBRARIES}'"),)

    def prepare(self) -> None:
        self._folder = TemporaryDirectory(prefix="reminderd-bench-")
        self._path = Path(self._folder.name)
        today = civil_day(SystemClock().now())
        synthetic.write_sqlite(synthetic.build(reference=today), self._path / "cases.db")
        # Made beforehand: only the very first start of an installation needs Alembic in memory.
        create_or_open(f"sqlite:///{self._path}/new.db", SystemClock().now()).close()

    def ours(self) -> Seen:
        with (
            subprocess.Popen(
                [sys.executable, sink.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as relay,
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening,
        ):
            assert relay.stdin is not None
            assert relay.stdout is not None
            settings = _SETTINGS.format(folder=self._path, port=int(relay.stdout.readline()))
            (self._path / "reminderd.toml").write_text(settings, encoding="utf-8")
            shutil.copy(self._path / "new.db", self._path / "ledger.db")
            address = self._path / "notify"
            listening.bind(str(address))
            listening.settimeout(1.0)
            try:
                return {"ours": self._service_at_rest(listening)}
            finally:
                relay.stdin.close()
                address.unlink()
                for left in self._path.glob("ledger.db*"):
                    left.unlink()

    def _service_at_rest(self, listening: socket.socket) -> float:
        command = [str(Path(sys.executable).with_name("reminderd")), "--config"]
        environment = os.environ | {"NOTIFY_SOCKET": str(self._path / "notify")}
        log = self._path / "log"
        with (
            log.open("wb") as stderr,
            subprocess.Popen(
                [*command, str(self._path / "reminderd.toml"), "run"], env=environment, stderr=stderr
            ) as service,
        ):
            try:
                said = _first_state(listening, service)
                assert said.startswith(b"STATUS=fine"), f"{said.decode()}: {log.read_text(encoding='utf-8')}"
                return _resident(service.pid)
            finally:
                service.send_signal(signal.SIGTERM)

    def yardstick(self) -> Seen:
        program = f"{_LIBRARIES}; print('there', flush=True); input()"
        with subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdout.readline()
            found = _resident(process.pid)
            process.stdin.write("\n")
        return {"libraries": found}

    def clear(self) -> None:
        self._folder.cleanup()


def _first_state(listening: socket.socket, service: subprocess.Popen[bytes]) -> bytes:
    """Wait for the first state that is told by itself: it is what the first look led to."""
    for _ in range(_PATIENCE_S):
        with contextlib.suppress(TimeoutError):
            said = listening.recv(4096)
            if said.startswith(b"STATUS="):
                return said
        if service.poll() is not None:
            return f"ended with {service.returncode}".encode()
    return b"no state was told"


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    found = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024
