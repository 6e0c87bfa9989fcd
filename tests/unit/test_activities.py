"""Group activities: sessions from the source or a rhythm, to each contact person once."""

import itertools
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from reminderd.domain.activities import rhythm
from reminderd.domain.cases import BelongsTo, Deltager, Finding
from reminderd.domain.reconcile import Knowledge, plan_today
from reminderd.domain.rules import ActivityParameters
from reminderd.domain.workdays import local
from tests.casework import (
    BORGER,
    DANISH,
    POLICY,
    VEJEN_FREM,
    decide_on,
    on_case,
    sends,
    serie,
    session,
    snapshot,
    to,
)

MONDAY = date(2026, 2, 2)
THURSDAY = datetime(2026, 2, 26, 17)


def data(**rows: object) -> object:
    return snapshot(forloeb=[replace(VEJEN_FREM, fase2_dato=date(2026, 2, 1))], **rows)


def activity(found: list[tuple[date, str]]) -> list[tuple[date, str]]:
    return [(day, stage) for day, stage in found if stage in ("invitation", "reminder")]


def test_v10_the_contact_person_is_invited_three_weeks_before_and_reminded_the_working_day_before() -> None:
    found = activity(to("m2", sends(data(aktiviteter=[session(THURSDAY)]), MONDAY, date(2026, 3, 1))))
    assert [(date(2026, 2, 5), "invitation"), (date(2026, 2, 25), "reminder")] == found


def test_v10_a_monday_activity_is_mentioned_on_friday() -> None:
    found = activity(
        to("m2", sends(data(aktiviteter=[session(datetime(2026, 3, 2, 17))]), MONDAY, date(2026, 3, 2)))
    )
    assert (date(2026, 2, 27), "reminder") in found


def test_v10_an_activity_entered_late_is_both_an_invitation_and_a_reminder() -> None:
    decisions = decide_on(data(aktiviteter=[session(THURSDAY)]), date(2026, 2, 25))
    assert {"invitation", "reminder"} == {d.notice.key.stage for d in decisions if d.kind == "send"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (session(THURSDAY, status="aflyst"), "the session is cancelled"),
        (session(datetime(2026, 2, 26)), "the session's time of day is missing (00:00)"),
        (session(THURSDAY, slut_tid=datetime(2026, 2, 26, 16)), "slut_tid is not after start_tid"),
    ],
)
def test_v10_what_is_no_session_is_not_sent_and_says_why(row: object, reason: str) -> None:
    today = plan_today(
        data(aktiviteter=[row]), POLICY, Knowledge({}, {}, MONDAY), local(datetime(2026, 2, 20, 9))
    )
    assert {reason} == {gap.reason for gap in today.gaps if gap.deadline_kind == "activity"}
    assert [] == [d for d in today.decisions if d.notice.key.deadline_kind == "activity"]


def test_v10_nothing_is_said_about_a_session_that_has_begun() -> None:
    decisions = decide_on(data(aktiviteter=[session(THURSDAY)]), THURSDAY.date(), hour=17)
    assert {"expired"} == {d.cause for d in decisions if d.notice.key.deadline_kind == "activity"}


def test_v10_a_contact_person_with_two_young_people_is_told_once() -> None:
    second = replace(VEJEN_FREM, forloeb_id="f2", borger_id="b2", sagsnr="2026-0002")
    rows = snapshot(
        forloeb=[VEJEN_FREM, second],
        borgere=[BORGER, replace(BORGER, borger_id="b2")],
        roles=[on_case("m2", "kontaktperson"), on_case("m2", "kontaktperson", forloeb_id="f2")],
        aktiviteter=[session(THURSDAY)],
    )
    assert [(date(2026, 2, 5), "invitation")] == activity(to("m2", sends(rows, MONDAY, date(2026, 2, 20))))


