"""What the corridor promises when the relay, the case source or a template misbehaves.

Over a real SQLite ledger; the relay is a recorder where only its answers matter, and a real one where
connections count.
"""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from reminderd.config.shipped import shipped_folder
from reminderd.delivery.transport import BeforeData, Envelope
from reminderd.domain.cases import Snapshot
from reminderd.domain.outcomes import Deferred, Failed, Outcome, Unknown
from reminderd.errors import SourceUnavailableError
from reminderd.testing.relay import Drop, Reply, ScriptedRelay
from reminderd.testing.transport import TAKEN, RecordingTransport
from tests.casework import BORGER, FORLOEB, VEJEN_FREM, on_case, snapshot
from tests.installation import courses
from tests.integration.conftest import MakeCorridor
from tests.integration.corridor import Corridor, morning

MONDAY = date(2026, 5, 11)
NEXT_DAY = date(2026, 5, 12)
START = date(2026, 1, 5)
AWAY = Deferred("the relay does not answer", whole_channel=True)
LATER = Deferred("greylisted", 451)


def recipients(transport: RecordingTransport) -> list[str]:
    return sorted(envelope.recipient for envelope in transport.taken)


async def test_everybody_concerned_is_told_once(corridor: Corridor) -> None:
    with ScriptedRelay() as relay:
        await corridor.run_against(relay)
        await corridor.run_against(relay)
        await corridor.run_against(relay, morning(NEXT_DAY))
        assert [("anne@kommune.example",), ("bo@kommune.example",)] == sorted(
            message.rcpt_to for message in relay.messages
        )
    assert ["sent", "sent"] == corridor.states()


async def test_nothing_is_told_before_the_hour_of_sending(corridor: Corridor) -> None:
    report = await corridor.run(morning(MONDAY, 7, 59))
    assert (0, 0) == (report.recorded, report.sent)


def course_and_exit() -> Snapshot:
    """A course whose warning, and a young person whose 90 days, are due on the same Monday."""
    young = replace(VEJEN_FREM, forloeb_id="f2", borger_id="b2", sagsnr="2026-0002", fase=1, fase2_dato=None)
    both_roles = [on_case("m2", role, forloeb_id="f2") for role in ("sagsbehandler", "kontaktperson")]
    return snapshot(
        forloeb=[FORLOEB, young],
        borgere=[BORGER, replace(BORGER, borger_id="b2", foedselsdato=date(2003, 8, 9))],
        roles=[on_case("m1", "sagsbehandler"), *both_roles],
    )


