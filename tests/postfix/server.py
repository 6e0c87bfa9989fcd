"""A real Postfix of Debian's on the loopback, over TLS, which hands everything on to a sink.

It lives in a Debian of its own (``start.sh``), so a host's own mail server is never touched. Needs root, and
Debian's mmdebstrap, which makes those files once.
"""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trustme

from tests.system.machine import PATH, empty_debian

PACKAGES = ("postfix", "postgrey")
_SECONDS = 60
_GREYLIST = "unix:/var/run/postgrey/socket"
# Everything comes from the loopback and goes to one place. Waiting times are seconds where a real relay
# takes minutes: it is the order of things that is looked at.
_BASE = {
    "myhostname": "relay.kommune.example",
    "inet_interfaces": "127.0.0.1",
    "inet_protocols": "ipv4",
    "mydestination": "",
    "maillog_file": "/var/log/postfix.log",
    "maillog_file_prefixes": "/var/log",
    "disable_dns_lookups": "yes",
    "smtp_host_lookup": "native",
    "smtp_tls_security_level": "none",
    "smtpd_tls_security_level": "encrypt",
    "smtpd_tls_cert_file": "/etc/postfix/relay.pem",
    "smtpd_tls_key_file": "/etc/postfix/relay.key",
    "minimal_backoff_time": "1s",
    "maximal_backoff_time": "2s",
    "queue_run_delay": "1s",
    "message_size_limit": "200000",
    "smtpd_client_event_limit_exceptions": "",
    "smtpd_recipient_restrictions": "permit_mynetworks,reject",
    "smtpd_client_connection_count_limit": "50",
    "smtpd_client_connection_rate_limit": "0",
    "smtpd_client_message_rate_limit": "0",
    "anvil_rate_time_unit": "2s",
    "smtpd_error_sleep_time": "0",
}


class Postfix:
    """One Postfix. ``port`` takes mail by STARTTLS, under the name ``localhost``."""

    def __init__(self, inside: int) -> None:
        self._inside = inside
        with socket.socket() as line:
            line.bind(("127.0.0.1", 0))
            self.port: int = line.getsockname()[1]

    def run(self, command: str, *, check: bool = True, given: bytes = b"") -> str:
        """Run a shell command beside it, as root; with ``check`` it must succeed. Returns what it says."""
        enter = ["nsenter", "--target", str(self._inside), "--mount", "--pid", "--root", "--wd", "--"]
        arguments = [*enter, "env", "-i", f"PATH={PATH}", "LANG=C.UTF-8", "sh", "-c", command]
        done = subprocess.run(arguments, input=given, capture_output=True, timeout=_SECONDS, check=False)
        said = (done.stdout + done.stderr).decode(errors="replace")
        assert done.returncode == 0 or not check, f"{command}: {said}{self.log()}"
        return said

    def log(self) -> str:
        """Return what it wrote to its log."""
        return self.run("cat /var/log/postfix.log 2>/dev/null", check=False)

    def install(self, certificate: trustme.LeafCert) -> None:
        """Give it its certificate and its door."""
        chain = b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
        self.run("cat > /etc/postfix/relay.pem", given=chain)
        self.run("umask 077 && cat > /etc/postfix/relay.key", given=certificate.private_key_pem.bytes())
        self.run("postconf -MX smtp/inet && postconf -F '*/*/chroot=n'")
        self.run(f"postconf -M {self.port}/inet='127.0.0.1:{self.port} inet n - n - - smtpd'")

    def begin(self, sink_port: int) -> None:
        """Start with an empty queue, and a sink that everything goes to."""
        self.kill()
        self.run("rm -rf /var/spool/postfix/* /var/lib/postfix/* /var/log/postfix.log /var/lib/postgrey/*")
        self._write({**_BASE, "relayhost": f"[127.0.0.1]:{sink_port}"})
        self.start()

    def set(self, **values: str) -> None:
        """Change its configuration while it works."""
        self._write(values)
        self.run("postfix reload")

    def start(self) -> None:
        """Start it, if it does not run; returns when it answers."""
        self.run("postfix status || postfix start")
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until:
            with socket.socket() as line:
                if line.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
        raise AssertionError(self.log())

    def stop(self) -> None:
        """Stop it as an administrator does."""
        self.run("postfix stop")

    def kill(self) -> None:
        """Kill everything that belongs to it at once, as a crash does; the queue stays."""
        self.run("kill -9 -1", check=False)

    def greylist(self, seconds: int) -> None:
        """Greet strangers by asking them to come again, by postgrey."""
        self.run("mkdir -p /var/run/postgrey && chown postgrey /var/run/postgrey")
        self.run(f"postgrey --daemonize --{_GREYLIST.replace(':', '=')} --delay={seconds}")
        self.set(smtpd_recipient_restrictions=f"check_policy_service {_GREYLIST},permit_mynetworks,reject")

    def queue(self) -> list[dict[str, Any]]:
        """Return what it still has to hand on."""
        return [json.loads(line) for line in self.run("postqueue -j").splitlines()]

    def fill(self, *, leaving_kb: int) -> None:
        """Fill the disk of its queue, but for so much; 0 takes the filling away."""
        self.run("rm -f /var/spool/postfix/filling")
        if leaving_kb:
            free = int(self.run("df --output=avail /var/spool/postfix").split()[-1])
            self.run(f"fallocate -l {free - leaving_kb}K /var/spool/postfix/filling")

    def handed_on(self) -> None:
        """Return when its queue is empty; it is told to hurry."""
        until = time.monotonic() + _SECONDS
        while self.queue():
            assert time.monotonic() < until, self.log()
            self.run("postqueue -f")

    def _write(self, values: dict[str, str]) -> None:
        given = " ".join(f"'{name}={value}'" for name, value in values.items())
        self.run(f"postconf -e {given}")


@contextmanager
def started(layer: Path) -> Iterator[Postfix]:
    """Make a place for a Postfix, and take it away at the end."""
    if os.geteuid() != 0:
        raise PermissionError("a Postfix is started by root; run these tests as root on Debian")
    for name in ("upper", "work", "root"):
        layer.joinpath(name).mkdir(parents=True)
    command = [Path(__file__).with_name("start.sh"), empty_debian(PACKAGES), layer]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert "ready\n" == process.stdout.readline()
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            yield Postfix(int(children[0]))
        finally:
            process.kill()
            process.wait()
            shutil.rmtree(layer)
