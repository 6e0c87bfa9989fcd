"""Whatever changes in whatever order, over whatever relay: in the end each calendar is what it should be.

Hypothesis changes series, sessions, participants and cases in random order, with a relay that puts off,
goes away and leaves in doubt, whether the mail arrived or not. Then everything settles, and simulated
attendees who applied what they received by RFC 5546 must hold exactly the dates that lie ahead, by two
recurrence engines. What is intended is reckoned here in a few lines of its own, from the cases alone.
"""

import asyncio
import os
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from reminderd.clock import FixedClock
from reminderd.compose.composer import Composer
from reminderd.compose.invite import Mailbox
from reminderd.compose.wording import Wordings
from reminderd.config.shipped import shipped_folder
from reminderd.delivery.transport import Envelope
from reminderd.domain.cases import Aktivitet, Forloeb, Snapshot
from reminderd.domain.outcomes import Deferred, Outcome, Sent, Unknown
from reminderd.domain.workdays import at, civil_day, local
from reminderd.pipeline import Pipeline
from reminderd.testing.memory_ledger import MemoryLedger
from reminderd.testing.transport import TAKEN, RecordingTransport
from tests.attendee import Attendee
from tests.casework import ANNE, BO, BORGER, DANISH, FORLOEB, VEJEN_FREM, on_case, session, snapshot
from tests.integration.corridor import DOMAIN, SENDER, GivenCases
from tests.integration.stories import only

BEGIN = date(2026, 3, 12)  # a Thursday; the clock changes on 29 March
LAST = date(2026, 4, 2)  # three weeks later: whatever is ahead is due to be told
POLICY = only("activity-invitation", "activity-reminder", "course-limit-warning")
WORDINGS = Wordings([shipped_folder("templates")])
READERS = {"m1": ANNE.mail or "", "m2": BO.mail or ""}
MOODS = ("good", "good", "later", "away", "doubt, arrived", "doubt, lost")
THOROUGH = int(os.environ.get("REMINDERD_SEEDS", "1"))


class Relay:
    """A relay in a mood: takes, puts off, is away, or says nothing after the dot."""

    def __init__(self) -> None:
        self.moods: list[str] = []
        self.arrived: list[Envelope] = []
        self._doubts: Counter[str] = Counter()

    def answer(self, envelope: Envelope) -> Outcome:
        mood = self.moods.pop(0) if self.moods else "good"
        # A third doubt is for a person to decide.
        if mood.startswith("doubt") and self._doubts[envelope.envelope_id] < 2:
            self._doubts[envelope.envelope_id] += 1
            if mood == "doubt, arrived":
                self.arrived.append(envelope)
            return Unknown("the line died after the dot")
        if mood == "later":
            return Deferred("451 later", 451)
        if mood == "away":
            return Deferred("the relay does not answer", whole_channel=True)
        self.arrived.append(envelope)
        outcome: Sent = TAKEN
        return outcome


days_ahead = st.integers(1, 20)
hours = st.sampled_from([10, 17, 17, 18])


