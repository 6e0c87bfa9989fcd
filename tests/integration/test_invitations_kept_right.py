"""Invitations keep themselves right: what was told and has changed is updated, what is gone is cancelled."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

import pytest

from reminderd.domain.calendar_notices import calendar_words
from reminderd.domain.cases import Deltager, Finding, Fravaer, Medarbejder, Snapshot
from reminderd.domain.explanation import explain
from reminderd.domain.outcomes import Deferred, Failed, Unknown
from reminderd.domain.planning import Policy
from reminderd.domain.rehearsal import plan_stretch
from reminderd.domain.workdays import local
from reminderd.ledger import create_or_open
from reminderd.testing.transport import TAKEN, RecordingTransport
from tests.attendee import Attendee, deliver
from tests.casework import (
    ANNE,
    BO,
    BORGER,
    FORLOEB,
    LEDER,
    POLICY,
    VEJEN_FREM,
    held,
    on_case,
    planned,
    session,
    snapshot,
)
from tests.integration.conftest import MakeCorridor
from tests.integration.corridor import Corridor, morning
from tests.unit.youth_cases import AGREED, INVITED, WRITES, an_evening
from tests.unit.youth_cases import THURSDAY as EVENING

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


@pytest.fixture
def story(make_corridor: MakeCorridor) -> Any:
    def begin(data: Snapshot, policy: Policy = INVITES, day: date = TOLD, outcomes: Any = ()) -> Story:
        transport = RecordingTransport(outcomes)
        return Story(make_corridor(data, day, transport=transport, policy=policy), transport)

    return begin


async def told(story: Any, data: Snapshot | None = None, **more: Any) -> Story:
    """Return a story in which the invitation has gone out."""
    begun: Story = story(evening() if data is None else data, **more)
    await begun.on(more.get("day", TOLD))
    return begun


async def test_a_changed_hour_on_the_same_day_is_a_request_with_the_next_sequence(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(THURSDAY.replace(hour=18)))
    assert ["REQUEST 0", "REQUEST 1"] == it.reader(BOS).received
    assert [(local(THURSDAY.replace(hour=18)), DINNER, "Huset")] == it.reader(BOS).calendar


async def test_an_update_says_the_old_time_and_the_new_one(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(THURSDAY.replace(hour=18), sted="Skolen"))
    assert "Ændret: Fællesspisning er nu torsdag 7. maj 2026 kl. 18.00" == it.subjects[-1]
    assert "Nu: torsdag den 7. maj 2026 kl. 18.00, Skolen." in it.text()
    assert "Før: torsdag den 7. maj 2026 kl. 17.00, Huset." in it.text()


async def test_a_changed_place_is_a_request_with_the_next_sequence(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(sted="Skolen"))
    assert [(local(THURSDAY), DINNER, "Skolen")] == it.reader(BOS).calendar


async def test_a_changed_title_is_a_request_with_the_next_sequence(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(titel="Bowling"))
    assert [(local(THURSDAY), "Bowling", "Huset")] == it.reader(BOS).calendar


async def test_no_change_gives_nothing(story: Any) -> None:
    it = await told(story)
    for day in range(1, 5):
        await it.on(TOLD + day * DAY)
    assert ["REQUEST 0"] == it.reader(BOS).received
    assert 1 == len(it.transport.taken)


async def test_there_and_back_between_two_runs_gives_nothing(story: Any) -> None:
    it = await told(story)
    it.corridor.source.data = evening(THURSDAY.replace(hour=18))
    it.corridor.source.data = evening()
    await it.on(TOLD + DAY)
    assert 1 == len(it.transport.taken)


async def test_there_and_back_over_two_runs_is_two_updates(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(THURSDAY.replace(hour=18)), hour=9)
    await it.on(TOLD + DAY, evening(), hour=10)
    assert ["REQUEST 0", "REQUEST 1", "REQUEST 2"] == it.reader(BOS).received
    assert [(local(THURSDAY), DINNER, "Huset")] == it.reader(BOS).calendar


async def test_an_ordinary_notice_that_carries_the_change_needs_no_mail_beside_it(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(THURSDAY + DAY))
    assert ["REQUEST 0", "REQUEST 1"] == it.reader(BOS).received
    assert "Invitation: Fællesspisning fredag 8. maj 2026 kl. 17.00" == it.subjects[-1]
    assert 2 == len(it.transport.taken)


async def test_a_cancelled_session_is_cancelled_in_the_calendar(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(status="aflyst"))
    assert ["REQUEST 0", "CANCEL"] == it.reader(BOS).received
    assert [] == it.reader(BOS).calendar
    assert "Aflyst: Fællesspisning torsdag 7. maj 2026" == it.subjects[-1]
    assert "Fællesspisning torsdag den 7. maj 2026 kl. 17.00 er aflyst." in it.text()


async def test_a_return_after_a_cancel_is_a_new_uid(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(status="aflyst"))
    await it.on(TOLD + 4 * DAY, evening())
    assert ["REQUEST 0", "CANCEL", "REQUEST 0"] == it.reader(BOS).received
    assert [(local(THURSDAY), DINNER, "Huset")] == it.reader(BOS).calendar


async def test_a_closed_case_is_cancelled(story: Any) -> None:
    it = await told(story)
    closed = replace(VEJEN_FREM, status="afsluttet", slut_dato=TOLD)
    await it.on(TOLD + DAY, evening(forloeb=[closed]))
    assert ["REQUEST 0", "CANCEL"] == it.reader(BOS).received
    assert "skal ikke længere stå i din kalender" in it.text()


async def test_a_death_is_a_cancel_without_a_word(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(borgere=[replace(BORGER, doedsdato=TOLD)]))
    assert ["REQUEST 0", "CANCEL"] == it.reader(BOS).received
    assert "Fjernet fra din kalender" == it.subjects[-1]
    assert DINNER not in it.text()


async def test_a_replaced_contact_person_gets_a_cancel_and_the_new_one_a_request(story: Any) -> None:
    it = await told(story)
    roles = [on_case("m2", "kontaktperson", til=TOLD), on_case("m1", "kontaktperson", fra=TOLD + DAY)]
    await it.on(TOLD + DAY, evening(roles=roles))
    assert ["REQUEST 0", "CANCEL"] == it.reader(BOS).received
    assert ["REQUEST 0"] == it.reader(ANNES).received


async def test_a_rule_that_is_switched_off_is_cancelled(story: Any) -> None:
    it = await told(story)
    it.corridor.policy = WARNS
    await it.on(TOLD + DAY)
    assert [] == it.reader(BOS).calendar


COURSE = snapshot()  # warned on 11 May of the limit on 25 May 2026
WARNED, LIMIT = date(2026, 5, 11), date(2026, 5, 25)


def course(**changes: Any) -> Snapshot:
    return snapshot(forloeb=[replace(FORLOEB, **changes)])


async def test_a_corrected_deadline_is_updated(story: Any) -> None:
    it = await told(story, COURSE, policy=WARNS, day=WARNED)
    assert [(LIMIT, "Frist for et forløb", None)] == it.reader(ANNES).calendar
    await it.on(WARNED + DAY, course(start_dato=date(2026, 1, 12)))
    assert ["REQUEST 0", "REQUEST 1"] == it.reader(ANNES).received
    assert [(date(2026, 6, 1), "Frist for et forløb", None)] == it.reader(ANNES).calendar
    assert "Før: mandag den 25. maj 2026." in it.text()


async def test_a_deadline_is_cancelled_when_the_case_ends(story: Any) -> None:
    it = await told(story, COURSE, policy=WARNS, day=WARNED)
    await it.on(WARNED + DAY, course(slut_dato=WARNED, status="afsluttet"))
    assert [] == it.reader(ANNES).calendar
    assert "gælder ikke længere" in it.text()


async def test_special_protection_takes_everything_out_of_the_calendars(story: Any) -> None:
    it = await told(story, COURSE, policy=WARNS, day=WARNED)
    await it.on(WARNED + DAY, snapshot(borgere=[replace(BORGER, beskyttelse="saerlig")]))
    assert [] == it.reader(ANNES).calendar
    assert "Fjernet fra din kalender" == it.subjects[-1]


def reviewed(*rows: Any, **more: Any) -> Snapshot:
    return snapshot(forloeb=[VEJEN_FREM], opfoelgninger=rows, **more)


ASKED = date(2026, 3, 16)  # 21 days before the review due on 5 April
MEETING = datetime(2026, 3, 30, 10)


async def test_a_planned_meeting_takes_the_place_of_the_marker(story: Any) -> None:
    it = await told(story, reviewed(), policy=REVIEWS, day=ASKED)
    assert [(date(2026, 4, 5), "Frist for opfølgning", None)] == it.reader(ANNES).calendar
    await it.on(ASKED + DAY, reviewed(planned(MEETING)))
    assert [(local(MEETING), "Møde om opfølgning", "Rådhuset")] == it.reader(ANNES).calendar
    assert ["REQUEST 0", "REQUEST 1"] == it.reader(ANNES).received


async def test_a_meeting_that_is_called_off_leaves_the_marker(story: Any) -> None:
    it = await told(story, reviewed(planned(MEETING)), policy=REVIEWS, day=ASKED)
    await it.on(ASKED + DAY, reviewed())
    assert [(date(2026, 4, 5), "Frist for opfølgning", None)] == it.reader(ANNES).calendar


async def test_a_review_that_was_held_takes_its_marker_out(story: Any) -> None:
    it = await told(story, reviewed(), policy=REVIEWS, day=ASKED)
    await it.on(ASKED + DAY, reviewed(held(ASKED)))
    assert [] == it.reader(ANNES).calendar


async def test_a_protected_address_takes_the_place_out_of_a_meeting(story: Any) -> None:
    it = await told(story, reviewed(planned(MEETING)), policy=REVIEWS, day=ASKED)
    protected = [replace(BORGER, beskyttelse="adresse")]
    await it.on(ASKED + DAY, reviewed(planned(MEETING), borgere=protected))
    assert [(local(MEETING), "Møde om opfølgning", None)] == it.reader(ANNES).calendar
    assert "Rådhuset" not in it.text()


async def test_what_was_never_told_is_never_cancelled(story: Any) -> None:
    it = story(evening(), outcomes=[Failed("550 no such user", 550)])
    await it.on(TOLD)
    await it.on(TOLD + DAY, evening(status="aflyst"))
    assert 1 == len(it.transport.offered)


async def test_what_may_have_arrived_is_cancelled(story: Any) -> None:
    it = story(evening(), outcomes=[Unknown("line died after the dot")])
    await it.on(TOLD)
    await it.on(TOLD + DAY, evening(status="aflyst"))
    assert b"METHOD:CANCEL" in _ics(it)


def _ics(it: Story) -> bytes:
    message = message_from_bytes(it.transport.taken[-1].raw, policy=SMTP)
    (part,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload


GONE: list[tuple[str, Snapshot]] = [
    ("session", snapshot(forloeb=[VEJEN_FREM])),
    ("course", evening(forloeb=[])),
    (
        "rejected row",
        evening(
            roles=[on_case("m1", "sagsbehandler")],
            findings=(Finding("rd_tilknytning", "7", "fra_dato", "no date", ids=frozenset({"forloeb:f1"})),),
        ),
    ),
    ("member of staff", evening(staff=[ANNE, LEDER])),
    ("time of day", evening(THURSDAY.replace(hour=0))),
]


@pytest.mark.parametrize("data", [data for _, data in GONE], ids=[name for name, _ in GONE])
async def test_what_merely_disappears_is_held(story: Any, data: Snapshot) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, data)
    assert ["REQUEST 0"] == it.reader(BOS).received
    await it.on(TOLD + 4 * DAY, evening())
    assert ["REQUEST 0"] == it.reader(BOS).received


async def test_a_session_that_has_begun_is_left_alone(story: Any) -> None:
    it = await told(story)
    await it.on(THURSDAY.date(), evening(status="aflyst"), hour=17, minute=1)
    assert ["REQUEST 0"] == it.reader(BOS).received


async def test_a_retry_is_the_same_bytes(story: Any) -> None:
    it = await told(story, outcomes=[TAKEN, Unknown("line died after the dot")])
    await it.on(TOLD + DAY, evening(status="aflyst"))
    await it.on(TOLD + DAY, hour=9)
    first, second = it.transport.offered[-2:]
    assert first.raw == second.raw
    assert ["REQUEST 0", "CANCEL"] == it.reader(BOS).received


async def test_order_is_kept_while_an_older_revision_is_in_doubt(story: Any) -> None:
    it = await told(story, outcomes=[TAKEN, Unknown("line died after the dot")])
    await it.on(TOLD + DAY, evening(THURSDAY.replace(hour=18)))
    await it.on(TOLD + DAY, evening(THURSDAY.replace(hour=19)), hour=9)
    await it.on(TOLD + DAY, hour=10)
    await it.on(TOLD + DAY, hour=11)
    assert [(local(THURSDAY.replace(hour=19)), DINNER, "Huset")] == it.reader(BOS).calendar
    sequences = [_sequence(each.raw) for each in it.transport.offered]
    assert sorted(sequences) == sequences


async def test_a_pending_update_says_what_is_so_when_it_goes_out(story: Any) -> None:
    away = Deferred("the relay does not answer", whole_channel=True)
    it = await told(story, outcomes=[TAKEN, away])
    await it.on(TOLD + DAY, evening(THURSDAY.replace(hour=18)))
    await it.on(TOLD + DAY, evening(THURSDAY.replace(hour=19)), hour=10)
    assert [(local(THURSDAY.replace(hour=19)), DINNER, "Huset")] == it.reader(BOS).calendar
    assert 2 == len(it.transport.taken)


async def test_a_pending_cancel_is_taken_back_when_it_is_no_longer_true(story: Any) -> None:
    away = Deferred("the relay does not answer", whole_channel=True)
    it = await told(story, outcomes=[TAKEN, away])
    await it.on(TOLD + DAY, evening(status="aflyst"))
    await it.on(TOLD + DAY, evening(), hour=10)
    assert ["REQUEST 0"] == it.reader(BOS).received
    assert ["sent", "withdrawn"] == it.corridor.states()
    await it.on(TOLD + DAY, evening(status="aflyst"), hour=11)
    assert [] == it.reader(BOS).calendar


async def test_a_pending_cancel_goes_on_when_the_case_then_disappears(story: Any) -> None:
    away = Deferred("the relay does not answer", whole_channel=True)
    it = await told(story, outcomes=[TAKEN, away])
    await it.on(TOLD + DAY, evening(status="aflyst"))
    await it.on(TOLD + 4 * DAY, snapshot(forloeb=[]))
    assert [] == it.reader(BOS).calendar


async def test_a_refused_cancel_is_not_tried_for_ever(story: Any) -> None:
    it = await told(story, outcomes=[TAKEN, Failed("550 no such user", 550)])
    for day in range(1, 4):
        await it.on(TOLD + day * DAY, evening(status="aflyst"))
    assert 2 == len(it.transport.offered)


def away(til: date, deputy: str | None = "m1") -> Iterable[Fravaer]:
    return [Fravaer("m2", TOLD + DAY, til, deputy)]


async def test_a_leave_over_the_day_moves_the_entry_to_the_deputys_calendar(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(fravaer=away(date(2026, 5, 15))))
    assert ["REQUEST 0", "CANCEL"] == it.reader(BOS).received
    assert ["REQUEST 0"] == it.reader(ANNES).received
    assert [(local(THURSDAY), DINNER, "Huset")] == it.reader(ANNES).calendar


async def test_a_leave_that_is_over_by_then_takes_nothing_from_her(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(fravaer=away(date(2026, 4, 24))))
    assert ["REQUEST 0"] == it.reader(BOS).received
    assert [] == it.reader(ANNES).received


async def test_what_the_deputy_was_told_goes_back_with_the_return(story: Any) -> None:
    it = story(evening(fravaer=[Fravaer("m2", TOLD, TOLD + 4 * DAY, "m1")]))
    await it.on(TOLD)
    assert ["REQUEST 0"] == it.reader(ANNES).received
    await it.on(TOLD + 5 * DAY)
    assert ["REQUEST 0", "CANCEL"] == it.reader(ANNES).received
    assert [(local(THURSDAY), DINNER, "Huset")] == it.reader(BOS).calendar


async def test_a_participant_who_leaves_is_taken_out_and_the_others_stay(story: Any) -> None:
    other = replace(VEJEN_FREM, forloeb_id="f2", borger_id="b2", sagsnr="2026-0002")
    people = {
        "forloeb": [VEJEN_FREM, other],
        "borgere": [BORGER, replace(BORGER, borger_id="b2")],
        "roles": [on_case("m2", "kontaktperson"), on_case("m1", "kontaktperson", forloeb_id="f2")],
    }
    both = {"a1": (Deltager("a1", "f1", "ingen"), Deltager("a1", "f2", "ingen"))}
    it = await told(story, evening(**people, deltagere=both))
    left = {"a1": (Deltager("a1", "f1", "afmeldt"), Deltager("a1", "f2", "ingen"))}
    await it.on(TOLD + DAY, evening(**people, deltagere=left))
    assert ["REQUEST 0", "CANCEL"] == it.reader(BOS).received
    assert ["REQUEST 0"] == it.reader(ANNES).received


async def test_a_new_mailbox_of_the_same_person_gets_the_entry_and_the_old_one_loses_it(story: Any) -> None:
    it = await told(story)
    moved: Medarbejder = replace(BO, mail="bo.ny@kommune.example")
    await it.on(TOLD + DAY, evening(staff=[ANNE, moved, LEDER]))
    assert ["REQUEST 0", "CANCEL"] == it.reader(BOS).received
    assert ["REQUEST 0"] == it.reader("bo.ny@kommune.example").received


def _sequence(raw: bytes) -> int:
    reader = Attendee(str(message_from_bytes(raw, policy=SMTP)["To"]))
    reader.receive(raw)
    return next(iter(reader.revisions.values()))[0]


async def test_a_silenced_case_waits_with_its_cancel(story: Any) -> None:
    it = await told(story, COURSE, policy=WARNS, day=WARNED)
    ledger = create_or_open(it.corridor.url, morning(WARNED))
    with ledger.transaction() as tx:
        tx.silence(
            "case", "2026-0001", WARNED + 2 * DAY, reason="a talk", author="lis", at=morning(WARNED, 9)
        )
    ledger.close()
    await it.on(WARNED + DAY, course(slut_dato=WARNED, status="afsluttet"))
    assert 1 == len(it.reader(ANNES).calendar)
    await it.on(WARNED + 4 * DAY)  # the day between is Ascension Day
    assert [] == it.reader(ANNES).calendar


async def test_no_update_goes_out_on_a_closed_day(story: Any) -> None:
    it = await told(story)
    saturday = TOLD + 2 * DAY
    await it.on(saturday, evening(THURSDAY.replace(hour=18)))
    assert ["REQUEST 0"] == it.reader(BOS).received
    await it.on(saturday + 2 * DAY)
    assert ["REQUEST 0", "REQUEST 1"] == it.reader(BOS).received


YOUNG = AGREED.mail or ""


async def test_a_young_person_is_told_of_a_change_in_her_own_words(story: Any) -> None:
    it = await told(story, an_evening(), policy=WRITES, day=INVITED)
    moved = [session(EVENING.replace(hour=18), ansvarlig_id="m2")]
    await it.on(INVITED + DAY, an_evening(aktiviteter=moved))
    assert ["REQUEST 0", "REQUEST 1"] == it.reader(YOUNG).received
    assert [(local(EVENING.replace(hour=18)), DINNER, "Huset")] == it.reader(YOUNG).calendar


async def test_a_young_person_who_took_back_her_consent_gets_no_more_mail_not_even_a_cancel(
    story: Any,
) -> None:
    it = await told(story, an_evening(), policy=WRITES, day=INVITED)
    off = [session(EVENING, status="aflyst", ansvarlig_id="m2")]
    await it.on(INVITED + DAY, an_evening(replace(AGREED, mail_samtykke=False), aktiviteter=off))
    assert ["REQUEST 0"] == it.reader(YOUNG).received


async def test_a_young_person_gets_a_cancel_while_she_may_be_written_to(story: Any) -> None:
    it = await told(story, an_evening(), policy=WRITES, day=INVITED)
    await it.on(INVITED + DAY, an_evening(aktiviteter=[session(EVENING, status="aflyst", ansvarlig_id="m2")]))
    assert ["REQUEST 0", "CANCEL"] == it.reader(YOUNG).received


def planned_ahead(it: Story, first: date, last: date) -> list[str]:
    """Return what a plan says that calendars will be told."""
    known = it.corridor.reading.knowledge(first)
    decisions, _ = plan_stretch(it.corridor.source.data, it.corridor.policy, known, first, last)
    return [words for d in decisions if d.kind == "send" and (words := calendar_words(d.notice)) is not None]


async def test_the_plan_shows_updates_and_cancellations_to_come_in_words(story: Any) -> None:
    it = await told(story)
    it.corridor.source.data = evening(THURSDAY.replace(hour=18))
    tomorrow = TOLD + DAY
    assert ["updates 2026-05-07 17:00: it is 2026-05-07 18:00 now"] == planned_ahead(it, tomorrow, tomorrow)
    it.corridor.source.data = evening(status="aflyst")
    assert ["cancels 2026-05-07 17:00: the session is cancelled"] == planned_ahead(it, tomorrow, tomorrow)


async def test_the_plan_foresees_who_will_read_in_whose_stead(story: Any) -> None:
    it = await told(story)
    it.corridor.source.data = evening(fravaer=[Fravaer("m2", date(2026, 5, 4), date(2026, 5, 15), "m1")])
    ahead = planned_ahead(it, TOLD + DAY, date(2026, 5, 5))
    assert [
        "cancels 2026-05-07 17:00: it is read in another mailbox now",
        "invites for 2026-05-07 17:00",
    ] == sorted(ahead)


async def test_explain_says_what_a_cases_calendars_will_be_told(story: Any) -> None:
    it = await told(story, COURSE, policy=WARNS, day=WARNED)
    it.corridor.source.data = course(start_dato=date(2026, 1, 12))
    now = morning(WARNED + DAY)
    known = it.corridor.reading.knowledge(WARNED + DAY)
    coming = explain(it.corridor.source.data, WARNS, known, "2026-0001", now).coming
    assert {"updates 2026-05-25: it is 2026-06-01 now"} == {
        d.reason for d in coming if d.notice.key.rule == "calendar-update"
    }
