"""plan() over a stretch of days says exactly what daily runs do, whatever the cases look like."""

from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reminderd.domain.cases import Fravaer, Kontakt, Moede, Opfoelgning, Snapshot, Tilknytning
from reminderd.domain.invitations import Invitation, learned
from reminderd.domain.lifecycle import State
from reminderd.domain.reconcile import Knowledge, missed, plan_today
from reminderd.domain.rehearsal import plan_stretch
from reminderd.domain.workdays import Workdays, at
from tests.casework import (
    ANNE,
    BO,
    BORGER,
    DANISH,
    ENHED,
    FORLOEB,
    LEDER,
    POLICY,
    SHIPPED_RULES,
    serie,
    session,
    snapshot,
)

FIRST, LAST = date(2026, 3, 1), date(2026, 7, 15)
FULL = replace(POLICY, book=SHIPPED_RULES)

days = st.dates(date(2025, 9, 1), date(2026, 9, 30))
maybe_days = st.none() | days
moments = st.datetimes(datetime(2026, 2, 1), datetime(2026, 8, 1)).map(
    lambda m: m.replace(minute=0, second=0, microsecond=0)
)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """One to three courses with people who come and go, reviews, sessions and absences."""
    borgere, forloeb, roles, opfoelgninger = [], [], [], []
    kontakter: dict[str, tuple[Kontakt, ...]] = {}
    for number in range(draw(st.integers(1, 3))):
        fid, bid = f"f{number}", f"b{number}"
        born = draw(st.none() | st.dates(date(2003, 3, 1), date(2003, 12, 31)))
        borgere.append(
            replace(
                BORGER,
                borger_id=bid,
                foedselsdato=born,
                doedsdato=draw(st.sampled_from([None, None, None, date(2026, 5, 5)])),
            )
        )
        forloeb.append(
            replace(
                FORLOEB,
                forloeb_id=fid,
                borger_id=bid,
                sagsnr=f"2026-{number:04}",
                tilbud=draw(st.sampled_from(["SEL_82B", "VEJEN_FREM"])),
                fase=draw(st.sampled_from([None, 1, 2, 3])),
                fase2_dato=draw(maybe_days),
                status=draw(
                    st.sampled_from(["aktiv", "aktiv", "aktiv", "pause", "planlagt", "kandidat", "afsluttet"])
                ),
                start_dato=draw(maybe_days),
                slut_dato=draw(st.one_of(st.none(), st.none(), days)),
                slut_planlagt=draw(st.one_of(st.none(), days)),
                anbringelse_slut=draw(st.one_of(st.none(), days)),
                genaabnet_dato=draw(st.one_of(st.none(), st.none(), days)),
                enhed_id=draw(st.sampled_from(["e1", None])),
            )
        )
        for rolle in ("sagsbehandler", "kontaktperson", "mentor"):
            staffed = draw(st.lists(st.sampled_from(["m1", "m2", "m9"]), max_size=2, unique=True))
            roles += [
                Tilknytning(fid, who, rolle, draw(st.booleans()), draw(days), draw(maybe_days))
                for who in staffed
            ]
        kinds = st.sampled_from(["fremmoede", "introduktionsbesoeg"])
        kontakter[fid] = tuple(
            Kontakt(f"{fid}-{index}", fid, "m1", draw(days), draw(kinds), gennemfoert=True)
            for index in range(draw(st.integers(0, 2)))
        )
        for index in range(draw(st.integers(0, 2))):
            status = draw(st.sampled_from(["planlagt", "afholdt", "aflyst"]))
            opfoelgninger.append(
                Opfoelgning(
                    f"{fid}-{index}",
                    fid,
                    None,
                    draw(st.none() | moments),
                    None,
                    None,
                    draw(maybe_days),
                    status,
                )
            )
    staff = [
        replace(ANNE, mail=draw(st.sampled_from([ANNE.mail, None]))),
        replace(BO, aktiv=draw(st.booleans())),
        LEDER,
    ]
    fravaer = (
        [Fravaer("m1", draw(days), draw(maybe_days), draw(st.sampled_from([None, "m2", "m9"])))]
        if draw(st.booleans())
        else []
    )
    rows = [session(draw(moments), aktivitet_id=f"a{number}") for number in range(draw(st.integers(0, 2)))]
    series = (
        [serie(draw(moments), draw(st.sampled_from(["14_dage", "lige_uger"])))] if draw(st.booleans()) else []
    )
    moeder = (Moede("mo1", "eftervaernsudvalg", draw(moments), None, "e1"),) if draw(st.booleans()) else ()
    return snapshot(
        borgere=borgere, forloeb=forloeb, staff=staff, roles=roles, enheder=[ENHED], fravaer=fravaer,
        opfoelgninger=opfoelgninger, aktiviteter=rows, serier=series, kontakter=kontakter, moeder=moeder,
    )  # fmt: skip


