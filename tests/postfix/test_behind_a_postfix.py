"""What a real Postfix does to mail: a real greylist, real bounces, a queue that is really full, a crash.

Judged by what comes out behind it. ``REMINDERD_STORMS`` says how many storms are lived through (2; 60 in
`make test-long`).
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from reminderd.intake import Looked
from reminderd.testing.relay import Reply, ScriptedRelay
from tests.imap_server import ImapServer
from tests.postfix.conftest import PEOPLE, WEATHER, House, cases, without_trace

pytestmark = pytest.mark.xdist_group("postfix")  # made ready once, and not by each worker

STORMS = int(os.environ.get("REMINDERD_STORMS", "2"))
ONE, *OTHERS = PEOPLE
MANY = 6


def test_what_comes_out_is_byte_for_byte_what_was_frozen(house: House, tmp_path: Path) -> None:
    house.postfix.stop()
    assert 0 == house.run().sent
    twin = tmp_path / "twin"
    twin.mkdir()
    for file in ("cases.db", "ledger.db", "ledger.db.mark"):
        shutil.copy(tmp_path / file, twin / file)
    with ScriptedRelay() as plain:
        given = house.twin(twin, {"url": plain.url, "tls": "none"})
        assert len(PEOPLE) == given.run_here(house.now).sent
        expected = {mail.raw for mail in plain.messages}
    house.postfix.start()
    house.run_until_settled()
    assert expected == {without_trace(mail.raw) for mail in house.arrived}
    house.judge()


def test_row_11_a_greylist_is_met_with_patience(house: House) -> None:
    house.postfix.greylist(seconds=1)
    assert 0 == house.run().sent
    house.run_until_settled()
    house.judge()
    assert all(entry.attempts > 1 for entry in house.installation.entries())
    assert "Greylisted" in house.postfix.log()


def test_a_greylist_behind_the_relay_concerns_the_relay_alone(house: House) -> None:
    house.sink.says = {person: Reply("RCPT", 451, "4.7.1 come again") for person in PEOPLE}
    assert len(PEOPLE) == house.run().sent
    assert len(PEOPLE) == len(house.postfix.queue())
    house.sink.says.clear()
    house.judge()
    assert 0 == house.run().sent


def test_row_13_a_mailbox_that_the_relay_does_not_know_is_final_and_the_others_go(house: House) -> None:
    house.postfix.set(
        smtpd_recipient_restrictions=f"check_recipient_access inline:{{{ONE}=REJECT}},permit_mynetworks"
    )
    house.run_until_settled()
    house.judge(Counter(OTHERS))
    assert {ONE: "failed"} == {
        entry.recipient_mail: entry.state for entry in house.installation.entries() if entry.state != "sent"
    }


def test_row_14_a_postfix_that_suddenly_refuses_to_relay_makes_nothing_fail(house: House) -> None:
    house.postfix.set(smtpd_recipient_restrictions="reject")
    report = house.run()
    assert "5.7.1" in str(report.relay_trouble)
    house.run()
    assert {"queued", "deferred"} == set(house.installation.states())
    assert "Access denied" in house.postfix.log()
    house.postfix.set(smtpd_recipient_restrictions="permit_mynetworks,reject")
    house.run_until_settled()
    house.judge()


def test_row_21_a_bounce_of_postfix_is_understood(house: House, imap_server: ImapServer) -> None:
    house.sink.says = {ONE: Reply("RCPT", 550, "5.1.1 no such user")}
    house.run_until_settled()
    (report,) = house.came_back
    house.installation.read_mail_from(imap_server, "service")
    imap_server.deliver("service", report)
    with house.installation.app(house.now).intake() as intake:
        looked: Looked = intake.look()
    assert {"returned": 1} == looked.counts
    (address,) = house.installation.app(house.now).failing_addresses()
    assert (ONE, 1) == (address.mail, address.times)
    house.judge(Counter(OTHERS))


def test_row_14_a_mail_too_big_for_a_postfix_becomes_the_safe_one(house: House) -> None:
    smallest = 4600
    house.postfix.set(message_size_limit=str(smallest))
    house.run_until_settled()
    house.judge()
    assert all(len(mail.raw) <= smallest + 1000 for mail in house.arrived)
    assert all(b"2026-00" not in mail.raw for mail in house.arrived)


def test_a_full_queue_takes_what_it_can_and_gets_the_rest_when_there_is_room(house: House) -> None:
    house.installation.set_cases(cases(MANY))
    house.sink.says = {person: Reply("RCPT", 451, "4.3.0 not now") for person in PEOPLE}
    house.postfix.fill(leaving_kb=600)
    house.run()
    sent = Counter(house.installation.states())["sent"]
    assert 0 < sent < MANY * len(PEOPLE)
    assert "Insufficient system storage" in house.postfix.log()
    house.run()
    assert sent == Counter(house.installation.states())["sent"]
    house.postfix.fill(leaving_kb=0)
    house.sink.says.clear()
    house.run_until_settled()
    house.judge(Counter(PEOPLE * MANY))


def test_a_limit_on_messages_a_minute_is_kept_to(house: House) -> None:
    house.postfix.set(smtpd_client_message_rate_limit="2")
    assert 2 == house.run().sent
    house.run_until_settled()
    house.judge()
    assert "Message delivery request rate limit exceeded" in house.postfix.log()


@pytest.mark.parametrize("seed", range(STORMS))
def test_in_a_storm_nothing_is_lost_and_every_copy_is_identical(
    house: House, seed: int, record_property: Callable[[str, object], None]
) -> None:
    chance = Random(seed)  # noqa: S311 - a story, no secret
    house.installation.set_cases(cases(MANY))
    story = [chance.choice(WEATHER) for _ in range(chance.randrange(2, 6))]
    for weather in story:
        house.weather(weather, chance)
    house.calm()
    house.run_until_settled()
    house.judge(Counter(PEOPLE * MANY))
    record_property("storm, mails, copies", f"{', '.join(story)}; {len(house.arrived)}, {house.copies}")
