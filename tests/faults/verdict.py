"""What a month must look like from outside, judged from the relay's log and the case source's history alone.

Nothing here asks the program or its ledger. The rule under judgement is F1's: the caseworker of a § 82 b
course is told 18 weeks after its start, on that working day or the one before, that it ends at 20 weeks.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy

from reminderd.domain.cases import Snapshot
from reminderd.domain.workdays import COPENHAGEN as _COPENHAGEN
from tests.casework import DANISH
from tests.faults.month import SETTLING_DAYS, Arrival, Month

WARNED_AFTER = timedelta(weeks=18)
ENDS_AFTER = timedelta(weeks=20)
_ON_THE_WIRE = timedelta(seconds=1)
FRESH = timedelta(seconds=60)
"""How old the reading of the case source may be when a text goes out."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a mail says to somebody who reads it: which case, and when its course ends."""

    mailbox: str
    sagsnr: str
    limit: date
    message_id: str
    moment: datetime


def faults_of(month: Month) -> list[str]:
    """Return every promise that was broken, in words; an empty list is a clean month."""
    told = [_read(arrival) for arrival in month.arrivals]
    return [
        *_copies_that_differ(month),
        *_copies_without_a_reason(month, told),
        *_said_twice(told),
        *_untrue_when_said(month, told),
        *_never_said(month, told),
        *_not_settled(month),
        *_too_many_lines(month),
    ]


def _read(arrival: Arrival) -> Told:
    mail = message_from_bytes(arrival.message.raw, policy=policy.default)
    calendar = mail.get_body(("calendar",))
    text = mail.get_body(("plain",))
    assert text is not None
    assert calendar is not None
    lines = calendar.get_content().replace("\r\n ", "").splitlines()
    day = next(line.partition(":")[2] for line in lines if line.startswith("DTSTART;VALUE=DATE:"))
    words = text.get_content()
    sagsnr = next(word.strip(".,") for word in words.split() if word.startswith("2026-"))
    return Told(
        mailbox=arrival.message.rcpt_to[0],
        sagsnr=sagsnr,
        limit=datetime.strptime(day, "%Y%m%d").date(),  # noqa: DTZ007 - a civil day
        message_id=str(mail["Message-ID"]),
        moment=arrival.moment,
    )


def _copies_that_differ(month: Month) -> Iterator[str]:
    """I2: copies of one message are the same bytes."""
    first: dict[str, bytes] = {}
    for arrival in month.arrivals:
        raw = arrival.message.raw
        name = str(message_from_bytes(raw)["Message-ID"])
        if first.setdefault(name, raw) != raw:
            yield f"{arrival.moment}: {name} came again with other bytes"


def _copies_without_a_reason(month: Month, told: list[Told]) -> Iterator[str]:
    """I3: a second copy only where an answer was lost, or a process died after the dot."""
    last: dict[str, tuple[datetime, bool]] = {}
    for arrival, what in zip(month.arrivals, told, strict=True):
        before = last.get(what.message_id)
        if before is not None:
            when, answered = before
            died = any(when - _ON_THE_WIRE <= kill <= arrival.moment for kill in month.kills)
            if answered and not died:
                yield f"{what.moment}: {what.message_id} came twice, and nothing had gone wrong"
        last[what.message_id] = (what.moment, arrival.message.answered)


def _said_twice(told: list[Told]) -> Iterator[str]:
    """G1: one obligation, one message."""
    names: dict[tuple[str, str, date], set[str]] = defaultdict(set)
    for what in told:
        names[what.mailbox, what.sagsnr, what.limit].add(what.message_id)
    for said, messages in names.items():
        if len(messages) > 1:
            yield f"{said} was said in {len(messages)} different messages"


def _untrue_when_said(month: Month, told: list[Told]) -> Iterator[str]:
    """I4 and I5: at most a minute before, the source said so, and it was the time for it."""
    for what in told:
        sources = _sources_between(month, what.moment - FRESH, what.moment)
        if not any(_true_in(source, what) for source in sources):
            yield f"{what.moment}: {what.sagsnr} was said to {what.mailbox}, and was not so"
        day = what.moment.astimezone(_COPENHAGEN).date()
        if day < _warning_day(what.limit - ENDS_AFTER) or day > what.limit or DANISH.next(day) != day:
            yield f"{what.moment}: {what.sagsnr} was said on the wrong day"


def _true_in(source: Snapshot, what: Told) -> bool:
    for row in source.forloeb.values():
        if row.sagsnr == what.sagsnr:
            owner = source.tilknytninger[row.forloeb_id][0].medarbejder_id
            mailbox = source.medarbejdere[owner].mail
            limit = row.start_dato + ENDS_AFTER
            return row.slut_dato is None and mailbox == what.mailbox and limit == what.limit
    return False


def _never_said(month: Month, told: list[Told]) -> Iterator[str]:
    """I1 and I7: whoever answers for an open course at the end knows when it ends."""
    source = month.history[-1][1]
    end = month.end.date()
    # Two quiet working days are enough for whatever is owed.
    quiet = DANISH.previous(end - timedelta(days=SETTLING_DAYS // 2))
    for row in source.forloeb.values():
        limit = row.start_dato + ENDS_AFTER
        if row.slut_dato is not None or _warning_day(row.start_dato) > quiet or limit <= end:
            continue
        owner = source.medarbejdere[source.tilknytninger[row.forloeb_id][0].medarbejder_id]
        said = {
            (what.sagsnr, what.limit) for what in told if _belongs(month, what.mailbox, owner.medarbejder_id)
        }
        if (row.sagsnr, limit) not in said:
            yield f"{row.sagsnr}: {owner.medarbejder_id} was never told that it ends on {limit}"


def _belongs(month: Month, mailbox: str, worker: str) -> bool:
    return any(source.medarbejdere[worker].mail == mailbox for _, source in month.history)


def _not_settled(month: Month) -> Iterator[str]:
    for entry in month.open_at_end:
        yield f"after {SETTLING_DAYS} days of calm {entry}"


def _too_many_lines(month: Month) -> Iterator[str]:
    """I14: an outage of the relay is met with patience."""
    hours: dict[datetime, int] = defaultdict(int)
    for moment in month.lines:
        hours[moment.replace(minute=0, second=0, microsecond=0)] += 1
    for hour, count in hours.items():
        if count > 40:
            yield f"{count} lines were opened within the hour of {hour}"


def _sources_between(month: Month, first: datetime, last: datetime) -> list[Snapshot]:
    """Return what the source held at some moment between two."""
    before = [source for moment, source in month.history if moment <= first]
    return [before[-1], *(source for moment, source in month.history if first < moment <= last)]


def _warning_day(start: date) -> date:
    return DANISH.previous(start + WARNED_AFTER)
