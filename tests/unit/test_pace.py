"""A rate limit spreads the messages evenly, on a loop whose time the test moves."""

import asyncio

import pytest

from reminderd.delivery.pace import Pace


class MovedLoop(asyncio.SelectorEventLoop):
    """An event loop that does not wait: its time jumps to whatever is scheduled next."""

    moved = 0.0

    def time(self) -> float:
        return self.moved

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:
            self.moved = max(self.moved, self._scheduled[0].when())
        super()._run_once()


@pytest.mark.parametrize(("per_minute", "last"), [(0, 0.0), (60, 4.0), (6, 40.0)])
def test_five_messages_at_a_rate_begin_as_far_apart_as_it_says(per_minute: int, last: float) -> None:
    async def five(pace: Pace) -> float:
        for _ in range(5):
            await pace.turn()
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=MovedLoop) as runner:
        assert last == pytest.approx(runner.run(five(Pace(per_minute))))


def test_senders_at_the_same_time_share_one_rate() -> None:
    async def ten(pace: Pace) -> float:
        await asyncio.gather(*(pace.turn() for _ in range(10)))
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=MovedLoop) as runner:
        assert pytest.approx(9.0) == runner.run(ten(Pace(60)))
