"""So many messages a minute and no more, over all lines to the relay.

Reckons by the event loop's own monotonic time, so a clock that is set changes nothing. Turns are
spread evenly: a relay that counts per minute also minds bursts.
"""

import asyncio


class Pace:
    """Gives turns; ``per_minute`` 0 gives them at once."""

    def __init__(self, per_minute: int) -> None:
        self._interval = 60 / per_minute if per_minute else 0.0
        self._next = 0.0

    @property
    def limited(self) -> bool:
        """Tell whether turns have to be waited for."""
        return self._interval > 0

    async def turn(self) -> None:
        """Wait until the next message may begin."""
        if not self._interval:
            return
        loop = asyncio.get_running_loop()
        begin = max(self._next, loop.time())
        self._next = begin + self._interval
        await asyncio.sleep(max(0.0, begin - loop.time()))
