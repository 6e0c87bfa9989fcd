"""The service under a real systemd: it starts, says how it is, sends, survives, and ends."""

import json

import pytest

from tests.system.conftest import PASSWORD, Server

DROP_INS = "/etc/systemd/system/reminderd.service.d"


@pytest.fixture
def running(server: Server) -> Server:
    """Return the server with its service up and nothing left to send."""
    server.machine.run("systemctl reset-failed reminderd; systemctl start reminderd")
    return server


def ledger(server: Server) -> str:
    """Return what the ledger holds by rule and state."""
    said = json.loads(server.machine.run(server.command("status --json")).stdout)
    said.pop("previous_run")
    return json.dumps(said)


def main_pid(server: Server) -> str:
    return server.machine.show("reminderd", "MainPID")


def test_it_says_when_it_is_ready_and_how_it_is(server: Server) -> None:
    machine = server.machine
    since = machine.cursor()
    machine.run("systemctl start reminderd")  # returns at READY=1
    assert "active" == machine.show("reminderd", "ActiveState")
    assert "running" == machine.show("reminderd", "SubState")
    machine.wait_for("reminderd", "Started reminderd.service", since)
    status = machine.show("reminderd", "StatusText")
    assert status
    assert f'Status: "{status}"' in machine.run("systemctl status reminderd").stdout


def test_a_mail_reaches_a_postfix_over_tls_that_is_verified(running: Server) -> None:
    running.send_one()
    log = running.machine.run("journalctl -u postfix@-.service -o cat").stdout
    assert "sasl_username=reminderd" in log
    mail = running.machine.run("cat $(ls -t /home/mailbox/Maildir/new/* | head -1)").stdout
    assert "using TLSv1.3" in mail
    assert "text/calendar" in mail


def test_the_journal_has_an_event_in_fields_and_nothing_personal(running: Server) -> None:
    machine = running.machine
    since = machine.cursor()
    running.one_more_course()
    entry = machine.wait_for("reminderd", "notice_sent", since)
    assert ("reminderd", "6") == (entry["SYSLOG_IDENTIFIER"], entry["PRIORITY"])
    assert "notice_sent" == entry["REMINDERD_EVENT"]
    assert entry["_SYSTEMD_UNIT"] == "reminderd.service"
    said = [entry["MESSAGE"] for entry in machine.journal("reminderd", since)]
    assert [] == [line for line in said for word in ("@", "Anne", "Eksempel") if word in line]


def test_the_password_is_read_and_shows_nowhere(running: Server) -> None:
    running.send_one()  # the relay takes nothing without it
    machine = running.machine
    places = {
        "environment": machine.run(f"tr '\\0' '\\n' < /proc/{main_pid(running)}/environ").stdout,
        "command line": machine.run(f"cat /proc/{main_pid(running)}/cmdline").stdout,
        "systemctl show": machine.run("systemctl show reminderd").stdout,
        "systemctl cat": machine.run("systemctl cat reminderd").stdout,
        "status": machine.run("systemctl status reminderd").stdout,
        "journal": machine.run("journalctl --no-pager").stdout,
    }
    assert [] == [place for place, text in places.items() if PASSWORD in text]
    assert "CREDENTIALS_DIRECTORY=" in places["environment"]
    lent = "/run/credentials/reminderd.service/relay-password"
    assert PASSWORD in machine.read(lent)
    assert 0 != machine.run(f"su mailbox -c 'cat {lent}'", check=False).returncode


def test_killed_outright_it_comes_back_and_tells_nobody_twice(running: Server) -> None:
    running.send_one()
    machine, before = running.machine, running.mails
    first, since = main_pid(running), machine.cursor()
    machine.run(f"kill -KILL {first}")
    machine.wait_for("reminderd", "Scheduled restart job", since)
    machine.wait_for("reminderd", "Started reminderd.service", since)
    assert first != main_pid(running)
    assert before == running.mails
    running.send_one()


