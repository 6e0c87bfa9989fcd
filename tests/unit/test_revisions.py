"""What clients need of a calendar entry over time: SEQUENCE rises with content, UIDs are never reused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reminderd.domain.revisions import Method, Past, Revision, next_revision

NOW = datetime(2026, 5, 11, 6, 0, tzinfo=UTC)
FIRST = Revision(generation=1, sequence=0, dtstamp=NOW, method="REQUEST", digest="monday")
LATER = NOW + timedelta(days=1)


def next_request(last: Revision | None, digest: str, now: datetime, *, ended: bool = True) -> Revision:
    """Return what a REQUEST carries after ``last``, whose CANCEL, if it was one, was read."""
    read = ended and last is not None and last.method == "CANCEL"
    past = Past(last=last, ended=read, generations=0 if last is None else last.generation)
    return next_revision(past, digest, now)


def test_the_first_request_begins_at_nought() -> None:
    assert FIRST == next_request(None, "monday", NOW)


def test_the_same_content_is_the_same_revision_whatever_the_hour() -> None:
    assert FIRST == next_request(FIRST, "monday", LATER)


def test_changed_content_raises_sequence_and_dtstamp() -> None:
    assert replace(FIRST, sequence=1, dtstamp=LATER, digest="tuesday") == next_request(
        FIRST, "tuesday", LATER
    )


def test_content_that_changes_back_is_a_new_revision_too() -> None:
    moved = next_request(FIRST, "tuesday", LATER)
    assert 2 == next_request(moved, "monday", LATER).sequence


def test_what_was_cancelled_comes_back_as_a_new_generation() -> None:
    cancelled = replace(FIRST, method="CANCEL", sequence=1)
    assert Revision(
        generation=2, sequence=0, dtstamp=LATER, method="REQUEST", digest="monday"
    ) == next_request(cancelled, "monday", LATER)


def test_a_cancellation_that_nobody_read_uses_up_no_uid() -> None:
    cancelled = replace(FIRST, method="CANCEL", sequence=1)
    assert Revision(
        generation=1, sequence=2, dtstamp=LATER, method="REQUEST", digest="monday"
    ) == next_request(cancelled, "monday", LATER, ended=False)


def test_a_cancellation_raises_sequence_whatever_the_content() -> None:
    expected = replace(FIRST, method="CANCEL", sequence=1, dtstamp=LATER)
    assert expected == next_revision(Past(last=FIRST, generations=1), "monday", LATER, "CANCEL")
    again = Past(last=expected, ended=True, generations=1)
    assert expected == next_revision(again, "monday", LATER + timedelta(days=1), "CANCEL")


def test_another_mailbox_begins_a_generation_of_its_own() -> None:
    assert Revision(
        generation=3, sequence=0, dtstamp=NOW, method="REQUEST", digest="monday"
    ) == next_revision(Past(generations=2), "monday", NOW)


def test_what_was_never_published_cannot_be_cancelled() -> None:
    method: Method = "CANCEL"
    with pytest.raises(ValueError, match="never published"):
        next_revision(Past(), "monday", NOW, method)


def test_what_is_over_stays_as_it_was_held_and_what_follows_is_a_new_generation() -> None:
    past = Past(last=FIRST, generations=1, ends=LATER)
    assert FIRST == next_revision(past, "monday", LATER - timedelta(seconds=1))
    expected = replace(FIRST, generation=2, dtstamp=LATER)
    assert expected == next_revision(past, "monday", LATER)
    assert 1 == next_revision(past, "monday", LATER, "CANCEL").generation


def test_dtstamps_are_whole_seconds() -> None:
    assert NOW == next_request(None, "monday", NOW.replace(microsecond=999_999)).dtstamp


def test_a_clock_that_stands_still_or_runs_back_does_not_hold_dtstamp_back() -> None:
    for clock in (NOW, NOW - timedelta(hours=1)):
        assert NOW + timedelta(seconds=1) == next_request(FIRST, "tuesday", clock).dtstamp


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(-3600, 3600), st.booleans()), min_size=1, max_size=30
    )
)
def test_over_any_history_no_two_contents_share_a_revision_and_order_is_kept(
    history: list[tuple[str, int, bool]],
) -> None:
    last: Revision | None = None
    published: dict[tuple[int, int], tuple[str, datetime]] = {}
    now = NOW
    for digest, seconds, cancel in history:
        now += timedelta(seconds=seconds)
        revision = next_request(last, digest, now)
        if last is not None and revision != last:
            assert (last.generation, last.sequence) < (revision.generation, revision.sequence)
            assert last.generation != revision.generation or last.dtstamp < revision.dtstamp
        identity = (revision.generation, revision.sequence)
        assert (digest, revision.dtstamp) == published.setdefault(identity, (digest, revision.dtstamp))
        assert "REQUEST" == revision.method
        last = replace(revision, method="CANCEL", sequence=revision.sequence + 1) if cancel else revision
