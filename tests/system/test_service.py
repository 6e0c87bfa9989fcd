"""The service under a real systemd: it starts, says how it is, sends, survives, and ends."""

import pytest

from tests.system.conftest import PASSWORD, Server


@pytest.fixture
def running(server: Server) -> Server:
    """Return the server with its service up and nothing left to send."""
    server.machine.run("systemctl reset-failed reminderd; systemctl start reminderd")
    return server


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
    told = machine.run(running.command("status --json")).stdout
    machine.run("systemctl restart reminderd")
    machine.run("systemctl enable reminderd")
    since = machine.cursor()
    machine.reboot()
    machine.wait_for("reminderd", "Started reminderd.service", since)
    assert "active" == machine.show("reminderd", "ActiveState")
    assert told == machine.run(running.command("status --json")).stdout
    assert before == running.mails
    running.send_one()


def test_a_stop_is_orderly(running: Server) -> None:
    machine = running.machine
    machine.run("systemctl stop reminderd")
    assert "inactive" == machine.show("reminderd", "ActiveState")
    assert "success" == machine.show("reminderd", "Result")


def test_a_wrong_configuration_ends_it_once_and_somebody_is_told(running: Server) -> None:
    machine = running.machine
    machine.run(
        "install -D -m 0644 {0}/onfailure.conf /etc/systemd/system/reminderd.service.d/onfailure.conf;"
        " install -m 0644 {0}/reminderd-failed@.service /etc/systemd/system/; systemctl daemon-reload".format(
            "/usr/share/doc/reminderd/drop-ins"
        )
    )
    good = machine.read("/etc/reminderd/reminderd.toml")
    machine.write("/etc/reminderd/reminderd.toml", good.replace("[relay]", "[relais]"))
    since = machine.cursor()
    try:
        assert 0 != machine.run("systemctl restart reminderd", check=False).returncode
        told = machine.wait_for("reminderd-failed@reminderd.service.service", "failed: ", since)
    finally:
        machine.write("/etc/reminderd/reminderd.toml", good)
    assert "reminderd.service failed: exit-code 78" in told["MESSAGE"]
    assert ("2", "reminderd-failed") == (told["PRIORITY"], told["SYSLOG_IDENTIFIER"])
    assert ("failed", "78", "0") == (
        machine.show("reminderd", "ActiveState"),
        machine.show("reminderd", "ExecMainStatus"),
        machine.show("reminderd", "NRestarts"),
    )
    said = "\n".join(str(entry["MESSAGE"]) for entry in machine.journal("reminderd", since))
    assert "relais" in said
    assert "Scheduled restart job" not in said
