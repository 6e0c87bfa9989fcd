"""Who reads the operator's handbook, types what it prints, and meets what it speaks of.

``MEETS`` has an entry for each name behind ``sh server``: what has gone wrong before that block is needed,
what stands for KEY in it, and what must hold afterwards.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reminderd.config.shipped import shipped_folder
from tests.installation import FOUR_KINDS, rules_text
from tests.system.conftest import PASSWORD, SETTINGS, Server, newer_package, package

HANDBOOK = (shipped_folder("systemd") / "README.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```sh (runnable|server[a-z -]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SETTINGS_FILE = "/etc/reminderd/reminderd.toml"
_LEDGER = "/var/lib/reminderd/ledger.db"
_WAKES_A_MINUTE, _BUSY_S, _RESIDENT_KB = 6, 1.2, 150_000
_SCHEMA = "SELECT version_num FROM alembic_version"
# writes the ledger anew as the schema before the newest would hold it, and prints the newest
_ONE_SCHEMA_BACK = """\
import os, sqlite3, sys
from pathlib import Path
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from reminderd.ledger import migrations, schema

ledger = Path(sys.argv[1])
older = ledger.with_name("older.db")
engine = create_engine(f"sqlite:///{older}")
with engine.begin() as connection:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, f"{int(schema.HEAD) - 1:04}")
engine.dispose()
connection = sqlite3.connect(older)
connection.execute("ATTACH ? AS newest", (str(ledger),))
for (table,) in connection.execute("SELECT name FROM main.sqlite_schema WHERE type = 'table'").fetchall():
    if table == "alembic_version" or table.startswith("sqlite_"):
        continue
    columns = ", ".join(row[1] for row in connection.execute(f"PRAGMA main.table_info({table})"))
    connection.execute(f"DELETE FROM main.{table}")
    connection.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newest.{table}")
connection.commit()
connection.close()
owner = ledger.stat()
os.chown(older, owner.st_uid, owner.st_gid)
older.chmod(0o600)
older.replace(ledger)
print(schema.HEAD)
"""


def blocks(wanted: Callable[[str], bool]) -> list[tuple[str, str]]:
    """Return the handbook's blocks whose kind is wanted, as kind and text, each as it is printed."""
    return [(kind, text) for kind, text in _BLOCK.findall(HANDBOOK) if wanted(kind)]


@dataclass(frozen=True)
class Reader:
    """An operator at one server."""

    server: Server
    note: Callable[[str, object], None]  # a figure that the handbook speaks of

    def follow(self, block: str, **words: str) -> str:
        """Type what is printed, give what is asked for, and return what the machine says."""
        for word, meant in words.items():
            block = block.replace(word, meant)
        given = f"{PASSWORD}\n".encode() if "/dev/stdin" in block else None
        clock = f"export PYTHONPATH=/usr/local/lib/moved-clock CLOCK_SHIFT={self.server.shift}"
        typed = f"set -e; cd /root/release; {clock}\n{block}"
        return self.server.machine.run(typed, given=given, seconds=300).stdout

    def meet(self, name: str, block: str) -> None:
        """Let happen what a block is about, follow it, and see that it helped."""
        if name not in MEETS:
            self.follow(block)
            return
        story = MEETS[name](self)
        said = self.follow(block, **next(story))
        with suppress(StopIteration):
            story.send(said)

    def configure(self) -> None:
        """Do what the handbook leaves to the reader: put the house's settings into the example."""
        machine = self.server.machine
        assert "url = " in machine.read(_SETTINGS_FILE)
        machine.write(_SETTINGS_FILE, SETTINGS)
        machine.write("/etc/reminderd/rules.toml", rules_text(FOUR_KINDS))
        machine.run("cp /root/relay-ca.pem /etc/reminderd/")

    def set(self, more: str, then: str, settings: str = SETTINGS) -> None:
        """Add to the settings, and let the service read them by ``reload`` or ``restart``."""
        self.server.machine.write(_SETTINGS_FILE, settings + more)
        self.server.machine.run(f"systemctl {then} reminderd")

    def keys(self, state: str) -> list[str]:
        """Return the keys of the entries in a state."""
        said = self.server.machine.run(self.server.command("show course --json")).stdout
        return [entry["key"] for entry in json.loads(said) if entry["state"] == state]

    def release_has(self, deb: Path) -> None:
        """Let the folder of the release hold this package and no other."""
        self.server.machine.run("rm -f /root/release/*.deb")
        self.server.machine.write(f"/root/release/{deb.name}", deb.read_bytes())


Story = Iterator[dict[str, str]]


def braked(reader: Reader) -> Story:
    server = reader.server
    reader.set("[brake]\nmax_new = 1\n", "reload")
    since, before = server.machine.cursor(), server.mails
    server.more_courses(2)
    server.machine.wait_for("reminderd", "brake", since)
    said = yield {}
    assert "held" in said
    server.wait_for_mails(before + 2)
    reader.set("", "reload")


