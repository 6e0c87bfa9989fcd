"""Days of trouble with the relay or the case source, lived through in a second: rows 10, 11, 17, 20, 22, 36.

The service, the mail client and the protocol are the real ones; time, lines and names are the virtual loop's.
"""

import asyncio
import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from reminderd.delivery.open import open_transport
from reminderd.delivery.transport import Envelope
from reminderd.domain.outcomes import Deferred, Outcome
from reminderd.testing.script import Act, Drop, Reply, Turn
from tests.faults.month import Life
from tests.faults.verdict import faults_of, read
from tests.faults.virtual_loop import Line, VirtualLoop
from tests.installation import courses

AWAY = timedelta(days=3)
MONDAY = date(2026, 5, 11)


class House(Life):
    """Courses whose warnings are due from a Monday on; nothing goes wrong but what a test asks for."""

    def __init__(self, *starts: date) -> None:
        super().__init__(0)
        self.month.first = datetime.fromisoformat(f"{MONDAY} 04:00+00:00")
        self.month.days = 5
        self.data = self.whole = courses(*starts)
        self.month.history = [(self.month.first, self.data)]
        self.faulty = self.deadly = 0.0
        self.dials: list[datetime] = []
        self.readings: list[datetime] = []

    def _dial(self) -> asyncio.Protocol:
        self.dials.append(self.now())
        return super()._dial()

    def read(self) -> Any:
        self.readings.append(self.now())
        return super().read()

    def _rest(self) -> float:
        return 600.0

    async def _changes(self) -> None:
        """Leave the cases as they are."""

    async def _outages(self) -> None:
        """Let everything work."""
        self.calm = True


def due_on(day: date) -> date:
    """Return the start of a course whose warning is due on this day."""
    return day - timedelta(weeks=18)


class _Away(House):
    which = ""

    async def _outages(self) -> None:
        setattr(self, self.which, True)
        await asyncio.sleep(AWAY.total_seconds())
        setattr(self, self.which, False)
        await super()._outages()


def test_row_10_a_relay_that_refuses_for_three_days_is_met_with_patience_and_then_told_everything() -> None:
    house = _Away(due_on(MONDAY), due_on(MONDAY + timedelta(days=1)))
    house.which = "relay_away"
    month = house.run()
    back = month.first + AWAY
    refused = [dialled for dialled in house.dials if dialled < back]
    assert 10 < len(refused) <= 3 * 24 + 10, "once an hour in the end, and none by night"
    longest = max(later - sooner for sooner, later in pairwise(refused) if later.date() == sooner.date())
    assert timedelta(minutes=50) < longest < timedelta(minutes=90)
    assert len([moment for moment in house.readings if moment < back]) > 10 * len(refused) / 2
    assert {"2026-0001", "2026-0002"} == {read(arrival).sagsnr for arrival in month.arrivals}
    assert [] == month.open_at_end
    assert all(arrival.moment > back for arrival in month.arrivals)


class _HangsUp(House):
    """A relay that greets and then hangs up at MAIL, until Monday noon."""

    def act(self, turn: Turn) -> Act | None:
        noon = self.month.first + timedelta(hours=8)
        return Drop("MAIL") if turn.step == "MAIL" and self.now() < noon else None

    def _rest(self) -> float:
        return 1800.0


def test_row_10_an_outage_behind_the_greeting_is_met_with_patience_whatever_is_due() -> None:
    house = _HangsUp(*[due_on(MONDAY)] * 45)
    house.month.days = 1
    month = house.run()
    before = [line for line in month.lines if line < month.first + timedelta(hours=8)]
    assert 3 < len(before) <= 3 + 12
    assert 45 == len(month.arrivals)
    assert [] == faults_of(month)


def test_row_22_a_case_database_that_is_away_for_three_days_sends_nothing_and_then_everything() -> None:
    house = _Away(due_on(MONDAY), due_on(MONDAY + timedelta(days=1)))
    house.which = "source_away"
    month = house.run()
    assert [] == [dialled for dialled in house.dials if dialled < month.first + AWAY]
    assert {"2026-0001", "2026-0002"} == {read(arrival).sagsnr for arrival in month.arrivals}
    assert [] == month.open_at_end


class _Greylisting(House):
    """A relay that takes from nobody who has not asked five minutes before."""

    def __init__(self, *starts: date) -> None:
        super().__init__(*starts)
        self.asked: list[datetime] = []

    def act(self, turn: Turn) -> Act | None:
        if turn.step != "RCPT":
            return None
        self.asked.append(self.now())
        known = self.asked[0] <= self.now() - timedelta(minutes=5)
        return None if known else Reply("RCPT", 450, "4.2.0 greylisted")

    def _rest(self) -> float:
        return 10.0 if 1 <= len(self.asked) < 5 and not self.month.arrivals else 600.0


