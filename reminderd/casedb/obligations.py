"""What the case source asks for, reckoned a second time: straight from its rows, in few and plain steps.

For the audit. It shares nothing with the planner but the municipality's own numbers (``rules.toml``) and
closed days, and none of the checks that rows go through on the way to it. Reckoned are the primary
deadlines: the limit of a time-limited course, the birthday at which support ends, the review that is due,
the session that has a row, the placement that ends and the decision before 18. What hangs on them
(overviews, reports, calendars) is left to tests.
"""

import calendar
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from reminderd.domain.accounting import Obligation
from reminderd.domain.cases import Finding
from reminderd.domain.mailboxes import ascii_address
from reminderd.domain.rules import Rule, RuleBook

Row = Mapping[str, Any]
VIEWS = (
    "rd_borger", "rd_forloeb", "rd_medarbejder", "rd_tilknytning", "rd_plan", "rd_opfoelgning",
    "rd_aktivitet", "rd_deltager",
)  # fmt: skip
KINDS = ("course_limit", "exit_age", "review", "activity", "placement_end", "turns_18")
_ROLES = ("sagsbehandler", "kontaktperson")
_USEFUL_AFTER_DAYS = 28
_AT_HOME = 2  # the phase


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What else counts: when it was looked last (civil time), closed days, hour of sending, domains.

    ``since`` is the first day of each rule, ``no_dates`` are the dates that mean none.
    """

    looked: datetime
    closed: Collection[date]
    send_time: time
    domains: Collection[str]
    since: Mapping[str, date]
    no_dates: Collection[date]

    @property
    def today(self) -> date:
        """Return the day of the last look."""
        return self.looked.date()

    def is_open(self, day: date) -> bool:
        """Tell whether a day is a working day."""
        return day.weekday() < 5 and day not in self.closed  # noqa: PLR2004 - Saturday

    def day(self, value: object) -> date | None:
        """Read a cell as a day; what is none counts as empty."""
        moment = self.moment(value)
        return None if moment is None or moment.date() in self.no_dates else moment.date()

    @staticmethod
    def moment(value: object) -> datetime | None:
        """Read a cell as a civil time, whatever the driver made of it."""
        if isinstance(value, datetime):
            return value.replace(tzinfo=None)
        if isinstance(value, date):
            return datetime.combine(value, time())
        try:
            return datetime.fromisoformat(str(value).strip()[:19])
        except ValueError:
            return None

    def speaks(
        self, rule: Rule, day: date, start: date | None = None, begins: datetime | None = None
    ) -> bool:
        """Tell whether a rule must have spoken about a deadline by the last look, and is still useful."""
        from_day = start if rule.when.anchor == "start" and start is not None else day
        due = self.shifted(from_day, rule.when.count, rule.when.unit)
        while rule.roll != "none" and not self.is_open(due):
            due += timedelta(days=-1 if rule.roll == "previous" else 1)
        opening = due
        while not self.is_open(opening):
            opening += timedelta(days=1)
        since = self.since.get(rule.name)
        if datetime.combine(opening, self.send_time) > self.looked or since is None:
            return False
        if due < since and day < since:
            return False
        if rule.repeat is not None:
            return True
        if rule.expires is not None:
            return self.today <= self.shifted(day, rule.expires.count, rule.expires.unit)
        if begins is not None:
            return self.looked < begins
        return self.today < due + timedelta(days=_USEFUL_AFTER_DAYS) if due > day else self.today <= day

    def shifted(self, day: date, count: int, unit: str) -> date:
        """Return the day so many days, weeks, months or working days away."""
        match unit:
            case "days":
                return date.fromordinal(day.toordinal() + count)
            case "weeks":
                return date.fromordinal(day.toordinal() + 7 * count)
            case "months":
                return months_on(day, count)
        step = 1 if count > 0 else -1
        while count:
            day += timedelta(days=step)
            count -= step if self.is_open(day) else 0
        return day


def set_aside(findings: Iterable[Finding], without_list: Iterable[str]) -> frozenset[str]:
    """Return the subjects that bad rows may have kept from being told of.

    ``without_list`` are the sessions that have no list of participants.
    """
    rejected = [finding for finding in findings if not finding.row_kept]
    courses = {finding.of.forloeb_id for finding in rejected} - {None}
    # One bad session says nothing against the others of its series.
    sessions = {finding.of.aktivitet_id for finding in rejected} - {None}
    if any(finding.view == "rd_deltager" and finding.of.aktivitet_id is None for finding in rejected):
        sessions |= set(without_list)
    return frozenset({f"forloeb:{one}" for one in courses} | {f"aktivitet:{one}" for one in sessions})


def months_on(day: date, count: int) -> date:
    """Return the same day of another month, or that month's last."""
    months = 12 * day.year + day.month - 1 + count
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _birthday(born: date, age: int, leap_birthday: str) -> date:
    reached = months_on(born, 12 * age)
    return reached + timedelta(days=reached.day != born.day and leap_birthday == "mar1")


