"""A relay that puts off every message fills the ledger with reasons and not the log with lines."""

from pathlib import Path

from reminderd.logs.repeats import BURST
from reminderd.testing.relay import Reply
from tests.acceptance.conftest import NOBODY, MakeRelay, StartService, SystemdListener
from tests.installation import Installation, course_with_18_weeks_over_on, courses, last_working_morning

CASES = 40


PUT_OFF = Reply("RCPT", 451, "greylisted")


def said_about_each(log: str) -> list[str]:
    return [line for line in log.splitlines() if "event=notice_not_sent" in line]


def test_forty_mails_that_are_put_off_alike_are_a_few_lines_and_a_sum(
    tmp_path: Path, make_relay: MakeRelay, systemd: SystemdListener, start_service: StartService
) -> None:
    morning = last_working_morning()
    data = courses(*[course_with_18_weeks_over_on(morning.date())] * CASES)
    assert 69 == Installation.make(tmp_path, data, NOBODY).run("run", "--once", now=morning).returncode
    relay = make_relay(script=lambda turn: PUT_OFF if turn.step == "RCPT" else None)
    process = start_service(Installation.make(tmp_path, data, {"url": relay.url, "tls": "none"}))
    assert f"{CASES} deferred" in systemd.until("STATUS=fine; 0 sent")
    process.terminate()
    put_off = said_about_each(process.communicate(timeout=60)[1])
    assert 0 == process.returncode
    assert BURST + 1 == len(put_off)
    assert f"code=451 repeated={CASES - BURST} " in put_off[-1]


def test_a_single_run_sums_up_before_it_ends(tmp_path: Path, make_relay: MakeRelay) -> None:
    morning = last_working_morning()
    data = courses(*[course_with_18_weeks_over_on(morning.date())] * CASES)
    relay = make_relay(script=lambda turn: PUT_OFF if turn.step == "RCPT" else None)
    installation = Installation.make(tmp_path, data, {"url": relay.url, "tls": "none"})
    put_off = said_about_each(installation.run("run", "--once", now=morning).stderr)
    assert BURST + 1 == len(put_off)
    assert f"code=451 repeated={CASES - BURST} " in put_off[-1]
