"""One case explained: the arithmetic in words, and a reason for everything that will not be sent."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from reminderd.config.closed_days import closed_day_names
from reminderd.domain.cases import BelongsTo, Finding, Snapshot
from reminderd.domain.explanation import ExplainedDeadline, Explanation, Step, explain
from reminderd.domain.lifecycle import State
from reminderd.domain.reconcile import Knowledge
from reminderd.domain.rules import DEADLINE_KINDS
from reminderd.domain.silences import Silence
from reminderd.domain.views import NEEDED_VIEWS
from reminderd.domain.workdays import at
from tests.casework import (
    BORGER,
    FORLOEB,
    LONG_AGO,
    POLICY,
    VEJEN_FREM,
    held,
    on_case,
    planned,
    session,
    snapshot,
)

TODAY = date(2026, 3, 2)
NAMES = closed_day_names(2020, 2040)


def explained(
    data: Snapshot, sagsnr: str = "2026-0001", *, day: date = TODAY, known: Knowledge | None = None
) -> Explanation:
    known = Knowledge({}, {}, LONG_AGO) if known is None else known
    return explain(data, POLICY, known, sagsnr, at(day, time(9)), NAMES.get)


def deadline(explanation: Explanation, kind: str) -> ExplainedDeadline:
    (found,) = (item for course in explanation.courses for item in course.deadlines if item.kind == kind)
    return found


def step(explanation: Explanation, rule: str) -> Step:
    steps = [step for course in explanation.courses for item in course.deadlines for step in item.steps]
    (found,) = (step for step in steps if step.rule == rule)
    return found


def course_from(start: date) -> Snapshot:
    return snapshot(forloeb=[replace(FORLOEB, start_dato=start)])


def test_the_arithmetic_of_a_course_limit_is_said_in_words() -> None:
    explanation = explained(snapshot())
    assert "start 5 January 2026 + 20 weeks = 25 May 2026, a Monday" == (
        deadline(explanation, "course_limit").arithmetic
    )
    assert "start 5 January 2026 + 18 weeks = 11 May 2026, a Monday, sent 08:00" == (
        step(explanation, "course-limit-warning").arithmetic
    )


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (
            date(2026, 1, 8),
            (
                "14 May 2026, a Thursday; 14 May 2026 is closed (Ascension Day):"
                " sent Wednesday 13 May 2026, 08:00"
            ),
        ),
        (
            date(2026, 1, 10),
            "16 May 2026, a Saturday; 16 May 2026 is closed (Saturday): sent Friday 15 May 2026, 08:00",
        ),
    ],
    ids=["holiday", "weekend"],
)
def test_a_closed_day_is_named_and_the_day_of_sending_with_it(start: date, words: str) -> None:
    assert step(explained(course_from(start)), "course-limit-warning").arithmetic.endswith(f"= {words}")


def review_case(**more: object) -> Snapshot:
    return snapshot(forloeb=[VEJEN_FREM], **more)  # type: ignore[arg-type]


def test_a_review_is_reckoned_from_the_beginning_of_phase_2_or_from_the_last_one_held() -> None:
    first, later = explained(review_case()), explained(review_case(opfoelgninger=[held(date(2026, 2, 2))]))
    assert "phase 2 began 5 January 2026 + 3 months = 5 April 2026, a Sunday" == (
        deadline(first, "review").arithmetic
    )
    assert "last review held 2 February 2026 + 3 months = 2 May 2026, a Saturday" == (
        deadline(later, "review").arithmetic
    )


def test_a_repeated_rule_tells_which_time_it_is_and_when_the_next_one_comes() -> None:
    overdue = step(explained(review_case(), day=date(2026, 4, 20)), "review-overdue")
    assert "overdue+2" == overdue.stage
    assert "deadline 5 April 2026 + 1 day = 6 April 2026, a Monday" in overdue.arithmetic
    assert "; repeated every 7 days: 20 April 2026, a Monday, sent 08:00" in overdue.arithmetic
    assert overdue.arithmetic.endswith("; next 27 April 2026 if it is still so")


def test_a_rule_that_must_not_speak_says_what_keeps_it() -> None:
    explanation = explained(review_case(opfoelgninger=[planned(datetime(2026, 3, 25, 10))]))
    assert "not wanted while moede_planlagt holds" == step(explanation, "review-plan").blocked
    assert step(explanation, "review-meeting").blocked is None


def test_no_birth_date_is_told() -> None:
    born = replace(BORGER, foedselsdato=date(2003, 8, 9))
    explanation = explained(snapshot(forloeb=[VEJEN_FREM], borgere=[born]))
    assert "the birthday number 23 = 9 August 2026, a Sunday" == deadline(explanation, "exit_age").arithmetic
    assert "2003" not in repr(explanation)


def test_a_deadline_that_the_case_could_have_and_has_not_is_named_with_the_reason() -> None:
    (course,) = explained(snapshot(forloeb=[replace(FORLOEB, slut_dato=date(2026, 2, 1))])).courses
    reasons = {item.kind: item.reason for item in course.withheld}
    assert "the course ended on 2026-02-01" == reasons["course_limit"]


def test_what_comes_within_a_year_is_what_the_plan_says() -> None:
    coming = explained(snapshot()).coming
    assert {(date(2026, 5, 11), "course-limit-warning")} <= {
        (decision.notice.send_at.date(), decision.notice.key.rule) for decision in coming
    }
    assert {"2026-0001"} == {decision.notice.sagsnr for decision in coming}


def test_other_cases_are_left_out() -> None:
    other = replace(FORLOEB, forloeb_id="f2", sagsnr="2026-0002")
    data = snapshot(
        forloeb=[FORLOEB, other],
        roles=[on_case("m1", "sagsbehandler"), on_case("m1", "sagsbehandler", forloeb_id="f2")],
    )
    explanation = explained(data, "2026-0002")
    assert ["f2"] == [course.forloeb_id for course in explanation.courses]
    assert {"2026-0002"} == {decision.notice.sagsnr for decision in explanation.coming}


def test_two_courses_of_one_number_are_both_explained() -> None:
    data = snapshot(forloeb=[FORLOEB, replace(VEJEN_FREM, forloeb_id="f2")])
    assert ["f1", "f2"] == [course.forloeb_id for course in explained(data).courses]


def test_a_group_activity_comes_to_this_cases_people_only() -> None:
    data = snapshot(
        forloeb=[VEJEN_FREM, replace(VEJEN_FREM, forloeb_id="f2", sagsnr="2026-0002")],
        roles=[
            on_case("m1", "kontaktperson"),
            on_case("m2", "kontaktperson", forloeb_id="f2"),
        ],
        aktiviteter=[session(datetime(2026, 3, 17, 17))],
    )
    invited = {
        decision.notice.key.recipient
        for decision in explained(data).coming
        if decision.notice.key.deadline_kind == "activity"
    }
    assert {"medarbejder:m1"} == invited


def test_what_is_over_says_why_it_will_not_be_sent() -> None:
    skipped = {
        decision.notice.key.rule: decision.reason
        for decision in explained(snapshot(), day=date(2026, 6, 1)).not_sent
    }
    assert "no longer useful since 2026-05-26 00:00" == skipped["course-limit-warning"]


def test_what_was_told_is_not_announced_again() -> None:
    keys = {
        f"course-limit-warning|forloeb:f1|course_limit|2026-05-25|warning|medarbejder:{who}"
        for who in ("m1", "m2")
    }
    known = Knowledge(dict.fromkeys(keys, State.SENT), {}, LONG_AGO)
    explanation = explained(snapshot(), day=date(2026, 5, 12), known=known)
    assert keys == {str(decision.notice.key) for decision in explanation.told}
    assert not keys & {str(decision.notice.key) for decision in explanation.coming}


@pytest.mark.parametrize(
    ("kind", "target", "shown"),
    [("case", "2026-0001", True), ("person", "m1", True), ("person", "m9x", False), ("case", "x", False)],
)
def test_the_silences_that_touch_the_case_are_shown(kind: str, target: str, shown: bool) -> None:
    silence = Silence(
        silence_id=1,
        kind=kind,  # type: ignore[arg-type]
        target=target,
        until=date(2026, 12, 31),
        author="leder",
        reason="aftalt",
        created_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    explanation = explained(snapshot(), known=Knowledge({}, {}, LONG_AGO, (silence,)))
    assert (silence,) * shown == explanation.silences


def test_faulty_rows_of_the_case_are_named_by_any_id_that_ties_them_to_it() -> None:
    own = Finding("rd_opfoelgning", "o9", "status", "is wrong", of=BelongsTo(forloeb_id="f1"))
    person = Finding("rd_borger", "b1", "mail", "is wrong", row_kept=True, of=BelongsTo(borger_id="b1"))
    other = Finding("rd_opfoelgning", "o8", "status", "is wrong", of=BelongsTo(forloeb_id="f2"))
    explanation = explained(snapshot(findings=(own, person, other)))
    assert (own, person) == explanation.rejected


def test_a_case_all_of_whose_rows_were_rejected_is_not_unknown() -> None:
    case = Finding("rd_forloeb", "f7", "borger_id", "names no row", of=BelongsTo(sagsnr="7", borger_id="b7"))
    person = Finding("rd_borger", "b7", "beskyttelse", "is wrong", of=BelongsTo(borger_id="b7"))
    explanation = explained(snapshot(findings=(person, case)), "7")
    assert ((), (person, case), False) == (explanation.courses, explanation.rejected, explanation.unknown)
    assert explained(snapshot(), "8").unknown


@pytest.mark.parametrize("kind", DEADLINE_KINDS)
def test_every_kind_of_deadline_says_which_views_it_needs(kind: str) -> None:
    assert kind in NEEDED_VIEWS


def test_a_kind_whose_view_is_absent_is_off_and_says_so() -> None:
    explanation = explained(review_case(absent_views=frozenset({"rd_opfoelgning"})))
    (course,) = explanation.courses
    reasons = {item.kind: item.reason for item in course.withheld}
    assert "the case source has no rd_opfoelgning" == reasons["review"]
    assert not [decision for decision in explanation.coming if decision.notice.key.deadline_kind == "review"]
