"""What a hijacked service could do, measured from inside; and that the service works in all its chains."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.system.conftest import Server

UNITS = Path(__file__).parents[2] / "systemd"
SHIPPED = "/usr/share/doc/reminderd/drop-ins"
DROP_INS = "/etc/systemd/system/reminderd.service.d"
PROBE = """\
[Service]
ExecStart=
ExecStart=/usr/bin/python3 /usr/local/lib/probe.py
Type=oneshot
Restart=no
WatchdogSec=0
"""
REFUSALS = {
    "Address family not supported by protocol",
    "No such file or directory",
    "Operation not permitted",
    "Permission denied",
    "Read-only file system",
}


@pytest.mark.parametrize(
    ("drop_in", "highest"), [(None, 11), ("ip-allow.conf", 10), ("lockdown.conf", 2)], ids=str
)
def test_the_exposure_is_no_higher_than_promised(tmp_path: Path, drop_in: str | None, highest: int) -> None:
    shutil.copy(UNITS / "reminderd.service", tmp_path)
    folder = tmp_path / "reminderd.service.d"
    folder.mkdir()
    if drop_in is not None:
        shutil.copy(UNITS / "drop-ins" / drop_in, folder)
    unit = tmp_path / "reminderd.service"
    analyze = ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={highest}", unit]
    done = subprocess.run(analyze, capture_output=True, text=True, timeout=60, check=False)
    assert 0 == done.returncode, done.stdout


def test_systemd_finds_nothing_wrong_with_what_is_installed(server: Server) -> None:
    said = server.machine.run(
        "systemd-analyze verify reminderd.service reminderd.timer 2>&1;"
        f" cp -r {SHIPPED} /tmp/units; cd /tmp/units; systemd-analyze verify *.service *.socket 2>&1"
    ).stdout
    assert "" == said


@contextmanager
def with_drop_ins(server: Server, **drop_ins: str) -> Iterator[None]:
    """Give the stopped service these drop-ins for the time being."""
    machine = server.machine
    files = [f"{DROP_INS}/{name}.conf" for name in drop_ins]
    machine.run("systemctl stop reminderd")
    for file, text in zip(files, drop_ins.values(), strict=True):
        machine.write(file, text)
    machine.run("systemctl daemon-reload")
    try:
        yield
    finally:
        machine.run(f"systemctl stop reminderd; rm {' '.join(files)}; systemctl daemon-reload")


def shipped(server: Server, name: str) -> str:
    return server.machine.read(f"{SHIPPED}/{name}.conf")


def probe(server: Server, **drop_ins: str) -> dict[str, Any]:
    """Run the probe in the service's place and return what it could do."""
    machine = server.machine
    own = Path(__file__).with_name("probe.py").read_bytes()
    machine.write("/usr/local/lib/probe.py", own)
    with with_drop_ins(server, **drop_ins, zz_probe=PROBE):
        since = machine.cursor()
        machine.run("systemctl start reminderd")
        said: dict[str, Any] = json.loads(machine.wait_for("reminderd", '"listen"', since)["MESSAGE"])
    return said


def free(server: Server) -> dict[str, Any]:
    """Return what the probe can do as root without a unit: what it would find if nothing were forbidden."""
    said: dict[str, Any] = json.loads(
        server.machine.run("mkdir -p /tmp/s && STATE_DIRECTORY=/tmp/s python3 /usr/local/lib/probe.py").stdout
    )
    return said


def test_the_service_can_do_its_work_and_nothing_else(server: Server) -> None:
    did = probe(server)
    assert ("written", "connected") == (did.pop("write state"), did.pop("call the relay"))
    allowed = {"call elsewhere": "connected", "strangers": 0, "hardware": []}
    assert allowed == {what: did.pop(what) for what in allowed}
    # Debian 12's systemd accepts SocketBindDeny= and leaves it out; the handbook says so
    assert did.pop("listen") in ("listens", "Operation not permitted")
    could = {what: came for what, came in did.items() if came not in REFUSALS}
    assert {} == could


def test_the_probe_would_notice(server: Server) -> None:
    probe(server)
    did = free(server)
    kernels = {"write /proc/sys/kernel", "write /sys/fs/cgroup"}  # nobody makes files there
    written = {what for what, came in did.items() if came == "written"}
    assert {what for what in did if what.startswith("write ")} - kernels <= written
    assert did["strangers"] > 0
    assert "made" == did["new namespace"]
    assert isinstance(did["read /root"], list)


def test_with_ip_allow_it_reaches_the_addresses_that_are_listed_and_no_other(server: Server) -> None:
    did = probe(server, ip=shipped(server, "ip-allow"))
    assert "connected" == did["call the relay"]
    assert did["call elsewhere"] in ("Operation not permitted", "no answer")


def test_with_lockdown_it_reaches_nobody(server: Server) -> None:
    did = probe(server, lockdown=shipped(server, "lockdown"))
    refused = {did[what] for what in ("call the relay", "call elsewhere", "listen")}
    assert {"Address family not supported by protocol"} == refused
    assert "written" == did["write state"]
