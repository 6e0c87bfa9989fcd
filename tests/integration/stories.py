"""Stories of invitations: an installation, its readers, and what stands in their calendars."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

from reminderd.domain.cases import Snapshot
from reminderd.domain.planning import Policy
from reminderd.testing.transport import RecordingTransport
from tests.attendee import Attendee, deliver
from tests.casework import (
    ANNE,
    BO,
    FORLOEB,
    POLICY,
    VEJEN_FREM,
    session,
    snapshot,
)
from tests.integration.corridor import Corridor, morning

TOLD = date(2026, 4, 16)  # a Thursday, three weeks before
THURSDAY = datetime(2026, 5, 7, 17)
DAY = timedelta(days=1)
DINNER = "Fællesspisning"
ANNES, BOS = ANNE.mail or "", BO.mail or ""


def only(*names: str) -> Policy:
    """Return the policy with these rules alone."""
    rules = tuple(rule for rule in POLICY.book.rules if rule.name in names)
    return replace(POLICY, book=replace(POLICY.book, rules=rules))


INVITES = only("activity-invitation", "activity-reminder")
WARNS = only("course-limit-warning")
REVIEWS = only("review-plan", "review-approaching", "review-meeting")


def evening(start: datetime = THURSDAY, **more: Any) -> Snapshot:
    """Return one evening with one young person, whose contact person is Bo."""
    changes = {name: more.pop(name) for name in ("sted", "titel", "status") if name in more}
    return snapshot(
        forloeb=more.pop("forloeb", [VEJEN_FREM]), aktiviteter=[session(start, **changes)], **more
    )


class Story:
    """One installation with its readers: what happens, and what then stands in their calendars."""

    def __init__(self, corridor: Corridor, transport: RecordingTransport) -> None:
        self.corridor = corridor
        self.transport = transport

    async def on(self, day: date, data: Snapshot | None = None, hour: int = 8, minute: int = 0) -> None:
        """Let the service run on a day, over these cases from now on."""
        if data is not None:
            self.corridor.source.data = data
        await self.corridor.run(morning(day, hour, minute))

    @property
    def readers(self) -> dict[str, Attendee]:
        return deliver(self.transport.taken)

    def reader(self, mail: str) -> Attendee:
        return self.readers.get(mail, Attendee(mail))

    @property
    def subjects(self) -> list[str]:
        return [str(message_from_bytes(each.raw, policy=SMTP)["Subject"]) for each in self.transport.taken]

    def text(self, number: int = -1) -> str:
        message = message_from_bytes(self.transport.taken[number].raw, policy=SMTP)
        part = message.get_body(("plain",))  # type: ignore[attr-defined]
        return str(part.get_content())


async def told(story: Any, data: Snapshot | None = None, **more: Any) -> Story:
    """Return a story in which the invitation has gone out."""
    begun: Story = story(evening() if data is None else data, **more)
    await begun.on(more.get("day", TOLD))
    return begun


COURSE = snapshot()  # warned on 11 May of the limit on 25 May 2026
WARNED, LIMIT = date(2026, 5, 11), date(2026, 5, 25)


def course(**changes: Any) -> Snapshot:
    return snapshot(forloeb=[replace(FORLOEB, **changes)])


def reviewed(*rows: Any, **more: Any) -> Snapshot:
    return snapshot(forloeb=[VEJEN_FREM], opfoelgninger=rows, **more)


ASKED = date(2026, 3, 16)  # 21 days before the review due on 5 April
MEETING = datetime(2026, 3, 30, 10)
