"""Every drop-in that is shipped is put to work as its own first lines say, and started for real."""

import pickle
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from tests.installation import tables_of
from tests.system.conftest import PASSWORD, SETTINGS, Server
from tests.system.reader import HANDBOOK

DROP_INS = Path(__file__).parents[2] / "systemd" / "drop-ins"
SHIPPED = "/usr/share/doc/reminderd/drop-ins"
_COMMAND = re.compile(r"^#   ((?:install|systemctl|systemd-creds|su|apt-get) .*)$", re.MULTILINE)
_SETTINGS_FILE = "/etc/reminderd/reminderd.toml"
URL_PASSWORD = "sukker-og-salt"  # noqa: S105 - of a database that lives for a minute
_WITH_TLS = b"""\
ALTER SYSTEM SET ssl = on;
ALTER SYSTEM SET ssl_cert_file = '/etc/postgresql/db.pem';
ALTER SYSTEM SET ssl_key_file = '/etc/postgresql/db.key';
"""
PUT_CASES = """\
import pickle, sys
from sqlalchemy import create_engine, text
from reminderd.casedb.synthetic import write_sql

engine = create_engine("postgresql+psycopg:///sager")
write_sql(pickle.load(sys.stdin.buffer), engine)
with engine.begin() as connection:
    if connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = 'reminderd'")):
        connection.execute(text("GRANT USAGE ON SCHEMA reminderd_v1 TO reminderd"))
        connection.execute(text("GRANT SELECT ON ALL TABLES IN SCHEMA reminderd_v1 TO reminderd"))
"""
CASES_IN_POSTGRESQL = SETTINGS.replace(
    "sqlite:////srv/cases/cases.db", "postgresql+psycopg://reminderd@/sager?host=/run/postgresql"
)


def test_nothing_is_shipped_that_is_not_started_here() -> None:
    own = Path(__file__).read_text(encoding="utf-8")
    assert [] == [file.name for file in DROP_INS.iterdir() if f'"{file.stem}' not in own]


def commands(name: str) -> list[str]:
    """Return the commands that a drop-in's own comment prints."""
    return _COMMAND.findall((DROP_INS / name).read_text(encoding="utf-8"))


@contextmanager
def put_to_work(
    server: Server, *names: str, settings: str = SETTINGS, given: bytes | None = None, **words: str
) -> Iterator[None]:
    """Do what the drop-ins' own comments say, with other settings for the time being.

    ``words`` are what the comments leave to the reader, such as ``DATABASE``; ``given`` is typed in.
    """
    machine = server.machine
    machine.run("systemctl stop reminderd; ls -A /etc/systemd/system /etc/systemd/system/*.d > /run/before")
    machine.write(_SETTINGS_FILE, settings)
    try:
        for line in (line for name in names for line in commands(name)):
            for word, meant in words.items():
                line = line.replace(word, meant)  # noqa: PLW2901
            machine.run(f"cd {SHIPPED} && {line}", given=given)
        machine.run("systemctl is-active reminderd reminderd.timer || systemctl start reminderd")
        yield
    finally:
        machine.run(
            "systemctl stop reminderd reminderd.timer reminderd-web.socket reminderd-relay.socket; "
            f"systemctl disable reminderd.timer reminderd-web.socket reminderd-relay.socket; cd {SHIPPED};"
            "for file in *; do rm -f /etc/systemd/system/$file /etc/systemd/system/*.d/$file; done;"
            "systemctl daemon-reload",
            check=False,
        )
        machine.write(_SETTINGS_FILE, SETTINGS)


def put_into_postgresql(server: Server) -> None:
    """Write the cases as they are now into the machine's own PostgreSQL."""
    server.machine.write("/usr/local/lib/put_cases.py", PUT_CASES)
    server.machine.run(
        "cd /; su postgres -c '/opt/reminderd/bin/python /usr/local/lib/put_cases.py'",
        given=pickle.dumps(tables_of(server.cases)),
    )


@pytest.fixture(scope="module")
def database(server: Server) -> Server:
    """The server with a PostgreSQL of its own that holds the cases; it does not know the service yet."""
    machine, authority = server.machine, trustme.CA()
    certificate = authority.issue_cert("db.kommune.example")
    machine.write("/etc/reminderd/db-ca.pem", authority.cert_pem.bytes())
    machine.write("/etc/postgresql/db.pem", certificate.cert_chain_pems[0].bytes())
    machine.write("/etc/postgresql/db.key", certificate.private_key_pem.bytes(), mode="0600")
    machine.run("chown postgres: /etc/postgresql/db.key; echo 127.0.0.1 db.kommune.example >> /etc/hosts")
    machine.run("su postgres -c psql", given=_WITH_TLS)
    machine.run("systemctl restart postgresql && su postgres -c 'createdb sager'")
    put_into_postgresql(server)
    return server


