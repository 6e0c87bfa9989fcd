"""Somebody follows the operator's handbook on an empty Debian, from the installation to the purge.

Every block marked ``server`` or ``runnable`` is run, as printed and in the order of the pages. Only what the
handbook leaves to the reader is added: the settings, the password, and KEY.
"""

import re
import subprocess
import time
from collections.abc import Iterator

import pytest

from reminderd.config.shipped import shipped_folder
from tests.installation import FOUR_KINDS, rules_text
from tests.system import conftest
from tests.system.conftest import PASSWORD, SETTINGS, Server
from tests.system.machine import booted

HANDBOOK = (shipped_folder("systemd") / "README.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```sh (runnable|server|server wheel)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TEN_MINUTES = 600
# what Tab would offer behind "reminderd che"
_COMPLETION = """bash -c '
. /usr/share/bash-completion/completions/reminderd; COMP_WORDS=(reminderd che); COMP_CWORD=1
_reminderd_completion reminderd; printf "%s\\n" "${COMPREPLY[@]}"'"""


def blocks(kinds: set[str]) -> list[str]:
    """Return the handbook's blocks of these kinds, each as it is printed."""
    return [text for kind, text in _BLOCK.findall(HANDBOOK) if kind in kinds]


@pytest.fixture
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An empty Debian with a relay and a case database somewhere, and the release's files in a folder."""
    with booted(conftest.new_layer(tmp_path_factory)) as machine:
        conftest.with_addresses_and_relay(machine)
        shift = conftest.with_moved_clock(machine)
        made = Server(machine, tmp_path_factory.mktemp("cases"), shift)
        made.one_more_course()
        yield made


def follow(server: Server, block: str) -> str:
    """Type what is printed, give what is asked for, and return what the machine says."""
    given = f"{PASSWORD}\n".encode() if "/dev/stdin" in block else None
    clock = f"export PYTHONPATH=/usr/local/lib/moved-clock CLOCK_SHIFT={server.shift}"
    return server.machine.run(f"set -e; cd /root/release; {clock}\n{block}", given=given, seconds=300).stdout


def configure(server: Server) -> None:
    """Do what the handbook leaves to the reader: put the house's settings into the example."""
    machine = server.machine
    assert "url = " in machine.read("/etc/reminderd/reminderd.toml")
    machine.write("/etc/reminderd/reminderd.toml", SETTINGS)
    machine.write("/etc/reminderd/rules.toml", rules_text(FOUR_KINDS))
    machine.run("cp /root/relay-ca.pem /etc/reminderd/")


def test_the_package_from_an_empty_debian_to_the_first_mail_and_away_again(empty: Server) -> None:
    machine, package = empty.machine, conftest.package()
    machine.write(f"/root/release/{package.name}", package.read_bytes())
    begun = time.monotonic()
    install, *everyday, purge = blocks({"runnable", "server"})
    follow(empty, install)
    configure(empty)
    since = machine.cursor()
    for block in everyday:
        follow(empty, block)
        if "enable --now" in block:
            machine.wait_for("reminderd", "notice_sent", since)
    assert time.monotonic() - begun < _TEN_MINUTES
    assert "active" == machine.show("reminderd", "ActiveState")
    assert 1 == empty.mails
    assert "--once" in machine.run("MANPAGER=cat man reminderd").stdout
    assert "relay.url" in machine.run("MANPAGER=cat man reminderd.toml").stdout
    assert "check-source" in machine.run(_COMPLETION).stdout
    assert "the ledger is kept: /var/lib/" in follow(empty, purge)
    gone_but_for_the_ledger(empty)


def gone_but_for_the_ledger(server: Server) -> None:
    machine = server.machine
    assert "not-found" == machine.show("reminderd", "LoadState")
    left = machine.run("ls -d /opt/reminderd /etc/reminderd /usr/local/bin/reminderd", check=False)
    assert "" == left.stdout
    machine.run("test -s /var/lib/reminderd/ledger.db")


def test_the_wheel_as_well(empty: Server) -> None:
    machine, release = empty.machine, conftest.ROOT / "build" / "deb" / "reminderd"
    for file in (*release.glob("reminderd-*.whl"), release / "requirements.lock"):
        machine.write(f"/root/release/{file.name}", file.read_bytes())
    with_a_package_index(empty)
    install, uninstall = blocks({"server wheel"})
    follow(empty, install)
    configure(empty)
    machine.write("/etc/credstore/reminderd.relay-password", f"{PASSWORD}\n", mode="0400")
    since = machine.cursor()
    machine.run("systemctl enable --now reminderd")
    machine.wait_for("reminderd", "notice_sent", since)
    assert 1 == empty.mails
    follow(empty, uninstall)
    gone_but_for_the_ledger(empty)


def with_a_package_index(server: Server) -> None:
    """Give a machine without network the packages of the lock file, where pip looks by itself."""
    wheels = conftest.ROOT / "build" / "deb" / "reminderd" / "wheels"
    tar = subprocess.run(["tar", "-c", "-C", wheels, "."], capture_output=True, check=True, timeout=60)
    server.machine.run("mkdir /root/wheels && tar -x -C /root/wheels", given=tar.stdout)
    server.machine.write("/etc/pip.conf", "[global]\nno-index = true\nfind-links = /root/wheels\n")
