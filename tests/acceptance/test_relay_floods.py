"""A relay that puts off every message fills the ledger with reasons and not the log with lines."""

from pathlib import Path

from reminderd.logs.repeats import BURST
from reminderd.testing.relay import Reply
from tests.acceptance.conftest import NOBODY, MakeRelay, StartService, SystemdListener
from tests.installation import Installation, course_with_18_weeks_over_on, courses, last_working_morning

CASES = 40


def test_forty_mails_that_are_put_off_alike_are_a_few_lines_and_a_sum(
    tmp_path: Path, make_relay: MakeRelay, systemd: SystemdListener, start_service: StartService
) -> None:
    morning = last_working_morning()
    data = courses(*[course_with_18_weeks_over_on(morning.date())] * CASES)
    assert 69 == Installation.make(tmp_path, data, NOBODY).run("run", "--once", now=morning).returncode
    relay = make_relay(script=lambda turn: Reply("RCPT", 451, "greylisted") if turn.step == "RCPT" else None)
    process = start_service(Installation.make(tmp_path, data, {"url": relay.url, "tls": "none"}))
    assert f"{CASES} deferred" in systemd.until("STATUS=fine; 0 sent")
    process.terminate()
    said = process.communicate(timeout=60)[1].splitlines()
    assert 0 == process.returncode
    put_off = [line for line in said if "event=notice_not_sent" in line]
    assert BURST + 1 == len(put_off)
    assert f"code=451 repeated={CASES - BURST} " in put_off[-1]
