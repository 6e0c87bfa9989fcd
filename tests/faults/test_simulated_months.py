"""Whole months in a second: the real service on a virtual clock, with everything going wrong by the seed.

``REMINDERD_MONTHS`` says how many months are lived through (50 by default, 20,000 by `make test-long`).
A seed that breaks a promise prints its story; the same seed tells the same story again.
"""

import asyncio
import logging
import os
from collections.abc import Iterator

import pytest
import structlog

from tests.faults.month import live_through
from tests.faults.verdict import faults_of

MONTHS = int(os.environ.get("REMINDERD_MONTHS", "50"))
_BATCH = 50
_BATCHES = -(-MONTHS // _BATCH)


@pytest.fixture(autouse=True)
def quietly() -> Iterator[None]:
    """Tell no log what whole months go through."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.mark.parametrize("batch", range(_BATCHES))
def test_a_month_of_changes_outages_and_kills_breaks_no_promise(batch: int) -> None:
    arrivals = 0
    for seed in range(batch * _BATCH, (batch + 1) * _BATCH):
        month = live_through(seed)
        arrivals += len(month.arrivals)
        if faults := faults_of(month):
            pytest.fail("\n".join([f"seed {seed}:", *faults, "", "its story:", *month.story]))
    assert arrivals > _BATCH, "so few mails would show nothing"


@pytest.mark.parametrize("seed", [3, 7, 11, 13])
def test_the_same_seed_tells_the_same_story(seed: int) -> None:
    first, second = live_through(seed), live_through(seed)
    assert first.story == second.story
    assert first.fingerprint() == second.fingerprint()


def test_no_loop_is_left_behind() -> None:
    live_through(1)
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
