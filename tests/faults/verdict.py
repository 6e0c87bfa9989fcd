"""What a month must look like from outside, judged from the relay's log and the case source's history alone.

Nothing here asks the program or its ledger; what was done to the house (a clock that was set, a recipient
refused, an order given) is known from whoever did it. The rule under judgement is F1's: the caseworker of a
§ 82 b course is told 18 weeks after its start, on that working day or the one before, that it ends at 20
weeks; and her calendar says so for as long as it is true.

The invariants, and who judges them: I1 every obligation ends in one way (``_never_said``, ``_said_twice``,
``_not_settled``), I2 copies are identical (``_copies_that_differ``), I3 and have a reason
(``_copies_without_a_reason``), I4 nothing about a closed case and I5 nothing early or late
(``_untrue_when_said``, ``_shows_the_protected``), I6 revisions in order (``_out_of_order``), I7 calendars
come right (``_wrong_calendars``, ``_cancelled_untold``), I8 no faster than was set (``_too_fast``), I12 a
sound ledger (``_unsound``), I13 what one row raises harms no other (``_never_said``, which excuses that row
alone), I14 an outage is met with patience (``_too_many_lines``, ``_offered_in_vain``). Beside them a clock
that is set (``_told_by_a_wrong_clock``) and orders (``orders.py``). I9 to I11 are about bytes and line.

What is open at the end is read from the ledger once: nothing may be, and "held" excuses only where the
relay's log shows threefold doubt, or the case source lost the case.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from reminderd.domain.cases import Snapshot
from reminderd.domain.workdays import COPENHAGEN
from tests.casework import DANISH
from tests.faults.attendee import calendars
from tests.faults.month import SETTLING_DAYS, Arrival, Month
from tests.faults.orders import disobeyed, rule_is_on
from tests.faults.told import (
    ENDS_AFTER,
    Told,
    belongs,
    is_protected_in,
    mailbox_of,
    read,
    sources_between,
    true_in,
)

WARNED_AFTER = timedelta(weeks=18)
_ON_THE_WIRE = timedelta(seconds=1)
_IN_HASTE = timedelta(minutes=10)
FRESH = timedelta(seconds=60)
"""How old the reading of the case source may be when a text goes out."""

FAR = timedelta(hours=24 + 26)
"""Such a clock contradicts the case source's data, which is of the last night, whatever the hour."""
NOTED = timedelta(minutes=15)

MOST_LINES_AN_HOUR = 40
_A_MINUTE, _AN_HOUR = timedelta(minutes=1), timedelta(hours=1)
_SLOW_ON_THE_WAY = 1
_TRIED_AT_MOST = 3
"""So often a message is offered that may have arrived; then a person decides."""


def faults_of(month: Month) -> list[str]:
    """Return every promise that was broken, in words; an empty list is a clean month."""
    told = [read(arrival) for arrival in month.arrivals]
    refused = [read(refusal) for refusal in month.refusals]
    return [
        *_copies_that_differ(month, told),
        *_copies_without_a_reason(month, told),
        *_said_twice(month, told),
        *_untrue_when_said(month, told),
        *_shows_the_protected(month, told),
        *_never_said(month, told, refused),
        *_out_of_order(month, told),
        *_cancelled_untold(month, told),
        *_wrong_calendars(month, told, refused),
        *_not_settled(month),
        *_too_many_lines(month),
        *_told_by_a_wrong_clock(month),
        *_offered_in_vain(month, told, refused),
        *disobeyed(month, told),
        *_too_fast(month, told),
        *_unsound(month),
    ]


def _copies_that_differ(month: Month, told: list[Told]) -> Iterator[str]:
    """I2: copies of one message are the same bytes."""
    first: dict[str, bytes] = {}
    for arrival, what in _both(month, told):
        raw = arrival.message.raw
        if first.setdefault(what.message_id, raw) != raw:
            yield f"{what.moment}: {what.message_id} came again with other bytes"


def _copies_without_a_reason(month: Month, told: list[Told]) -> Iterator[str]:
    """I3: a second copy only where an answer was lost, or a process died after the dot."""
    last: dict[str, tuple[datetime, bool]] = {}
    for arrival, what in _both(month, told):
        before = last.get(what.message_id)
        if before is not None:
            when, answered = before
            died = any(when - _ON_THE_WIRE <= kill <= arrival.moment for kill in month.kills)
            if answered and not died:
                yield f"{what.moment}: {what.message_id} came twice, and nothing had gone wrong"
        last[what.message_id] = (what.moment, arrival.message.answered)


