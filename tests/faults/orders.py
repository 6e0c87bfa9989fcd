"""What people ordered between two runs, and whether it was heeded: pauses, things held, a rule that is off.

An order is known from whoever gave it, and from the service's answer to her: the keys that it names.
"""

from collections.abc import Iterator
from datetime import datetime

from reminderd.domain.workdays import COPENHAGEN
from tests.faults.month import Held, Month, Pause
from tests.faults.told import Told, belongs, sources_between, true_in

WARNING = "course-limit-warning"


def disobeyed(month: Month, told: list[Told]) -> Iterator[str]:
    """Yield what was told although somebody had said that it shall not be."""
    for what in told:
        for pause in month.pauses:
            if _concerns(pause, what, month) and _in_force(pause, what):
                yield f"{what.moment}: {what.what} of {what.sagsnr} to {what.mailbox}, and there is {pause}"
        if what.what == "warning" and not rule_is_on(month, what.moment):
            yield f"{what.moment}: {what.sagsnr} was told by a rule that is off"
        for held in month.held:
            if _is_held(held, what, month):
                yield f"{what.moment}: {held.key} was told, and a person holds it since {held.begun}"


def _concerns(pause: Pause, what: Told, month: Month) -> bool:
    match pause.kind:
        case "case":
            return what.sagsnr == pause.target
        case "person":
            return belongs(month, what.mailbox, pause.target)
        case "rule":
            return pause.target == WARNING and what.what == "warning"


def _in_force(pause: Pause, what: Told) -> bool:
    """Tell by the machine's own clock: nobody else can tell the service when a pause is over."""
    over = pause.ended is not None and what.shown >= pause.ended
    return pause.begun <= what.moment and what.shown.astimezone(COPENHAGEN).date() <= pause.until and not over


def rule_is_on(month: Month, moment: datetime) -> bool:
    """Tell whether the rule of the warning was on; where it is off, its entries leave the calendars."""
    return next((on for when, on in reversed(month.rule_on) if when <= moment), True)


def _is_held(held: Held, what: Told, month: Month) -> bool:
    """Tell whether this is what a person holds; what was not wanted for a while is another matter."""
    rule, subject, _, day, _, recipient = held.key.split("|")
    is_it = (
        (rule, day) == (WARNING, str(what.limit))
        and what.what == "warning"
        and what.sagsnr == f"2026-{int(subject.removeprefix('forloeb:f')):04}"
        and belongs(month, what.mailbox, recipient.removeprefix("medarbejder:"))
    )
    if not is_it or what.moment < held.begun or (held.ended is not None and what.moment >= held.ended):
        return False
    sources = sources_between(month, held.begun, what.moment)
    off = any(not on and held.begun <= moment <= what.moment for moment, on in month.rule_on)
    return not off and all(true_in(source, what) for source in sources)
