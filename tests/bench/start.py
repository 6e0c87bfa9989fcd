"""How long an operator waits for ``reminderd --help``, beside an interpreter that does nothing."""

import subprocess
import sys
from pathlib import Path

from tests.bench.harness import Line, Seen
from tests.bench.stand import Watch


class Start:
    """Milliseconds on the wall; the fastest of a few, because only delays are added to it."""

    name = "start"
    lines = (Line("reminderd --help", "ours", "nothing", "ms", "python -c pass"),)

    def __init__(self, repetitions: int = 5) -> None:
        self._repetitions = repetitions

    def prepare(self) -> None:
        """Nothing to make, but both have run once before they are measured."""
        self.ours()
        self.yardstick()

    def ours(self) -> Seen:
        return {"ours": self._fastest(str(Path(sys.executable).with_name("reminderd")), "--help")}

    def yardstick(self) -> Seen:
        return {"nothing": self._fastest(sys.executable, "-c", "pass")}

    def _fastest(self, *command: str) -> float:
        found = []
        for _ in range(self._repetitions):
            with Watch() as watch:
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            found.append(watch.wall)
        return 1000 * min(found)

    def clear(self) -> None:
        """Nothing was made."""
