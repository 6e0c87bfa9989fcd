"""What waits goes out on a working day, from the hour of sending on, and in that day's words."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from reminderd.delivery.transport import BeforeData, Envelope
from reminderd.domain.cases import Fravaer, Snapshot
from reminderd.domain.outcomes import Deferred, Outcome, Unknown
from reminderd.testing.transport import TAKEN, RecordingTransport
from tests.casework import BORGER, VEJEN_FREM, on_case, snapshot
from tests.installation import courses
from tests.integration.conftest import MakeCorridor
from tests.integration.corridor import Corridor, morning
from tests.integration.test_pipeline import course_and_exit
from tests.integration.test_pipeline_over_time import invite

MONDAY = date(2026, 5, 11)
TUESDAY = date(2026, 5, 12)
ASCENSION_DAY = date(2026, 5, 14)
SATURDAY = date(2026, 5, 16)
NEXT_MONDAY = date(2026, 5, 18)
AWAY = Deferred("the relay does not answer", whole_channel=True)
LATER = Deferred("greylisted", 451)
LOST = Unknown("the line died after the dot")


def turns_23(born: date, fravaer: tuple[Fravaer, ...] = ()) -> Snapshot:
    """A young person whose placement still runs, so that only the 23rd birthday speaks."""
    return snapshot(
        forloeb=[replace(VEJEN_FREM, fase=1, fase2_dato=None)],
        borgere=[replace(BORGER, foedselsdato=born)],
        roles=[on_case("m1", "sagsbehandler"), on_case("m1", "kontaktperson")],
        fravaer=fravaer,
    )


ON_9_AUGUST = turns_23(date(2003, 8, 9))


def read(envelope: Envelope) -> EmailMessage:
    return message_from_bytes(envelope.raw, policy=policy.default)


def words(envelope: Envelope) -> str:
    body = read(envelope).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


CLOSED = [
    pytest.param(morning(SATURDAY, 10), id="saturday"),
    pytest.param(morning(ASCENSION_DAY, 10), id="ascension-day"),
    pytest.param(morning(TUESDAY, 7, 59), id="before-the-hour"),
]


@pytest.mark.parametrize("outcome", [AWAY, LATER, LOST], ids=["away", "deferred", "unknown"])
@pytest.mark.parametrize("closed", CLOSED)
async def test_what_waits_is_not_offered_while_the_office_is_closed(
    corridor: Corridor, closed: datetime, outcome: Outcome
) -> None:
    corridor.transport = RecordingTransport([outcome, outcome])
    await corridor.run()
    waiting = corridor.entries()
    corridor.transport = transport = RecordingTransport()
    report = await corridor.run(closed)
    assert (0, 0, waiting) == (transport.sessions, report.offered, corridor.entries())

    await corridor.run(morning(NEXT_MONDAY))
    assert ["sent", "sent"] == corridor.states()


async def test_nothing_is_composed_while_the_office_is_closed(corridor: Corridor) -> None:
    corridor.clock.move_to(morning(MONDAY))
    async with corridor.pipeline() as pipeline:
        pipeline.stop()
        await pipeline.run()
    await corridor.run(morning(TUESDAY, 7))
    assert [None, None] == [entry.message_id for entry in corridor.entries()]


async def test_a_run_that_lasts_past_midnight_leaves_the_rest_for_the_morning(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(courses(*[date(2026, 1, 5)] * 12))

    def night_falls_at_the_third(_envelope: Envelope) -> Outcome:
        if len(transport.offered) == 3:
            corridor.clock.move_to(morning(TUESDAY, 0, 1))
        return TAKEN

    corridor.transport = transport = RecordingTransport(night_falls_at_the_third)
    await corridor.run(morning(MONDAY, 23, 59))
    assert 3 == len(transport.taken)
    assert [0] * 9 + [1] * 3 == sorted(entry.attempts for entry in corridor.entries())

    await corridor.run(morning(TUESDAY))
    assert 12 == len(transport.taken)


async def test_words_that_nobody_has_heard_are_written_anew_for_the_day_they_go_out_on(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(ON_9_AUGUST, transport=RecordingTransport([LATER]))
    await corridor.run()
    (before,) = corridor.transport.offered  # type: ignore[attr-defined]
    corridor.transport = transport = RecordingTransport()
    await corridor.run(morning(TUESDAY))

    (after,) = transport.taken
    assert ("90 dage til", "89 dage til") == tuple(
        next(line for line in ("90 dage til", "89 dage til") if line in words(envelope))
        for envelope in (before, after)
    )
    assert [MONDAY, TUESDAY] == [read(each)["Date"].datetime.date() for each in (before, after)]
    assert read(before)["Message-ID"] == read(after)["Message-ID"]
    assert invite(before) == invite(after)


@pytest.mark.parametrize("protection", ["navn_adresse", "adresse", "saerlig"])
async def test_a_protection_that_is_set_while_a_mail_waits_is_kept_on_the_same_day(
    corridor: Corridor, protection: Any
) -> None:
    corridor.transport = transport = RecordingTransport([LATER, LATER])
    await corridor.run()
    assert 2 == sum("(AB)" in words(envelope) for envelope in transport.offered)
    data = corridor.source.data
    protected = {name: replace(row, beskyttelse=protection) for name, row in data.borgere.items()}
    corridor.source.data = replace(data, borgere=protected)
    corridor.transport = transport = RecordingTransport()
    await corridor.run(morning(MONDAY, 9))
    assert [False, False] == ["AB" in words(envelope) for envelope in transport.taken]


@pytest.mark.parametrize("protection", ["navn_adresse", "saerlig"])
async def test_what_may_have_been_heard_is_not_said_again_with_initials_that_are_protected_since(
    corridor: Corridor, protection: Any
) -> None:
    corridor.transport = transport = RecordingTransport([LOST, LOST])
    await corridor.run()
    assert 2 == sum("(AB)" in words(envelope) for envelope in transport.offered)
    told = {read(envelope)["Message-ID"] for envelope in transport.offered}
    data = corridor.source.data
    protected = {name: replace(row, beskyttelse=protection) for name, row in data.borgere.items()}
    corridor.source.data = replace(data, borgere=protected)
    corridor.transport = transport = RecordingTransport([LOST])
    for hour in (9, 11, 13):
        await corridor.run(morning(MONDAY, hour))
    assert not any("AB" in words(envelope) for envelope in transport.offered)
    assert not told & {read(envelope)["Message-ID"] for envelope in transport.offered}
    lost = transport.offered[0]
    assert 1 == sum(envelope.raw == lost.raw for envelope in transport.taken)
    assert {"sent"} == set(corridor.states())
    written = [line for line in corridor.reading.journal(1) if line.event == "written_anew"]
    assert ["less may be said now" in line.reason for line in written] == [True]


async def test_what_was_put_off_keeps_its_name_in_mail_and_calendar(corridor: Corridor) -> None:
    corridor.transport = before = RecordingTransport([LATER, LATER])
    await corridor.run()
    corridor.transport = after = RecordingTransport()
    await corridor.run(morning(MONDAY, 9))
    for earlier, later in zip(before.offered, after.taken, strict=True):
        assert read(earlier)["Message-ID"] == read(later)["Message-ID"]
        assert invite(earlier) == invite(later)


async def test_words_that_the_relay_refused_at_the_dot_are_written_anew_on_another_day(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(ON_9_AUGUST, transport=_AtTheDot([Deferred("451 at the dot", 451)]))
    await corridor.run()
    corridor.transport = transport = RecordingTransport()
    await corridor.run(morning(TUESDAY))
    (after,) = transport.taken
    assert "89 dage til" in words(after)


async def test_words_that_may_have_been_heard_stay_for_ever(make_corridor: MakeCorridor) -> None:
    corridor = make_corridor(ON_9_AUGUST, transport=_AtTheDot([LOST]))
    await corridor.run()
    (before,) = corridor.transport.offered  # type: ignore[attr-defined]
    # Neither another day nor a later refusal, which is heard before the text, makes them unheard.
    for day, answer in ((TUESDAY, LATER), (NEXT_MONDAY, TAKEN)):
        corridor.transport = transport = RecordingTransport([answer])
        await corridor.run(morning(day))
        assert [before] == transport.offered
    assert ["sent"] == corridor.states()


async def test_what_an_old_mailbox_may_have_goes_to_the_new_one_as_a_message_of_its_own(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(ON_9_AUGUST, transport=_AtTheDot([LOST]))
    await corridor.run()
    (before,) = corridor.transport.offered  # type: ignore[attr-defined]
    staff = ON_9_AUGUST.medarbejdere
    moved = replace(staff["m1"], mail="anne.nyt@kommune.example")
    corridor.source.data = replace(ON_9_AUGUST, medarbejdere=staff | {"m1": moved})
    corridor.transport = transport = RecordingTransport()
    await corridor.run(morning(TUESDAY))
    # Beside it, what the old mailbox may have in its calendar is taken out there.
    (after,) = (envelope for envelope in transport.offered if "89 dage" in str(read(envelope)["Subject"]))
    assert ("anne@kommune.example", "anne.nyt@kommune.example") == (before.recipient, after.recipient)
    assert read(before)["Message-ID"] != read(after)["Message-ID"]
    assert invite(before)[0] != invite(after)[0]


async def test_what_was_not_heard_goes_to_the_deputy_of_the_day_it_goes_out_on(
    make_corridor: MakeCorridor,
) -> None:
    leave = Fravaer("m1", TUESDAY, NEXT_MONDAY, "m2")
    corridor = make_corridor(turns_23(date(2003, 8, 9), (leave,)), transport=RecordingTransport([LATER]))
    await corridor.run()
    assert ["anne@kommune.example"] == [entry.recipient_mail for entry in corridor.entries()]
    corridor.transport = transport = RecordingTransport()
    await corridor.run(morning(TUESDAY))
    assert ["bo@kommune.example"] == [envelope.recipient for envelope in transport.taken]
    assert ["bo@kommune.example"] == [read(envelope)["To"] for envelope in transport.taken]
    assert [("bo@kommune.example", "m1")] == [
        (entry.recipient_mail, entry.deputy_for) for entry in corridor.entries()
    ]


async def test_a_leave_that_is_entered_while_a_mail_waits_sends_it_to_the_deputy(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(ON_9_AUGUST, transport=RecordingTransport([LATER]))
    await corridor.run()
    corridor.source.data = turns_23(date(2003, 8, 9), (Fravaer("m1", MONDAY, TUESDAY, "m2"),))
    corridor.transport = transport = RecordingTransport()
    await corridor.run(morning(MONDAY, 9))
    assert ["bo@kommune.example"] == [envelope.recipient for envelope in transport.taken]


async def test_a_mail_that_cannot_be_written_anew_is_held_and_the_others_go(
    make_corridor: MakeCorridor, tmp_path: Path
) -> None:
    corridor = make_corridor(course_and_exit(), transport=RecordingTransport([LATER, LATER]))
    await corridor.run()
    broken = tmp_path / "own" / "course-limit-warning" / "da.txt"
    broken.parent.mkdir(parents=True)
    broken.write_text("Emne: {{ findes_ikke }}\n", encoding="utf-8")
    corridor.wordings = (tmp_path / "own",)
    corridor.transport = transport = RecordingTransport()
    await corridor.run(morning(TUESDAY))
    assert ["bo@kommune.example"] == [envelope.recipient for envelope in transport.taken]
    assert {"course-limit-warning": "held", "exit-90-days": "sent"} == {
        entry.rule: entry.state for entry in corridor.entries()
    }


class _AtTheDot(RecordingTransport):
    """Gives its answers after the text, whatever they are."""

    async def answer(self, envelope: Envelope, before_data: BeforeData) -> Outcome:
        outcome = await super().answer(envelope, _nothing)
        await before_data()
        return outcome


async def _nothing() -> None:
    """Write nothing: the one above does."""


async def test_what_closed_days_kept_waiting_until_it_was_of_no_use_lapses_and_is_listed(
    make_corridor: MakeCorridor,
) -> None:
    saturday, monday = date(2026, 5, 23), date(2026, 5, 26)  # Whit Monday is closed, too
    corridor = make_corridor(courses(), saturday)
    await corridor.run(morning(saturday))
    corridor.source.data = courses(date(2026, 1, 4))  # 20 weeks are over on the Sunday
    for day in (saturday, saturday + timedelta(days=1), monday):
        await corridor.run(morning(day, 9))
    (entry,) = corridor.entries()
    assert ("lapsed", True) == (entry.state, "before that, waits for" in entry.reason)
    await corridor.run(morning(monday, 10))
    assert ["lapsed"] == corridor.states()


async def test_what_nobody_could_be_told_until_it_was_of_no_use_lapses_and_is_listed(
    make_corridor: MakeCorridor,
) -> None:
    alone = replace(courses(date(2026, 1, 5)), medarbejdere={}, enheder={}, tilknytninger={})
    corridor = make_corridor(alone, MONDAY)
    corridor.policy = replace(corridor.policy, operators=())
    for number in range(17):
        await corridor.run(morning(MONDAY + timedelta(days=number)))
    (entry,) = corridor.entries()
    assert "lapsed" == entry.state
    assert entry.reason.endswith(
        "before that, nobody can be told: no mailbox for person, unit, leader or operator"
    )
