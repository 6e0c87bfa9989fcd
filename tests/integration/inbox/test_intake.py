"""What comes back to a real mailbox is compared with what a real corridor sent, and noted once."""

import email
import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from email.message import Message
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reminderd.cli import main_group
from reminderd.domain.answers import FailingAddress
from reminderd.domain.workdays import at
from reminderd.intake import Looked
from reminderd.ledger import create_or_open
from tests import inbox_mails as mails
from tests.inbox_mails import Given
from tests.installation import Installation, course_with_18_weeks_over_on, courses
from tests.integration.inbox.conftest import Box

DAY = date(2026, 5, 11)
NOW = at(DAY, time(8))
HOUR = timedelta(hours=1)
ANNE = "anne@kommune.example"
ALL_WRITERS = (mails.exchange, mails.outlook_com, mails.gmail, mails.thunderbird)


@dataclass(frozen=True)
class House:
    """An installation that has sent one invitation to Anne, and its mailbox."""

    installation: Installation
    box: Box

    def invited(self, **values: object) -> Given:
        """Return the answer that fits the last invitation, but for ``values``."""
        calendar = self._last_mail("text/calendar")
        lines = dict(line.split(":", 1) for line in calendar.splitlines() if line.startswith(("UID", "SEQ")))
        fitting = Given(uid=lines["UID"], sequence=int(lines["SEQUENCE"]), attendee=ANNE, dtstamp=NOW + HOUR)
        return fitting.of(**values)

    @property
    def message_id(self) -> str:
        return self.installation.entries()[-1].message_id or ""

    def look(self, now: datetime = NOW + 2 * HOUR) -> Looked:
        with self.installation.app(now).intake() as intake:
            return intake.look()

    def answers(self) -> list[tuple[str, date | None]]:
        reading = self.installation.app(NOW).reading()
        assert reading is not None
        found = reading.answers_about([entry.key for entry in self.installation.entries()])
        return [(answer.partstat, answer.occurrence) for answer in found]

    def failing(self) -> tuple[FailingAddress, ...]:
        return self.installation.app(NOW).failing_addresses()

    def ask(self, *arguments: str, now: datetime = NOW + 2 * HOUR) -> Result:
        """Run a command in this process, as a script would."""
        given = ["--config", str(self.installation.config), "--now", now.isoformat(), *arguments]
        return CliRunner().invoke(main_group, given)

    def _last_mail(self, content_type: str) -> str:
        reading = self.installation.folder / "out"
        newest = max(reading.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        parsed: Message = email.message_from_bytes(newest.read_bytes())
        part = next(part for part in parsed.walk() if part.get_content_type() == content_type)
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        return content.decode()


@pytest.fixture
def house(tmp_path: Path, box: Box) -> House:
    start = course_with_18_weeks_over_on(DAY)
    installation = Installation.make(tmp_path, courses(start), {"url": f"eml:{tmp_path}/out"})
    installation.read_mail_from(box.server, box.user)
    assert 1 == installation.run_here(NOW).sent
    return House(installation, box)


@pytest.mark.parametrize("write", ALL_WRITERS)
def test_an_answer_is_noted_and_its_mail_marked(house: House, write: object) -> None:
    assert callable(write)
    house.box.deliver(write(house.invited(partstat="DECLINED")))
    looked = house.look()
    assert {"answers": 1} == looked.counts
    assert [("declined", None)] == house.answers()
    assert [{"\\Seen"}] == house.box.flags()


def test_the_newest_answer_holds_whatever_the_order_they_come_in(house: House) -> None:
    first, second = house.invited(), house.invited(partstat="DECLINED", dtstamp=NOW + 2 * HOUR)
    house.box.deliver(mails.exchange(second), mails.exchange(first))
    looked = house.look()
    assert {"answers": 1, "ignored": 1} == looked.counts
    assert [("declined", None)] == house.answers()
    house.box.deliver(mails.exchange(second.of(partstat="TENTATIVE", dtstamp=NOW + 3 * HOUR)))
    house.look()
    assert [("tentative", None)] == house.answers()


def test_an_answer_to_one_date_stands_beside_the_one_to_all(house: House) -> None:
    one_date = house.invited(partstat="DECLINED", occurrence=at(date(2026, 5, 19), time(15)))
    house.box.deliver(mails.gmail(house.invited()), mails.thunderbird(one_date))
    house.look()
    assert [("accepted", None), ("declined", date(2026, 5, 19))] == house.answers()


def test_forged_stale_and_future_answers_change_nothing(house: House) -> None:
    forged = [
        house.invited(attendee="eva@kommune.example"),
        house.invited(uid="0" * 32 + "@reminderd.kommune.example"),
        house.invited(sequence=1),
        house.invited(dtstamp=NOW + timedelta(days=30)),
    ]
    house.box.deliver(*(mails.exchange(given) for given in forged))
    looked = house.look()
    assert 4 == looked.left
    assert 4 == len(looked.left_because)
    assert [] == house.answers()
    assert [{"\\Flagged"}] * 4 == house.box.flags()
    assert {} == house.look().counts


def test_an_answer_to_the_revision_before_the_last_counts_no_more(house: House) -> None:
    before = house.invited()
    later = DAY + timedelta(weeks=1)
    house.installation.set_cases(courses(course_with_18_weeks_over_on(later)))
    house.installation.run_here(at(later, time(8)))
    after = house.invited(dtstamp=at(later, time(9)))
    assert (before.uid, 1) == (after.uid, after.sequence)
    house.box.deliver(mails.exchange(before), mails.exchange(after.of(partstat="TENTATIVE")))
    looked = house.look(at(later, time(10)))
    assert {"answers": 1, "ignored": 1} == looked.counts
    assert [("tentative", None)] == house.answers()


@pytest.mark.parametrize("write", [mails.postfix_bounce, mails.exchange_bounce])
def test_a_mail_that_came_back_marks_its_address_once(house: House, write: object) -> None:
    assert callable(write)
    house.box.deliver(write(house.message_id), write(house.message_id))
    looked = house.look()
    assert {"returned": 1, "ignored": 1} == looked.counts
    (address,) = house.failing()
    assert (ANNE, 1) == (address.mail, address.times)
    assert ["sent"] == house.installation.states()


def test_a_mail_that_came_back_may_be_named_by_its_envelope(house: House) -> None:
    name = house.message_id.strip("<>").partition("@")[0].encode()
    raw = mails.postfix_bounce("<not-in-the-ledger@kommune.example>")
    house.box.deliver(raw.replace(b"X-Postfix-Queue-ID: 4F2C61", b"Original-Envelope-Id: " + name))
    assert {"returned": 1} == house.look().counts


def test_a_report_about_a_strange_mail_is_left_to_a_person(house: House) -> None:
    house.box.deliver(mails.postfix_bounce("<%@%>"), mails.postfix_bounce(), mails.postfix_bounce("<_>"))
    assert {"left": 3} == house.look().counts
    assert () == house.failing()


def test_whoever_answers_has_an_address_that_works(house: House) -> None:
    house.box.deliver(mails.postfix_bounce(house.message_id))
    house.look()
    assert 1 == len(house.failing())
    house.box.deliver(mails.outlook_com(house.invited()))
    house.look()
    assert () == house.failing()


def test_planning_knows_what_came_back_for_as_long_as_an_overview_can_say_it(house: House) -> None:
    house.box.deliver(mails.exchange(house.invited(partstat="DECLINED")))
    house.look()
    house.box.deliver(mails.postfix_bounce(house.message_id))
    house.look()
    ledger = create_or_open(f"sqlite:///{house.installation.folder}/ledger.db", NOW)
    try:
        for later, answers in ((None, 1), (NOW, 1), (NOW + timedelta(days=30), 0)):
            known = ledger.knowledge(DAY, useful_after=later).came_back
            assert (answers, [ANNE]) == (len(known.answers), [one.mail for one in known.failing])
    finally:
        ledger.close()


def test_everything_else_is_dropped_or_left_and_the_rest_goes_on(house: House) -> None:
    house.box.deliver(
        mails.out_of_office(),
        mails.winmail(),
        mails.ordinary("x" * 1_100_000),
        b"\xff\xfe not a mail at all",
        mails.calendar_mail(mails.plain_reply(house.invited()).replace("REPLY", "COUNTER")),
        mails.gmail(house.invited()),
    )
    looked = house.look()
    assert {"ignored": 1, "left": 4, "answers": 1} == looked.counts
    assert [("accepted", None)] == house.answers()
    flags = [{"\\Seen"}, {"\\Flagged"}, {"\\Flagged"}, {"\\Flagged"}, {"\\Flagged"}, {"\\Seen"}]
    assert flags == house.box.flags()


def test_a_look_takes_so_many_mails_and_the_next_one_the_others(house: House) -> None:
    with house.installation.config.open("a", encoding="utf-8") as settings:
        settings.write("mails_per_look = 2\n")
    house.box.deliver(*[mails.vacation()] * 3)
    first, second = house.look(), house.look()
    assert [(2, True), (1, False)] == [(one.counts["ignored"], one.more) for one in (first, second)]


def test_no_case_no_rule_and_no_notice_is_changed_by_a_mail(house: House) -> None:
    before = [(entry.key, entry.state, entry.recipient_mail) for entry in house.installation.entries()]
    cases = (house.installation.folder / "cases.db").read_bytes()
    house.box.deliver(
        mails.exchange(house.invited(partstat="DECLINED")), mails.postfix_bounce(house.message_id)
    )
    house.look()
    report = house.installation.run_here(NOW + 2 * HOUR)
    assert (0, 0, 0) == (report.sent, report.recorded, report.withdrawn)
    assert before == [
        (entry.key, entry.state, entry.recipient_mail) for entry in house.installation.entries()
    ]
    assert cases == (house.installation.folder / "cases.db").read_bytes()


def test_the_commands_show_what_came_back(house: House) -> None:
    house.box.deliver(mails.exchange(house.invited(partstat="DECLINED")), mails.ordinary())
    looked = house.ask("inbox", "--json")
    assert 1 == looked.exit_code
    said = json.loads(looked.stdout)
    assert (1, 0, 0, 1) == tuple(said[name] for name in ("answers", "returned", "ignored", "left"))
    (shown,) = json.loads(house.ask("show", "course-limit", "--json").stdout)
    assert ["declined"] == [answer["partstat"] for answer in shown["answers"]]
    assert "answer" in [line["event"] for line in shown["journal"]]
    assert "declined" in house.ask("show", "course-limit").stdout
    assert "declined" in house.ask("explain", "2026-0001").stdout
    explained = json.loads(house.ask("explain", "2026-0001", "--json").stdout)
    assert ["declined"] == [answer["partstat"] for answer in explained["answers"]]


def test_an_address_that_fails_needs_a_person_until_one_clears_it(house: House) -> None:
    assert 0 == house.ask("status").exit_code
    house.box.deliver(mails.postfix_bounce(house.message_id))
    assert "1 returned" in house.ask("inbox").stdout
    status = house.ask("status")
    assert (1, True) == (status.exit_code, ANNE in status.stdout)
    (failing,) = json.loads(house.ask("inbox", "--failing", "--json").stdout)
    assert (ANNE, "5.1.1", 1) == (failing["mail"], failing["status"], failing["times"])
    assert 2 == house.ask("inbox", "--clear", ANNE).exit_code
    cleared = house.ask(
        "inbox", "--clear", "Anne@Kommune.Example", "--reason", "ny postkasse", "--author", "lis"
    )
    assert 0 == cleared.exit_code
    assert 0 == house.ask("status").exit_code
    assert 1 == house.ask("inbox", "--clear", ANNE, "--reason", "igen").exit_code
    (shown,) = json.loads(house.ask("show", "course-limit", "--json").stdout)
    assert ("lis", "ny postkasse") in [(line["actor"], line["reason"]) for line in shown["journal"]]


def test_a_mailbox_that_is_off_or_away_is_told_with_its_cure(house: House) -> None:
    settings = house.installation.config.read_text(encoding="utf-8")
    house.installation.config.write_text(settings.replace(house.box.server.url, "imaps://localhost:9"))
    away = house.installation.run("inbox")
    assert (69, True) == (away.returncode, "inbox.url" in away.stderr)
    house.installation.config.write_text(settings.partition("[inbox]")[0])
    off = house.installation.run("inbox")
    assert (78, True) == (off.returncode, "inbox.url: is not set" in off.stderr)


def test_the_service_looks_by_itself_and_ends_in_good_order(house: House) -> None:
    with house.box.server.log_in(house.box.user) as client:
        client.append("INBOX", mails.vacation())
        client.idle()
        heard: list[tuple[object, ...]] = []
        service = house.installation.start("run")
        try:
            while not (marked := [said for said in heard if b"FETCH" in said]):
                heard = client.idle_check(timeout=60)
                assert heard
            client.idle_done()
        finally:
            service.terminate()
        _, said = service.communicate(timeout=60)
    assert "Seen" in str(marked)
    assert (0, True) == (service.returncode, "mailbox_read" in said)


def test_check_online_knocks_at_the_mailbox(house: House) -> None:
    assert "relay and mailbox" in house.ask("check", "--online").output
    (house.installation.folder / "inbox-password").write_text("forkert")
    found = house.ask("check", "--online")
    assert "login was refused" in found.output
    assert "forkert" not in found.output