def send_one_from_postgresql(server: Server) -> None:
    """Let one more mail fall due in the database, and see it in the mailbox."""
    since, before = server.machine.cursor(), server.mails
    server.one_more_course()
    # tables that are made anew look empty to a reading that has begun, and it would wait a minute
    server.machine.run("systemctl stop reminderd")
    put_into_postgresql(server)
    server.machine.run("systemctl start reminderd")
    server.machine.wait_for("reminderd", "notice_sent", since)
    assert before + 1 == server.mails


def test_with_ip_allow_it_sends(server: Server) -> None:
    with put_to_work(server, "ip-allow.conf"):
        server.send_one()


def test_at_another_port_of_the_relay_it_sends_without_a_drop_in(server: Server) -> None:
    with put_to_work(server, "ip-allow.conf", settings=SETTINGS.replace(":25", ":587")):
        server.send_one()
        assert "postfix/submission/smtpd" in server.machine.run("journalctl -u postfix@-.service").stdout


def test_with_every_secret_encrypted_on_the_disk_it_sends(server: Server) -> None:
    machine = server.machine
    plain, store = "/etc/credstore/reminderd.relay-password", "/etc/credstore.encrypted/reminderd"
    others = {
        "source-url": "sqlite:////srv/cases/cases.db",
        "ledger-url": "sqlite:////var/lib/reminderd/another.db",
        "installation-secret": "cd" * 32,
    }
    machine.run(f"mv {plain} /root/plain")
    try:
        with put_to_work(server, "encrypted-password.conf", given=PASSWORD.encode()):
            server.send_one()
            line = commands("encrypted-password.conf")[0]
            for name, secret in others.items():
                machine.run(line.replace("relay-password", name), given=secret.encode())
            drop_in = "/etc/systemd/system/reminderd.service.d/encrypted-password.conf"
            machine.run(f"sed -i 's/^#LoadCred/LoadCred/' {drop_in} && systemctl daemon-reload")
            settings = SETTINGS.replace(others["source-url"], "credential:source-url")
            machine.write(_SETTINGS_FILE, settings + '[ledger]\nurl = "credential:ledger-url"\n')
            since = machine.cursor()
            machine.run("systemctl restart reminderd")
            machine.wait_for("reminderd", "notice_sent", since)  # a new ledger: it tells what is due
            kept = machine.run(f"cat {store}.*").stdout
            assert [] == [secret for secret in (PASSWORD, *others.values()) if secret in kept]
            chosen = machine.run(
                "sqlite3 /var/lib/reminderd/another.db 'SELECT secret FROM installation'"
            ).stdout
            assert others["installation-secret"] == chosen.strip()
    finally:
        machine.run(f"mv /root/plain {plain}; rm -f /etc/credstore.encrypted/*")


def test_metrics_are_answered_on_a_port_of_this_machine(server: Server) -> None:
    settings = SETTINGS + '[web]\nlisten = "127.0.0.1:9464"\n'
    with put_to_work(server, "metrics.conf", settings=settings):
        server.send_one()
        said = server.machine.run("curl --silent --show-error --fail http://127.0.0.1:9464/metrics").stdout
        assert "reminderd_sent_total 1.0" in said


def test_somebody_is_told_of_a_failure(server: Server) -> None:
    machine = server.machine
    since = machine.cursor()
    with put_to_work(server, "onfailure.conf"):
        machine.write(_SETTINGS_FILE, SETTINGS.replace("[relay]", "[relais]"))
        assert 0 != machine.run("systemctl restart reminderd", check=False).returncode
        # by "reminderd-failed@.service", which the drop-in calls
        told = machine.wait_for("reminderd-failed@reminderd.service.service", "failed: ", since)
    assert "reminderd.service failed: exit-code 78" in told["MESSAGE"]
    assert ("2", "reminderd-failed") == (told["PRIORITY"], told["SYSLOG_IDENTIFIER"])


