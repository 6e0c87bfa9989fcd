"""Whatever changes in whatever order, over whatever relay: in the end each calendar is what it should be.

Hypothesis changes series, sessions, participants and cases in random order, with a relay that puts off,
goes away and leaves in doubt, whether the mail arrived or not, before one of the two clock changes. Then the
next working morning comes, and simulated attendees who applied what they received by RFC 5546 must hold
exactly what lies ahead: start, end, title, place and nobody but themselves, by two recurrence engines; and
still everything that was held. What is intended is reckoned here in a few lines of its own, from the cases.
"""

import asyncio
import os
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from reminderd.clock import FixedClock
from reminderd.compose.composer import Composer
from reminderd.compose.invite import Mailbox
from reminderd.compose.wording import Wordings
from reminderd.config.shipped import shipped_folder
from reminderd.delivery.transport import Envelope
from reminderd.domain.cases import Aktivitet, Deltager, Forloeb, Snapshot
from reminderd.domain.outcomes import Deferred, Outcome, Sent, Unknown
from reminderd.domain.workdays import at, civil_day, local
from reminderd.pipeline import Pipeline
from reminderd.testing.memory_ledger import MemoryLedger
from reminderd.testing.transport import TAKEN, RecordingTransport
from tests.attendee import Attendee, Shown
from tests.casework import ANNE, BO, BORGER, DANISH, FORLOEB, VEJEN_FREM, on_case, session, snapshot
from tests.integration.corridor import DOMAIN, SENDER, GivenCases
from tests.integration.stories import only

