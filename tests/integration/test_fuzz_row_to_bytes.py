"""Any text in any column of a case source: rows are refused or mailed, and a mail is what it should be.

Hypothesis invents the cells. The way from the row to the bytes is the service's own: the door, the plan, the
composer with its last look. `make test-long` gives it ten minutes.
"""

import os
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, time
from time import monotonic
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reminderd.casedb.contract import View
from reminderd.casedb.rows import RawRow
from reminderd.casedb.snapshot import assemble
from reminderd.compose.composer import Composer
from reminderd.domain.planning import Policy
from reminderd.domain.reconcile import Knowledge, plan_today
from reminderd.domain.workdays import at
from tests.casework import DANISH, LONG_AGO, SHIPPED_RULES
from tests.hostile import DAY, HOSTILE, TEXT_COLUMNS, Rows, family
from tests.strict import read
from tests.unit.compose_cases import DOMAIN, SECRET, SENDER, wordings

MORNING = at(DAY, time(9))
# Where the longer proofs are asked for it goes on, some hundred at a time, until so many seconds are over.
EXAMPLES, SECONDS = (250, 600) if "REMINDERD_SEEDS" in os.environ else (15, 0)
POLICY = Policy(
    book=SHIPPED_RULES,
    workdays=DANISH,
    operators=("it@kommune.example",),
    domains=frozenset({"kommune.example"}),
)
COMPOSER = Composer(wordings(), SENDER, DOMAIN, SECRET)
META: Rows = {
    "rd_meta": [{"kontrakt_version": 1, "kildesystem": "Test", "data_pr": datetime(2026, 5, 11, 6)}]
}
texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=150), st.from_regex(r"[0-9 ./-]{6,14}"))


class InMemory:
    """The rows of one family, as an opened source."""

    where = "memory"

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def columns(self, view: View[Any]) -> Collection[str] | None:
        return view.column_names if view.name in self._rows else None

    def rows(self, view: View[Any]) -> Iterable[RawRow]:
        return [[row[name] for name in view.column_names] for row in self._rows[view.name]]


@given(cells=st.lists(st.tuples(st.sampled_from(TEXT_COLUMNS), texts), min_size=1, max_size=6))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def any_cells(cells: list[tuple[tuple[str, str], str]]) -> None:
    rows = {**META, **family(1)}
    for (view, column), text in cells:
        rows[view][0][column] = text
    snapshot = assemble(InMemory(rows))
    decisions = plan_today(snapshot, POLICY, Knowledge({}, {}, LONG_AGO), MORNING).decisions
    for decision in decisions:
        if decision.kind != "send" or decision.notice.recipient.mail is None:
            continue
        composed = COMPOSER.compose(
            decision.notice, composed_at=datetime(2026, 5, 11, 7, tzinfo=UTC), revision=None, data_pr=MORNING
        )
        mail = read(composed.raw)
        assert decision.notice.recipient.mail == mail.recipient
        assert mail.recipient.endswith("@kommune.example")


def test_any_cell_leads_to_a_finding_or_to_a_sound_mail() -> None:
    until = monotonic() + SECONDS
    rounds = 0
    while rounds == 0 or monotonic() < until:
        any_cells()
        rounds += 1
    print(f"{rounds} rounds of {EXAMPLES}")  # noqa: T201 - seen with pytest -rP