def _said_twice(month: Month, told: list[Told]) -> Iterator[str]:
    """G1: one obligation, one message; after a doubt another, where the mailbox or a protection changed."""
    last: dict[tuple[str, str, date], Told] = {}
    answered = {what.message_id for arrival, what in _both(month, told) if arrival.message.answered}
    for what in told:
        if what.what != "warning":
            continue
        said = (what.mailbox, what.sagsnr, what.limit)
        before = last.setdefault(said, what)
        if before.message_id != what.message_id:
            left = any(
                _mailbox_of_case(source, what.sagsnr) != what.mailbox
                for source in sources_between(month, before.moment, what.moment)
            )
            less = before.initials and not what.initials  # she is protected since: it says no more of her
            died = any(abs(before.moment - kill) <= _ON_THE_WIRE for kill in month.kills)
            if (before.message_id in answered and not died) or not (left or less):
                yield f"{said} was said in different messages"
        last[said] = what


def _both(month: Month, told: list[Told]) -> Iterator[tuple[Arrival, Told]]:
    return zip(month.arrivals, told, strict=True)


def _untrue_when_said(month: Month, told: list[Told]) -> Iterator[str]:
    """I4 and I5: at most a minute before, the source said so, and it was the time for it.

    What day it is, the machine's clock says: nobody else can tell the service, and a clock that is wrong by
    hours is lived with. A cancellation that may have arrived goes once more, whatever is wanted by then: what
    takes its place waits for it.
    """
    heard: set[str] = set()
    for what in told:
        in_doubt = what.what == "cancel" and _may_have_been_heard(month, what, heard)
        heard.add(what.message_id)
        sources = sources_between(month, what.moment - FRESH, what.moment)
        words = [true_in(source, what) for source in sources]
        if what.what == "cancel" and words == [None] * len(words):
            words = _last_words(month, what)  # the source has fallen silent: what it said last stands
        if what.what == "cancel" and not rule_is_on(month, what.moment):
            words = [False]  # nothing puts it into calendars any more, whatever the source says
        if (what.what != "cancel") not in words and not in_doubt:
            yield f"{what.moment}: {what.what} of {what.sagsnr} to {what.mailbox}, and it was not so"
        day = what.shown.astimezone(COPENHAGEN).date()
        # A correction may lie in the past: then the entry that stood ahead goes there.
        useful = _warning_day(what.limit - ENDS_AFTER) <= day <= what.limit
        if DANISH.next(day) != day or (what.what == "warning" and not useful):
            yield f"{what.moment}: {what.what} of {what.sagsnr} on the wrong day"


def _shows_the_protected(month: Month, told: list[Told]) -> Iterator[str]:
    """I4: what a mail says of somebody is at most a minute old when its text begins.

    But for the same bytes again, which somebody may have had before.
    """
    heard: set[str] = set()
    for what in told:
        again = _may_have_been_heard(month, what, heard)
        sources = sources_between(month, what.moment - FRESH, what.moment)
        protected = all(is_protected_in(source, what.sagsnr) for source in sources)
        if what.initials and protected and not again:
            yield f"{what.moment}: initials in {what.sagsnr} to {what.mailbox}, and the citizen is protected"
        heard.add(what.message_id)


def _may_have_been_heard(month: Month, what: Told, heard: set[str]) -> bool:
    """Tell whether somebody may have had the same bytes before: they arrived, or a line or a process died."""
    died = any(what.composed <= kill <= what.moment for kill in month.kills)
    return died or what.message_id in heard or what.mailbox in month.cuts


def _last_words(month: Month, what: Told) -> list[bool | None]:
    """Return what the source said before it fell silent: in haste any of it, since one reading sees one."""
    before = [(moment, true_in(source, what)) for moment, source in month.history if moment <= what.moment]
    said = max((number for number, (_, word) in enumerate(before) if word is not None), default=None)
    if said is None:
        return [None]
    silent = before[said + 1][0]
    return [true_in(source, what) for source in sources_between(month, silent - _IN_HASTE, silent)]


def _mailbox_of_case(source: Snapshot, sagsnr: str) -> str | None:
    name = next((row.forloeb_id for row in source.forloeb.values() if row.sagsnr == sagsnr), None)
    return None if name is None else mailbox_of(source, name)