class Calendars(RuleBasedStateMachine):
    """One installation, two contact persons, and what happens."""

    def __init__(self) -> None:
        super().__init__()
        self.relay = Relay()
        self.transport = RecordingTransport(self.relay.answer)
        self.ledger = MemoryLedger()
        self.clock = FixedClock(at(BEGIN, datetime(2026, 1, 1, 8).time()))
        self.cases: list[Forloeb] = [VEJEN_FREM, replace(FORLOEB, forloeb_id="f2", borger_id="b2")]
        self.cases[1] = replace(self.cases[1], sagsnr="2026-0002", start_dato=BEGIN - timedelta(days=130))
        self.contact = {"f1": "m2", "f2": "m1"}
        self.sessions: list[Aktivitet] = []
        for number in range(3):
            self._session(datetime(2026, 3, 12, 17) + timedelta(days=7 * number), "s1")
        self.source = GivenCases(self.snapshot())
        self.runner = asyncio.Runner()
        self.pipeline = Pipeline(
            source=self.source,
            ledger=self.ledger,
            composer=Composer(WORDINGS, Mailbox(SENDER, "Påmindelser"), DOMAIN, self.ledger.secret),
            transport=self.transport,
            policy=POLICY,
            sender=SENDER,
            domain=DOMAIN,
            clock=self.clock,
        )

    def teardown(self) -> None:
        try:
            self.settle()
        finally:
            self.runner.run(self.pipeline.close())
            self.runner.close()

    # The world

    def snapshot(self) -> Snapshot:
        return snapshot(
            forloeb=self.cases,
            borgere=[BORGER, replace(BORGER, borger_id="b2")],
            roles=[on_case(who, "kontaktperson", forloeb_id=case) for case, who in self.contact.items()],
            aktiviteter=self.sessions,
        )

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def _session(self, start: datetime, serie_id: str | None) -> None:
        number = len(self.sessions)
        self.sessions.append(session(start, aktivitet_id=f"a{number}", serie_id=serie_id))

    def _future(self, number: int) -> int | None:
        """Return the index of a session that has not begun."""
        found = [index for index, row in enumerate(self.sessions) if local(row.start_tid) > self.now]
        return found[number % len(found)] if found else None

    def _moment(self, days: int, hour: int) -> datetime:
        day = min(civil_day(self.now) + timedelta(days=days), LAST)
        return datetime(day.year, day.month, day.day, hour)

    # What happens

    @rule(days=days_ahead, hour=hours, in_series=st.booleans())
    @precondition(lambda self: len(self.sessions) < 9)
    def add(self, days: int, hour: int, in_series: bool) -> None:
        self._session(self._moment(days, hour), "s1" if in_series else None)

    @rule(number=st.integers(0, 8), days=days_ahead, hour=hours)
    def move(self, number: int, days: int, hour: int) -> None:
        index = self._future(number)
        if index is not None:
            row = self.sessions[index]
            self.sessions[index] = replace(row, start_tid=self._moment(days, hour))

    @rule(number=st.integers(0, 8), hour=st.integers(9, 20))
    def another_hour(self, number: int, hour: int) -> None:
        index = self._future(number)
        if index is not None:
            row = self.sessions[index]
            self.sessions[index] = replace(row, start_tid=row.start_tid.replace(hour=hour))

    @rule(number=st.integers(0, 8), sted=st.sampled_from(["Huset", "Skolen"]))
    def another_place(self, number: int, sted: str) -> None:
        index = self._future(number)
        if index is not None:
            self.sessions[index] = replace(self.sessions[index], sted=sted)

    @rule(number=st.integers(0, 8))
    def call_off_or_restore(self, number: int) -> None:
        index = self._future(number)
        if index is not None:
            row = self.sessions[index]
            status = "planlagt" if row.status == "aflyst" else "aflyst"
            self.sessions[index] = replace(row, status=status)

    @rule(number=st.integers(0, 1))
    def close_or_reopen(self, number: int) -> None:
        case = self.cases[number]
        status = "aktiv" if case.status == "afsluttet" else "afsluttet"
        self.cases[number] = replace(case, status=status)

    @rule(case=st.sampled_from(["f1", "f2"]))
    def another_contact_person(self, case: str) -> None:
        self.contact[case] = "m1" if self.contact[case] == "m2" else "m2"

    @rule(days=st.integers(127, 138))
    def correct_the_start(self, days: int) -> None:
        start = civil_day(self.now) - timedelta(days=days)
        self.cases[1] = replace(self.cases[1], start_dato=start)

    @rule(hours=st.sampled_from([1, 3, 24, 72]))
    def wait(self, hours: int) -> None:
        later = (self.now.astimezone(UTC) + timedelta(hours=hours)).astimezone(self.now.tzinfo)
        if civil_day(later) < LAST - timedelta(days=4):
            self.clock.move_to(later)

    @rule(moods=st.lists(st.sampled_from(MOODS), max_size=4))
    def run(self, moods: list[str]) -> None:
        self.relay.moods = list(moods)
        self._run()

    def _run(self) -> None:
        self.source.data = self.snapshot()
        self.runner.run(self.pipeline.run())

    # What must hold

    @invariant()
    def no_reader_is_confused(self) -> None:
        self.readers()

    @rule()
    def settle(self) -> None:
        self.relay.moods = []
        # The relay rests an hour at most; two working hours after each other see every mail out.
        day = DANISH.next(civil_day(self.now))
        moment = max(self.now, at(day, datetime(2026, 1, 1, 8).time()))
        for number in range(5):
            self.clock.move_to(
                (moment.astimezone(UTC) + timedelta(minutes=65 * number)).astimezone(moment.tzinfo)
            )
            self._run()
        if not POLICY.open_for_sending(self.now):
            return  # it was evening: tomorrow's run will say
        readers = self.readers()
        for who, mail in READERS.items():
            held = [start for start in readers[mail].dates if self._ahead(start)]
            assert self.intended(who) == held

    def readers(self) -> dict[str, Attendee]:
        readers = {mail: Attendee(mail) for mail in READERS.values()}
        for envelope in self.relay.arrived:
            readers.setdefault(envelope.recipient, Attendee(envelope.recipient)).receive(envelope.raw)
        return readers

    def _ahead(self, start: date | datetime) -> bool:
        return start > self.now if isinstance(start, datetime) else start > civil_day(self.now)

    def intended(self, who: str) -> list[Any]:
        """Return what should lie ahead in somebody's calendar, from the cases alone."""
        open_cases = [case for case in self.cases if case.status == "aktiv"]
        mine = [case for case in open_cases if self.contact[case.forloeb_id] == who]
        found: list[Any] = []
        if any(case.tilbud == "VEJEN_FREM" for case in mine):
            found += [local(row.start_tid) for row in self.sessions if row.status == "planlagt"]
        for case in mine:
            if case.tilbud == "SEL_82B" and case.start_dato is not None:
                found.append(case.start_dato + timedelta(weeks=20))
        return sorted((start for start in found if self._ahead(start)), key=str)


TestCalendars = Calendars.TestCase
TestCalendars.settings = settings(
    max_examples=6 * THOROUGH,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