def held(reader: Reader) -> Story:
    """A wording of the house's own is broken, and put right again."""
    server, own = reader.server, "/etc/reminderd/templates"
    server.machine.write(f"{own}/course-limit-warning/da.txt", "Hej {{ navn\n")
    reader.set(f'[templates]\ndir = "{own}"\n', "restart")
    since, before = server.machine.cursor(), server.mails
    server.more_courses(1)
    key = server.machine.wait_for("reminderd", "notice_held", since)["REMINDERD_KEY"]
    server.machine.run(f"rm -r {own}/* && systemctl reload reminderd")
    yield {"KEY": f"'{key}'"}
    server.wait_for_mails(before + 1)
    reader.set("", "reload")


def watched(reader: Reader) -> Story:
    reader.set('[web]\nlisten = "127.0.0.1:9464"\n', "restart")
    said = yield {}
    assert "reminderd_up_and_working 1.0" in said


def watched_by_socket(reader: Reader) -> Story:
    reader.set('[web]\nlisten = "unix:/run/reminderd/web"\n', "restart")
    said = yield {}
    assert "reminderd_up_and_working 1.0" in said
    reader.set("", "restart")


def idle(reader: Reader) -> Story:
    """A minute stands for five; the bounds are the handbook's figures, with room for a busy host."""
    reader.set('[web]\nlisten = "127.0.0.1:9464"\n', "restart", SETTINGS.replace("= 1\n", "= 60\n"))
    said = yield {"timeout 300": "timeout 60"}
    used = [float(seconds) for seconds in re.findall(r"^([\d.]+) s of processor time", said, re.MULTILINE)]
    wakes, busy = len(re.findall(r"^ +\d+ \d\d:\d\d:\d\d$", said, re.MULTILINE)), used[1] - used[0]
    (kilobytes,) = re.findall(r"^VmRSS:\s+(\d+) kB$", said, re.MULTILINE)
    reader.note("an idle minute", f"woke in {wakes} seconds, {busy:.2f} s of processor time, {kilobytes} kB")
    assert 1 <= wakes <= _WAKES_A_MINUTE, said
    assert busy < _BUSY_S, said
    assert int(kilobytes) < _RESIDENT_KB, said
    reader.set("", "restart")


def restore(reader: Reader) -> Story:
    """Two mails went out after the copy was made."""
    server = reader.server
    before = server.mails
    server.more_courses(2)
    server.wait_for_mails(before + 2)
    yield {"2026-05-11": server.machine.run("date +%F").stdout.strip()}
    assert "active" == server.machine.show("reminderd", "ActiveState")
    server.machine.run(f"until {server.command('status --json')} | grep -q '\"held\": 2'; do :; done")
    assert before + 2 == server.mails


def undecided(reader: Reader) -> Story:
    before = reader.server.mails
    one, other = reader.keys("held")
    yield {"KEY": f"'{one}'", "OTHER": f"'{other}'"}
    reader.server.wait_for_mails(before + 1)


def one_more_is_let_go(reader: Reader) -> None:
    """After a restoration a case that is new and was due before may have been told already: it is held."""
    server, before = reader.server, reader.server.mails
    server.one_more_course()
    while not (held := reader.keys("held")):
        pass
    server.machine.run(server.command(f"release '{held[0]}' --reason 'the case is new'"))
    server.wait_for_mails(before + 1)


def upgrade(reader: Reader) -> Story:
    """The ledger is as a program one schema older left it."""
    machine = reader.server.machine
    before, settings = reader.server.mails, machine.read(_SETTINGS_FILE)
    machine.run(f"systemctl stop reminderd; cp {_LEDGER} /root/copy.db")
    newest = machine.run(f"/opt/reminderd/bin/python - {_LEDGER}", given=_ONE_SCHEMA_BACK.encode()).stdout
    reader.release_has(newer_package(reader.server.folder))
    yield {}
    assert "+newer" in machine.run("dpkg-query --show reminderd").stdout
    assert "active" == machine.show("reminderd", "ActiveState")
    assert newest == machine.run(f"sqlite3 {_LEDGER} '{_SCHEMA}'").stdout
    assert (before, settings) == (reader.server.mails, machine.read(_SETTINGS_FILE))
    one_more_is_let_go(reader)


def downgrade(reader: Reader) -> Story:
    """The newer program has brought the ledger to a schema that the older one does not know."""
    machine, backup = reader.server.machine, "/var/backups/reminderd-ledger-2026-05-11.db"
    machine.run(f"systemctl stop reminderd; rm -f {backup}; reminderd backup {backup}")
    machine.run(f"sqlite3 {_LEDGER}", given=b"UPDATE alembic_version SET version_num = '9999'")
    reader.release_has(package())
    since = machine.cursor()
    yield {}
    assert "+newer" not in machine.run("dpkg-query --show reminderd").stdout
    machine.wait_for("reminderd", "its schema is version 9999", since)
    ((_, block),) = blocks(lambda kind: kind == "server restore")
    reader.follow(block)
    assert "active" == machine.show("reminderd", "ActiveState")
    one_more_is_let_go(reader)


MEETS: dict[str, Callable[[Reader], Story]] = {
    "braked": braked,
    "held": held,
    "watched": watched,
    "watched-by-socket": watched_by_socket,
    "idle": idle,
    "restore": restore,
    "undecided": undecided,
    "upgrade": upgrade,
    "downgrade": downgrade,
}
