"""A mailbox's calendar to subscribe to: what it was told, read by a library that did not write it."""

import json
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import vobject  # type: ignore[import-untyped]

from tests.acceptance.conftest import StartService, SystemdListener
from tests.acceptance.looking import UnixConnection, get, listen
from tests.casework import ANNE
from tests.installation import Installation, course_with_18_weeks_over_on, courses, last_working_morning

ANNES = ANNE.mail or ""
MORNING = last_working_morning()
START = course_with_18_weeks_over_on(MORNING.date())


@pytest.fixture
def told(tmp_path: Path) -> Installation:
    one = Installation.make(tmp_path, courses(START, START), {"url": f"eml:{tmp_path}/mails"})
    assert 0 == one.run("run", "--once", now=MORNING).returncode
    return one


def path_of(one: Installation, now: datetime | None = None) -> str:
    done = one.run("feed", ANNES, "--json", now=now)
    assert 0 == done.returncode, done.stderr
    ((entry),) = json.loads(done.stdout)
    return str(entry["path"])


def feed_of(one: Installation, now: datetime) -> bytes:
    body = one.app(now).feed(path_of(one, now).removeprefix("/feed/").removesuffix(".ics"))
    assert body is not None
    return body


def test_a_feed_holds_what_was_sent_under_the_same_uids_and_asks_nobody_for_an_answer(
    told: Installation, tmp_path: Path
) -> None:
    body = feed_of(told, MORNING)
    calendar = vobject.readOne(body.decode())
    sent = {
        vobject.readOne(path.read_text(encoding="utf-8")).vevent.uid.value
        for path in (tmp_path / "mails").glob("*.ics")
    }
    assert 2 == len(calendar.vevent_list)
    assert sent == {event.uid.value for event in calendar.vevent_list}
    assert "PUBLISH" == calendar.method.value
    assert ("Påmindelser", "PT6H") == (calendar.x_wr_calname.value, calendar.x_published_ttl.value)
    assert START + timedelta(weeks=20) == calendar.vevent_list[0].dtstart.value
    assert b"ATTENDEE" not in body
    assert b"2026-0001" not in body
    assert 75 >= max(map(len, body.split(b"\r\n")))


def test_what_was_cancelled_is_in_the_feed_as_cancelled(told: Installation) -> None:
    later = MORNING + timedelta(days=7)
    ended = courses(START, START, status="afsluttet", slut_dato=MORNING.date())
    closed = Installation.make(told.folder, ended, {"url": f"eml:{told.folder}/mails"})
    assert 0 == closed.run("run", "--once", now=later).returncode
    calendar = vobject.readOne(feed_of(closed, later).decode())
    assert {("CANCELLED", "1")} == {
        (event.status.value, event.sequence.value) for event in calendar.vevent_list
    }


def test_a_feed_is_shown_to_whoever_knows_its_name_and_only_where_feeds_are_wanted(
    told: Installation, systemd: SystemdListener, start_service: StartService, runtime_directory: Path
) -> None:
    place = runtime_directory / "web"
    listen(told, f"unix:{place}")
    with told.config.open("a", encoding="utf-8") as file:
        file.write("feeds = true\n")
    start_service(told)
    systemd.until("STATUS=fine")
    path = path_of(told)
    with closing(UnixConnection(place)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        body, tag = answer.read(), answer.headers["ETag"]
    assert (200, "text/calendar; charset=utf-8") == (answer.status, answer.headers["Content-Type"])
    assert body == told.app(MORNING).feed(path.removeprefix("/feed/").removesuffix(".ics"))
    with closing(UnixConnection(place)) as connection:
        connection.request("GET", path, headers={"If-None-Match": tag})
        assert 304 == connection.getresponse().status
    assert 404 == get(UnixConnection(place), f"/feed/{'0' * 32}.ics")[0]


def test_no_feed_is_shown_where_none_is_wanted(
    told: Installation, systemd: SystemdListener, start_service: StartService, runtime_directory: Path
) -> None:
    place = runtime_directory / "web"
    listen(told, f"unix:{place}")
    start_service(told)
    systemd.until("STATUS=fine")
    assert 404 == get(UnixConnection(place), path_of(told))[0]


def test_a_mailbox_that_was_told_of_nothing_has_no_feed(told: Installation) -> None:
    done = told.run("feed", "nobody@kommune.example", now=MORNING)
    assert 1 == done.returncode
    assert "was told of nothing that lies ahead" in done.stderr