def _never_said(month: Month, told: list[Told], refused: list[Told]) -> Iterator[str]:
    """I1, I7 and I13: whoever answers for an open course at the end knows when it ends.

    But for what the relay refused for good: that is a person's to put right. A course whose mails raise an
    error is told to nobody, and is the only one.
    """
    source = month.history[-1][1]
    end, quiet = month.end.date(), _quiet_since(month)
    final = [what for what in refused if not _requeued(month, what, month.end)]
    for row in source.forloeb.values():
        limit = row.start_dato + ENDS_AFTER
        if row.slut_dato is not None or _warning_day(row.start_dato) > quiet or limit <= end:
            continue
        if row.sagsnr in month.poisoned:
            continue
        worker = source.tilknytninger[row.forloeb_id][0].medarbejder_id
        held = any(
            f"|forloeb:{row.forloeb_id}|" in key and state == "held" for key, state in month.open_at_end
        )
        if held and _thrice_in_doubt(month, worker):
            continue
        heard = [what for what in (*told, *final) if belongs(month, what.mailbox, worker)]
        said = {(what.sagsnr, what.limit) for what in heard}
        if (row.sagsnr, limit) not in said:
            yield f"{row.sagsnr}: {worker} was never told that it ends on {limit}"


def _thrice_in_doubt(month: Month, worker: str) -> bool:
    """Tell whether so many lines died over somebody's messages that one may have been given up."""
    cuts = sum(belongs(month, mailbox, worker) for mailbox in month.cuts)
    return cuts > 0 and cuts + len(month.kills) >= _TRIED_AT_MOST


