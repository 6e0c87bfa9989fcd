"""The shipped rules are the ones agreed on, and what a file does not say is the domain's default."""

from datetime import date
from pathlib import Path

import pytest

from reminderd.config.rulebook import load_rules
from reminderd.config.shipped import shipped_folder
from reminderd.domain.rules import (
    DEADLINE_KINDS,
    ActivityParameters,
    CourseLimitParameters,
    ExitAgeParameters,
    Lead,
    ReviewParameters,
    Rule,
    RuleBook,
    Span,
)
from reminderd.domain.workdays import Workdays

SHIPPED = load_rules(shipped_folder("config") / "rules.toml")
ONE = """
[[rule]]
name = "review-plan"
deadline = "review"
stage = "plan"
when = "21 days before"
roles = ["sagsbehandler"]
template = "review-plan"
"""


def rule(name: str) -> Rule:
    return next(rule for rule in SHIPPED.rules if rule.name == name)


def book(tmp_path: Path, text: str) -> RuleBook:
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return load_rules(path)


def test_the_shipped_rules_stand_in_this_order() -> None:
    expected = [
        "course-limit-warning",
        "course-limit-overrun",
        "review-plan",
        "review-approaching",
        "review-overdue",
        "review-overdue-leader",
        "review-meeting",
        "exit-half-year",
        "exit-90-days",
        "exit-30-days",
        "activity-invitation",
        "activity-reminder",
        "exit-planned",
        "exit-overrun",
        "course-planned-end",
        "course-ended",
        "placement-preparation",
        "placement-committee",
        "intro-visit-missing",
        "committee",
        "committee-report",
        "one-off",
        "support-decision",
        "plan-due",
        "weekly-digest",
        "youth-invitation",
        "youth-reminder",
        "youth-meeting",
        "activity-responsible",
    ]
    assert expected == [rule.name for rule in SHIPPED.rules]
    assert set(DEADLINE_KINDS) == {rule.deadline for rule in SHIPPED.rules}


def test_the_shipped_parameters_are_the_domain_s_defaults() -> None:
    expected = (ReviewParameters(), CourseLimitParameters(), ExitAgeParameters(), ActivityParameters())
    assert expected == (SHIPPED.review, SHIPPED.course_limit, SHIPPED.exit_age, SHIPPED.activity)


def test_a_shipped_rule_says_what_was_agreed() -> None:
    expected = Rule(
        name="course-limit-overrun",
        deadline="course_limit",
        stage="overrun",
        when=Lead(1, "days"),
        roll="next",
        expires=Lead(56, "days"),
        roles=("sagsbehandler", "leder"),
        optional_roles=("kontaktperson", "mentor"),
        template="course-limit-overrun",
        shows={**SHIPPED.shows, "leder_navn": "both then know who takes it up"},
    )
    assert expected == rule("course-limit-overrun")


def test_no_shipped_rule_writes_to_citizens_until_the_municipality_says_so() -> None:
    expected = ["youth-invitation", "youth-reminder", "youth-meeting"]
    assert expected == [rule.name for rule in SHIPPED.rules if "ung" in rule.roles]
    assert {False} == {rule.enabled for rule in SHIPPED.rules if "ung" in rule.roles}


def test_the_course_warning_falls_on_the_weekday_of_the_start_two_weeks_before_the_limit() -> None:
    start = date(2026, 1, 5)
    assert date(2026, 5, 11) == rule("course-limit-warning").when.apply(start, Workdays(frozenset()))
    assert date(2026, 5, 25) == SHIPPED.course_limit.limit.after(start)


def test_what_a_rule_leaves_out_is_the_domain_s_default(tmp_path: Path) -> None:
    expected = Rule(
        name="review-plan",
        deadline="review",
        stage="plan",
        when=Lead(-21, "days"),
        roles=("sagsbehandler",),
        template="review-plan",
    )
    assert RuleBook(rules=(expected,)) == book(tmp_path, ONE)


def test_parameters_of_a_deadline_are_taken_over(tmp_path: Path) -> None:
    tables = """
    [deadline.course_limit]
    limit = "6 months"
    [deadline.exit_age]
    leap_birthday = "mar1"
    [deadline.activity]
    breaks = [[2026-07-01, 2026-08-09], ["2026-10-12", "2026-10-18"]]
    """
    found = book(tmp_path, ONE + tables)
    assert Span(6, "months") == found.course_limit.limit
    assert ExitAgeParameters(leap_birthday="mar1") == found.exit_age
    assert (
        (date(2026, 7, 1), date(2026, 8, 9)),
        (date(2026, 10, 12), date(2026, 10, 18)),
    ) == found.activity.breaks


def test_a_rule_that_is_switched_off_is_kept_and_does_not_apply(tmp_path: Path) -> None:
    found = book(tmp_path, ONE + "enabled = false\n")
    assert ["review-plan"] == [rule.name for rule in found.rules]
    assert () == found.on("review")


@pytest.mark.parametrize(
    ("when", "expires"),
    [
        ("21 days before", "21 days before"),
        ("21 days before", "on the day"),
        ("1 month after", "31 days after"),
        ("1 day after", "56 days after"),
    ],
)
def test_a_notice_that_outlives_its_day_is_accepted(tmp_path: Path, when: str, expires: str) -> None:
    text = ONE.replace("21 days before", when) + f'expires = "{expires}"\n'
    assert expires == str(book(tmp_path, text).rules[0].expires)
