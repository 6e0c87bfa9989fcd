"""How far ahead, how long: the words of rules.toml are read exactly, and come back as they were."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reminderd.domain.rules import Lead, Rule, RuleBook, Span
from tests.casework import DANISH

UNITS = ("days", "weeks", "months", "working days")
leads = st.builds(
    Lead, st.integers(-999, 999).filter(bool), st.sampled_from(UNITS), st.just("deadline")
) | st.builds(Lead, st.integers(1, 999), st.sampled_from(UNITS), st.just("start"))
spans = st.builds(Span, st.integers(1, 999), st.sampled_from(UNITS[:3]))
MONDAY = date(2026, 5, 11)


@settings(deadline=None)
@given(leads)
def test_a_lead_that_is_written_is_read_as_the_same_lead(lead: Lead) -> None:
    assert lead == Lead.parse(str(lead))


@settings(deadline=None)
@given(spans)
def test_a_span_that_is_written_is_read_as_the_same_span(span: Span) -> None:
    assert span == Span.parse(str(span))


@pytest.mark.parametrize(
    ("text", "lead"),
    [
        ("7 days before", Lead(-7, "days")),
        ("1 day after", Lead(1, "days")),
        ("6 months before", Lead(-6, "months")),
        ("18 weeks after start", Lead(18, "weeks", "start")),
        ("1 working day before", Lead(-1, "working days")),
        ("on the day", Lead(0, "days")),
    ],
)
def test_a_lead_is_written_as_people_say_it(text: str, lead: Lead) -> None:
    assert lead == Lead.parse(text)
    assert text == str(lead)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7 days",
        "7 days before start",
        "seven days before",
        "-7 days before",
        "7 days  before",
        "7 years before",
        "7 Days before",
        "7.5 days before",
        "1000 days before",
        "7 days before the deadline",
        "before",
        "on the day ",
        " 7 days before",
        "7 days before\n",
    ],
)
def test_anything_else_is_no_lead_and_the_refusal_gives_examples(text: str) -> None:
    with pytest.raises(ValueError, match="no lead; examples: '7 days before'"):
        Lead.parse(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("7 days before", date(2026, 5, 4)),
        ("3 weeks after", date(2026, 6, 1)),
        ("3 months before", date(2026, 2, 11)),
        ("1 working day before", date(2026, 5, 8)),
        ("3 working days after", date(2026, 5, 15)),  # over Ascension Day
        ("on the day", MONDAY),
        ("18 weeks after start", date(2026, 9, 14)),
    ],
)
def test_a_lead_is_counted_from_its_anchor(text: str, day: date) -> None:
    assert day == Lead.parse(text).apply(MONDAY, DANISH)


@pytest.mark.parametrize(
    ("text", "span"),
    [("20 weeks", Span(20, "weeks")), ("1 month", Span(1, "months")), ("7 days", Span(7, "days"))],
)
def test_a_span_is_written_as_people_say_it(text: str, span: Span) -> None:
    assert span == Span.parse(text)
    assert text == str(span)


@pytest.mark.parametrize(
    "text",
    ["", "0 weeks", "20", "weeks", "20 working", "-1 week", "20 weeks after", "1.5 months"],
)
def test_anything_else_is_no_length_of_time(text: str) -> None:
    with pytest.raises(ValueError, match="no length of time; examples: '7 days'"):
        Span.parse(text)


@pytest.mark.parametrize(
    ("span", "times", "day"),
    [
        (Span(20, "weeks"), 1, date(2026, 9, 28)),
        (Span(7, "days"), 3, date(2026, 6, 1)),
        (Span(3, "months"), 2, date(2026, 11, 11)),
        (Span(7, "days"), 0, MONDAY),
    ],
)
def test_a_span_may_be_taken_several_times(span: Span, times: int, day: date) -> None:
    assert day == span.after(MONDAY, times)


def test_months_taken_at_once_do_not_stick_to_a_short_month() -> None:
    assert [date(2026, 2, 28), date(2026, 3, 31)] == [
        Span(1, "months").after(date(2026, 1, 31), times) for times in (1, 2)
    ]


def test_a_rule_that_is_switched_off_is_not_on_its_deadline() -> None:
    lead = Lead.parse("7 days before")
    on, off, other = (
        Rule(
            name=name,
            deadline=deadline,
            stage="s",
            when=lead,
            template=name,
            roles=("mentor",),
            enabled=name != "off",
        )
        for name, deadline in (("on", "review"), ("off", "review"), ("other", "exit_age"))
    )
    assert (on,) == RuleBook(rules=(on, off, other)).on("review")
