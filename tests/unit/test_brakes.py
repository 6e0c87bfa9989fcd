"""Brakes: what a run may do before a person must look at it."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from reminderd.domain.brakes import (
    NO_LIMITS,
    Census,
    Limits,
    SourceStanding,
    brake,
    census,
    doubt,
    without_cancellations,
)
from reminderd.domain.cases import Snapshot
from reminderd.domain.lifecycle import State
from reminderd.domain.notices import Decision, Notice, NoticeKey, Recipient
from reminderd.domain.reconcile import OpenEntry, Retraction, Today
from reminderd.domain.upkeep import CANCEL
from reminderd.domain.workdays import local
from tests.casework import snapshot
from tests.installation import courses

NOW = local(datetime(2026, 5, 11, 8))
FRESH = datetime(2026, 5, 11, 6)
VIEWS = frozenset({"rd_meta", "rd_forloeb"})
LIMITS = Limits(max_new=3, max_cancel=2)


def notice(number: int, rule: str = "review-plan") -> Notice:
    key = NoticeKey(rule, f"forloeb:f{number}", "review", date(2026, 6, 1), "plan", "medarbejder:m1")
    return Notice(
        key=key,
        template="review-plan",
        track="reminder",
        channel="mail",
        recipient=Recipient(role="sagsbehandler", holder="medarbejder:m1", mail="anne@kommune.example"),
        due_day=NOW.date(),
        send_at=NOW,
        expires_at=NOW + timedelta(days=21),
        forloeb_id=f"f{number}",
        sagsnr=None,
        occasion=None,
        facts={},
    )


def a_day(new: int = 0, cancellations: int = 0) -> Today:
    notices = [notice(number) for number in range(new)]
    notices += [notice(number, CANCEL) for number in range(cancellations)]
    return Today([Decision(one, "send", "due", "due") for one in notices], [])


def waiting(number: int, state: State = State.QUEUED, held_by: str | None = None) -> OpenEntry:
    one = notice(number)
    return OpenEntry(
        number, str(one.key), one.key.rule, one.key.subject, state, NOW + timedelta(days=1), held_by
    )


def gone(entry: OpenEntry) -> Retraction:
    return Retraction(entry.entry_id, lapse=False, reason="nobody asks", gone=True)


@pytest.mark.parametrize(
    ("courses_now", "running_now", "doubted"),
    [
        (100, 100, False),
        (80, 80, False),  # a fifth is bearable
        (79, 79, True),
        (100, 10, False),  # closed in the source, and still in it
        (30, 100, False),  # closed ones were cleared away
        (0, 0, True),
    ],
)
def test_a_source_that_lost_more_than_a_fifth_of_its_running_cases_is_doubted(
    courses_now: int, running_now: int, doubted: bool
) -> None:
    standing = SourceStanding(Census(100, 100, VIEWS))
    present = Census(courses_now, running_now, VIEWS)
    reason = doubt(present, FRESH, standing, NOW, LIMITS)
    assert doubted is (reason is not None)
    assert not doubted or f"{100 - running_now} of 100" in str(reason)


def test_the_first_reading_ever_is_believed_and_an_accepted_one_too() -> None:
    assert doubt(Census(0, 0, VIEWS), FRESH, SourceStanding(), NOW, LIMITS) is None
    accepted = SourceStanding(Census(100, 100, VIEWS), "lost", NOW, accepted=True)
    assert doubt(Census(10, 10, VIEWS), FRESH, accepted, NOW, LIMITS) is None


def test_a_view_that_is_gone_is_doubted_and_named() -> None:
    standing = SourceStanding(Census(1, 1, VIEWS | {"rd_aktivitet"}))
    assert "no longer there: rd_aktivitet" == doubt(Census(1, 1, VIEWS), FRESH, standing, NOW, LIMITS)


@pytest.mark.parametrize(("hours", "doubted"), [(2, False), (26, False), (27, True)])
def test_data_older_than_a_nightly_copy_is_doubted_whatever_a_person_says(hours: int, doubted: bool) -> None:
    data_pr = (NOW - timedelta(hours=hours)).replace(tzinfo=None)
    standing = SourceStanding(Census(1, 1, VIEWS), accepted=True)
    assert doubted is (doubt(Census(1, 1, VIEWS), data_pr, standing, NOW, LIMITS) is not None)


def test_a_census_counts_courses_and_those_that_run() -> None:
    data = courses(date(2026, 1, 5), date(2026, 1, 5))
    first = next(iter(data.forloeb.values()))
    ended = replace(first, status="afsluttet", slut_dato=date(2026, 5, 1))
    data = replace(data, forloeb={**data.forloeb, first.forloeb_id: ended})
    counted = census(data, NOW)
    assert (2, 1) == (counted.courses, counted.running)


@pytest.mark.parametrize(("new", "cancelled"), [(3, 2), (0, 0)])
def test_a_run_within_its_limits_goes_out_whole(new: int, cancelled: int) -> None:
    found = brake(a_day(new, cancelled), [], [], snapshot(), LIMITS, in_doubt=False)
    assert (new + cancelled, []) == (len(found.send), found.held)


def test_too_many_new_notices_are_held_all_of_them_and_cancellations_go() -> None:
    found = brake(a_day(4, 2), [], [], snapshot(), LIMITS, in_doubt=False)
    ((which, reason, held),) = found.held
    assert ("new", 4, 2) == (which, len(held), len(found.send))
    assert "4 new notices in one run, brake.max_new is 3" in reason


def test_too_many_cancellations_are_held_all_of_them_and_notices_go() -> None:
    found = brake(a_day(3, 3), [], [], snapshot(), LIMITS, in_doubt=False)
    ((which, _, held),) = found.held
    assert ("cancel", 3, 3) == (which, len(held), len(found.send))


def test_without_limits_any_number_goes() -> None:
    assert [] == brake(a_day(5000, 5000), [], [], snapshot(), NO_LIMITS, in_doubt=False).held


def test_what_is_missing_from_a_doubted_source_waits_and_what_is_too_late_lapses() -> None:
    entry, late = waiting(1), waiting(2)
    lapse = Retraction(late.entry_id, lapse=True, reason="too late")
    found = brake(a_day(), [entry, late], [gone(entry), lapse], snapshot(), NO_LIMITS, in_doubt=True)
    assert ([lapse], []) == (found.retractions, found.vanish)


def test_on_a_doubted_day_nothing_is_cancelled() -> None:
    day = without_cancellations(a_day(2, 3))
    assert {"review-plan"} == {one.notice.key.rule for one in day.decisions}


def known(*numbers: int) -> Snapshot:
    data = snapshot()
    (course,) = data.forloeb.values()
    return replace(data, forloeb={f"f{one}": replace(course, forloeb_id=f"f{one}") for one in numbers})


def test_a_case_that_is_gone_is_held_and_one_that_changed_is_withdrawn() -> None:
    changed, vanished = waiting(1), waiting(2)
    retractions = [gone(changed), gone(vanished)]
    found = brake(a_day(), [changed, vanished], retractions, known(1), NO_LIMITS, in_doubt=False)
    assert ([retractions[0]], [vanished]) == (found.retractions, found.vanish)


def test_what_is_held_already_is_neither_held_again_nor_withdrawn_with_its_case() -> None:
    held = waiting(2, State.HELD)
    found = brake(a_day(), [held], [gone(held)], known(1), NO_LIMITS, in_doubt=False)
    assert ([], []) == (found.retractions, found.vanish)


def test_a_case_that_is_there_again_lets_its_notices_go_and_no_others() -> None:
    back, by_hand = waiting(0, State.HELD, "vanished"), waiting(1, State.HELD)
    found = brake(a_day(2), [back, by_hand], [], known(0, 1), NO_LIMITS, in_doubt=False)
    assert [back] == found.come_back


def test_a_case_that_comes_back_too_late_lets_its_notice_lapse_and_go_nowhere_else() -> None:
    back = waiting(0, State.HELD, "vanished")
    lapse = Retraction(back.entry_id, lapse=True, reason="too late")
    found = brake(a_day(1), [back], [lapse], known(0), NO_LIMITS, in_doubt=False)
    assert ([lapse], []) == (found.retractions, found.come_back)
