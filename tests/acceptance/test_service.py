"""The installed command as a service: what systemd hears, and that an end waits for the message in hand."""

import signal
from pathlib import Path

from reminderd.testing.relay import Stall
from tests.acceptance.conftest import (
    NOBODY,
    MakeRelay,
    StartService,
    SystemdListener,
    with_two_mails_waiting,
)
from tests.installation import Installation, courses


def test_systemd_hears_when_the_service_is_up_what_it_does_and_when_it_stops(
    tmp_path: Path, make_relay: MakeRelay, systemd: SystemdListener, start_service: StartService
) -> None:
    relay = make_relay()
    installation = with_two_mails_waiting(tmp_path, {"url": relay.url, "tls": "none"})
    process = start_service(installation)
    assert systemd.next().endswith("STATUS=opening the ledger")
    assert "READY=1\nSTATUS=started; the case source was read" == systemd.until("READY")
    fine = systemd.until("STATUS=fine")
    assert fine.startswith("STATUS=fine; 2 sent since start; last look ")
    assert fine.endswith("; 0 queued, 0 held, 2 sent, 0 failed")
    process.send_signal(signal.SIGTERM)
    assert "STOPPING=1\nSTATUS=finishing the message in hand" == systemd.until("STOPPING")
    said = process.communicate(timeout=30)[1]
    assert 0 == process.returncode
    assert ["started", "notice_sent", "notice_sent", "stopped"] == [
        line.partition("event=")[2].split()[0] for line in said.splitlines()
    ]
    assert ["sent", "sent"] == installation.states()


def test_sigterm_lets_the_message_in_hand_finish_and_sends_no_other(
    tmp_path: Path,
    make_relay: MakeRelay,
    ca_file: Path,
    systemd: SystemdListener,
    start_service: StartService,
) -> None:
    relay = make_relay(Stall("dot"), tls="starttls")
    installation = with_two_mails_waiting(tmp_path, {"url": relay.url, "ca_file": str(ca_file)})
    process = start_service(installation)
    assert relay.wait_for_stall(seconds=30)
    process.send_signal(signal.SIGTERM)
    systemd.until("STOPPING=1")
    assert "sending" in installation.states()
    relay.release()
    process.communicate(timeout=30)
    assert 0 == process.returncode
    assert 1 == len(relay.messages)
    assert ["queued", "sent"] == sorted(installation.states())


def test_a_service_without_its_case_database_is_up_and_says_so(
    tmp_path: Path, systemd: SystemdListener, start_service: StartService
) -> None:
    installation = Installation.make(tmp_path, courses(), NOBODY)
    installation.folder.joinpath("cases.db").unlink()
    process = start_service(installation)
    assert "waiting for the case source" in systemd.until("READY=1")
    assert "case_source away" in systemd.until("STATUS=degraded, retrying;")
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)[1]
    assert 0 == process.returncode
    assert 1 == said.count("event=case_source_away")


def test_the_log_names_no_person_and_no_address(
    tmp_path: Path, make_relay: MakeRelay, systemd: SystemdListener, start_service: StartService
) -> None:
    relay = make_relay()
    process = start_service(with_two_mails_waiting(tmp_path, {"url": relay.url, "tls": "none"}))
    systemd.until("STATUS=fine")
    process.terminate()
    said = process.communicate(timeout=30)[1]
    assert "notice_sent" in said
    assert [] == [word for word in ("@", "Anne", "AB", "Eksempel") if word in said]


def test_a_second_process_on_the_same_ledger_is_refused_and_the_first_goes_on(
    tmp_path: Path, systemd: SystemdListener, start_service: StartService
) -> None:
    installation = Installation.make(tmp_path, courses(), NOBODY)
    process = start_service(installation)
    systemd.until("READY=1")
    second = installation.run("run", "--once")
    assert 75 == second.returncode
    assert "another reminderd process holds this ledger" in second.stderr
    assert "systemctl stop reminderd" in second.stderr
    assert 0 == installation.run("status").returncode
    assert 0 == installation.run("plan").returncode
    assert process.poll() is None