# Thursdays; the clock changes on 29 March and on 25 October.
SPRING, AUTUMN = date(2026, 3, 12), date(2026, 10, 8)
EIGHT = datetime(2026, 1, 1, 8).time()
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
        self.errors: list[Exception] = []
        self._doubts: Counter[str] = Counter()

    def answer(self, envelope: Envelope) -> Outcome:
        """Answer by mood; what goes wrong in here must not pass for the relay's mood."""
        try:
            return self._answer(envelope)
        except Exception as error:
            self.errors.append(error)
            raise

    def _answer(self, envelope: Envelope) -> Outcome:
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
        self.clock = FixedClock(at(SPRING, EIGHT))
        self.cases: list[Forloeb] = [
            VEJEN_FREM,
            replace(FORLOEB, forloeb_id="f2", borger_id="b2", sagsnr="2026-0002"),
            replace(VEJEN_FREM, forloeb_id="f3", borger_id="b3", sagsnr="2026-0003"),
        ]
        self.contact = {"f1": "m2", "f2": "m1", "f3": "m1"}
        self.sessions: list[Aktivitet] = []
        self.lists: dict[str, dict[str, str]] = {}
        # What began while nothing was on its way to any calendar, and so was held as it stood there.
        self.calm = False
        self.held: set[Shown] = set()
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

    @initialize(begin=st.sampled_from([SPRING, AUTUMN]), alone=st.booleans())
    def begin(self, begin: date, alone: bool) -> None:
        self.clock.move_to(at(begin, EIGHT))
        self.cases[1] = replace(self.cases[1], start_dato=begin - timedelta(days=130))
        for number in range(3):
            self._session(datetime(begin.year, begin.month, begin.day, 17) + timedelta(days=7 * number), "s1")
        if alone:
            self._session(self._moment(5, 18), None)
        self._run()

    def teardown(self) -> None:
        try:
            self.settle()
            assert [] == self.relay.errors
        finally:
            self.runner.run(self.pipeline.close())
            self.runner.close()

    # The world

    def snapshot(self) -> Snapshot:
        return snapshot(
            forloeb=self.cases,
            borgere=[BORGER, replace(BORGER, borger_id="b2"), replace(BORGER, borger_id="b3")],
            roles=[on_case(who, "kontaktperson", forloeb_id=case) for case, who in self.contact.items()],
            aktiviteter=self.sessions,
            deltagere={
                key: tuple(Deltager(key, case, answer) for case, answer in listed.items())
                for key, listed in self.lists.items()
            },
        )

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def _session(self, start: datetime, serie_id: str | None) -> None:
        self.calm = False
        number = len(self.sessions)
        self.sessions.append(session(start, aktivitet_id=f"a{number}", serie_id=serie_id))

    def _future(self, number: int) -> int | None:
        """Return the index of a session that has not begun."""
        self.calm = False
        found = [index for index, row in enumerate(self.sessions) if local(row.start_tid) > self.now]
        return found[number % len(found)] if found else None

    def _moment(self, days: int, hour: int) -> datetime:
        day = civil_day(self.now) + timedelta(days=days)
        return datetime(day.year, day.month, day.day, hour)

    def _go_to(self, moment: datetime) -> None:
        for who in READERS if self.calm else ():
            self.held |= {one for one in self.intended(who) if not _after(one.start, moment)}
        self.clock.move_to(moment)

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
            self.sessions[index] = replace(row, start_tid=self._moment(days, hour), slut_tid=None)

    @rule(number=st.integers(0, 8), hour=st.integers(9, 20))
    def another_hour(self, number: int, hour: int) -> None:
        index = self._future(number)
        if index is not None:
            row = self.sessions[index]
            self.sessions[index] = replace(row, start_tid=row.start_tid.replace(hour=hour), slut_tid=None)

    @rule(number=st.integers(0, 8), sted=st.sampled_from(["Skolen", "Torvet"]), whole=st.booleans())
    def another_place(self, number: int, sted: str, whole: bool) -> None:
        index = self._future(number)
        for each, row in enumerate(self.sessions):
            alike = whole and index is not None and row.serie_id == self.sessions[index].serie_id
            if each == index or (alike and local(row.start_tid) > self.now):
                self.sessions[each] = replace(row, sted=sted)

    @rule(
        number=st.integers(0, 8),
        hours=st.integers(1, 3),
        titel=st.sampled_from(["Fællesspisning", "Bowling"]),
    )
    def another_form(self, number: int, hours: int, titel: str) -> None:
        index = self._future(number)
        if index is not None:
            row = self.sessions[index]
            until = row.start_tid + timedelta(hours=hours)
            self.sessions[index] = replace(row, slut_tid=until, titel=titel)

    @rule(number=st.integers(0, 8), case=st.sampled_from(["f1", "f3"]))
    def join_or_leave(self, number: int, case: str) -> None:
        index = self._future(number)
        if index is not None:
            listed = self.lists.setdefault(f"a{index}", {"f1": "ingen", "f3": "ingen"})
            listed[case] = "ingen" if listed[case] == "afmeldt" else "afmeldt"

    @rule(case=st.sampled_from(["f1", "f3"]), answer=st.sampled_from(["ingen", "afmeldt"]))
    def join_or_leave_for_good(self, case: str, answer: str) -> None:
        self.calm = False
        for index, row in enumerate(self.sessions):
            if local(row.start_tid) > self.now:
                self.lists.setdefault(f"a{index}", {"f1": "ingen", "f3": "ingen"})[case] = answer

    @rule(number=st.integers(0, 8))
    def call_off_or_restore(self, number: int) -> None:
        index = self._future(number)
        if index is not None:
            row = self.sessions[index]
            status = "planlagt" if row.status == "aflyst" else "aflyst"
            self.sessions[index] = replace(row, status=status)

    @rule(number=st.integers(0, 2))
    def close_or_reopen(self, number: int) -> None:
        self.calm = False
        case = self.cases[number]
        status = "aktiv" if case.status == "afsluttet" else "afsluttet"
        self.cases[number] = replace(case, status=status)

    @rule(case=st.sampled_from(["f1", "f2", "f3"]))
    def another_contact_person(self, case: str) -> None:
        self.calm = False
        self.contact[case] = "m1" if self.contact[case] == "m2" else "m2"

    @rule(days=st.integers(127, 138))
    def correct_the_start(self, days: int) -> None:
        self.calm = False
        start = civil_day(self.now) - timedelta(days=days)
        self.cases[1] = replace(self.cases[1], start_dato=start)

    @rule(hours=st.sampled_from([1, 3, 24, 72]))
    def wait(self, hours: int) -> None:
        self._go_to(_later(self.now, timedelta(hours=hours)))

    @rule(moods=st.lists(st.sampled_from(MOODS), max_size=4))
    def run(self, moods: list[str]) -> None:
        self.relay.moods = list(moods)
        self._run()

    @rule()
    def run_over_a_good_relay(self) -> None:
        self.run([])

    def _run(self) -> None:
        self.source.data = self.snapshot()
        report = self.runner.run(self.pipeline.run())
        assert (0, 0, 0) == (report.outcomes["held"], report.without_calendar, report.replaced)

    # What must hold

    @invariant()
    def no_reader_is_confused(self) -> None:
        self.readers()

    @rule()
    def settle(self) -> None:
        self.relay.moods = []
        today = civil_day(self.now)
        morning = at(DANISH.next(today), EIGHT)
        if morning < self.now:
            morning = at(DANISH.next(today + timedelta(days=1)), EIGHT)
        self._go_to(max(self.now, morning))
        # The relay rests an hour at most; the working hours after each other see every mail out.
        for _ in range(5):
            self._run()
            self.calm = False
            self.clock.move_to(_later(self.now, timedelta(minutes=75)))
        readers = self.readers()
        for who, mail in READERS.items():
            shown = readers[mail].shown
            assert self.intended(who) == [one for one in shown if _after(one.start, self.now)]
            assert [] == [one for one in self.held if one.who == mail and one not in shown]
        self.calm = True

    def readers(self) -> dict[str, Attendee]:
        readers = {mail: Attendee(mail) for mail in READERS.values()}
        for envelope in self.relay.arrived:
            readers.setdefault(envelope.recipient, Attendee(envelope.recipient)).receive(envelope.raw)
        return readers

    def intended(self, who: str) -> list[Shown]:
        """Return what should lie ahead in somebody's calendar, from the cases alone."""
        mail = READERS[who]
        mine = {
            case.forloeb_id: case
            for case in self.cases
            if case.status == "aktiv" and self.contact[case.forloeb_id] == who
        }
        found = []
        for row in self.sessions:
            answers = self.lists.get(row.aktivitet_id, {"f1": "ingen", "f3": "ingen"})
            coming = [case for case, answer in answers.items() if answer != "afmeldt"]
            if row.status == "planlagt" and not mine.keys().isdisjoint(coming):
                until = row.slut_tid or row.start_tid + timedelta(hours=2)
                found.append(Shown(local(row.start_tid), local(until), row.titel, row.sted, mail))
        for case in mine.values():
            if case.tilbud == "SEL_82B" and case.start_dato is not None:
                day = case.start_dato + timedelta(weeks=20)
                found.append(Shown(day, day + timedelta(days=1), "Frist for et forløb", None, mail))
        return sorted((one for one in found if _after(one.start, self.now)), key=Shown.order)


def _after(start: date | datetime, moment: datetime) -> bool:
    return start > moment if isinstance(start, datetime) else start > civil_day(moment)


def _later(moment: datetime, step: timedelta) -> datetime:
    return (moment.astimezone(UTC) + step).astimezone(moment.tzinfo)


TestCalendars = Calendars.TestCase
TestCalendars.settings = settings(
    max_examples=6 * THOROUGH,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
