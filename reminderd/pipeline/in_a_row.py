"""Remembers what came to nothing since the relay last took a message, from run to run.

With so many of them the relay as a whole rests (``domain.refusals``): so an outage behind the greeting costs
a few connections, and a relay that refuses us costs nobody a notice. It knows no line and no ledger.
"""

from collections.abc import Sequence

from reminderd.domain.outcomes import Deferred, Outcome, Sent
from reminderd.domain.refusals import in_the_row, is_the_relays
from reminderd.ledger import Claim, DueEntry


class InARow:
    """Judges the relay by what became of one message after the other; lines may share it."""

    def __init__(self) -> None:
        self._row: set[str] = set()
        self._alone: set[str] = set()  # refused while others were taken: that is theirs, and no news

    def trouble(self, claim: Claim, outcome: Outcome) -> str | None:
        """Return why the relay shall rest after this outcome, or None where it need not."""
        if isinstance(outcome, Deferred) and outcome.whole_channel:
            return outcome.reason
        if isinstance(outcome, Sent):
            self._alone |= self._row
            self._alone.discard(claim.recipient_mail.lower())
            self._row.clear()
        counted = in_the_row(outcome, claim.recipient_mail, f"{claim.key} {claim.number}")
        if counted is not None and counted not in self._alone:
            self._row.add(counted)
            if is_the_relays(self._row):
                return f"nobody gets through: {getattr(outcome, 'reason', '')}"
        return None

    def in_order(self, ready: Sequence[DueEntry]) -> Sequence[DueEntry]:
        """Return what is ready as it is, but while somebody comes to nothing the least tried first.

        Else three mailboxes that are closed to us would be asked first after every rest, and nobody else.
        """
        return sorted(ready, key=lambda entry: entry.attempts) if self._row else ready
