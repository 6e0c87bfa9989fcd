"""Mail to young people through the whole corridor: to whoever agreed, until the moment it is handed over."""

from dataclasses import replace
from email import message_from_bytes

from reminderd.delivery.eml_folder import calendar_part
from reminderd.domain.outcomes import Deferred
from reminderd.testing.transport import RecordingTransport
from tests.casework import session
from tests.integration.conftest import MakeCorridor
from tests.integration.corridor import morning
from tests.unit.youth_cases import AGREED, INVITED, OTHER_PERSON, REMINDED, THURSDAY, WRITES, an_evening, two

AWAY = Deferred("the relay does not answer", whole_channel=True)


async def test_each_young_person_gets_an_own_invitation_and_an_own_reminder(
    make_corridor: MakeCorridor,
) -> None:
    transport = RecordingTransport()
    corridor = make_corridor(two(), INVITED, transport=transport, policy=WRITES)
    for day in (INVITED, REMINDED):
        await corridor.run(morning(day))
    to_citizens = [each for each in transport.taken if each.recipient.endswith("@privat.example")]
    assert sorted([AGREED.mail, OTHER_PERSON.mail] * 2) == sorted(each.recipient for each in to_citizens)
    titles = {
        b"SUMMARY:F\xc3\xa6llesspisning\r\n" in (calendar_part(each.raw) or b"") for each in to_citizens
    }
    assert {True} == titles


async def test_a_consent_that_is_taken_back_stops_a_mail_that_waits_for_the_relay(
    make_corridor: MakeCorridor,
) -> None:
    transport = RecordingTransport([AWAY])
    corridor = make_corridor(an_evening(), INVITED, transport=transport, policy=WRITES)
    await corridor.run(morning(INVITED))
    assert ["deferred"] == corridor.states()
    corridor.source.data = an_evening(replace(AGREED, mail_samtykke=False))
    await corridor.run(morning(INVITED, hour=12))
    assert ["withdrawn"] == corridor.states()
    assert [] == transport.taken


async def test_a_cancellation_names_whom_to_ask_where_the_rules_own_reasons_show_it(
    make_corridor: MakeCorridor,
) -> None:
    names = {"kp_fornavn": "whom to ask", "kp_telefon": "how"}
    rules = tuple(replace(rule, shows={**rule.shows, **names}) for rule in WRITES.book.rules)
    policy = replace(WRITES, book=replace(WRITES.book, rules=rules, shows={}))
    transport = RecordingTransport()
    corridor = make_corridor(an_evening(), INVITED, transport=transport, policy=policy)
    await corridor.run(morning(INVITED))
    corridor.source.data = an_evening(aktiviteter=[session(THURSDAY, status="aflyst")])
    await corridor.run(morning(INVITED, hour=12))
    last = message_from_bytes([each.raw for each in transport.taken if each.recipient == AGREED.mail][-1])
    body = next(part for part in last.walk() if part.get_content_type() == "text/plain")
    assert "så spørg Bo.".encode() in bytes(body.get_payload(decode=True))
