"""Rows of the fault matrix that no other file is about: 12, 26, 32, 34 and 46."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from reminderd.clock import FixedClock
from reminderd.delivery.transport import Envelope
from reminderd.domain.outcomes import Outcome, Sent
from reminderd.domain.workdays import Workdays, at
from reminderd.testing.relay import Reply, ScriptedRelay
from reminderd.testing.script import Step
from reminderd.testing.transport import RecordingTransport
from tests.casework import DANISH
from tests.faults.scenarios import WARNING, first_run
from tests.installation import bare_environment, courses, run
from tests.integration.corridor import _FEW_RULES as POLICY
from tests.integration.corridor import Corridor, GivenCases, morning

FIVE = courses(*[WARNING - timedelta(weeks=18)] * 5)


def _corridor(folder: Path, **more: object) -> Corridor:
    return Corridor(folder, GivenCases(FIVE), FixedClock(morning(WARNING)), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("step", ["connect", "EHLO", "MAIL", "RCPT", "DATA", "dot"])
async def test_row_12_a_421_at_any_step_requeues_the_unfinished_message_and_no_other(
    step: Step, tmp_path: Path
) -> None:
    corridor = _corridor(tmp_path, connections=1)
    script = [None, None, Reply(step, 421, "4.3.2 closing")]
    with ScriptedRelay(script if step not in ("connect", "EHLO") else script[2:]) as relay:
        for minute in range(0, 30, 10):
            await corridor.run_against(relay, morning(WARNING, minute=minute))
        names = Counter(message_from_bytes(message.raw)["Message-ID"] for message in relay.messages)
    assert [1] * 5 == list(names.values())
    assert ["sent"] * 5 == corridor.states()


@pytest.mark.parametrize("kind", [RecursionError, MemoryError, KeyError, UnicodeError, AssertionError])
async def test_row_26_whatever_one_row_raises_is_noted_and_the_others_go(
    kind: type[Exception], tmp_path: Path
) -> None:
    def poisoned(envelope: Envelope) -> Outcome:
        if b"2026-0003" in envelope.raw:
            raise kind
        return Sent(250, "taken")

    corridor = _corridor(tmp_path, transport=RecordingTransport(poisoned))
    await corridor.run()
    assert {"sent": 4, "deferred": 1} == Counter(corridor.states())
    corridor.transport = RecordingTransport()
    await corridor.run(morning(WARNING, minute=10))
    assert ["sent"] * 5 == corridor.states()


class _AlwaysOpen(Workdays):
    """A house that works on Sundays: clocks change then."""

    def is_workday(self, _day: date) -> bool:
        return True


@pytest.mark.parametrize(
    ("night", "hour"),
    [
        (date(2026, 3, 29), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # 02:30 is not: 03:30 by summer time
        (date(2026, 10, 25), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # 02:30 is twice: the first
    ],
    ids=["gap", "fold"],
)
async def test_row_32_what_is_due_in_the_hour_that_clocks_change_goes_out_once_and_on_the_minute(
    night: date, hour: datetime, tmp_path: Path
) -> None:
    policy = replace(POLICY, send_time=time(2, 30), workdays=_AlwaysOpen(DANISH.closed))
    transport = RecordingTransport()
    corridor = Corridor(
        tmp_path,
        GivenCases(courses(night - timedelta(weeks=18))),
        FixedClock(at(night, time(0))),
        transport,
        policy=policy,
    )
    sent: list[datetime] = []
    async with corridor.pipeline() as pipeline:
        for minute in range(0, 5 * 60, 5):
            now = at(night, time(0)).astimezone(UTC) + timedelta(minutes=minute)
            corridor.clock.move_to(now)
            await pipeline.run()
            sent += [now] * (len(transport.taken) - len(sent))
    assert [hour] == sent


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland"])
def test_row_34_the_zone_of_the_host_changes_nothing(zone: str, tmp_path: Path) -> None:
    with ScriptedRelay() as relay:
        installation, now = first_run(tmp_path, relay)
        arguments = installation.arguments("plan", "--json", "--from", "2026-05-01", "--to", "2026-06-30")
        planned = run(arguments, cwd=tmp_path, TZ=zone)
        early = now - timedelta(hours=2)
        assert 0 == run(installation.arguments("run", "--once", now=early), cwd=tmp_path, TZ=zone).returncode
        assert () == relay.messages
        assert 0 == run(installation.arguments("run", "--once", now=now), cwd=tmp_path, TZ=zone).returncode
        assert 5 == len(relay.messages)
    assert 0 == planned.returncode, planned.stderr
    moments = {row["send_at"] for row in json.loads(planned.stdout) if row["decision"] == "send"}
    assert {"2026-05-11T08:00:00+02:00"} == moments


@pytest.mark.parametrize("limit", ["ulimit -n 12", "ulimit -n 20", "ulimit -v 150000"])
def test_row_46_with_too_few_files_or_too_little_memory_nothing_is_lost_or_doubled(
    limit: str, tmp_path: Path
) -> None:
    with ScriptedRelay() as relay:
        installation, now = first_run(tmp_path, relay)
        command = installation.arguments("run", "--once", now=now)
        run(["sh", "-c", f'{limit}; exec "$@"', "sh", *command], cwd=tmp_path, **bare_environment())
        for later in range(1, 4):
            installation.run_here(now + timedelta(hours=later))
        names = Counter(message_from_bytes(message.raw)["Message-ID"] for message in relay.messages)
    assert [1] * 5 == list(names.values())
    assert ["sent"] * 5 == installation.states()


def test_row_46_run_after_run_leaves_no_file_open(tmp_path: Path) -> None:
    with ScriptedRelay() as relay:
        installation, now = first_run(tmp_path, relay)
        installation.run_here(now)
        before = len(list(Path("/proc/self/fd").iterdir()))
        for minute in range(1, 20):
            installation.run_here(now + timedelta(minutes=minute))
        assert before >= len(list(Path("/proc/self/fd").iterdir()))