async def test_a_notice_whose_template_is_broken_is_held_and_the_others_go(
    make_corridor: MakeCorridor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "own" / "course-limit-warning" / "da.txt"
    broken.parent.mkdir(parents=True)
    shipped = shipped_folder("templates") / "course-limit-warning" / "da.txt"
    broken.write_text(shipped.read_text(encoding="utf-8") + "\n{{ findes_ikke }}\n", encoding="utf-8")
    transport = RecordingTransport()
    corridor = make_corridor(course_and_exit(), transport=transport, wordings=(tmp_path / "own",))

    report = await corridor.run()

    assert {"held": 1, "sent": 1} == dict(report.outcomes)
    assert ["bo@kommune.example"] == recipients(transport)
    (held,) = (entry for entry in corridor.entries() if entry.state == "held")
    assert held.rule == "course-limit-warning"
    assert held.reason.startswith("compose: ")
    assert str(broken) in capsys.readouterr().out + held.reason


async def test_a_refusal_is_final_and_the_others_go(corridor: Corridor) -> None:
    def refuse_one(envelope: Envelope) -> Outcome:
        return Failed("no such user", 550) if envelope.recipient == "anne@kommune.example" else TAKEN

    corridor.transport = RecordingTransport(refuse_one)
    await corridor.run()
    await corridor.run(morning(NEXT_DAY))
    assert {"anne@kommune.example": "failed", "bo@kommune.example": "sent"} == {
        entry.recipient_mail: entry.state for entry in corridor.entries()
    }
    assert 2 == len(corridor.transport.offered)


async def test_a_mistake_in_sending_one_message_does_not_stop_the_others(corridor: Corridor) -> None:
    def stumble(envelope: Envelope) -> Outcome:
        if envelope.recipient == "anne@kommune.example":
            raise RuntimeError
        return TAKEN

    corridor.transport = RecordingTransport(stumble)
    await corridor.run()
    assert {"anne@kommune.example": "deferred", "bo@kommune.example": "sent"} == {
        entry.recipient_mail: entry.state for entry in corridor.entries()
    }


class _StumblesOverTheText(RecordingTransport):
    async def answer(self, envelope: Envelope, before_data: BeforeData) -> Outcome:
        await super().answer(envelope, before_data)
        raise RuntimeError


async def test_a_mistake_once_the_text_has_begun_leaves_the_entry_unknown(corridor: Corridor) -> None:
    corridor.transport = _StumblesOverTheText()
    await corridor.run()
    assert ["unknown", "unknown"] == corridor.states()


async def test_a_case_closed_between_record_and_delivery_is_withdrawn_with_the_reason(
    corridor: Corridor,
) -> None:
    corridor.transport = RecordingTransport([AWAY])
    await corridor.run()
    assert ["deferred", "queued"] == sorted(corridor.states())

    closed = replace(FORLOEB, status="afsluttet")
    corridor.source.data = snapshot(forloeb=[closed])
    corridor.transport = RecordingTransport()
    report = await corridor.run(morning(NEXT_DAY))

    assert [] == corridor.transport.offered
    assert 2 == report.withdrawn
    assert {("withdrawn", "the course is closed")} == {
        (entry.state, entry.reason) for entry in corridor.entries()
    }


async def test_a_withdrawn_notice_goes_out_when_the_case_opens_again(corridor: Corridor) -> None:
    corridor.transport = RecordingTransport([AWAY])
    await corridor.run()
    corridor.source.data = snapshot(forloeb=[replace(FORLOEB, status="afsluttet")])
    await corridor.run(morning(NEXT_DAY))
    corridor.source.data = snapshot()
    corridor.transport = RecordingTransport()
    await corridor.run(morning(NEXT_DAY, 9))
    assert ["anne@kommune.example", "bo@kommune.example"] == recipients(corridor.transport)


async def test_what_was_deferred_rests_and_then_goes_under_the_same_name(corridor: Corridor) -> None:
    corridor.transport = transport = RecordingTransport([LATER, LATER])
    await corridor.run()
    await corridor.run(morning(MONDAY) + timedelta(seconds=44))
    assert 2 == len(transport.offered)

    await corridor.run(morning(MONDAY, 8, 1))
    assert ["sent", "sent"] == corridor.states()
    names = [envelope.envelope_id for envelope in transport.offered]
    assert names[:2] == names[2:]


async def test_what_may_have_arrived_is_offered_again_with_identical_bytes(corridor: Corridor) -> None:
    lost = Unknown("the line died after the dot")
    corridor.transport = transport = RecordingTransport([lost, lost])
    await corridor.run()
    assert ["unknown", "unknown"] == corridor.states()
    await corridor.run(morning(MONDAY, 8, 1))
    assert ["sent", "sent"] == corridor.states()
    assert transport.offered[:2] == transport.offered[2:]


async def test_what_may_have_arrived_is_not_offered_again_for_a_closed_case(corridor: Corridor) -> None:
    lost = Unknown("the line died after the dot")
    corridor.transport = transport = RecordingTransport([lost, lost])
    await corridor.run()
    corridor.source.data = snapshot(forloeb=[replace(FORLOEB, status="afsluttet")])
    await corridor.run(morning(MONDAY, 9))
    # It may have arrived, so both calendars are told that it is over.
    assert [False, False, True, True] == [b"CANCEL" in each.raw for each in transport.offered]
    assert ["lapsed", "lapsed", "sent", "sent"] == corridor.states()


async def test_a_relay_that_is_away_is_tried_once_and_everything_waits(make_corridor: MakeCorridor) -> None:
    corridor = make_corridor(courses(*[START] * 30))
    with ScriptedRelay(lambda _turn: Drop("connect")) as relay:
        report = await corridor.run_against(relay)
        assert 1 == relay.connections
    assert report.relay_trouble
    assert {"deferred": 1, "queued": 29} == {
        state: corridor.states().count(state) for state in corridor.states()
    }


async def test_what_waited_for_the_relay_goes_when_it_is_back(make_corridor: MakeCorridor) -> None:
    corridor = make_corridor(courses(*[START] * 12))
    with ScriptedRelay([Reply("EHLO", 421)]) as relay:
        await corridor.run_against(relay)
        await corridor.run_against(relay, morning(MONDAY, 8, 1))
        assert 12 == len(relay.messages)
    assert {"sent"} == set(corridor.states())


async def test_a_case_source_that_is_away_changes_nothing(corridor: Corridor) -> None:
    corridor.transport = transport = RecordingTransport([AWAY])
    await corridor.run()
    before = (corridor.entries(), corridor.reading.previous_run())
    corridor.source.trouble = SourceUnavailableError("the case database does not answer")
    with pytest.raises(SourceUnavailableError):
        await corridor.run(morning(NEXT_DAY))
    assert before == (corridor.entries(), corridor.reading.previous_run())
    assert 1 == len(transport.offered)


async def test_a_stop_finishes_the_message_in_hand_and_puts_the_rest_back(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(courses(*[START] * 15))

    def stop_at_the_third(_envelope: Envelope) -> Outcome:
        if len(transport.offered) == 3:
            pipeline.stop()
        return TAKEN

    corridor.transport = transport = RecordingTransport(stop_at_the_third)
    async with corridor.pipeline() as pipeline:
        await pipeline.run()
    assert 3 == len(transport.taken)
    assert (["queued"] * 12, ["sent"] * 3) == (sorted(corridor.states())[:12], sorted(corridor.states())[12:])
    assert [0] * 12 + [1] * 3 == sorted(entry.attempts for entry in corridor.entries())

    corridor.transport = RecordingTransport()
    await corridor.run()
    assert 12 == len(corridor.transport.taken)
    assert {"sent"} == set(corridor.states())


async def test_a_stopped_corridor_claims_nothing(corridor: Corridor) -> None:
    corridor.transport = RecordingTransport()
    async with corridor.pipeline() as pipeline:
        pipeline.stop()
        await pipeline.run()
    assert [] == corridor.transport.offered
    assert ["queued", "queued"] == corridor.states()


async def test_the_oldest_deadline_goes_first(make_corridor: MakeCorridor) -> None:
    starts = [date(2026, 1, 5), date(2025, 12, 22), date(2025, 12, 29)]
    corridor = make_corridor(courses(*starts), transport=RecordingTransport())
    await corridor.run()
    by_message = {entry.message_id: entry for entry in corridor.entries()}
    assert isinstance(corridor.transport, RecordingTransport)
    assert [date(2026, 5, 11), date(2026, 5, 18), date(2026, 5, 25)] == [
        by_message[f"<{envelope.envelope_id}@reminderd.kommune.example>"].deadline_date
        for envelope in corridor.transport.taken
    ]


@pytest.mark.parametrize(("messages", "lines"), [(1, 1), (100, 1), (101, 2), (250, 2)])
async def test_many_messages_are_worth_several_lines(
    make_corridor: MakeCorridor, messages: int, lines: int
) -> None:
    transport = RecordingTransport()
    corridor = make_corridor(courses(*[START] * messages), transport=transport, connections=2)
    await corridor.run()
    assert (messages, lines) == (len(transport.taken), transport.sessions)


async def test_nothing_to_say_opens_no_line(corridor: Corridor) -> None:
    corridor.transport = transport = RecordingTransport()
    await corridor.run(morning(date(2026, 5, 4)))
    assert 0 == transport.sessions
