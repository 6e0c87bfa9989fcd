"""A server as an operator has it: the package installed, a case database, a relay with TLS and a login."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
import trustme

from reminderd.clock import SystemClock
from reminderd.domain.cases import Snapshot
from tests.installation import (
    FOUR_KINDS,
    Installation,
    course_with_18_weeks_over_on,
    courses,
    last_working_morning,
    rules_text,
)
from tests.system.machine import LAYERS, Machine, booted

ROOT = Path(__file__).parents[2]
_MAILS_S = 120
PASSWORD = "kanel og kardemomme"  # noqa: S105 - of a relay that lives for a minute
SETTINGS = """\
[source]
url = "sqlite:////srv/cases/cases.db"
[relay]
url = "smtp://relay.kommune.example:25"
ca_file = "relay-ca.pem"
username = "reminderd"
[sender]
mail = "paamindelser@kommune.example"
[installation]
domain = "reminderd.kommune.example"
[privacy]
recipient_domains = ["kommune.example"]
[rules]
file = "rules.toml"
[run]
tick_seconds = 1
"""
# Two addresses that are the machine's own and yet not its loopback: the relay's, and somebody else's.
_ADDRESSES = """\
[Unit]
DefaultDependencies=no
Before=network-pre.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/sbin/ip link set lo up
ExecStart=/sbin/ip address add 192.0.2.25/32 dev lo
ExecStart=/sbin/ip address add 192.0.2.99/32 dev lo
[Install]
WantedBy=sysinit.target
"""
_RELAY = """\
set -e
useradd --create-home mailbox
postconf -e myhostname=relay.kommune.example myorigin=kommune.example \
    mydestination=kommune.example inet_protocols=ipv4 \
    local_recipient_maps= luser_relay=mailbox home_mailbox=Maildir/ alias_maps= \
    smtpd_tls_security_level=encrypt smtpd_tls_cert_file=/etc/postfix/relay.pem \
    smtpd_tls_key_file=/etc/postfix/relay.key smtpd_sasl_auth_enable=yes smtpd_tls_auth_only=yes \
    smtpd_tls_received_header=yes \
    smtpd_sender_restrictions=reject_sender_login_mismatch,permit_sasl_authenticated,reject \
    smtpd_sender_login_maps=inline:{paamindelser@kommune.example=reminderd}
postconf -F smtp/inet/chroot=n
postconf -M submission/inet='submission inet n - n - - smtpd -o syslog_name=postfix/submission'
printf 'pwcheck_method: auxprop\\nauxprop_plugin: sasldb\\nmech_list: PLAIN LOGIN\\n' \
    > /etc/postfix/sasl/smtpd.conf
saslpasswd2 -p -c -u relay.kommune.example reminderd
chgrp postfix /etc/sasldb2
systemctl restart postfix
"""


@dataclass(frozen=True)
class Server:
    """An installed server, its clock on a working morning, and what tests ask of it."""

    machine: Machine
    folder: Path
    shift: float
    starts: list[date] = field(default_factory=list)

    def one_more_course(self) -> None:
        """Let one more course have its warning due that morning: one more mail."""
        self.more_courses(1)

    def more_courses(self, count: int) -> None:
        """Let as many more courses appear at once."""
        self.starts.extend([course_with_18_weeks_over_on(last_working_morning().date())] * count)
        self.put_cases()

    def wait_for_mails(self, count: int) -> None:
        """Wait until so many mails lie in the mailbox, and see that there are no more."""
        until = time.monotonic() + _MAILS_S
        while self.mails < count:
            assert time.monotonic() < until, f"{self.mails} mails, not {count}"
        assert count == self.mails

    @property
    def cases(self) -> Snapshot:
        """Return the cases as they are now, true as of the moved clock's morning."""
        snapshot = courses(*self.starts)
        return replace(
            snapshot, meta=replace(snapshot.meta, data_pr=last_working_morning().replace(tzinfo=None))
        )

    def put_cases(self) -> None:
        """Give the machine the case database as it is now."""
        made = Installation.make(self.folder, self.cases, {"url": "smtp://localhost:9"})
        self.machine.write("/srv/cases/cases.new", made.folder.joinpath("cases.db").read_bytes())
        self.machine.run("mv /srv/cases/cases.new /srv/cases/cases.db")

    @property
    def mails(self) -> int:
        """Return how many mails lie in the mailbox behind the relay."""
        # what the relay has taken is on its way for a moment
        self.machine.run("while ! mailq | grep -q empty; do postqueue -f; done")
        return int(self.machine.run("find /home/mailbox/Maildir/new -type f 2>/dev/null | wc -l").stdout)

    def send_one(self) -> None:
        """Let one more mail fall due, and see it in the mailbox behind the relay."""
        since, before = self.machine.cursor(), self.mails
        self.one_more_course()
        self.machine.wait_for("reminderd", "notice_sent", since)
        assert before + 1 == self.mails

    def command(self, arguments: str) -> str:
        """Return the shell command that runs ``reminderd`` on the moved clock."""
        clock = f"PYTHONPATH=/usr/local/lib/moved-clock CLOCK_SHIFT={self.shift}"
        return f"{clock} reminderd {arguments}"