def daily_runs(data: Snapshot, start: date) -> list[tuple[str, datetime, str | None]]:
    """Return (key, send_at, mailbox) of everything sent by one run a day at nine."""
    states: dict[str, State] = {}
    receipts: dict[str, date] = {}
    sent = []
    previous = None
    invitations: tuple[Invitation, ...] = ()
    day = FIRST
    while day <= LAST:
        now = at(day, time(9))
        known = Knowledge(dict(states), {}, start, invitations=invitations, receipts=dict(receipts))
        today = plan_today(data, FULL, known, now)
        for decision in missed(today, known, previous):
            states[str(decision.notice.key)] = State.LAPSED
        for decision in today.decisions:
            if decision.kind == "send":
                key = str(decision.notice.key)
                assert key not in states or states[key] is State.LAPSED
                states[key] = State.SENT
                invitations = learned(invitations, decision.notice, now, {})
                if decision.notice.key.deadline_kind == "course_end":
                    receipts[key] = day
                sent.append((key, decision.notice.send_at, decision.notice.recipient.mail))
        previous = now
        day += timedelta(days=1)
    return sorted(sent, key=lambda row: (row[1], row[0]))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(snapshots(), st.sampled_from([FIRST, date(2025, 1, 1), date(2026, 4, 4)]))
def test_the_plan_is_what_daily_runs_send_row_for_row(data: Snapshot, start: date) -> None:
    decisions, _ = plan_stretch(data, FULL, Knowledge({}, {}, start), FIRST, LAST)
    planned = [
        (str(d.notice.key), d.notice.send_at, d.notice.recipient.mail) for d in decisions if d.kind == "send"
    ]
    assert daily_runs(data, start) == sorted(planned, key=lambda row: (row[1], row[0]))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(snapshots())
def test_nothing_goes_out_on_a_closed_day_and_no_stage_after_a_later_one(data: Snapshot) -> None:
    decisions, _ = plan_stretch(data, FULL, Knowledge({}, {}, FIRST), FIRST, LAST)
    newest: dict[tuple[object, ...], date] = {}
    for decision in decisions:
        if decision.kind != "send":
            continue
        notice, key = decision.notice, decision.notice.key
        assert DANISH.is_workday(notice.send_at.date())
        assert notice.send_at < notice.expires_at
        group = (key.subject, key.deadline_kind, key.deadline_date, key.recipient, notice.track)
        assert notice.due_day >= newest.get(group, notice.due_day)
        newest[group] = notice.due_day


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(snapshots())
def test_every_decision_has_a_reason_and_nobody_is_left_without_one(data: Snapshot) -> None:
    decisions, gaps = plan_stretch(data, FULL, Knowledge({}, {}, FIRST), FIRST, LAST)
    assert all(decision.reason for decision in decisions)
    assert all(gap.reason for gap in gaps)
    assert all(decision.notice.recipient.mail for decision in decisions if decision.kind == "send")


def later(value: Any) -> Any:
    """Return a value with every date in it 28 years later: the same weekdays, the same leap years."""
    if isinstance(value, datetime | date):
        return value.replace(year=value.year + 28)
    if isinstance(value, tuple):
        return tuple(later(item) for item in value)
    if isinstance(value, dict):
        return {key: later(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return type(value)(**{f.name: later(getattr(value, f.name)) for f in fields(value) if f.init})
    return value


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(snapshots())
def test_all_dates_28_years_later_give_the_same_plan_28_years_later(data: Snapshot) -> None:
    policy = replace(FULL, workdays=Workdays(frozenset()))  # Easter does not come back after 28 years

    def plan(cases: Snapshot, first: date, last: date) -> list[tuple[date, str, str, str]]:
        decisions, _ = plan_stretch(cases, policy, Knowledge({}, {}, first), first, last)
        return sorted(
            (d.notice.send_at.date(), d.notice.key.rule, d.notice.key.stage, d.notice.key.recipient)
            for d in decisions
            if d.kind == "send"
        )

    assert later(tuple(plan(data, FIRST, LAST))) == tuple(plan(later(data), later(FIRST), later(LAST)))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(snapshots())
def test_every_notice_has_somebody_who_is_told(data: Snapshot) -> None:
    decisions, _ = plan_stretch(data, FULL, Knowledge({}, {}, FIRST), FIRST, LAST)
    assert [] == [decision for decision in decisions if decision.cause == "nobody"]


def test_a_start_on_a_closed_day_sends_the_newest_useful_stages_on_the_next_working_day() -> None:
    data = snapshot(
        forloeb=[replace(FORLOEB, start_dato=date(2025, 9, 1))]
    )  # warned 5 January, limit 19 January
    decisions, _ = plan_stretch(
        data, POLICY, Knowledge({}, {}, date(2026, 1, 10)), date(2026, 1, 10), date(2026, 1, 18)
    )
    assert {(date(2026, 1, 12), "warning")} == {
        (d.notice.send_at.date(), d.notice.key.stage) for d in decisions
    }


def test_what_was_over_before_the_start_is_skipped_and_says_so() -> None:
    data = snapshot(
        forloeb=[replace(FORLOEB, start_dato=date(2025, 8, 1))]
    )  # limit 19 December, overrun 22 December
    decisions, _ = plan_stretch(
        data, POLICY, Knowledge({}, {}, date(2026, 1, 10)), date(2026, 1, 10), date(2026, 1, 18)
    )
    assert {"overrun": "before_start", "warning": "expired"} == {
        d.notice.key.stage: d.cause for d in decisions
    }
