"""Nothing is sent on the strength of a case that was read more than a minute ago (G4, rows 22 and 27)."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy

import pytest

from reminderd.delivery.open import open_transport
from reminderd.delivery.transport import BeforeData, Envelope
from reminderd.domain.cases import Snapshot
from reminderd.domain.lifecycle import Event, State
from reminderd.domain.outcomes import Deferred, Outcome, Sent, Unknown
from reminderd.domain.reconcile import OpenEntry
from reminderd.errors import SourceUnavailableError
from reminderd.ledger import Ledger
from reminderd.pipeline.eligibility import LONGEST_SECONDS
from reminderd.testing.relay import ScriptedRelay, Turn
from reminderd.testing.transport import RecordingTransport
from tests.casework import session
from tests.installation import courses
from tests.integration.conftest import MakeCorridor
from tests.integration.corridor import Corridor, morning
from tests.integration.test_unknown_and_another_mailbox import INVITES, MOVED, TOLD, evening

MAILS = 15
DAY = date(2026, 5, 11)
TAKEN = Sent(250, "taken")


@pytest.fixture
def corridor(make_corridor: MakeCorridor) -> Corridor:
    """Fifteen warnings are due, and every message is one reading old."""
    made = make_corridor(courses(*[date(2026, 1, 5)] * MAILS))
    made.fresh_for = 0.0
    return made


def closed(data: Snapshot) -> Snapshot:
    over = {"status": "afsluttet", "slut_dato": DAY - timedelta(days=1)}
    return replace(data, forloeb={key: replace(row, **over) for key, row in data.forloeb.items()})


async def test_row_27_a_case_that_is_closed_while_mail_goes_out_hears_nothing_more(
    corridor: Corridor,
) -> None:
    def close_at_the_third(_envelope: Envelope) -> Outcome:
        if len(transport.offered) == 3:
            corridor.source.data = closed(corridor.source.data)
        return TAKEN

    corridor.transport = transport = RecordingTransport(close_at_the_third)
    async with corridor.pipeline() as pipeline:
        await pipeline.run()
        assert (3, 3) == (len(transport.offered), corridor.states().count("sent"))
        assert [0] * 12 + [1] * 3 == sorted(entry.attempts for entry in corridor.entries())
        await pipeline.run()
    warned = [entry.state for entry in corridor.entries() if entry.rule == "course-limit-warning"]
    assert (3, 12) == (warned.count("sent"), warned.count("withdrawn"))


async def test_a_protection_that_is_set_while_mail_in_doubt_goes_out_again_stops_the_next_copy(
    corridor: Corridor,
) -> None:
    def protect_at_the_third(_envelope: Envelope) -> Outcome:
        if len(transport.offered) == 3:
            data = corridor.source.data
            people = {key: replace(row, beskyttelse="navn_adresse") for key, row in data.borgere.items()}
            corridor.source.data = replace(data, borgere=people)
        return TAKEN

    corridor.transport = RecordingTransport([Unknown("the line died after the dot")] * MAILS)
    await corridor.run()
    corridor.transport = transport = RecordingTransport(protect_at_the_third)
    for hour in (9, 10):
        await corridor.run(morning(DAY, hour))
    assert [True] * 3 + [False] * 12 == [with_initials(one) for one in transport.taken]
    assert ["sent"] * MAILS == corridor.states()


async def test_row_27_a_mailbox_that_changes_while_mail_goes_out_gets_the_rest_at_its_new_place(
    corridor: Corridor,
) -> None:
    def move_at_the_third(_envelope: Envelope) -> Outcome:
        if len(transport.offered) == 3:
            data = corridor.source.data
            people = {key: replace(row, mail="ny@kommune.example") for key, row in data.medarbejdere.items()}
            corridor.source.data = replace(data, medarbejdere=people)
        return TAKEN

    corridor.transport = transport = RecordingTransport(move_at_the_third)
    async with corridor.pipeline() as pipeline:
        await pipeline.run()
        assert 3 == len(transport.offered)
        await pipeline.run()
    warned = [entry for entry in corridor.entries() if entry.rule == "course-limit-warning"]
    assert ["sent"] * MAILS == [entry.state for entry in warned]
    # What the old mailbox's calendar was told is taken out of it; nothing else goes there any more.
    assert {"anne@kommune.example": 3, "ny@kommune.example": MAILS - 3} == Counter(
        entry.recipient_mail for entry in warned
    )


async def test_row_27_a_citizen_who_is_protected_while_mail_goes_out_stands_in_none_that_follows(
    corridor: Corridor,
) -> None:
    def protect_at_the_third(_envelope: Envelope) -> Outcome:
        if len(transport.offered) == 3:
            data = corridor.source.data
            people = {key: replace(row, beskyttelse="saerlig") for key, row in data.borgere.items()}
            corridor.source.data = replace(data, borgere=people)
        return TAKEN

    corridor.transport = transport = RecordingTransport(protect_at_the_third)
    async with corridor.pipeline() as pipeline:
        await pipeline.run()
        assert [True] * 3 == [with_initials(one) for one in transport.taken]
        await pipeline.run()
    assert [True] * 3 + [False] * 12 == [with_initials(one) for one in transport.taken[:MAILS]]
    assert MAILS == [entry.rule for entry in corridor.entries()].count("course-limit-warning")
    assert {"sent"} == set(corridor.states())


def with_initials(envelope: Envelope) -> bool:
    mail = message_from_bytes(envelope.raw, policy=policy.default)
    text = mail.get_body(("plain",))
    assert text is not None
    return "(AB)" in text.get_content()


async def test_what_may_have_arrived_is_not_offered_where_its_reader_no_longer_reads(
    make_corridor: MakeCorridor, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, mailbox = MOVED["new-address"]
    transport = RecordingTransport([Unknown("the line died after the dot")])
    corridor = make_corridor(evening(), TOLD, transport=transport, policy=INVITES)
    await corridor.run(morning(TOLD))
    read = corridor.source.read

    def moved_by_the_second() -> Snapshot:
        before = read()
        corridor.source.data = data
        return before

    monkeypatch.setattr(corridor.source, "read", moved_by_the_second)
    corridor.fresh_for = -1.0
    await corridor.run(morning(TOLD, 9))
    assert [] == transport.taken
    corridor.fresh_for = 45.0
    await corridor.run(morning(TOLD, 10))
    await corridor.run(morning(TOLD, 11))
    assert [mailbox] == [one.recipient for one in transport.taken if one.recipient == mailbox]


async def test_what_one_line_puts_back_is_judged_by_what_another_line_has_read(
    make_corridor: MakeCorridor, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, late = asyncio.get_running_loop(), [0.0]
    now = loop.time
    monkeypatch.setattr(loop, "time", lambda: now() + late[0])

    class SlowAtTheFourth(RecordingTransport):
        async def answer(self, envelope: Envelope, before_data: BeforeData) -> Outcome:
            self.offered.append(envelope)
            number, read_at = len(self.offered), pipeline._eligibility.as_of
            if number == 4:
                late[0] += 46
                corridor.source.data = closed(corridor.source.data)
            # The other line finds its reading old, and reads; nobody says when it has.
            while number == 3 and pipeline._eligibility.as_of == read_at:  # noqa: ASYNC110
                await asyncio.sleep(0)
            for _ in range(3):
                await asyncio.sleep(0)  # the other line gets its turns
            await before_data()
            self.taken.append(envelope)
            return TAKEN

    corridor = make_corridor(courses(*[date(2026, 1, 5)] * 40), connections=2, mails_per_line=20)
    corridor.transport = transport = SlowAtTheFourth()
    async with corridor.pipeline() as pipeline:
        await pipeline.run()
    assert (4, 2) == (len(transport.taken), corridor.source.readings)


async def test_a_reading_is_as_old_as_its_beginning(
    corridor: Corridor, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, late = asyncio.get_running_loop(), [0.0]
    now = loop.time
    monkeypatch.setattr(loop, "time", lambda: now() + late[0])
    read, begun = corridor.source.read, []

    def slow_at_first() -> Snapshot:
        begun.append(loop.time())
        late[0] += 61 if len(begun) == 1 else 1
        return read()

    def in_time(_envelope: Envelope) -> Outcome:
        assert loop.time() - begun[-1] < LONGEST_SECONDS
        return TAKEN

    monkeypatch.setattr(corridor.source, "read", slow_at_first)
    corridor.fresh_for = 45.0
    corridor.transport = transport = RecordingTransport(in_time)
    await corridor.run()
    assert (2, MAILS) == (len(begun), len(transport.taken))


async def test_what_is_over_before_its_turn_comes_is_not_sent(make_corridor: MakeCorridor) -> None:
    sessions = [
        session(datetime(2026, 5, 7, 8, 30)),
        session(datetime(2026, 5, 7, 8, 31), aktivitet_id="a2"),
    ]
    day = date(2026, 5, 7)

    def take_hours(_envelope: Envelope) -> Outcome:
        corridor.clock.move_to(morning(day, 11))
        return TAKEN

    corridor = make_corridor(evening(sessions), day, policy=INVITES, fresh_for=0.0)
    corridor.transport = transport = RecordingTransport(take_hours)
    async with corridor.pipeline() as pipeline:
        await pipeline.run()
        await pipeline.run()
    assert 1 == len(transport.taken)
    assert ["lapsed", "sent"] == sorted(corridor.states())


async def test_an_entry_about_which_a_person_decides_meanwhile_stops_no_other(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(courses(*[date(2026, 1, 5)] * 2))
    corridor.transport = RecordingTransport([Deferred("greylisted", 451)] * 2)
    await corridor.run()
    first = corridor.entries()[0].entry_id

    class Person:
        """Holds an entry between the run's look at the ledger and its writing."""

        def __init__(self, ledger: Ledger) -> None:
            self._ledger = ledger

        def __getattr__(self, name: str) -> object:
            return getattr(self._ledger, name)

        def open_entries(self) -> list[OpenEntry]:
            found = self._ledger.open_entries()
            self.open_entries = self._ledger.open_entries  # type: ignore[method-assign] - decides once
            with self._ledger.transaction() as tx:
                tx.apply([(first, State.DEFERRED)], Event.HOLD, "a person looks", corridor.clock.now())
            return found

    corridor.source.data = closed(corridor.source.data)
    corridor.clock.move_to(morning(DAY, 9))
    async with corridor.pipeline() as pipeline:
        pipeline._ledger = Person(pipeline._ledger)  # type: ignore[assignment,arg-type]
        await pipeline.run()
    told = {entry.entry_id: entry.state for entry in corridor.entries() if "warning" in entry.rule}
    assert {first, first + 1} == set(told)
    assert "deferred" not in told.values()


