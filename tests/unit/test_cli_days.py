"""Days and instants on the command line: how they are written, and the years they may lie in."""

from datetime import UTC, date, datetime

import click
import pytest

from reminderd.cli.days import Day, Instant
from reminderd.domain.workdays import COPENHAGEN


@pytest.mark.parametrize("text", ["1950-01-01", "2026-05-11", "2200-12-31"])
def test_a_day_is_the_day_that_is_written(text: str) -> None:
    assert date.fromisoformat(text) == Day().convert(text, None, None)


@pytest.mark.parametrize("text", ["0001-01-01", "1949-12-31", "2201-01-01", "9999-12-31"])
@pytest.mark.parametrize("kind", [Day(), Instant()], ids=["day", "instant"])
def test_a_year_that_cannot_be_reckoned_in_is_refused_with_the_limits(
    kind: click.ParamType[object], text: str
) -> None:
    with pytest.raises(click.UsageError, match="outside the years 1950 to 2200"):
        kind.convert(text, None, None)


@pytest.mark.parametrize("text", ["31.12.2026", "tomorrow", "2026-02-30", ""])
def test_what_is_no_day_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(click.UsageError, match="2026-05-11"):
        Day().convert(text, None, None)


@pytest.mark.parametrize("text", ["2026-05-11", "20260511", "2026-W20-1"])
def test_an_instant_without_a_time_is_noon_however_the_day_is_spelt(text: str) -> None:
    assert datetime(2026, 5, 11, 12, tzinfo=COPENHAGEN) == Instant().convert(text, None, None)


@pytest.mark.parametrize("text", ["2026-05-11T08:00", "20260511T0800", "2026-05-11T06:00Z"])
def test_an_instant_with_a_time_is_that_time(text: str) -> None:
    assert datetime(2026, 5, 11, 6, tzinfo=UTC) == Instant().convert(text, None, None)
