"""A house whose relay is a real Postfix, and behind that a sink which takes everything, or does not."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from random import Random

import pytest
import trustme

from reminderd.domain.cases import Snapshot
from reminderd.pipeline import Report
from reminderd.testing.relay import Act, Received, Reply, ScriptedRelay, Turn
from tests.casework import ANNE, on_case
from tests.faults.scenarios import WARNING
from tests.installation import SENDER, Installation, courses
from tests.integration.corridor import morning
from tests.postfix.server import Postfix, started
from tests.system.machine import LAYERS

NOW = morning(WARNING)
PEOPLE = tuple(f"person{number}@kommune.example" for number in range(1, 6))
_ROUNDS = 40
WEATHER = (
    "we are killed",
    "Postfix is killed",
    "Postfix is stopped",
    "the queue is full",
    "few connections",
    "the sink refuses",
)


class Sink:
    """What lies behind the Postfix; ``says`` answers at each step, and may be changed at any time."""

    def __init__(self) -> None:
        self.says: dict[str, Act] = {}
        """By the mailbox that a transaction is for: what it meets."""
        self.relay = ScriptedRelay(self._script)

    def _script(self, turn: Turn) -> Act | None:
        return self.says.get(turn.recipient or "")


@dataclass
class House:
    """An installation that has something to tell each of :data:`PEOPLE` this morning."""

    postfix: Postfix
    sink: Sink
    installation: Installation
    now: datetime = NOW

    def run(self) -> Report:
        """Run once, and let ten minutes pass."""
        report = self.installation.run_here(self.now)
        self.now += timedelta(minutes=10)
        return report

    def run_until_settled(self) -> None:
        """Run again and again until nothing is open."""
        for _ in range(_ROUNDS):
            self.run()
            if not self.open:
                return
        raise AssertionError(f"still {self.installation.states()}\n{self.postfix.log()}")

    def twin(self, folder: Path, relay: dict[str, object]) -> Installation:
        """Return the same house in another folder, behind another relay."""
        twin = Installation(folder)
        twin.configure(relay)
        return twin

    def weather(self, kind: str, chance: Random) -> None:
        """Let one run go through this, ten minutes of it; ``chance`` says when it strikes."""
        if kind == "the queue is full":
            self.postfix.fill(leaving_kb=chance.randrange(310, 700))
        if kind == "few connections":
            self.postfix.set(smtpd_client_connection_rate_limit="2")
        if kind == "the sink refuses":
            self.sink.says = {person: Reply("dot", 451) for person in chance.sample(PEOPLE, 3)}
        before = len(self.sink.relay.messages)
        ours = self.installation.start("run", "--once", now=self.now)
        self.sink.relay.wait_for_messages(before + chance.randrange(25), seconds=chance.uniform(1, 3))
        if kind == "we are killed":
            ours.kill()
        if kind == "Postfix is killed":
            self.postfix.kill()
        if kind == "Postfix is stopped":
            self.postfix.stop()
        ours.communicate(timeout=60)
        self.now += timedelta(minutes=10)
        self.postfix.start()
        self.calm()

    def calm(self) -> None:
        """Let everything be well again."""
        self.sink.says.clear()
        self.postfix.fill(leaving_kb=0)
        self.postfix.set(smtpd_client_connection_rate_limit="0")

    @property
    def open(self) -> set[str]:
        """Return the states of what is neither told nor given up."""
        return set(self.installation.states()) - {"sent", "failed", "lapsed", "withdrawn"}

    @property
    def arrived(self) -> list[Received]:
        """Return what came out behind the Postfix, but for its own reports."""
        self.postfix.handed_on()
        return [mail for mail in self.sink.relay.messages if mail.mail_from == SENDER]

    @property
    def came_back(self) -> list[bytes]:
        """Return the reports that the Postfix sent to the sender."""
        self.postfix.handed_on()
        return [mail.raw for mail in self.sink.relay.messages if mail.mail_from != SENDER]

    @property
    def copies(self) -> int:
        """Return how many mails came out more than once."""
        names = Counter(parsed(mail.raw)["Message-ID"] for mail in self.arrived)
        return names.total() - len(names)

    def judge(self, people: Counter[str] | None = None) -> None:
        """See that each was told her own, that nobody was told more, and that copies are identical."""
        texts: dict[str, set[bytes]] = defaultdict(set)
        told: dict[str, str] = {}
        for mail in self.arrived:
            name = parsed(mail.raw)["Message-ID"]
            texts[name].add(without_trace(mail.raw))
            told[name] = mail.rcpt_to[0]
        assert (Counter(PEOPLE) if people is None else people) == Counter(told.values()), self.postfix.log()
        assert {1} == {len(copies) for copies in texts.values()}


def parsed(raw: bytes) -> Message:
    return message_from_bytes(raw)


def without_trace(raw: bytes) -> bytes:
    """Return a mail without the lines that each relay on its way writes above it."""
    while raw.startswith(b"Received:"):
        lines = raw.split(b"\r\n")
        end = next(number for number, line in enumerate(lines[1:], 1) if not line.startswith((b" ", b"\t")))
        raw = b"\r\n".join(lines[end:])
    return raw


def cases(each: int = 1) -> Snapshot:
    """Return so many courses for each of :data:`PEOPLE` whose warning is due that morning."""
    start = WARNING - timedelta(weeks=18)
    made = courses(*[start] * (each * len(PEOPLE)))
    staff = {
        f"m{number}": replace(ANNE, medarbejder_id=f"m{number}", mail=mail)
        for number, mail in enumerate(PEOPLE, 1)
    }
    names = sorted(made.forloeb)
    roles = {
        name: (on_case(f"m{1 + number % len(PEOPLE)}", "sagsbehandler", forloeb_id=name),)
        for number, name in enumerate(names)
    }
    return replace(made, medarbejdere=staff, tilknytninger=roles, enheder={})


@pytest.fixture(scope="session")
def a_postfix(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postfix]:
    with started(LAYERS / f"reminderd-postfix-{tmp_path_factory.mktemp('layer').parent.name}") as postfix:
        postfix.install(authority.issue_cert("localhost"))
        yield postfix


@pytest.fixture
def house(a_postfix: Postfix, ca_file: Path, tmp_path: Path) -> Iterator[House]:
    sink = Sink()
    with sink.relay:
        a_postfix.begin(sink.relay.port)
        relay = {"url": f"smtp://localhost:{a_postfix.port}", "ca_file": str(ca_file)}
        yield House(a_postfix, sink, Installation.make(tmp_path, cases(), relay))
        a_postfix.kill()
