"""What a recipient gets over verified TLS, read by parsers that did not write it.

The days were reckoned by hand from the municipality's papers and the Danish calendar of 2026: 11 May is a
Monday 18 weeks after 5 January; 14 May is Ascension Day; 5 April is Easter Sunday and 29 March, when clocks
change, a Sunday; 9 August, the 23rd birthday, is a Sunday; 29 October follows the other clock change;
Christmas Eve is closed.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import vobject

from reminderd.domain.cases import Snapshot
from reminderd.domain.workdays import at
from reminderd.testing.relay import Received, ScriptedRelay
from tests.acceptance.conftest import MakeRelay
from tests.casework import BORGER, FORLOEB, VEJEN_FREM, on_case, session, snapshot
from tests.installation import DOMAIN, SENDER, Installation


def mail(message: Received) -> EmailMessage:
    parsed = message_from_bytes(message.raw, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def text(message: Received) -> str:
    body = mail(message).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def calendar(message: Received) -> Any:
    (part,) = (part for part in mail(message).walk() if part.get_content_type() == "text/calendar")
    return vobject.readOne(part.get_payload(decode=True).decode())  # type: ignore[union-attr]


def both(forloeb_id: str) -> list[Any]:
    """Return one person in both roles, so that each notice is one mail."""
    return [on_case("m1", role, forloeb_id=forloeb_id) for role in ("sagsbehandler", "kontaktperson")]


def four_kinds() -> Snapshot:
    """Return three courses, a young person in phase 2 with an activity, and one who turns 23."""
    courses = [
        replace(
            FORLOEB, forloeb_id=f"f{number}", borger_id="b1", sagsnr=f"2026-000{number}", start_dato=start
        )
        for number, start in ((1, date(2026, 1, 5)), (2, date(2026, 1, 8)), (5, date(2026, 8, 21)))
    ]
    review = replace(VEJEN_FREM, forloeb_id="f3", borger_id="b3", sagsnr="2026-0003")
    leaving = replace(review, forloeb_id="f4", borger_id="b4", sagsnr="2026-0004", fase=1, fase2_dato=None)
    born = {"b1": date(1990, 3, 1), "b3": date(2006, 3, 1), "b4": date(2003, 8, 9)}
    return snapshot(
        forloeb=[*courses, review, leaving],
        borgere=[replace(BORGER, borger_id=name, foedselsdato=day) for name, day in born.items()],
        roles=[row for name in ("f1", "f2", "f3", "f4", "f5") for row in both(name)],
        aktiviteter=[session(datetime(2026, 10, 29, 17), slut_tid=datetime(2026, 10, 29, 20))],
    )


def installation_with(folder: Path, data: Snapshot, relay: ScriptedRelay, ca_file: Path) -> Installation:
    return Installation.make(folder, data, {"url": relay.url, "ca_file": str(ca_file)})


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_mail_arrives_encrypted_whole_and_addressed_to_one(
    tls: str, tmp_path: Path, make_relay: MakeRelay, ca_file: Path
) -> None:
    relay = make_relay(tls=tls)
    installation = installation_with(tmp_path, snapshot(roles=both("f1")), relay, ca_file)
    done = installation.run("run", "--once", now="2026-05-11T08:00")
    assert (0, "1 sent; 1 recorded, 0 withdrawn, 0 lapsed; 0 findings in the case source\n") == (
        done.returncode,
        done.stdout,
    )
    (message,) = relay.messages
    assert message.tls in ("TLSv1.2", "TLSv1.3")
    assert (SENDER, ("anne@kommune.example",)) == (message.mail_from, message.rcpt_to)
    parsed = mail(message)
    assert "anne@kommune.example" == parsed["To"]
    assert f"Påmindelser <{SENDER}>" == parsed["From"]
    assert "auto-generated" == parsed["Auto-Submitted"]
    assert "Forløbet i sag 2026-0001 slutter senest 25. maj 2026" == parsed["Subject"]
    assert parsed["Message-ID"].endswith(f"@{DOMAIN}>")
    assert datetime(2026, 5, 11, 6, tzinfo=UTC) == parsed["Date"].datetime
    assert ["text/plain", "text/html", "text/calendar"] == [
        part.get_content_type()
        for part in parsed.walk()
        if not part.is_multipart() and part.get_content_disposition() != "attachment"
    ][:3]
    assert "begyndte mandag den 5. januar 2026" in text(message)
    assert "Der er nu gået 18 uger." in text(message)
    assert "det vil sige til mandag den 25. maj 2026" in text(message)


def test_the_deadline_stands_in_the_calendar_as_one_whole_day(
    tmp_path: Path, make_relay: MakeRelay, ca_file: Path
) -> None:
    relay = make_relay(tls="implicit")
    installation_with(tmp_path, snapshot(roles=both("f1")), relay, ca_file).run(
        "run", "--once", now="2026-05-11T08:00"
    )
    (message,) = relay.messages
    read = calendar(message)
    event = read.vevent
    assert "REQUEST" == read.method.value
    assert (date(2026, 5, 25), date(2026, 5, 26)) == (event.dtstart.value, event.dtend.value)
    assert ("0", "CONFIRMED") == (event.sequence.value, event.status.value)
    assert event.uid.value.endswith(f"@{DOMAIN}")
    assert (f"mailto:{SENDER}", "mailto:anne@kommune.example") == (
        event.organizer.value.lower(),
        event.attendee.value.lower(),
    )
    assert "2026-0001" not in read.serialize()


_DAYS: Mapping[str, list[str]] = {
    "2026-02-06": [],
    # six months before 9 August
    "2026-02-09": ["Et halvt år til afslutning: sag 2026-0004"],
    # 15 March, three weeks before the review that is due on 5 April, is a Sunday
    "2026-03-12": [],
    "2026-03-13": ["Planlæg opfølgning senest 5. april 2026 (sag 2026-0003)"],
    "2026-03-16": [],
    # 29 March, a week before it, is a Sunday; from Maundy Thursday to Easter Monday it is closed
    "2026-03-26": [],
    "2026-03-27": ["Om 9 dage: frist for opfølgning (sag 2026-0003)"],
    "2026-03-30": [],
    "2026-04-06": [],
    "2026-04-07": ["Frist overskredet: opfølgning i sag 2026-0003"],
    # 18 weeks after 5 January, and 90 days before 9 August
    "2026-05-08": [],
    "2026-05-11": [
        "90 dage til afslutning: sag 2026-0004",
        "Forløbet i sag 2026-0001 slutter senest 25. maj 2026",
    ],
    # 18 weeks after 8 January is Ascension Day
    "2026-05-12": [],
    "2026-05-13": ["Forløbet i sag 2026-0002 slutter senest 28. maj 2026"],
    "2026-05-15": [],
    "2026-07-09": [],
    "2026-07-10": ["30 dage til afslutning: sag 2026-0004"],
    "2026-10-07": [],
    "2026-10-08": ["Invitation: Fællesspisning torsdag 29. oktober 2026 kl. 17.00"],
    "2026-10-27": [],
    "2026-10-28": ["I morgen kl. 17.00: Fællesspisning"],
    # 18 weeks after 21 August is Christmas Day, and Christmas Eve is closed
    "2026-12-22": [],
    "2026-12-23": ["Forløbet i sag 2026-0005 slutter senest 8. januar 2027"],
    "2026-12-28": [],
}


def test_each_kind_comes_for_the_first_time_on_its_day(
    tmp_path: Path, make_relay: MakeRelay, ca_file: Path
) -> None:
    relay = make_relay(tls="implicit")
    installation = installation_with(tmp_path, four_kinds(), relay, ca_file)
    came: dict[str, list[str]] = {}
    seen: set[str] = set()
    for day in _DAYS:
        before = len(relay.messages)
        installation.run_here(at(date.fromisoformat(day), time(8)))
        subjects = {str(mail(message)["Subject"]) for message in relay.messages[before:]}
        came[day] = sorted(subjects - seen)
        seen |= subjects
    assert _DAYS == came


def test_an_activity_stands_in_the_calendar_at_its_hour_after_the_clock_change(
    tmp_path: Path, make_relay: MakeRelay, ca_file: Path
) -> None:
    relay = make_relay(tls="implicit")
    installation_with(tmp_path, four_kinds(), relay, ca_file).run_here(at(date(2026, 10, 8), time(8)))
    (invitation,) = (message for message in relay.messages if "Invitation" in str(mail(message)["Subject"]))
    event = calendar(invitation).vevent
    assert datetime(2026, 10, 29, 16, tzinfo=UTC) == event.dtstart.value.astimezone(UTC)
    assert timedelta(hours=3) == event.dtend.value - event.dtstart.value
