"""A second process at a ledger; the tests start it, hear its words on stdout, and let it live or kill it.

another_process.py URL try                  tell what a second writer and a reader meet, and end
another_process.py URL hold                 hold the ledger until stdin ends
another_process.py URL connect|data IDS     claim entries, go that far, then wait as above
"""

import sys
from datetime import UTC, datetime
from typing import cast

from reminderd.domain.outcomes import Phase
from reminderd.errors import ReminderdError
from reminderd.ledger import create_or_open, open_for_reading

NOW = datetime(2026, 5, 11, 6, 0, tzinfo=UTC)


def main(url: str, act: str, *ids: str) -> None:
    if act == "try":
        try:
            create_or_open(url, NOW)
        except ReminderdError as error:
            say(type(error).__name__, str(error.exit_status), error.where, error.cure)
        reading = open_for_reading(url)
        say(str(None if reading is None else reading.counts()))
        return
    ledger = create_or_open(url, NOW)
    if act != "hold":
        with ledger.transaction() as tx:
            claims = tx.claim([int(entry_id) for entry_id in ids], NOW)
        with ledger.transaction() as tx:
            for claim in claims:
                tx.enter_phase(claim.attempt_id, cast("Phase", act))
    say("ready")
    sys.stdin.read()


def say(*words: str) -> None:
    sys.stdout.write("|".join(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
