"""Whom a refusal was meant for: the row of those that came to nothing, and those that were refused alone."""

import pytest

from reminderd.domain.outcomes import Deferred, Failed, Outcome, Refused, Sent, Unknown
from reminderd.domain.refusals import in_the_row, is_the_readers, is_the_relays

REFUSED = Refused("RCPT was answered with 554 5.7.1 Relay access denied", 554)
LOST = Deferred("the line was lost", perhaps_channel=True)


@pytest.mark.parametrize(
    ("outcome", "counted"),
    [
        (REFUSED, "anne@kommune.example"),
        (LOST, "the first attempt"),
        (Deferred("greylisted", 450), None),
        (Failed("no such user", 550), None),
        (Unknown("the line died after the dot"), None),
        (Sent(250, "OK"), None),
    ],
)
def test_what_counts_towards_the_row(outcome: Outcome, counted: str | None) -> None:
    assert counted == in_the_row(outcome, "Anne@kommune.example", "the first attempt")


def test_three_that_come_to_nothing_are_the_relays_doing() -> None:
    assert [False, False, True] == [is_the_relays(row) for row in (set("a"), set("ab"), set("abc"))]


def test_the_fourth_refusal_after_others_were_taken_is_the_readers_own() -> None:
    assert [False, False, False, True, True] == [is_the_readers(times) for times in range(1, 6)]
