"""The operator of a house: pauses, holds, releases and requeues between two runs, as the commands do it."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reminderd.domain.lifecycle import Event, State, sources
from reminderd.domain.silences import SilenceKind
from reminderd.domain.workdays import civil_day
from reminderd.ledger import create_or_open, open_for_reading
from tests.faults.month import Held, Pause

if TYPE_CHECKING:
    from tests.faults.house import House

AUTHOR = "operator"


class Desk:
    """Where somebody sits who decides; what she did stands in the house's month."""

    def __init__(self, house: "House") -> None:
        self._house = house

    def pause(self, kind: SilenceKind, target: str, days: int) -> None:
        """Silence a case, a person or a rule until so many days from now."""
        now = self._house.clock.now()
        until = civil_day(now) + timedelta(days=days)
        self._house.tell(f"{kind} {target} is silenced until {until}")
        self._write(lambda tx: tx.silence(kind, target, until, reason="a try", author=AUTHOR, at=now))
        self._house.month.pauses.append(Pause(kind, target, until, self._house.true))

    def end_pauses(self) -> None:
        """End every silence that is in force."""
        now = self._house.clock.now()
        for number, pause in enumerate(self._house.month.pauses, 1):
            if pause.ended is None and civil_day(now) <= pause.until:
                self._house.tell(f"{pause.kind} {pause.target} is silenced no more")
                self._write(lambda tx, number=number: tx.end_silence(number, author=AUTHOR, at=now))
                pause.ended = now

    def hold(self, forloeb_id: str) -> None:
        """Hold whatever waits about a course."""
        self._house.month.held += [
            Held(key, self._house.true) for key in self._decide(Event.HOLD, forloeb_id)
        ]

    def release(self) -> None:
        """Let go whatever was held here, and nothing that waits for a person for another reason."""
        for held in self._house.month.held:
            if held.ended is None:
                self._decide(Event.RELEASE, key=held.key)
                held.ended = self._house.true

    def requeue(self, forloeb_id: str) -> None:
        """Have everything about a course offered again that was refused, or may not have arrived."""
        self._decide(Event.REQUEUE, forloeb_id)
        sagsnr = self._house.whole.forloeb[forloeb_id].sagsnr
        self._house.month.requeued.append((self._house.true, sagsnr))

    def _decide(self, event: Event, forloeb_id: str = "", key: str = "") -> list[str]:
        reading = open_for_reading(self._house.url)
        found = [] if reading is None else reading.find(key or f"|forloeb:{forloeb_id}|")
        concerned = [row for row in found if State(row.state) in sources(event)]
        entries = [(row.entry_id, State(row.state)) for row in concerned]
        self._house.tell(f"{event}: {', '.join(row.key for row in concerned) or 'nothing'}")
        if entries:
            now = self._house.clock.now()
            self._write(lambda tx: tx.apply(entries, event, "a try", now, actor=AUTHOR))
        return [row.key for row in concerned]

    def _write(self, work: Callable[[Any], object]) -> None:
        ledger = create_or_open(self._house.url, self._house.clock.now())
        try:
            with ledger.transaction() as tx:
                work(tx)
        finally:
            ledger.close()