def test_v10_the_list_of_participants_decides_whose_contact_persons_are_invited() -> None:
    second = replace(VEJEN_FREM, forloeb_id="f2", borger_id="b2", sagsnr="2026-0002")
    rows = snapshot(
        forloeb=[VEJEN_FREM, second],
        borgere=[BORGER, replace(BORGER, borger_id="b2")],
        roles=[on_case("m2", "kontaktperson"), on_case("m1", "kontaktperson", forloeb_id="f2")],
        aktiviteter=[session(THURSDAY)],
        deltagere={"a1": (Deltager("a1", "f2", "tilmeldt"), Deltager("a1", "f1", "afmeldt"))},
    )
    found = sends(rows, MONDAY, date(2026, 2, 20))
    assert ([(date(2026, 2, 5), "invitation")], []) == (activity(to("m1", found)), activity(to("m2", found)))


STRAY = Finding("rd_deltager", "row 7", "aktivitet_id", "is missing", of=BelongsTo(forloeb_id="f9"))


def asked(**rows: object) -> tuple[list[str], list[str]]:
    """Return whom one run tells of activities, and why it tells of some to nobody."""
    today = plan_today(data(**rows), POLICY, Knowledge({}, {}, MONDAY), local(datetime(2026, 2, 20, 9)))
    told = [d.notice.key for d in today.decisions if d.kind == "send"]
    return (
        [key.recipient for key in told if key.deadline_kind == "activity"],
        [gap.reason for gap in today.gaps if gap.deadline_kind == "activity"],
    )


def test_v10_a_session_whose_list_may_be_hidden_in_a_bad_row_invites_nobody_and_says_why() -> None:
    told, reasons = asked(aktiviteter=[session(THURSDAY)], findings=(STRAY,))
    assert ([], True) == (told, bool(reasons))
    assert {
        "it may have a list: row 7 of rd_deltager does not say of which session it is; correct that row"
    } == set(reasons)


def test_v10_a_session_with_a_list_invites_who_is_surely_on_it_whatever_row_is_bad() -> None:
    listed = {"a1": (Deltager("a1", "f1", "inviteret"),)}
    told, reasons = asked(aktiviteter=[session(THURSDAY)], deltagere=listed, findings=(STRAY,))
    assert (["medarbejder:m2"], []) == (told, reasons)
    told, reasons = asked(aktiviteter=[session(THURSDAY)], deltagere={"a1": ()}, findings=(STRAY,))
    assert ([], {"nobody is concerned"}) == (told, set(reasons))


@pytest.mark.parametrize(
    ("of", "listed", "invited"),
    [
        (BelongsTo(aktivitet_id="a7", serie_id="s1"), {"a7": ()}, False),
        (BelongsTo(aktivitet_id="a7"), {"a7": ()}, False),
        (BelongsTo(serie_id="s1"), {}, False),
        (BelongsTo(aktivitet_id="a7", serie_id="s1"), {}, True),
        (BelongsTo(aktivitet_id="a7", serie_id="s2"), {"a7": ()}, True),
        (BelongsTo(aktivitet_id="a7", serie_id=""), {"a7": ()}, True),
    ],
    ids=[
        "with a list",
        "series unreadable",
        "id unreadable",
        "without a list",
        "another series",
        "no series",
    ],
)
def test_v10_a_rhythm_invites_nobody_where_a_bad_session_of_it_may_have_a_list(
    of: BelongsTo, listed: dict[str, tuple[Deltager, ...]], *, invited: bool
) -> None:
    bad = Finding("rd_aktivitet", "row 3", "start_tid", "is missing", of=of)
    told, reasons = asked(serier=[serie(THURSDAY)], deltagere=listed, findings=(bad,))
    assert (invited, not invited) == (bool(told), bool(reasons))


def test_v10_a_rhythm_is_every_fourteen_days_at_the_same_time() -> None:
    slots = rhythm(
        serie(datetime(2026, 1, 8, 17)), ActivityParameters(), date(2026, 1, 1), date(2026, 2, 28), DANISH
    )
    assert [
        datetime(2026, 1, 8, 17),
        datetime(2026, 1, 22, 17),
        datetime(2026, 2, 5, 17),
        datetime(2026, 2, 19, 17),
    ] == slots