async def test_row_22_a_source_that_goes_away_while_mail_goes_out_lets_the_rest_wait(
    corridor: Corridor,
) -> None:
    def away_at_the_third(_envelope: Envelope) -> Outcome:
        if len(transport.offered) == 3:
            corridor.source.trouble = SourceUnavailableError("no connection", where="source.url")
        return TAKEN

    corridor.transport = transport = RecordingTransport(away_at_the_third)
    async with corridor.pipeline() as pipeline:
        report = await pipeline.run()
        assert ("source.url: no connection", 3) == (report.source_trouble, len(transport.offered))
        assert (12, 3) == (corridor.states().count("queued"), corridor.states().count("sent"))
        corridor.source.trouble = None
        report = await pipeline.run()
    assert (None, 12) == (report.source_trouble, report.sent)


async def test_a_run_that_is_over_within_the_minute_reads_once(corridor: Corridor) -> None:
    corridor.fresh_for = 45.0
    corridor.transport = RecordingTransport()
    assert MAILS == (await corridor.run()).sent
    assert 1 == corridor.source.readings


def slow_relay(
    monkeypatch: pytest.MonkeyPatch, corridor: Corridor, act: Callable[[int], object]
) -> ScriptedRelay:
    """Return a relay that takes 75 seconds to accept each recipient; ``act`` hears the how many-eth it is."""
    loop, late = asyncio.get_running_loop(), [0.0]
    now = loop.time
    monkeypatch.setattr(loop, "time", lambda: now() + late[0])

    def script(turn: Turn) -> None:
        if turn.step == "RCPT":
            late[0] += 75
            act(turn.transaction)

    relay = ScriptedRelay(script)
    corridor.fresh_for = 45.0
    return relay