def test_what_is_known_survives_a_restart_and_a_reboot(running: Server) -> None:
    running.send_one()
    machine, before = running.machine, running.mails
    told = ledger(running)
    machine.run("systemctl restart reminderd")
    machine.run("systemctl enable reminderd")
    since = machine.cursor()
    machine.reboot()
    machine.wait_for("reminderd", "Started reminderd.service", since)
    assert "active" == machine.show("reminderd", "ActiveState")
    assert told == ledger(running)
    assert before == running.mails
    running.send_one()


def test_a_stop_is_orderly(running: Server) -> None:
    machine = running.machine
    machine.run("systemctl stop reminderd")
    assert "inactive" == machine.show("reminderd", "ActiveState")
    assert "success" == machine.show("reminderd", "Result")


def test_a_wrong_configuration_ends_it_once(running: Server) -> None:
    machine = running.machine
    good = machine.read("/etc/reminderd/reminderd.toml")
    machine.write("/etc/reminderd/reminderd.toml", good.replace("[relay]", "[relais]"))
    since = machine.cursor()
    try:
        assert 0 != machine.run("systemctl restart reminderd", check=False).returncode
    finally:
        machine.write("/etc/reminderd/reminderd.toml", good)
    assert ("failed", "78", "0") == (
        machine.show("reminderd", "ActiveState"),
        machine.show("reminderd", "ExecMainStatus"),
        machine.show("reminderd", "NRestarts"),
    )
    said = "\n".join(str(entry["MESSAGE"]) for entry in machine.journal("reminderd", since))
    assert "relais" in said
    assert "Scheduled restart job" not in said


def test_a_hanging_service_is_killed_and_started_again(running: Server) -> None:
    machine = running.machine
    machine.write(f"{DROP_INS}/watchdog.conf", "[Service]\nWatchdogSec=3\n")
    machine.run("systemctl daemon-reload; systemctl restart reminderd")
    try:
        first, since = main_pid(running), machine.cursor()
        machine.run(f"kill -STOP {first}")
        machine.wait_for("reminderd", "Watchdog timeout", since)
        machine.wait_for("reminderd", "Started reminderd.service", since)
        assert first != main_pid(running)
        running.send_one()
    finally:
        machine.run(f"rm {DROP_INS}/watchdog.conf; systemctl daemon-reload; systemctl restart reminderd")


def test_a_good_reload_takes_the_new_settings_and_keeps_the_process(running: Server) -> None:
    machine, first = running.machine, main_pid(running)
    old = machine.read("/etc/reminderd/reminderd.toml")
    try:
        machine.write(
            "/etc/reminderd/reminderd.toml", old.replace("[sender]", '[sender]\nname = "Sagsservice"')
        )
        since = machine.cursor()
        machine.run("systemctl reload reminderd")
        assert ["reloaded"] == events(running, since)
        running.one_more_course()
        machine.wait_for("reminderd", "notice_sent", since)
        assert running.mails
        machine.run("grep -l '^From: Sagsservice' /home/mailbox/Maildir/new/*")
    finally:
        machine.write("/etc/reminderd/reminderd.toml", old)
    machine.run("systemctl reload reminderd")
    assert first == main_pid(running)


def test_a_bad_reload_fails_says_why_and_changes_nothing(running: Server) -> None:
    machine, first = running.machine, main_pid(running)
    good = machine.read("/etc/reminderd/reminderd.toml")
    machine.write("/etc/reminderd/reminderd.toml", good.replace("[relay]", "[relais]"))
    try:
        since = machine.cursor()
        assert 0 != machine.run("systemctl reload reminderd", check=False).returncode
        said = "\n".join(str(entry["MESSAGE"]) for entry in machine.journal("reminderd", since))
        assert "reminderd.toml:3: relais: unknown" in said
        assert ("active", first) == (machine.show("reminderd", "ActiveState"), main_pid(running))
        assert 78 == machine.run("reminderd reload --wait", check=False).returncode
        assert "reload" in machine.show("reminderd", "StatusText")
        running.send_one()
    finally:
        machine.write("/etc/reminderd/reminderd.toml", good)
    machine.run("systemctl reload reminderd")


def events(server: Server, since: str) -> list[str]:
    """Return the service's own events behind a place in the journal."""
    entries = server.machine.journal("reminderd", since)
    return [entry["REMINDERD_EVENT"] for entry in entries if "REMINDERD_EVENT" in entry]