def test_a_timer_does_one_run_at_a_time(server: Server) -> None:
    machine = server.machine
    with put_to_work(server, "timer.conf"):
        assert "active" == machine.show("reminderd.timer", "ActiveState")
        assert "reminderd.service" == machine.show("reminderd.timer", "Unit")
        before = server.mails
        server.one_more_course()
        machine.run("systemctl start reminderd")  # what the timer does; returns when the run has ended
        assert ("inactive", "success") == (
            machine.show("reminderd", "ActiveState"),
            machine.show("reminderd", "Result"),
        )
        assert before + 1 == server.mails


def test_a_driver_of_odbc_is_loaded_and_waited_for(server: Server) -> None:
    url = "mssql+pyodbc://reminderd@192.0.2.99/sager?driver=FreeTDS&port=1433&TDS_Version=7.4"
    since = server.machine.cursor()
    with put_to_work(server, "odbc.conf", settings=SETTINGS.replace("sqlite:////srv/cases/cases.db", url)):
        said = server.machine.wait_for("reminderd", "case_source_away", since)["MESSAGE"]
        assert "FreeTDS" in said
        assert "active" == server.machine.show("reminderd", "ActiveState")


def test_a_postgresql_on_this_machine_is_read_without_a_password(database: Server) -> None:
    with put_to_work(database, "postgresql-socket.conf", settings=CASES_IN_POSTGRESQL, DATABASE="sager"):
        send_one_from_postgresql(database)


def test_without_any_network_it_reads_sends_and_is_watched_through_sockets(database: Server) -> None:
    machine = database.machine
    machine.run("su postgres -c 'createuser reminderd'", check=False)  # it may be known by now
    put_into_postgresql(database)
    settings = CASES_IN_POSTGRESQL.replace("[relay]", '[relay]\nsocket = "/run/reminderd-relay.sock"')
    # by "reminderd-relay.socket" and "reminderd-relay.service", which the drop-in calls
    with put_to_work(database, "lockdown.conf", "reminderd-web.socket", settings=settings):
        send_one_from_postgresql(database)
        database.machine.write(_SETTINGS_FILE, settings.replace(":25", ":587"))
        for line in commands("relay-port.conf"):
            machine.run(f"cd {SHIPPED} && {line}")
        machine.run("systemctl reload reminderd")
        send_one_from_postgresql(database)
        said = machine.run("curl --silent --show-error --fail http://127.0.0.1:9464/readyz").stdout
        assert said
        addresses = machine.run(
            "nsenter --target $(systemctl show -P MainPID reminderd) --net ip -brief address"
        )
        assert ["lo"] == [line.split()[0] for line in addresses.stdout.splitlines()]


def test_a_whole_url_is_lent_and_shows_nowhere(database: Server) -> None:
    machine = database.machine
    machine.run("su postgres -c 'createuser reminderd'", check=False)
    machine.run("su postgres -c psql", given=f"ALTER ROLE reminderd PASSWORD '{URL_PASSWORD}'".encode())
    put_into_postgresql(database)
    store = "/etc/credstore/reminderd"
    (printed,) = re.findall(r'^url = "(postgresql.*)"$', HANDBOOK, re.MULTILINE)
    url = printed.replace("@", f":{URL_PASSWORD}@")
    machine.write(f"{store}.source-url", f"{url}\n", mode="0400")
    machine.write(f"{store}.ledger-url", "sqlite:////var/lib/reminderd/other.db\n", mode="0400")
    machine.write(f"{store}.installation-secret", "ab" * 32 + "\n", mode="0400")
    settings = SETTINGS.replace("sqlite:////srv/cases/cases.db", "credential:source-url")
    since = machine.cursor()
    try:
        with put_to_work(database, settings=settings + '[ledger]\nurl = "credential:ledger-url"\n'):
            machine.wait_for("reminderd", "notice_sent", since)  # a new ledger: it tells what is due
            machine.run("systemctl reload reminderd")  # its check sees no credential, and says nothing
            machine.run("reminderd status && reminderd check --online")
            chosen = machine.run(
                "sqlite3 /var/lib/reminderd/other.db 'SELECT secret FROM installation'"
            ).stdout
            assert "ab" * 32 == chosen.strip()
            shown = machine.run(
                "systemctl show reminderd; systemctl status reminderd; journalctl --no-pager;"
                " tr '\\0' '\\n' < /proc/$(systemctl show -P MainPID reminderd)/environ"
            ).stdout
            assert URL_PASSWORD not in shown
    finally:
        machine.run(f"rm {store}.source-url {store}.ledger-url {store}.installation-secret")
