"""Ten mistakes that are easily made, each planted in a copy of the tree: somebody must notice.

A :class:`Plant` says where a promise is kept, how the line would read if it were not, and which tests become
red then. A copy has a virtual environment of its own that borrows the libraries of this one, so what
is planted is what runs, in the test's process and in every command it starts.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_COPIED = ("reminderd", "tests", "config", "templates", "systemd", "pyproject.toml")
_FAR_AWAY = "Pacific/Auckland"
"""The zone of the host on which the proofs run: no help to whoever forgets to name one."""


def _tests(file: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/{file}::{name}" for name in names)


_MONTHS = _tests(
    "faults/test_simulated_months.py", "test_a_month_of_changes_outages_and_kills_breaks_no_promise[0]"
)
_KILLED = _tests(
    "faults/test_crash_points.py",
    "test_killed_at_any_call_it_loses_nothing_and_repeats_only_copies[first run-recvfrom]",
)
_SAME_BYTES = _tests(
    "integration/test_pipeline.py", "test_what_may_have_arrived_is_offered_again_with_identical_bytes"
)


@dataclass(frozen=True, slots=True)
class Plant:
    """A fault: in ``file`` each key of ``edits`` stands once, and becomes its value."""

    name: str
    file: str
    edits: Mapping[str, str]
    proofs: tuple[str, ...]


PLANTS = (
    Plant(
        "marking before sending",
        "reminderd/pipeline/sending.py",
        {
            'tx.enter_phase(claim.attempt_id, "data")': (
                'tx.settle(claim, __import__("reminderd.domain.outcomes").domain.outcomes.Sent("done"), '
                "self._clock.now())"
            )
        },
        _KILLED + _MONTHS,
    ),
    Plant(
        "a fresh Message-ID a retry",
        "reminderd/pipeline/sending.py",
        {
            "claim.recipient_mail, claim.raw, name)": (
                'claim.recipient_mail, claim.raw.replace(b"\\r\\nMessage-ID: <", '
                'f"\\r\\nMessage-ID: <{claim.number}".encode()), name)'
            )
        },
        _SAME_BYTES + _MONTHS,
    ),
    Plant(
        "rendering Date anew",
        "reminderd/pipeline/sending.py",
        {
            "claim.recipient_mail, claim.raw, name)": (
                'claim.recipient_mail, __import__("re").sub(rb"\\r\\nDate: [^\\r]+", '
                'f"\\r\\nDate: {self._clock.now():%a, %d %b %Y %H:%M:%S +0000}".encode(), claim.raw), name)'
            )
        },
        _SAME_BYTES + _MONTHS,
    ),
    Plant(
        "synchronous=NORMAL",
        "reminderd/ledger/opening.py",
        {"PRAGMA synchronous = FULL": "PRAGMA synchronous = NORMAL"},
        _tests(
            "faults/test_power_loss.py",
            "test_after_a_power_cut_nothing_is_lost_and_every_copy_is_identical",
        ),
    ),
    Plant(
        "no re-read of eligibility",
        "reminderd/pipeline/eligibility.py",
        {"self._newest = await self._read_again()": "self._newest = self._frozen"},
        _tests(
            "integration/test_eligibility.py",
            "test_row_27_a_case_that_is_closed_while_mail_goes_out_hears_nothing_more",
            "test_row_22_a_source_that_goes_away_while_mail_goes_out_lets_the_rest_wait",
        ),
    ),
    Plant(
        "== instead of <= on due dates",
        "reminderd/domain/occurrences.py",
        {"if due > today:": "if due != today:"},
        _tests(
            "integration/test_pipeline_over_time.py",
            "test_row_35_what_came_due_while_the_service_was_down_goes_out_late_and_once",
        )
        + _MONTHS,
    ),
    Plant(
        "naive local time",
        "reminderd/domain/workdays.py",
        {"naive.replace(tzinfo=COPENHAGEN, fold=0)": "naive.replace(fold=0)"},
        _tests("unit/test_workdays.py", "test_a_civil_time_is_an_instant_through_both_clock_changes"),
    ),
    Plant(
        "catching only SMTP and OS errors, in composing",
        "reminderd/pipeline/freezing.py",
        {"except Exception as error:": "except OSError as error:"},
        _tests(
            "integration/test_pipeline.py",
            "test_a_notice_whose_template_is_broken_is_held_and_the_others_go",
        ),
    ),
    Plant(
        "catching only SMTP and OS errors, in sending",
        "reminderd/pipeline/sending.py",
        {
            "except Exception as error:\n            # A mistake in the program": (
                "except OSError as error:\n            # A mistake in the program"
            )
        },
        _tests(
            "integration/test_pipeline.py",
            "test_a_mistake_in_sending_one_message_does_not_stop_the_others",
            "test_a_mistake_once_the_text_has_begun_leaves_the_entry_unknown",
        ),
    ),
    Plant(
        "forgetting CANCEL for unknown entries",
        "reminderd/ledger/calendar_entries.py",
        {
            "_HEARD = or_(entry.c.state == State.SENT, _ATTEMPT.where(_IN_DOUBT, _HERE).exists())": (
                "_HEARD = and_(entry.c.state == State.SENT, True)"
            )
        },
        _tests("integration/test_invitations_in_doubt.py", "test_what_may_have_arrived_is_cancelled"),
    ),
    Plant(
        "sending every missed stage",
        "reminderd/domain/reconcile.py",
        {"    if later is not None:\n        return": "    if False:\n        return"},
        _tests(
            "integration/test_pipeline_over_time.py",
            "test_a_stage_that_was_missed_while_down_is_recorded_as_lapsed",
        )
        + _tests("unit/test_promises.py", "test_no_stage_is_sent_after_a_later_one_over_any_calendar"),
    ),
)


@dataclass(frozen=True, slots=True)
class Copy:
    """The tree once more, with a Python that runs it."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "Copy":
        """Copy what runs and what tests it."""
        for name in _COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder / name)
        venv.create(folder / ".venv", symlinks=True)
        libraries = sysconfig.get_path("purelib", vars={"base": str(folder / ".venv")})
        # The copy first: where the borrowed libraries know a reminderd too, it is not the one that runs.
        Path(libraries, "borrowed.pth").write_text(f"{folder}\n{sysconfig.get_path('purelib')}\n")
        command = Path(sys.executable).with_name("reminderd").read_text()
        mine = folder / ".venv/bin/reminderd"
        mine.write_text(f"#!{folder / '.venv/bin/python'}\n{command.partition(chr(10))[2]}")
        mine.chmod(0o755)
        return cls(folder)

    def plant(self, plant: Plant) -> None:
        """Put a fault in its place."""
        file = self.folder / plant.file
        text = (ROOT / plant.file).read_text()
        for old, new in plant.edits.items():
            text = text.replace(old, new)
        file.write_text(text)

    def pull_out(self, plant: Plant) -> None:
        """Take a fault away again."""
        shutil.copy(ROOT / plant.file, self.folder / plant.file)

    def prove(self, *proofs: str) -> subprocess.CompletedProcess[str]:
        """Run tests in the copy; 0 says that all passed, 1 that some failed."""
        mine = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        return subprocess.run(
            [self.folder / ".venv/bin/python", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *proofs],
            cwd=self.folder,
            env={**mine, "TZ": _FAR_AWAY, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
