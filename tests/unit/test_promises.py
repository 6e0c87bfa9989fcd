"""What holds over any calendar, whatever the cases and people: closed days, stages, recipients, series."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reminderd.domain.activities import rhythm
from reminderd.domain.cases import Snapshot
from reminderd.domain.deadlines import Deadline, case_of
from reminderd.domain.faults import faults
from reminderd.domain.notices import Line
from reminderd.domain.occurrences import spoken
from reminderd.domain.planning import Policy, deadlines_of
from reminderd.domain.reconcile import Knowledge
from reminderd.domain.rehearsal import plan_stretch
from reminderd.domain.rules import ActivityParameters
from reminderd.domain.workdays import Workdays, local
from tests.casework import DANISH, decide_on, serie
from tests.unit.test_rehearsal import FIRST, FULL, LAST, later, snapshots

some = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
# A municipality's own closed days beside the Danish ones, thick enough to meet most deadlines.
closed_days = st.sets(st.dates(date(2025, 9, 1), date(2026, 12, 31)), max_size=120)
calendars = closed_days.map(lambda own: Workdays(DANISH.closed | own))


starts = st.datetimes(datetime(2025, 9, 1), datetime(2026, 3, 1)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)


def over(calendar: Workdays) -> Policy:
    return replace(FULL, workdays=calendar)


@some
@given(snapshots(), calendars)
def test_no_notice_goes_out_on_a_closed_day_of_any_calendar(data: Snapshot, calendar: Workdays) -> None:
    decisions, _ = plan_stretch(data, over(calendar), Knowledge({}, {}, FIRST), FIRST, LAST)
    days = {d.notice.send_at.date() for d in decisions if d.kind == "send"}
    assert set() == {day for day in days if not calendar.is_workday(day)}


@some
@given(snapshots(), calendars)
def test_no_stage_is_sent_after_a_later_one_over_any_calendar(data: Snapshot, calendar: Workdays) -> None:
    decisions, _ = plan_stretch(data, over(calendar), Knowledge({}, {}, FIRST), FIRST, LAST)
    told: dict[tuple[object, ...], list[tuple[datetime, date]]] = {}
    for decision in decisions:
        if decision.kind == "send":
            notice, key = decision.notice, decision.notice.key
            group = (key.subject, key.deadline_kind, key.deadline_date, key.recipient, notice.track)
            told.setdefault(group, []).append((notice.send_at, notice.due_day))
    for stages in told.values():
        in_order = sorted(stages)
        assert in_order == sorted(in_order, key=lambda stage: stage[1])
        assert len(in_order) == len({sent for sent, _ in in_order})  # and never two on one day


@some
@given(snapshots(), st.dates(FIRST, LAST))
def test_every_open_case_with_a_deadline_has_somebody_who_is_told(data: Snapshot, day: date) -> None:
    found = decide_on(data, day, policy=FULL)
    told = {(d.notice.key.subject, d.notice.key.deadline_kind) for d in found if d.notice.recipient.mail}
    directory = FULL.directory(data, day)
    for forloeb in data.forloeb.values():
        for item in deadlines_of(case_of(data, forloeb), FULL, directory.day):
            if not isinstance(item, Deadline):
                continue
            for rule in FULL.rules_on(item.kind):
                blocked = set(rule.unless) & item.conditions or set(rule.only_if) - item.conditions
                spoke, _ = spoken(rule, item, FULL.workdays, day)
                if spoke is not None and not blocked and rule.roles != ("ung",):
                    assert (item.subject, item.kind) in told


@some
@given(snapshots(), st.dates(FIRST, LAST), st.booleans())
def test_every_open_case_with_a_deadline_or_a_fault_stands_in_an_overview_that_goes_out(
    data: Snapshot, day: date, led: bool
) -> None:
    if not led:
        data = replace(data, enheder={key: replace(row, leder_id=None) for key, row in data.enheder.items()})
    day = DANISH.next(day - timedelta(days=day.weekday()))
    directory = FULL.directory(data, day)
    found = [d for d in decide_on(data, day, policy=FULL) if d.notice.key.deadline_kind == "digest"]
    lists = ("overskredet", "denne_og_naeste", "de_naeste_90", "mangler_i_data")
    read = {line for d in found if d.kind == "send" for name in lists for line in d.notice.facts[name]}
    for forloeb in data.forloeb.values():
        case = case_of(data, forloeb)
        for item in deadlines_of(case, FULL, day):
            dropped = ("course_end", "intro_visit")  # for the one a receipt, the other grows old
            if isinstance(item, Deadline) and item.kind not in dropped and FULL.rules_on(item.kind):
                soon = day <= item.day <= day + timedelta(days=90)
                late = item.day < day and item.kind in ("review", "course_limit", "exit_age", "plan_due")
                assert not (soon or late) or Line(forloeb.sagsnr, item.kind, item.day) in read
        for code in faults(case, FULL.book, directory, DANISH):
            assert Line(forloeb.sagsnr, code) in read


@some
@given(snapshots(), closed_days)
def test_closed_days_28_years_later_move_the_plan_by_28_years(data: Snapshot, own: set[date]) -> None:
    def plan(
        cases: Snapshot, closed: frozenset[date], first: date, last: date
    ) -> list[tuple[date, str, str]]:
        decisions, _ = plan_stretch(cases, over(Workdays(closed)), Knowledge({}, {}, first), first, last)
        sent = [d.notice for d in decisions if d.kind == "send"]
        return sorted((n.send_at.date(), n.key.rule, n.key.recipient) for n in sent)

    now = plan(data, own, FIRST, LAST)
    then = plan(later(data), set(later(tuple(own))), later(FIRST), later(LAST))
    assert later(tuple(now)) == tuple(then)


@some
@given(snapshots())
def test_nobody_is_written_to_who_is_away_has_left_or_has_no_mailbox(data: Snapshot) -> None:
    decisions, _ = plan_stretch(data, FULL, Knowledge({}, {}, FIRST), FIRST, LAST)
    people = {row.mail: row for row in data.medarbejdere.values() if row.mail is not None}
    for decision in decisions:
        reader = people.get(decision.notice.recipient.mail or "")
        if decision.kind != "send" or reader is None:
            continue
        day = decision.notice.send_at.date()
        leaves = data.fravaer.get(reader.medarbejder_id, ())
        assert reader.aktiv
        assert [] == [
            row for row in leaves if row.fra_dato <= day and (row.til_dato is None or row.til_dato >= day)
        ]


@some
@given(
    st.datetimes(datetime(2025, 9, 1), datetime(2026, 3, 1)).map(
        lambda m: m.replace(second=0, microsecond=0)
    ),
    st.sampled_from(["14_dage", "lige_uger", "ulige_uger"]),
    calendars,
    st.tuples(st.dates(FIRST, LAST), st.integers(0, 40)),
)
def test_a_rhythm_keeps_its_weekday_its_hour_and_its_step_over_any_calendar(
    start: datetime, rytme: str, calendar: Workdays, pause: tuple[date, int]
) -> None:
    one = serie(start, rytme)
    breaks = ((pause[0], pause[0] + timedelta(days=pause[1])),)
    slots = rhythm(one, ActivityParameters(breaks=breaks), FIRST, LAST, calendar)
    assert {start.weekday()} >= {slot.weekday() for slot in slots}
    assert {start.time()} >= {slot.time() for slot in slots}
    assert {start.time()} >= {
        local(slot).time() for slot in slots if local(slot).fold == 0
    } or start.hour in (2, 3)
    assert set() == {slot for slot in slots if slot.date() in calendar.closed}
    assert set() == {slot for slot in slots if breaks[0][0] <= slot.date() <= breaks[0][1]}
    gaps = {(then - before).days % 7 for before, then in pairwise(slots)}
    assert gaps <= {0}
    if rytme == "14_dage":
        assert set() == {slot for slot in slots if (slot - start).days % 14}
    else:
        odd = rytme == "ulige_uger"
        assert {odd} >= {slot.isocalendar().week % 2 == 1 for slot in slots}
