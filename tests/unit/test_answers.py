"""An answer counts when it fits what was sent, and when it is newer than what was answered before."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from reminderd.domain.answers import Invited, Reply, SentMail, judge_reply, judge_returned

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
INVITATION = Invited(
    calendar_entry_id=1, mailbox="Bo@kommune.example", sequence=2, cancelled=False, answered={}
)


def reply(**values: Any) -> Reply:
    given: dict[str, Any] = {
        "uid": "u1",
        "attendee": "bo@kommune.example",
        "partstat": "accepted",
        "sequence": 2,
        "dtstamp": NOW,
    }
    return Reply(**(given | values))


def invitation(**values: Any) -> Invited:
    given: dict[str, Any] = {"calendar_entry_id": 1, "mailbox": "Bo@kommune.example", "sequence": 2}
    return Invited(**({"cancelled": False, "answered": {}} | given | values))


@pytest.mark.parametrize("attendee", ["bo@kommune.example", "BO@KOMMUNE.EXAMPLE", " bo@kommune.example "])
def test_the_address_is_compared_whatever_its_letters_case(attendee: str) -> None:
    assert "note" == judge_reply(reply(attendee=attendee), INVITATION, NOW).kind


@pytest.mark.parametrize(
    ("kind", "said", "known"),
    [
        ("leave", reply(), None),
        ("leave", reply(attendee="eva@kommune.example"), INVITATION),
        ("leave", reply(sequence=3), INVITATION),
        ("ignore", reply(sequence=1), INVITATION),
        ("ignore", reply(), invitation(cancelled=True)),
        ("leave", reply(dtstamp=NOW + 25 * HOUR), INVITATION),
        ("note", reply(dtstamp=NOW + HOUR), INVITATION),
        ("ignore", reply(), invitation(answered={None: NOW})),
        ("ignore", reply(dtstamp=NOW - HOUR), invitation(answered={None: NOW})),
        ("note", reply(dtstamp=NOW + HOUR), invitation(answered={None: NOW})),
        ("note", reply(occurrence=date(2026, 5, 12)), invitation(answered={None: NOW})),
        ("note", reply(), invitation(answered={date(2026, 5, 12): NOW})),
        ("ignore", reply(occurrence=date(2026, 5, 12)), invitation(answered={date(2026, 5, 12): NOW})),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_becomes_of_an_answer(kind: str, said: Reply, known: Invited | None) -> None:
    assert kind == judge_reply(said, known, NOW).kind


def test_nobody_else_s_words_stand_in_a_reason() -> None:
    found = judge_reply(reply(attendee="forger@elsewhere.example", uid="a-uid"), INVITATION, NOW)
    assert "forger" not in found.reason
    assert "a-uid" not in found.reason


def test_a_returned_mail_counts_once_and_only_if_it_was_ours() -> None:
    ours = SentMail(entry_id=1, mailbox="bo@kommune.example", known=False)
    known = SentMail(entry_id=1, mailbox="bo@kommune.example", known=True)
    assert ["note", "ignore", "leave"] == [judge_returned(sent).kind for sent in (ours, known, None)]