def test_row_11_a_greylisting_relay_is_asked_again_and_again_until_it_takes_it() -> None:
    house = _Greylisting(due_on(MONDAY))
    month = house.run()
    rests = [later - sooner for sooner, later in pairwise(house.asked)]
    assert len(rests) >= 2
    assert all(rest >= timedelta(seconds=45) for rest in rests)
    assert 1 == len(month.arrivals)
    (entry,) = house.ledger.reading().find("")
    assert "sent" == entry.state


def test_row_36_many_that_are_due_at_once_go_at_the_rate_and_the_oldest_deadline_first() -> None:
    days = [MONDAY - timedelta(days=number % 7) for number in range(60)]
    house = House(*map(due_on, days))
    house.month.days = 1
    house.rate_per_minute = 20
    month = house.run()
    moments = [arrival.moment for arrival in month.arrivals]
    assert len(days) == len(moments)
    for first, last in zip(moments, moments[21:], strict=False):
        assert last - first >= timedelta(seconds=59), "more than twenty within a minute"
    limits = [read(arrival).limit for arrival in month.arrivals]
    assert limits == sorted(limits)


Dial = Callable[[], asyncio.Protocol]
MAIL = Envelope("a@kommune.example", "b@kommune.example", b"Subject: x\r\n\r\ny\r\n", "n1")


def offered(loop: VirtualLoop) -> tuple[Outcome, float]:
    """Offer one message on this loop; returns the outcome and how many seconds it took."""

    async def offer() -> Outcome:
        transport = open_transport("smtp://localhost:25", tls="none", timeout=30)
        async with transport.session() as session:
            return await session.send(MAIL, _nothing)

    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(offer()), loop.time()
    finally:
        loop.close()
        asyncio.set_event_loop(None)


async def _nothing() -> None:
    pass


class _Dribble(asyncio.Protocol):
    """A relay that says one octet every five seconds, of a reply that has no end."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def connection_made(self, transport: Any) -> None:
        self._say(transport, 0)

    def _say(self, line: Line, number: int) -> None:
        if not line.is_closing():
            line.write(b"220-never mind\r\n"[number % 16 : number % 16 + 1])
            self._loop.call_later(5.0, self._say, line, number + 1)


def test_row_17_a_relay_that_dribbles_for_ever_is_left_in_bounded_time() -> None:
    loop = VirtualLoop(random.Random(1), lambda: _Dribble(loop))  # noqa: S311 - no secret
    outcome, seconds = offered(loop)
    assert isinstance(outcome, Deferred)
    assert outcome.whole_channel
    assert seconds < 300


class _Resolver(VirtualLoop):
    """A loop whose names and addresses a test changes; an address of ``swallows`` never answers."""

    names: list[list[str] | None]
    swallows = "127.0.0.9"

    async def getaddrinfo(self, host: Any, port: Any, **more: Any) -> Any:  # type: ignore[override]
        found = self.names.pop(0)
        if found is None:
            raise OSError(-3, "Temporary failure in name resolution")
        (known,) = await super().getaddrinfo(host, port, **more)
        return [(*known[:4], (address, port)) for address in found]

    async def sock_connect(self, sock: Any, address: Any) -> None:
        if address[0] == self.swallows:
            await self.create_future()
        if address[0] == "127.0.0.7":
            raise ConnectionRefusedError(111, "Connection refused")
        await super().sock_connect(sock, address)


@pytest.mark.parametrize(
    ("names", "reached", "words"),
    [
        ([None], False, "the name localhost was not found"),
        ([["127.0.0.7"]], False, "no connection to localhost"),
        ([["127.0.0.9"]], False, "no answer in time"),
        ([["127.0.0.9", "127.0.0.1"]], True, ""),
        ([["127.0.0.7", "127.0.0.1"]], True, ""),
    ],
    ids=["no name", "nobody there", "a black hole", "a black hole first", "one moved away"],
)
def test_row_20_names_and_addresses_that_fail_defer_and_the_next_address_is_tried(
    names: list[list[str] | None], reached: bool, words: str
) -> None:
    dialled = []

    def dial() -> asyncio.Protocol:
        dialled.append(loop.time())
        return _Dribble(loop)

    loop = _Resolver(random.Random(1), dial)  # noqa: S311 - no secret
    loop.names = names
    outcome, _ = offered(loop)
    assert isinstance(outcome, Deferred)
    assert outcome.whole_channel
    assert words in outcome.reason
    assert reached is bool(dialled)


class _MovingRelay(House):
    """A relay whose name fails once and then stands for another address."""

    def __init__(self, *starts: date) -> None:
        super().__init__(*starts)
        loop = _Resolver(random.Random(1), self._dial)  # noqa: S311 - no secret
        loop.names = [None, ["127.0.0.7"], ["127.0.0.1"]]
        self.loop.close()
        self.loop = loop


def test_row_20_no_address_is_remembered_when_the_relay_moves() -> None:
    house = _MovingRelay(due_on(MONDAY))
    month = house.run()
    assert (1, []) == (len(month.arrivals), month.open_at_end)