def obligations(rows: Callable[[str], Iterable[Row]], book: RuleBook, house: House) -> Iterator[Obligation]:
    """Yield everybody who must have been told of a primary deadline by the last look.

    ``rows`` gives a view's rows, by column; none where there is no such view.
    """
    yield from _Reckoning(rows, book, house).all()


class _Reckoning:
    def __init__(self, rows: Callable[[str], Iterable[Row]], book: RuleBook, house: House) -> None:
        self._house, self._book = house, book
        self._rules = {
            kind: [rule for rule in book.rules if rule.enabled and rule.deadline == kind and _for_staff(rule)]
            for kind in KINDS
        }
        self._borgere = {str(row["borger_id"]).strip(): row for row in rows("rd_borger")}
        self._forloeb = {str(row["forloeb_id"]).strip(): row for row in rows("rd_forloeb")}
        self._reachable = {
            str(row["medarbejder_id"]).strip() for row in rows("rd_medarbejder") if self._has_a_mailbox(row)
        }
        self._roles = _by_course(rows("rd_tilknytning"))
        self._plans = _by_course(rows("rd_plan"))
        self._reviews = _by_course(rows("rd_opfoelgning"))
        self._sessions = list(rows("rd_aktivitet"))
        self._listed: dict[str, list[Row]] = defaultdict(list)
        for row in rows("rd_deltager"):
            self._listed[str(row["aktivitet_id"]).strip()].append(row)

    def all(self) -> Iterator[Obligation]:
        book = self._book
        for name, row in self._forloeb.items():
            if not self._runs(row, candidates=True):
                continue
            yield from self._placement_end(name, row)
            yield from self._turns_18(name, row)
            if not self._runs(row):
                continue
            if row["tilbud"] in book.course_limit.tilbud:
                yield from self._course_limit(name, row)
            if row["tilbud"] in book.review.tilbud and book.review.mode == "rolling":
                yield from self._review(name, row)
        yield from self._exit_age()
        for row in self._sessions:
            yield from self._session(row)

    def _course_limit(self, name: str, row: Row) -> Iterator[Obligation]:
        start, slut = self._house.day(row["start_dato"]), self._house.day(row["slut_dato"])
        if start is None or (slut is not None and slut < start):
            return
        limit = self._book.course_limit.limit
        day = self._house.shifted(start, limit.count, limit.unit)
        yield from self._owed("course_limit", [name], day, start=start)

    def _exit_age(self) -> Iterator[Obligation]:
        """Reckon by person: she is spoken of on one of her courses, to the people of all of them."""
        parameters, courses = self._book.exit_age, defaultdict[str, list[str]](list)
        for name, row in self._forloeb.items():
            if row["tilbud"] in parameters.tilbud and self._runs(row):
                courses[str(row["borger_id"]).strip()].append(name)
        for borger, names in courses.items():
            born = self._house.day(self._borgere[borger]["foedselsdato"])
            if born is not None:
                reached = _birthday(born, parameters.age, parameters.leap_birthday)
                yield from self._owed("exit_age", names, reached)

    def _placement_end(self, name: str, row: Row) -> Iterator[Obligation]:
        """Candidates count, and nobody who has come home."""
        day, phase = self._house.day(row["anbringelse_slut"]), _number(row["fase"])
        if row["tilbud"] not in self._book.placement_end.tilbud or day is None or day < self._house.today:
            return
        if phase is None or phase < _AT_HOME:
            yield from self._owed("placement_end", [name], day)

    def _turns_18(self, name: str, row: Row) -> Iterator[Obligation]:
        """Candidates count; whoever is 18 needs no decision."""
        parameters = self._book.turns_18
        born = self._house.day(self._borgere[str(row["borger_id"]).strip()]["foedselsdato"])
        placed = self._house.day(row["anbringelse_slut"]) is not None
        if row["tilbud"] not in parameters.tilbud or not placed or born is None:
            return
        adult = _birthday(born, 18, parameters.leap_birthday)
        if adult > self._house.today:
            yield from self._owed("turns_18", [name], months_on(adult, -parameters.months_before))

    def _review(self, name: str, row: Row) -> Iterator[Obligation]:
        parameters, house = self._book.review, self._house
        home, reopened = house.day(row["fase2_dato"]), house.day(row["genaabnet_dato"])
        phase = _number(row["fase"])
        if home is None or home > house.today or phase not in parameters.phases or row["status"] == "pause":
            return
        start = house.day(row["start_dato"])
        if start is not None and home < start:
            return
        anchor = home if reopened is None else max(home, reopened)
        reviews = self._reviews[name]
        held = [house.day(one["afholdt_dato"]) for one in reviews if one["status"] == "afholdt"]
        last = max((day for day in held if day is not None and day >= anchor), default=None)
        if last is not None and last > house.today:
            return
        due = months_on(anchor, parameters.first_months)
        if last is not None:
            due = months_on(last, self._rhythm(name) or parameters.then_months)
        meetings = [house.moment(one["planlagt_tid"]) for one in reviews if one["status"] == "planlagt"]
        met = any(moment is not None and moment.date() >= house.today for moment in meetings)
        yield from self._owed("review", [name], due, conditional=not met)

    def _rhythm(self, name: str) -> int | None:
        """Return the months between two reviews that the plan in force asks for."""
        found: list[tuple[date, str, int | None]] = []
        for plan in self._plans[name]:
            first, last = self._house.day(plan["gaelder_fra"]), self._house.day(plan["gaelder_til"])
            if (
                first is not None
                and first <= self._house.today
                and (last is None or last >= self._house.today)
            ):
                found.append((first, str(plan["plan_id"]), _number(plan["interval_mdr"])))
        return max(found, key=lambda one: one[:2])[2] if found else None

    def _session(self, row: Row) -> Iterator[Obligation]:
        house, parameters = self._house, self._book.activity
        begins, ends = house.moment(row["start_tid"]), house.moment(row["slut_tid"])
        if begins is None or begins.time() == time() or row["status"] != "planlagt":
            return
        if row["tilbud"] not in parameters.tilbud or (ends is not None and ends <= begins):
            return
        name = str(row["aktivitet_id"]).strip()
        listed = self._listed.get(name)
        if listed is None:
            concerned = [one for one, course in self._forloeb.items() if self._takes_part(course)]
        else:
            coming = (str(one["forloeb_id"]).strip() for one in listed if one["svar"] != "afmeldt")
            concerned = [one for one in coming if one in self._forloeb and self._runs(self._forloeb[one])]
        if concerned:
            yield from self._owed(
                "activity", concerned, begins.date(), begins=begins, subject=f"aktivitet:{name}"
            )

    def _takes_part(self, course: Row) -> bool:
        parameters, home = self._book.activity, self._house.day(course["fase2_dato"])
        return (
            course["tilbud"] in parameters.tilbud
            and _number(course["fase"]) in parameters.phases
            and (home is None or home <= self._house.today)
            and self._runs(course)
        )

    def _owed(
        self,
        kind: str,
        courses: list[str],
        day: date,
        *,
        start: date | None = None,
        begins: datetime | None = None,
        subject: str | None = None,
        conditional: bool = True,
    ) -> Iterator[Obligation]:
        """Yield one obligation for each person who can be written to, or one where there is none."""
        people: dict[str, set[str]] = defaultdict(set)
        nobody: set[str] = set()
        for rule in self._rules[kind]:
            silent = rule.only_if or (rule.unless and not conditional)
            if silent or not self._house.speaks(rule, day, start, begins):
                continue
            holders = {
                who for course in courses for role in rule.roles for who in self._holders(course, role)
            }
            for who in holders:
                people[who].add(rule.name)
            if not holders:
                nobody.add(rule.name)
        alone = len(courses) == 1 and subject is None
        owed: dict[str | None, set[str]] = {f"medarbejder:{who}": rules for who, rules in people.items()}
        for recipient, rules in (owed or ({None: nobody} if nobody else {})).items():
            yield Obligation(
                kind=kind,
                subjects=(subject,) if subject is not None else tuple(f"forloeb:{one}" for one in courses),
                day=day,
                recipient=recipient,
                rules=frozenset(rules),
                sagsnr=str(self._forloeb[courses[0]]["sagsnr"]) if alone else None,
            )

    def _holders(self, course: str, role: str) -> set[str]:
        """Return who holds a role on a course today and can be written to."""
        found, today = [], self._house.today
        for row in self._roles[course]:
            first, last = self._house.day(row["fra_dato"]), self._house.day(row["til_dato"])
            begun = first is not None and first <= today
            if row["rolle"] == role and begun and (last is None or last >= today):
                found.append(row)
        if role == "sagsbehandler":
            found = [row for row in found if _number(row["primaer"])] or found
        return {str(row["medarbejder_id"]).strip() for row in found} & self._reachable

    def _runs(self, course: Row, *, candidates: bool = False) -> bool:
        """Tell whether a course runs on the day of the last look; ``candidates``: or is proposed."""
        citizen, today, day = (
            self._borgere.get(str(course["borger_id"]).strip()),
            self._house.today,
            self._house.day,
        )
        if citizen is None or course["status"] == "afsluttet":
            return False
        if course["status"] == "kandidat" and not candidates:
            return False
        died, slut, reopened = (
            day(citizen["doedsdato"]),
            day(course["slut_dato"]),
            day(course["genaabnet_dato"]),
        )
        if died is not None and died <= today:
            return False
        return slut is None or slut > today or (reopened is not None and slut < reopened <= today)

    def _has_a_mailbox(self, row: Row) -> bool:
        domain = ascii_address(str(row["mail"] or "").strip()).rpartition("@")[2].lower()
        return bool(_number(row["aktiv"])) and domain in self._house.domains


def _for_staff(rule: Rule) -> bool:
    return any(role in _ROLES for role in rule.roles)


def _by_course(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[str(row["forloeb_id"]).strip()].append(row)
    return found


def _number(value: object) -> int | None:
    try:
        return int(value) if isinstance(value, bool) else int(str(value))
    except ValueError:
        return None
