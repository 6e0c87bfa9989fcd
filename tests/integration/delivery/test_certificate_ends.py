"""A relay's certificate that ends soon is named before nothing can be sent any more."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
import trustme

from reminderd.domain.workdays import ONE_DAY, at
from tests.casework import DANISH
from tests.installation import Installation, course_with_18_weeks_over_on, courses, last_working_morning
from tests.integration.delivery.conftest import MakeRelay, server_context


@pytest.mark.parametrize(("days", "warned"), [(14, True), (60, False)])
def test_status_and_check_say_so(
    make_relay: MakeRelay, authority: trustme.CA, ca_file: Path, tmp_path: Path, days: int, warned: bool
) -> None:
    morning = last_working_morning()
    ends = datetime.now(UTC) + timedelta(days=days, hours=1)
    relay = make_relay(context=server_context(authority.issue_cert("localhost", not_after=ends)))
    start = course_with_18_weeks_over_on(morning.date())
    one = Installation.make(tmp_path, courses(start), {"url": relay.url, "ca_file": str(ca_file)})
    one.morning_data(morning.date())
    assert 1 == one.run_here(morning).sent
    said = f"the relay's certificate ends in {days} days, and then nothing is sent: have it renewed"
    assert warned == (said in one.run("status").stdout)
    assert warned == (said in one.run("check", "--online").stdout)
    (entry,) = one.entries()
    reading = one.app(at(DANISH.next(morning.date() + ONE_DAY), time(9))).reading()
    assert reading is not None
    (attempt,) = reading.attempts(entry.entry_id)
    assert "TLSv1.3" == attempt.tls_version
    assert 64 == len(attempt.tls_certificate or "")
