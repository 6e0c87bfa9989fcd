"""What a change in a calendar means, as facts for a wording and in words for an operator. Pure."""

from datetime import date, datetime

from reminderd.domain.invitations import Content, ends, starts_of
from reminderd.domain.notices import Fact, Occasion
from reminderd.domain.words import say
from reminderd.domain.workdays import civil_day

# A mail is read on a telephone; the calendar has the rest.
_MOST_DATES = 12


def now_facts(occasion: Occasion, now: datetime) -> dict[str, Fact]:
    """Return when and where it is now; of a series the next time, and the last day."""
    day, start, slut = _moments(occasion, now)
    return {
        "nu_dag": day,
        "nu_start": start,
        "nu_slut": slut,
        "nu_sted": occasion.location,
        "nu_sidste": _last_day(occasion),
        "nu_kommer": any(start > now for start in starts_of(occasion)),
    }


def before_facts(occasion: Occasion, now: datetime, *, hide_place: bool) -> dict[str, Fact]:
    """Return when and where it was; without the place where that is nobody's business any more."""
    day, start, slut = _moments(occasion, now)
    place = None if hide_place else occasion.location
    return {
        "foer_dag": day,
        "foer_start": start,
        "foer_slut": slut,
        "foer_sted": place,
        "foer_sidste": _last_day(occasion),
    }


def changed_dates(told: Occasion, wanted: Occasion, now: datetime) -> dict[str, Fact]:
    """Return which dates of a series are no more, and which are new."""
    if told.recurrence is None or wanted.recurrence is None:
        return {"udgaar": (), "nye": ()}
    before, after = ({civil_day(start) for start in starts_of(one) if start > now} for one in (told, wanted))
    return {
        "udgaar": tuple(sorted(before - after)[:_MOST_DATES]),
        "nye": tuple(sorted(after - before)[:_MOST_DATES]),
    }


def when(occasion: Occasion) -> str:
    """Return when it is, for an operator."""
    starts = occasion.starts
    said = f"{starts:%Y-%m-%d %H:%M}" if isinstance(starts, datetime) else starts.isoformat()
    if occasion.recurrence is None:
        return said
    every, until = occasion.recurrence.interval, occasion.recurrence.until
    if every == 1:
        words = say("{first} every week until {last}", first=said, last=civil_day(until))
    else:
        words = say(
            "{first} every {every} weeks until {last}", first=said, every=every, last=civil_day(until)
        )
    without = len(occasion.recurrence.without)
    if not without:
        return words
    if without == 1:
        return say("{words} but one date", words=words)
    return say("{words} but {without} dates", words=words, without=without)


def why_update(before: Content | None, occasion: Occasion, now: datetime) -> str:
    """Return why a calendar is written to."""
    if before is None:
        return say("invites for {moment}", moment=when(occasion))
    told = before.occasion
    if (told.starts, told.ends, told.recurrence) != (occasion.starts, occasion.ends, occasion.recurrence):
        return say("updates {before}: it is {now} now", before=when(told), now=when(occasion))
    if ends(occasion) <= now:
        return say("updates {moment}: it is over", moment=when(occasion))
    return say("updates {moment}: place or title has changed", moment=when(occasion))


def _moments(occasion: Occasion, now: datetime) -> tuple[date, datetime | None, datetime | None]:
    starts, over = occasion.starts, occasion.ends
    if isinstance(starts, datetime) and isinstance(over, datetime):
        every = starts_of(occasion)
        following = next((start for start in every if start > now), every[-1])
        # Civil time: a dinner on the night of a clock change is as long by the clock as any other.
        return civil_day(following), following, following + (over - starts)
    assert not isinstance(starts, datetime)  # noqa: S101 - an occasion is either timed or whole days
    return starts, None, None


def _last_day(occasion: Occasion) -> date | None:
    return None if occasion.recurrence is None else civil_day(occasion.recurrence.until)
