"""Somebody follows the operator's handbook on an empty Debian, from the installation to the purge.

Every block of commands is run, as printed and in the order of the page. Only what the handbook leaves to the
reader is added (``tests/system/reader.py``): the settings, the password, KEY, and what has gone wrong.
"""

import re
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from tests.system import conftest
from tests.system.conftest import PASSWORD, Server
from tests.system.machine import booted
from tests.system.reader import HANDBOOK, MEETS, Reader, blocks

_TEN_MINUTES = 600
_KNOWN = {"", "server", "runnable", "server wheel", "server wheel upgrade"} | {
    f"server {met}" for met in MEETS
}
# what Tab would offer behind "reminderd che"
_COMPLETION = """bash -c '
. /usr/share/bash-completion/completions/reminderd; COMP_WORDS=(reminderd che); COMP_CWORD=1
_reminderd_completion reminderd; printf "%s\\n" "${COMPREPLY[@]}"'"""


def test_no_command_is_printed_that_is_not_run() -> None:
    assert [] == re.findall(r"^    .*$", HANDBOOK, re.MULTILINE)
    kinds = {kind.strip() for kind in re.findall(r"^```sh(.*)$", HANDBOOK, re.MULTILINE)}
    assert set() == kinds - (_KNOWN - {""})


@pytest.fixture
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An empty Debian with a relay and a case database somewhere, and the release's files in a folder."""
    with booted(conftest.new_layer(tmp_path_factory)) as machine:
        conftest.with_addresses_and_relay(machine)
        shift = conftest.with_moved_clock(machine)
        made = Server(machine, tmp_path_factory.mktemp("cases"), shift)
        made.one_more_course()
        yield made


@pytest.mark.xdist_group("package")
def test_the_package_from_an_empty_debian_to_the_first_mail_and_away_again(
    empty: Server, record_property: Callable[[str, object], None]
) -> None:
    machine, package = empty.machine, conftest.package()
    machine.write(f"/root/release/{package.name}", package.read_bytes())
    reader = Reader(empty, record_property)
    begun = time.monotonic()
    (_, install), *rest, (_, purge) = blocks(lambda kind: "wheel" not in kind)
    reader.follow(install)
    reader.configure()
    since = machine.cursor()
    for kind, block in rest:
        reader.meet(kind.removeprefix("server").strip(), block)
        if "enable --now" in block:
            machine.wait_for("reminderd", "notice_sent", since)
            took = time.monotonic() - begun
            assert took < _TEN_MINUTES
            record_property("from an empty Debian to the first mail", f"{took:.0f} s")
            assert 1 == empty.mails
    assert "active" == machine.show("reminderd", "ActiveState")
    assert "--once" in machine.run("MANPAGER=cat man reminderd").stdout
    assert "relay.url" in machine.run("MANPAGER=cat man reminderd.toml").stdout
    assert "check-source" in machine.run(_COMPLETION).stdout
    assert "the ledger is kept: /var/lib/" in reader.follow(purge)
    gone_but_for_the_ledger(empty)


def gone_but_for_the_ledger(server: Server) -> None:
    machine = server.machine
    assert "not-found" == machine.show("reminderd", "LoadState")
    left = machine.run("ls -d /opt/reminderd /etc/reminderd /usr/local/bin/reminderd", check=False)
    assert "" == left.stdout
    machine.run("test -s /var/lib/reminderd/ledger.db")


@pytest.mark.xdist_group("wheel")
def test_the_wheel_as_well(empty: Server) -> None:
    machine, release = empty.machine, conftest.ROOT / "build" / "deb" / "reminderd"
    for file in (*release.glob("reminderd-*.whl"), release / "requirements.lock"):
        machine.write(f"/root/release/{file.name}", file.read_bytes())
    with_a_package_index(empty)
    reader = Reader(empty, lambda _name, _value: None)
    (_, install), (_, upgrade), (_, uninstall) = blocks(lambda kind: "wheel" in kind)
    reader.follow(install)
    reader.configure()
    machine.write("/etc/credstore/reminderd.relay-password", f"{PASSWORD}\n", mode="0400")
    since = machine.cursor()
    machine.run("systemctl enable --now reminderd")
    machine.wait_for("reminderd", "notice_sent", since)
    reader.follow(upgrade)
    assert "active" == machine.show("reminderd", "ActiveState")
    assert 1 == empty.mails
    reader.follow(uninstall)
    gone_but_for_the_ledger(empty)


def with_a_package_index(server: Server) -> None:
    """Give a machine without network the packages of the lock file, where pip looks by itself."""
    wheels = conftest.ROOT / "build" / "deb" / "reminderd" / "wheels"
    tar = subprocess.run(["tar", "-c", "-C", wheels, "."], capture_output=True, check=True, timeout=60)
    server.machine.run("mkdir /root/wheels && tar -x -C /root/wheels", given=tar.stdout)
    server.machine.write("/etc/pip.conf", "[global]\nno-index = true\nfind-links = /root/wheels\n")