def _quiet_since(month: Month) -> date:
    """Return the day by which whatever is owed can have been told: two working days of calm are enough."""
    return DANISH.previous(month.end.date() - timedelta(days=SETTLING_DAYS // 2))


def _out_of_order(month: Month, told: list[Told]) -> Iterator[str]:
    """I6: the revisions of one entry arrive in order, and each says one thing.

    But for a copy of what may have arrived, which is wanted again after another one: a newer one follows it.
    """
    newest: dict[str, Told] = {}
    for number, what in enumerate(told):
        before = newest.get(what.uid)
        if before is not None and what.sequence < before.sequence:
            followed = any(
                (after.uid, after.limit) == (what.uid, what.limit) and after.sequence > before.sequence
                for after in told[number:]
            )
            if what.mailbox in month.cuts and followed:
                continue
            yield f"{what.moment}: revision {what.sequence} of {what.uid} after {before.sequence}"
        said = (what.limit, what.what == "cancel")
        same = before is None or said == (before.limit, before.what == "cancel")
        if before is not None and what.sequence == before.sequence and not same:
            yield f"{what.moment}: revision {what.sequence} of {what.uid} says two things"
        newest[what.uid] = what


def _cancelled_untold(month: Month, told: list[Told]) -> Iterator[str]:
    """G5: nobody hears the end of what never reached her; what was refused did not."""
    heard: set[tuple[str, str]] = set()
    for what in told:
        entry = (what.mailbox, what.uid)
        if (
            what.what == "cancel"
            and entry not in heard
            and what.mailbox not in month.cuts
            and not month.kills
        ):
            yield f"{what.moment}: {what.mailbox} hears that {what.sagsnr} is off, and never heard of it"
        heard.add(entry)


def _wrong_calendars(month: Month, told: list[Told], refused: list[Told]) -> Iterator[str]:
    """I7: after the calm, what stands in the calendars is what the source says, where it still lies ahead.

    An entry that was over before anybody could move it is left alone: the new date is told in its time. So is
    one of which the relay refused the last word: a person puts it right.
    """
    source, end, quiet = month.history[-1][1], month.end.date(), _quiet_since(month)
    last_heard = {(what.mailbox, what.sagsnr): what.moment for what in told}
    unheard = {
        where
        for what in refused
        if (where := (what.mailbox, what.sagsnr)) in last_heard and what.moment >= last_heard[where]
    }
    for (mailbox, sagsnr), limits in calendars(told).items():
        if (mailbox, sagsnr) in unheard or sagsnr in month.poisoned:
            continue
        row = next((row for row in source.forloeb.values() if row.sagsnr == sagsnr), None)
        if row is None:  # not delivered: nobody knows, so nothing is taken back
            continue
        true = row.slut_dato is None and mailbox_of(source, row.forloeb_id) == mailbox
        wanted = [row.start_dato + ENDS_AFTER] if true else []
        over = all(limit <= quiet for limit in limits)
        if over and _warning_day(row.start_dato) > quiet:
            continue
        ahead = [limit for limit in limits if limit > end]
        if ahead != [limit for limit in wanted if limit > end and limits]:
            yield f"{mailbox} has {sagsnr} on {ahead}, and the source says {wanted}"


def _not_settled(month: Month) -> Iterator[str]:
    """I7: whatever is owed has been settled; what vanished waits, and a person decides of threefold doubt."""
    delivered = month.history[-1][1].forloeb
    for key, state in month.open_at_end:
        vanished = not any(f"|forloeb:{name}|" in key for name in delivered)
        if any(f"|forloeb:f{int(sagsnr.rpartition('-')[2])}|" in key for sagsnr in month.poisoned):
            continue
        doubted = state == "held" and _thrice_in_doubt(month, key.rpartition(":")[2])
        if not (vanished or doubted):
            yield f"after {SETTLING_DAYS} days of calm {key} is {state}"


def _too_many_lines(month: Month) -> Iterator[str]:
    """I14: an outage of the relay is met with patience."""
    hours: dict[datetime, int] = defaultdict(int)
    for moment in month.lines:
        hours[moment.replace(minute=0, second=0, microsecond=0)] += 1
    for hour, count in hours.items():
        if count > MOST_LINES_AN_HOUR:
            yield f"{count} lines were opened within the hour of {hour}"


def _too_fast(month: Month, told: list[Told]) -> Iterator[str]:
    """I8: no more messages in any minute, and to any mailbox in any hour, than was set.

    An hour is the machine's: messages told by a clock that was wrong by as much as now. A minute counts from
    when a message sets out: one that was slow on the way arrives with the next. A process that died has
    forgotten how fast it was.
    """
    hours: dict[tuple[str, timedelta], list[datetime]] = defaultdict(list)
    for what in told:
        recent = hours[what.mailbox.lower(), what.shown - what.moment]
        recent[:] = [moment for moment in recent if what.moment - moment < _AN_HOUR] + [what.moment]
        if month.most_an_hour and len(recent) > month.most_an_hour:
            yield f"{what.moment}: {len(recent)} messages to {what.mailbox} within an hour"
        minute = what.moment - _A_MINUTE
        within = sum(minute < other.moment <= what.moment for other in told)
        deaths = sum(minute < kill <= what.moment for kill in month.kills)
        if month.most_a_minute and within > month.most_a_minute + _SLOW_ON_THE_WAY + deaths:
            yield f"{what.moment}: {within} messages within a minute"


def _unsound(month: Month) -> Iterator[str]:
    """I12: SQLite itself finds nothing wrong with the file, and no row without its other half."""
    if month.integrity != "ok":
        yield f"the ledger's file: {month.integrity}"


def _offered_in_vain(month: Month, told: list[Told], refused: list[Told]) -> Iterator[str]:
    """Faults 13 and 14: what was refused for good is not offered again; a refused login stops all."""
    ended: dict[str, Told] = {}
    for what in sorted([*told, *refused], key=lambda what: what.moment):
        before = ended.get(what.message_id)
        if before is not None and not _requeued(month, before, what.moment):
            yield f"{what.moment}: {what.message_id} again, refused for good at {before.moment}"
        if what in refused:
            ended[what.message_id] = what
    for moment in month.pushed:
        yield f"{moment}: another message, and the relay had turned the whole channel away"
    if month.outages != month.outages_said:
        yield f"the relay turned the service away {month.outages} times, and {month.outages_said} were said"


def _requeued(month: Month, refused: Told, until: datetime) -> bool:
    """Tell whether a person had a refused message offered again."""
    return any(
        sagsnr == refused.sagsnr and refused.moment <= when <= until for when, sagsnr in month.requeued
    )


def _told_by_a_wrong_clock(month: Month) -> Iterator[str]:
    """Fault 33: a clock that is far off tells nobody anything; what is set is said, from 15 minutes on."""
    for arrival in month.arrivals:
        if abs(arrival.wrong_by) > FAR:
            yield f"{arrival.moment}: mail, and the clock is wrong by {arrival.wrong_by}"
    leaps = [seconds for seconds in month.leaps if abs(seconds) > NOTED.total_seconds()]
    if leaps != month.leaps_said:
        yield f"the clock was set by {leaps} s, and {month.leaps_said} was said"


def _warning_day(start: date) -> date:
    return DANISH.previous(start + WARNED_AFTER)
