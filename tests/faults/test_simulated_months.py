"""Whole months in a second: the real service on a virtual clock, with everything going wrong by the seed.

``REMINDERD_MONTHS`` says how many months are lived through (2,000 by default, 20,000 by `make test-long`),
``REMINDERD_FIRST_MONTH`` from which seed on. A seed that breaks a promise prints its story; the same seed
tells the same story again.
"""

import asyncio
import gc
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog

from tests.faults.month import Month, live_through
from tests.faults.told import read
from tests.faults.verdict import faults_of

FIRST = int(os.environ.get("REMINDERD_FIRST_MONTH", "0"))
MONTHS = int(os.environ.get("REMINDERD_MONTHS", "2000"))
_BATCH = 50
_SOME = range(0, 150, 30)
Note = Callable[[str, object], None]


@pytest.fixture(autouse=True)
def quietly() -> Iterator[None]:
    """Tell no log what whole months go through."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    gc.freeze()  # what was imported stays: the collector need not walk it once a month
    yield
    gc.unfreeze()
    structlog.configure(**before)


def in_words(month: Month, faults: Sequence[str]) -> str:
    """Return what a person needs who looks for the cause: the seed, what was broken, and its story."""
    return "\n".join([f"seed {month.seed}:", *faults, "", "its story:", *month.story])


@pytest.mark.parametrize("first", range(FIRST, FIRST + MONTHS, _BATCH))
def test_a_month_of_changes_outages_and_kills_breaks_no_promise(first: int, record_property: Note) -> None:
    arrivals = deaths = cuts = 0
    seeds = range(first, min(first + _BATCH, FIRST + MONTHS))
    for seed in seeds:
        month = live_through(seed)
        arrivals += len(month.arrivals)
        deaths += len(month.kills)
        cuts += len(month.cuts)
        if faults := faults_of(month):
            pytest.fail(in_words(month, faults))
    assert arrivals > len(seeds) or len(seeds) < _BATCH, "so few mails would show nothing"
    record_property("mails, deaths, lines that died over a text", f"{arrivals}, {deaths}, {cuts}")


@pytest.mark.parametrize("seed", _SOME)
def test_the_same_seed_tells_the_same_story(seed: int) -> None:
    first, second = live_through(seed), live_through(seed)
    assert first.story == second.story
    assert first.fingerprint() == second.fingerprint()


def test_a_seed_that_breaks_a_promise_prints_its_story() -> None:
    month = live_through(1)
    assert [] == faults_of(month)
    said = month.arrivals.pop()
    # The Sunday after it, because the one before may lie before the story began.
    sunday = said.moment + timedelta(days=7 - said.moment.isoweekday())
    month.arrivals.append(replace(said, moment=sunday))
    words = in_words(month, faults_of(month))
    assert "seed 1:" in words
    assert "on the wrong day" in words
    assert month.story[-1] in words


def test_initials_of_a_citizen_who_was_protected_two_minutes_before_are_seen() -> None:
    month = live_through(1)
    shown = next(what for what in map(read, month.arrivals) if what.initials)
    before = next(source for moment, source in reversed(month.history) if moment <= shown.moment)
    people = {key: replace(row, beskyttelse="adresse") for key, row in before.borgere.items()}
    since = shown.moment - timedelta(minutes=2)
    month.history = [(moment, source) for moment, source in month.history if moment < since]
    month.history.append((since, replace(before, borgere=people)))
    month.kills, month.cuts = [], []
    assert any("the citizen is protected" in fault for fault in faults_of(month))


def test_no_loop_is_left_behind() -> None:
    live_through(1)
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