def package() -> Path:
    """Return the package that ``make deb`` made."""
    (found,) = ROOT.glob("dist/reminderd_*.deb")
    return found


def newer_package(folder: Path) -> Path:
    """Return the same package under a newer version, made in ``folder``."""
    files, made = folder / "package", folder / "reminderd_newer.deb"
    subprocess.run(["dpkg-deb", "-R", package(), files], check=True, timeout=120)
    control = files / "DEBIAN" / "control"
    control.write_text(re.sub(r"^Version: .*$", r"\g<0>+newer", control.read_text(), flags=re.MULTILINE))
    subprocess.run(
        ["dpkg-deb", "-Zzstd", "-z1", "-b", files, made], check=True, capture_output=True, timeout=120
    )
    shutil.rmtree(files)
    return made


def with_moved_clock(machine: Machine) -> float:
    """Give the service a clock on a working morning; returns by how many seconds it is moved."""
    shift = (last_working_morning() + timedelta(minutes=10) - SystemClock().now()).total_seconds()
    library = Path(time_machine.__file__).parent
    for file in [*library.glob("*.py"), *library.parent.glob("_time_machine*.so")]:
        machine.write(f"/usr/local/lib/moved-clock/{file.relative_to(library.parent)}", file.read_bytes())
    own = Path(__file__).with_name("moved_clock") / "sitecustomize.py"
    machine.write("/usr/local/lib/moved-clock/sitecustomize.py", own.read_bytes())
    machine.write(
        "/etc/systemd/system/reminderd.service.d/clock.conf",
        f"[Service]\nEnvironment=PYTHONPATH=/usr/local/lib/moved-clock CLOCK_SHIFT={shift}\nRestartSec=1\n",
    )
    return shift


def with_addresses_and_relay(machine: Machine) -> None:
    """Give the machine addresses, and a Postfix that takes mail over TLS from whoever knows the password."""
    authority = trustme.CA()
    certificate = authority.issue_cert("relay.kommune.example")
    machine.write("/etc/systemd/system/addresses.service", _ADDRESSES)
    machine.run("systemctl enable --now addresses.service")
    machine.run("echo 192.0.2.25 relay.kommune.example >> /etc/hosts")
    machine.write("/etc/postfix/relay.key", certificate.private_key_pem.bytes(), mode="0600")
    chain = b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
    machine.write("/etc/postfix/relay.pem", chain)
    machine.write("/root/relay-ca.pem", authority.cert_pem.bytes())
    machine.run(_RELAY, given=f"{PASSWORD}\n".encode())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep those together that share one server, whose start takes longer than any of them."""
    for item in items:
        if "server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("server"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that the handbook speaks of, as they were in this run."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value}")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with booted(new_layer(tmp_path_factory)) as machine:
        with_addresses_and_relay(machine)
        shift = with_moved_clock(machine)
        machine.write(f"/root/{package().name}", package().read_bytes())
        machine.run(f"apt-get install --yes --no-install-recommends /root/{package().name}", seconds=300)
        machine.write("/etc/reminderd/reminderd.toml", SETTINGS)
        machine.write("/etc/reminderd/rules.toml", rules_text(FOUR_KINDS))
        machine.run("cp /root/relay-ca.pem /etc/reminderd/")
        machine.write("/etc/credstore/reminderd.relay-password", PASSWORD + "\n", mode="0400")
        made = Server(machine, tmp_path_factory.mktemp("cases"), shift)
        made.put_cases()
        yield made


def new_layer(factory: pytest.TempPathFactory) -> Path:
    """Return where a machine may keep what it writes."""
    return LAYERS / f"reminderd-{os.getpid()}-{factory.mktemp('layer').name}"
