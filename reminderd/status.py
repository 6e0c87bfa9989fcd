"""An operator's questions, answered as plain values ready for a table or for JSON.

Knows the ledger's reading side and the plan; never writes, sends or formats for a screen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from reminderd.domain.answers import Answer, FailingAddress
from reminderd.domain.calendar_notices import calendar_words
from reminderd.domain.cases import Finding
from reminderd.domain.differences import Difference
from reminderd.domain.explanation import ExplainedCourse, Explanation
from reminderd.domain.lifecycle import State
from reminderd.domain.notices import Decision, Gap, Notice
from reminderd.domain.silences import Silence
from reminderd.domain.source_check import SourceCheck
from reminderd.domain.workdays import COPENHAGEN
from reminderd.ledger import EntryRow, Reading

Json = dict[str, object]

_LATE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Status:
    """How the ledger stands: counts by rule and state, and what has waited longest."""

    previous_run: datetime | None
    counts: tuple[tuple[str, str, int], ...]
    oldest_unsent: EntryRow | None
    braked: tuple[tuple[str, str, int], ...] = ()
    source_doubt: str | None = None
    relay_certificate_ends: datetime | None = None
    failing: tuple[FailingAddress, ...] = ()

    @property
    def by_state(self) -> Mapping[str, int]:
        """Return the number of entries in each state that occurs."""
        totals: dict[str, int] = {}
        for _, state, number in self.counts:
            totals[state] = totals.get(state, 0) + number
        return totals

    @property
    def totals(self) -> Mapping[str, int]:
        """Return the number of entries in every state there is, also where it is none."""
        return {**dict.fromkeys(map(str, State), 0), **self.by_state}

    @property
    def needs_a_person(self) -> bool:
        """Tell whether something failed, is held or in doubt, or an address fails: a person is needed."""
        stuck = any(self.by_state.get(state, 0) for state in (State.FAILED, State.HELD))
        return stuck or self.source_doubt is not None or bool(self.failing)

    def as_json(self) -> Json:
        """Return the stable form for ``status --json``."""
        return {
            "previous_run": _instant(self.previous_run),
            "relay_certificate_ends": _instant(self.relay_certificate_ends),
            "states": dict(self.by_state),
            "rules": [{"rule": rule, "state": state, "count": count} for rule, state, count in self.counts],
            "brakes": [{"brake": one, "rule": rule, "count": count} for one, rule, count in self.braked],
            "source_doubt": self.source_doubt,
            "oldest_unsent": None if self.oldest_unsent is None else entry_as_json(self.oldest_unsent),
            "failing_addresses": [failing_address_as_json(address) for address in self.failing],
        }


def status_of(reading: Reading | None) -> Status:
    """Return how the ledger stands; an installation that never ran has nothing in it."""
    if reading is None:
        return Status(None, (), None)
    return Status(
        reading.previous_run(),
        tuple(reading.counts()),
        reading.oldest_unsent(),
        tuple(reading.braked()),
        reading.source_standing().doubt,
        reading.relay_certificate_ends(),
        reading.failing_addresses(),
    )


@dataclass(frozen=True, slots=True)
class Backlog:
    """What should have been sent by now: how much, how much of it is late, how long the oldest waits."""

    due: int
    late: int
    oldest_age: timedelta


def backlog_of(reading: Reading | None, now: datetime) -> Backlog:
    """Return what waits at ``now``; late is what has waited for more than an hour."""
    waiting = [] if reading is None else reading.waiting_since(now)
    late = sum(now - since > _LATE for since in waiting)
    return Backlog(len(waiting), late, now - min(waiting, default=now))


def show(reading: Reading | None, key: str) -> list[Json]:
    """Return every entry with this key, or containing this text, with answers, attempts and journal."""
    if reading is None:
        return []
    return [
        entry_as_json(row)
        | {
            "attempts": [_plain(asdict(attempt)) for attempt in reading.attempts(row.entry_id)],
            "journal": [_plain(asdict(line)) for line in reading.journal(row.entry_id)],
            "answers": [answer_as_json(answer) for answer in reading.answers_to(row.calendar_uid or "")],
        }
        for row in reading.find(key)
    ]


def decision_as_json(decision: Decision) -> Json:
    """Return one row of ``plan --json``; instants are ISO 8601 with the offset of Copenhagen."""
    notice = decision.notice
    return {
        "key": str(notice.key),
        "rule": notice.key.rule,
        "stage": notice.key.stage,
        "deadline_kind": notice.key.deadline_kind,
        "deadline_date": notice.key.deadline_date.isoformat(),
        "forloeb_id": notice.forloeb_id,
        "sagsnr": notice.sagsnr,
        "recipient_role": notice.recipient.role,
        "recipient_id": notice.recipient.holder,
        "recipient_mail": notice.recipient.mail,
        "deputy_for": notice.recipient.deputy_for,
        "channel": notice.channel,
        "send_at": _instant(notice.send_at),
        "expires_at": _instant(notice.expires_at),
        "calendar": calendar_words(notice),
        "decision": decision.kind,
        "reason": decision.reason,
    }


def difference_as_json(difference: Difference) -> Json:
    """Return one row of ``diff --json``: the change, and the notice before and after it."""

    def side(notice: Notice | None) -> Json | None:
        if notice is None:
            return None
        return {
            "recipient_role": notice.recipient.role,
            "recipient_id": notice.recipient.holder,
            "recipient_mail": notice.recipient.mail,
            "send_at": _instant(notice.send_at),
        }

    notice = difference.notice
    return {
        "change": difference.change,
        "key": str(notice.key),
        "rule": notice.key.rule,
        "deadline_date": notice.key.deadline_date.isoformat(),
        "sagsnr": notice.sagsnr,
        "before": side(difference.before),
        "after": side(difference.after),
    }


def gap_as_json(gap: Gap) -> Json:
    """Return one row of ``plan --json`` for what cannot become a notice at all."""
    return {
        "key": None,
        "rule": gap.rule,
        "stage": None,
        "deadline_kind": gap.deadline_kind,
        "deadline_date": None,
        "forloeb_id": gap.forloeb_id,
        "sagsnr": gap.sagsnr,
        "recipient_role": None,
        "recipient_id": None,
        "recipient_mail": None,
        "deputy_for": None,
        "channel": None,
        "send_at": None,
        "expires_at": None,
        "calendar": None,
        "decision": "skip",
        "reason": gap.reason,
    }


def entry_as_json(row: EntryRow) -> Json:
    """Return one ledger entry in its stable form."""
    values = _plain(asdict(row))
    del values["entry_id"]
    return values


def answer_as_json(answer: Answer) -> Json:
    """Return one answer; ``occurrence`` null is an answer to the whole calendar entry."""
    return _plain(asdict(answer))


def failing_address_as_json(address: FailingAddress) -> Json:
    """Return one address whose mail came back, with the newest status code and how many mails did."""
    return _plain(asdict(address))


def explanation_as_json(
    explanation: Explanation, told: Sequence[EntryRow], answers: Sequence[Answer]
) -> Json:
    """Return ``explain --json``: lists are there even where they are empty."""
    return {
        "sagsnr": explanation.sagsnr,
        "as_of": explanation.day.isoformat(),
        "courses": [_course_as_json(course) for course in explanation.courses],
        "told": [entry_as_json(row) for row in told],
        "answers": [answer_as_json(answer) for answer in answers],
        "coming": [decision_as_json(decision) for decision in explanation.coming],
        "not_sent": [
            *(decision_as_json(decision) for decision in explanation.not_sent),
            *(gap_as_json(gap) for gap in explanation.gaps),
        ],
        "silences": [silence_as_json(silence) for silence in explanation.silences],
        "rejected_rows": [finding_as_json(finding) for finding in explanation.rejected],
    }


def _course_as_json(course: ExplainedCourse) -> Json:
    return {
        "forloeb_id": course.forloeb_id,
        "tilbud": course.tilbud,
        "status": course.status,
        "deadlines": [
            {
                "deadline_kind": deadline.kind,
                "deadline_date": deadline.day.isoformat(),
                "arithmetic": deadline.arithmetic,
                "rules": [_plain(asdict(step)) for step in deadline.steps],
            }
            for deadline in course.deadlines
        ],
        "withheld": [{"deadline_kind": item.kind, "reason": item.reason} for item in course.withheld],
    }


def source_check_as_json(check: SourceCheck) -> Json:
    """Return ``check-source --json``; of an absent view ``rows_read`` is null."""
    return {
        "kildesystem": check.kildesystem,
        "data_pr": _instant(check.data_pr),
        "data_age_hours": round(check.age.total_seconds() / 3600, 1),
        "data_too_old": check.too_old,
        "views": [
            {
                "view": view.name,
                "absent": view.read is None,
                "rows_read": view.read,
                "rejected": view.rejected,
                "kept_without_a_column": view.emptied,
                "unknown_codes_in": list(view.unknown_codes),
            }
            for view in check.views
        ],
        "open_courses": dict(check.open_courses),
        "rules": [asdict(rule) for rule in check.rules],
        "findings": [finding_as_json(finding) for finding in check.findings],
    }


def finding_as_json(finding: Finding) -> Json:
    """Return one row's fault: ids only, never the value."""
    return {
        "view": finding.view,
        "row_id": finding.row_id,
        "column": finding.column,
        "reason": finding.reason,
        "row_kept": finding.row_kept,
    }


def silence_as_json(silence: Silence) -> Json:
    """Return one silence; ``until`` is its last day."""
    values = _plain(asdict(silence))
    return {"id": values.pop("silence_id"), **values}


def _plain(values: Mapping[str, object]) -> Json:
    return {name: _value(value) for name, value in values.items()}


def _value(value: object) -> object:
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(COPENHAGEN).isoformat(timespec="seconds")