def test_v10_a_slot_on_a_holiday_is_skipped_without_shifting_the_rhythm() -> None:
    # 2 April 2026 is Maundy Thursday
    slots = rhythm(
        serie(datetime(2026, 3, 5, 17)), ActivityParameters(), date(2026, 3, 1), date(2026, 4, 30), DANISH
    )
    assert [date(2026, 3, 5), date(2026, 3, 19), date(2026, 4, 16), date(2026, 4, 30)] == [
        slot.date() for slot in slots
    ]


def test_v10_slots_in_a_break_are_skipped() -> None:
    summer = ActivityParameters(breaks=((date(2026, 6, 27), date(2026, 8, 9)),))
    slots = rhythm(serie(datetime(2026, 6, 11, 17)), summer, date(2026, 6, 1), date(2026, 8, 31), DANISH)
    assert [date(2026, 6, 11), date(2026, 6, 25), date(2026, 8, 20)] == [slot.date() for slot in slots]


@pytest.mark.parametrize(("rytme", "parity"), [("lige_uger", 0), ("ulige_uger", 1)])
def test_v10_even_and_odd_weeks_go_by_the_iso_week_through_a_year_of_53_weeks(
    rytme: str, parity: int
) -> None:
    slots = rhythm(
        serie(datetime(2026, 11, 5, 17), rytme),
        ActivityParameters(),
        date(2026, 11, 1),
        date(2027, 2, 28),
        DANISH,
    )
    assert {parity} == {slot.isocalendar().week % 2 for slot in slots}
    assert {3} == {slot.weekday() for slot in slots}
    steps = {later - earlier for earlier, later in itertools.pairwise(slots)}
    assert timedelta(days=14) in steps
    assert steps <= {timedelta(days=number) for number in (7, 14, 21, 28, 35)}  # 24 December is closed


def test_v10_five_in_the_afternoon_stays_five_through_both_clock_changes() -> None:
    for first in (datetime(2026, 3, 26, 17), datetime(2026, 10, 22, 17)):
        rows = data(serier=[serie(first)])
        for slot in (first, first + timedelta(days=14)):
            decisions = decide_on(rows, slot.date() - timedelta(days=1))
            starts = [
                d.notice.facts["start"]
                for d in decisions
                if d.notice.key.stage == "reminder" and d.notice.key.deadline_date == slot.date()
            ]
            assert all("17:00" == f"{start:%H:%M}" for start in starts)
            assert len({start.utcoffset() for start in starts}) <= 1


def test_v10_a_session_in_the_source_takes_the_place_of_the_rhythms_slot() -> None:
    rows = data(
        serier=[serie(datetime(2026, 2, 12, 17))],
        aktiviteter=[session(datetime(2026, 2, 26, 18), serie_id="s1")],
    )
    decisions = decide_on(rows, date(2026, 2, 20))
    subjects = {
        (d.notice.key.subject, d.notice.key.deadline_date)
        for d in decisions
        if d.notice.key.deadline_kind == "activity"
    }
    assert ("aktivitet:a1", date(2026, 2, 26)) in subjects
    assert ("serie:s1", date(2026, 2, 26)) not in subjects


def test_v10_a_series_ends_with_its_last_day() -> None:
    slots = rhythm(
        serie(datetime(2026, 1, 8, 17), slut=date(2026, 1, 31)),
        ActivityParameters(),
        date(2026, 1, 1),
        date(2026, 6, 1),
        DANISH,
    )
    assert [date(2026, 1, 8), date(2026, 1, 22)] == [slot.date() for slot in slots]


def test_v10_no_name_and_no_case_number_reach_the_facts_of_an_activity() -> None:
    (decision, *_) = [
        d
        for d in decide_on(data(aktiviteter=[session(THURSDAY)]), date(2026, 2, 20))
        if d.notice.key.deadline_kind == "activity"
    ]
    assert (None, None) == (decision.notice.facts["sagsnr"], decision.notice.facts["initialer"])
