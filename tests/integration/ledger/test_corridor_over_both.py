"""The corridor runs over either ledger, and leaves the same story in it."""

from datetime import date, timedelta
from typing import Any

from reminderd.clock import FixedClock
from reminderd.compose.composer import Composer
from reminderd.compose.invite import Mailbox
from reminderd.compose.wording import Wordings
from reminderd.config.shipped import shipped_folder
from reminderd.delivery.transport import Envelope
from reminderd.domain.outcomes import Deferred, Outcome, Refused, Unknown
from reminderd.pipeline import Pipeline
from reminderd.testing.transport import TAKEN, RecordingTransport
from tests.casework import POLICY, snapshot
from tests.integration.corridor import DOMAIN, SENDER, GivenCases, morning
from tests.integration.ledger.books import Books

MONDAY = date(2026, 5, 11)


def corridor(ledger: Any, clock: FixedClock, transport: RecordingTransport) -> Pipeline:
    composer = Composer(
        Wordings([shipped_folder("templates")]), Mailbox(SENDER, "Påmindelser"), DOMAIN, ledger.secret
    )
    return Pipeline(
        source=GivenCases(snapshot()),
        ledger=ledger,
        composer=composer,
        transport=transport,
        policy=POLICY,
        sender=SENDER,
        domain=DOMAIN,
        clock=clock,
    )


async def test_what_the_corridor_does_to_a_ledger_does_not_depend_on_its_kind(books: Books) -> None:
    clock = FixedClock(morning(MONDAY))
    transport = RecordingTransport([Deferred("450 later", 450), Unknown("silence"), TAKEN, TAKEN])
    pipeline = corridor(books.ledger, clock, transport)
    await pipeline.recover()
    sent = []
    for _ in range(3):
        sent.append((await pipeline.run()).sent)
        clock.move_to(clock.now() + timedelta(minutes=2))
    await pipeline.close()
    assert [0, 2, 0] == sent
    put_off, in_doubt, *again = (envelope.raw for envelope in transport.offered)
    assert (2, True, False) == (len(again), in_doubt in again, put_off in again)
    rows = books.reading.find("|")
    told = sorted([line.event for line in books.reading.journal(row.entry_id)] for row in rows)
    assert [
        ["record", "claim", "no_answer", "claim", "accepted"],
        ["record", "claim", "tempfail", "claim", "accepted"],
    ] == told


async def test_whoever_is_refused_alone_fails_with_either_kind(books: Books) -> None:
    clock = FixedClock(morning(MONDAY))

    def refuse_the_first(envelope: Envelope) -> Outcome:
        first = transport.offered[0].recipient
        return Refused("550 5.7.1 closed", 550) if envelope.recipient == first else TAKEN

    transport = RecordingTransport(refuse_the_first)
    pipeline = corridor(books.ledger, clock, transport)
    states = []
    for _ in range(6):
        await pipeline.run()
        states.append(sorted(row.state for row in books.reading.find("|")))
        clock.move_to(clock.now() + timedelta(minutes=20))
    await pipeline.close()
    assert [["deferred", "sent"]] * 4 + [["failed", "sent"]] * 2 == states
    assert 1 + 5 == len(transport.offered)