async def test_row_16_a_relay_that_is_slow_to_come_to_data_gets_its_mail_on_a_new_reading_and_is_seen(
    make_corridor: MakeCorridor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    corridor = make_corridor(courses(*[date(2026, 1, 5)] * 3))
    with slow_relay(monkeypatch, corridor, lambda _number: None) as relay:
        corridor.transport = open_transport(relay.url, tls="none", timeout=120)
        report = await corridor.run()
        assert 3 == len(relay.messages)
    assert corridor.source.readings > 3
    assert 75 <= round(report.slowest_s) <= 80
    assert "relay_slow" in "".join(capsys.readouterr())


async def test_row_27_what_a_slow_relay_accepts_after_the_case_is_closed_is_not_said(
    make_corridor: MakeCorridor, monkeypatch: pytest.MonkeyPatch
) -> None:
    corridor = make_corridor(courses(*[date(2026, 1, 5)] * 3))

    def close_at_the_second(number: int) -> None:
        if number == 2:
            corridor.source.data = closed(corridor.source.data)

    with slow_relay(monkeypatch, corridor, close_at_the_second) as relay:
        corridor.transport = open_transport(relay.url, tls="none", timeout=120)
        await corridor.run()
        assert 1 == len(relay.messages)
    assert [0, 0, 1] == sorted(entry.attempts for entry in corridor.entries())
