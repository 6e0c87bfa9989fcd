"""A house whose ledger is lost and comes back from a backup, at once or days later: no promise is broken.

Cases change before the copy, between copy and loss, and until the copy is put back. Then a person asks the
relay's log about everything that is held: what it took is confirmed, the rest is let go. The verdict is that
of the other stories of the house (``verdict.py``).
"""

import os
import shutil

import pytest

from reminderd.domain.lifecycle import Event, State
from reminderd.domain.workdays import ONE_DAY
from reminderd.ledger import back_up, create_or_open, open_for_reading
from tests.faults.changes import change
from tests.faults.house import FIRST, House
from tests.faults.told import read
from tests.faults.verdict import faults_of

NOT_SEEN = " open"
THOROUGH = int(os.environ.get("REMINDERD_SEEDS", "1"))


def happens(house: House) -> None:
    """Let something happen to a case that its notices show: who reads where, and what was ended and goes on,
    the relay's log does not tell of a lost ledger.
    """
    words = NOT_SEEN
    while NOT_SEEN in words or " has " in words:
        data, words = change(house.source.data, house.whole, house.true.date(), house.chance)
    house.source.data = data
    house.month.history.append((house.true, data))
    house.tell(words)


def next_morning(house: House, days: int = 1) -> None:
    """Let time pass until eight in the morning, so many days later."""
    morning = house.clock.now().replace(hour=FIRST.hour, minute=0) + days * ONE_DAY
    house.pass_time(morning - house.clock.now())


def live(house: House, days: int) -> None:
    """Let the service work for some days, while cases change."""
    for _ in range(days):
        happens(house)
        house.run(runs=2)
        next_morning(house)


def lose_and_put_back(house: House, *, with_mark: bool) -> None:
    """Put the copy in the ledger's place."""
    house.tell("the ledger is lost, and the copy put back")
    for lost in house.folder.glob("ledger.db-*"):
        lost.unlink()
    if not with_mark:
        (house.folder / "ledger.db.mark").unlink()
    shutil.copy(house.folder / "copy.db", house.folder / "ledger.db")


def ask_the_log(house: House) -> int:
    """Decide about all that the restoration holds; returns how much that was."""
    reading, now = open_for_reading(house.url), house.clock.now()
    assert reading is not None
    log = {read(arrival).message_id for arrival in house.month.arrivals}
    held = reading.held_by("restored")
    ledger = create_or_open(house.url, now)
    with ledger.transaction() as tx:
        for entry in held:
            went_out = entry.message_id in log
            event = Event.CONFIRM_SENT if went_out else Event.RELEASE
            house.tell(f"{event}: {entry.key}")
            tx.apply([(entry.entry_id, State.HELD)], event, "the relay's log", now, actor="anne")
    ledger.close()
    return len(held)


@pytest.mark.parametrize("seed", range(THOROUGH))
@pytest.mark.parametrize("later", [0, 1, 2, 7])
def test_row_7_a_person_who_asks_the_relays_log_puts_everything_right(later: int, seed: int) -> None:
    house = House(seed)
    try:
        live(house, 2)
        ledger = house.folder / "ledger.db"
        back_up(ledger, house.folder / "copy.db", house.clock.now())
        house.tell("a copy is made")
        live(house, 3)
        next_morning(house, later)
        lose_and_put_back(house, with_mark=seed % 2 == 0)
        for _ in range(4):
            house.run(runs=2)
            ask_the_log(house)
            next_morning(house)
        faults = faults_of(house.settle())
        assert not faults, "\n".join([*faults, "", "its story:", *house.month.story])
    finally:
        house.close()
