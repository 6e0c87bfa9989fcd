"""Builds the tables: six young people in Vejen Frem, 65 §82b courses, 204 enquiries, their staff.

``reference`` is the day the data was true; everything else is reckoned from it, so that the two
years after it hold all four kinds of deadline. Rows are dicts of Python values by contract column.
It knows the contract's codes, and neither files nor databases.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from reminderd.casedb.synthetic import faults, group, staff
from reminderd.casedb.synthetic import history as past
from reminderd.domain.workdays import Workdays, add_months

Row = dict[str, Any]
Tables = dict[str, list[Row]]

DEMO_REFERENCE = date(2026, 1, 1)
ENQUIRIES = 204
# 65 courses: in which days from the reference they start, and whether they have ended by then.
_COURSES = ((((-119, -60), True),) * 9) + ((((-118, 350), False),) * 56)
_WEEKDAYS = Workdays(frozenset())

# Vejen Frem, in days from the reference: begun, phase 2, phase 3, the 23rd birthday; and protection.
# The fifth fills 23 inside the year after the reference, the sixth in the half-year after that.
_YOUNG_PEOPLE: tuple[tuple[int, int | None, int | None, int, str], ...] = (
    (-35, None, None, 2100, "ingen"),
    (-10, None, None, 1720, "ingen"),
    (-330, -150, None, 1200, "ingen"),
    (-255, -75, None, 860, "navne_adresse"),
    (-420, -240, None, 259, "ingen"),
    (-600, -400, -60, 462, "ingen"),
)
# Days from the reference: reviews held, and one planned (None: nobody has planned one).
_REVIEWS: tuple[tuple[tuple[int, ...], int | None], ...] = (
    ((), None),
    ((), None),
    ((-59,), 28),
    ((), 25),
    ((-160, -70), None),
    ((-115,), 41),
)


def build(
    *,
    reference: date = DEMO_REFERENCE,
    seed: int = 1,
    scale: int = 1,
    with_faults: bool = False,
    history: bool = True,
) -> Tables:
    """Return every view's rows, as true on ``reference``.

    ``scale`` multiplies people and their cases, not staff, for benches (71 cases each);
    ``with_faults`` adds rows that each end as a finding; ``history`` adds, once, the 65 closed
    courses and 204 enquiries of 2018 that the statistics are about.
    """
    tables: Tables = {
        "rd_meta": [
            {
                "kontrakt_version": 1,
                "kildesystem": "Demonstration",
                "data_pr": datetime.combine(reference, time(5, 30)),
            }
        ],
        "rd_enhed": staff.units(),
        "rd_medarbejder": staff.staff(),
        "rd_fravaer": staff.leave(reference),
        "rd_serie": group.series(reference),
        "rd_aktivitet": group.sessions(reference),
        "rd_moede": group.meetings(reference),
    }
    for name in ("rd_borger", "rd_forloeb", "rd_tilknytning", "rd_plan", "rd_opfoelgning", "rd_deltager"):
        tables[name] = []
    tables["rd_kontakt"] = []
    tables["rd_henvendelse"] = []
    for part in range(scale):
        # A stream of its own for each part: the first is the same whatever the scale.
        _Part(tables, reference, Random(f"{seed}/{part}"), part).add()  # noqa: S311 - demonstration, no secrets
    if with_faults:
        faults.add_to(tables, reference)
    if history:
        past.add_to(tables, seed)
    return tables


class _Part:
    """Six young people, 65 courses and 204 enquiries."""

    def __init__(self, tables: Tables, reference: date, random: Random, part: int) -> None:
        self._tables = tables
        self._reference = reference
        self._random = random
        self._part = part
        self._cases = 0

    def add(self) -> None:
        for number in range(len(_YOUNG_PEOPLE)):
            self._young_person(number)
        plan = sorted((self._workday(self._random.randint(*span)), ended) for span, ended in _COURSES)
        ids = [self._course(number, start, ended=ended) for number, (start, ended) in enumerate(plan)]
        self._enquiries([id_ for id_, (start, _) in zip(ids, plan, strict=True) if start <= self._reference])

    def _day(self, days: int) -> date:
        return self._reference + timedelta(days=days)

    def _workday(self, days: int) -> date:
        return _WEEKDAYS.previous(self._day(days))

    def _case(self, born: date, begun: date, **values: Any) -> Row:
        """Add a person and the case; nobody is born on a day that the printed reference happens to show."""
        self._cases += 1
        number = self._part * (len(_YOUNG_PEOPLE) + len(_COURSES)) + self._cases
        sagsnr = f"{begun.year}-{number:06d}"
        while f"{born:%d%m%y}" in sagsnr.replace("-", ""):
            born += timedelta(days=1)
        protection = values.pop("beskyttelse")
        consent = values.pop("mail_samtykke", False)
        self._tables["rd_borger"].append(
            {
                "borger_id": f"B-{number:05d}",
                "initialer": None if protection != "ingen" else self._initials(),
                "foedselsdato": born,
                "doedsdato": None,
                "fraflyttet_dato": None,
                "beskyttelse": protection,
                "mail": f"b{number:05d}@borger.example" if consent else None,
                "mail_samtykke": consent,
            }
        )
        case = {
            "forloeb_id": f"F-{number:05d}",
            "borger_id": f"B-{number:05d}",
            "sagsnr": sagsnr,
            "fase": None,
            "fase_dato": None,
            "fase2_dato": None,
            "slut_planlagt": None,
            "slut_dato": None,
            "genaabnet_dato": None,
            "anbringelse_slut": None,
            "afslutning_kode": None,
            **values,
        }
        self._tables["rd_forloeb"].append(case)
        return case

    def _initials(self) -> str:
        return "".join(self._random.choice("ABCDEFGHIJKLMNOPRSTUVÆØÅ") for _ in range(2))

    def _assign(self, case: Row, medarbejder_id: str, rolle: str, since: date) -> None:
        self._tables["rd_tilknytning"].append(
            {
                "forloeb_id": case["forloeb_id"],
                "medarbejder_id": medarbejder_id,
                "rolle": rolle,
                "primaer": True,
                "fra_dato": since,
                "til_dato": None,
            }
        )

    def _young_person(self, number: int) -> None:
        started, second, third, to_birthday, protection = _YOUNG_PEOPLE[number]
        begun = self._workday(started)
        fase2_dato = None if second is None else self._workday(second)
        fase3_dato = None if third is None else self._workday(third)
        fase = 3 if fase3_dato else 2 if fase2_dato else 1
        case = self._case(
            add_months(self._day(to_birthday), -12 * 23),
            begun,
            beskyttelse=protection,
            mail_samtykke=number in {2, 4},
            tilbud="VEJEN_FREM",
            lovhjemmel="BL 115",
            fase=fase,
            fase_dato=fase3_dato or fase2_dato or begun,
            fase2_dato=fase2_dato,
            status="aktiv",
            start_dato=begun,
            anbringelse_slut=fase2_dato or self._day(150 + 60 * number),
            enhed_id=staff.VEJEN_FREM,
        )
        self._assign(case, staff.FAMILY_CASEWORKERS[number % 2], "sagsbehandler", begun)
        self._assign(case, staff.KONTAKTPERSON, "kontaktperson", begun)
        forloeb_id = case["forloeb_id"]
        plan_id = forloeb_id.replace("F-", "P-")
        self._tables["rd_plan"].append(
            {
                "plan_id": plan_id,
                "forloeb_id": forloeb_id,
                "plantype": "ungeplan" if fase == 1 else "handleplan",
                "gaelder_fra": begun,
                "gaelder_til": None,
                "interval_mdr": 3 if number == 0 else None,
            }
        )
        self._tables["rd_opfoelgning"].extend(self._reviews(number, forloeb_id, plan_id))
        self._tables["rd_kontakt"].extend(self._contacts(forloeb_id, fase))
        self._tables["rd_deltager"].extend(group.participants(forloeb_id, number) if not self._part else [])

    def _reviews(self, number: int, forloeb_id: str, plan_id: str) -> Iterator[Row]:
        held, planned = _REVIEWS[number]
        days: list[tuple[int, str]] = [(day, "afholdt") for day in held]
        days += [(planned, "planlagt")] if planned is not None else []
        for count, (day, status) in enumerate(days, 1):
            on = self._workday(day)
            yield {
                "opfoelgning_id": f"{forloeb_id.replace('F-', 'O-')}-{count}",
                "forloeb_id": forloeb_id,
                "plan_id": plan_id,
                "planlagt_tid": datetime.combine(on, time(10 + count, 30)),
                "varighed_min": 60,
                "sted": "Rådhuset, mødelokale 4",
                "afholdt_dato": on if status == "afholdt" else None,
                "status": status,
            }

    def _contacts(self, forloeb_id: str, fase: int) -> Iterator[Row]:
        kinds = ("besoeg_anbringelsessted", "telefon") if fase == 1 else ("fremmoede", "telefon", "sms")
        for week in range(1, 9):
            yield {
                "kontakt_id": f"{forloeb_id.replace('F-', 'K-')}-{week}",
                "forloeb_id": forloeb_id,
                "medarbejder_id": staff.KONTAKTPERSON,
                "dato": self._workday(-7 * week + self._random.randint(0, 4)),
                "kontakttype": self._random.choice(kinds),
                "gennemfoert": self._random.random() < 0.9,  # noqa: PLR2004 - nine in ten
            }

    def _course(self, number: int, start: date, *, ended: bool) -> str:
        """Add a §82b course and return its id; those that start later are the months to come."""
        kinds = ("maal_naaet", "maal_naaet", "eget_oenske", "henvist_andet", "fraflyttet")
        age = 12 * self._random.randint(19, 63)
        to_come = start > self._reference and number % 3 == 0
        case = self._case(
            add_months(start, -age) - timedelta(days=self._random.randint(0, 364)),
            start,
            beskyttelse={7: "navne_adresse", 23: "saerlig"}.get(number, "ingen"),
            tilbud="SEL_82B",
            lovhjemmel="SEL 82 b",
            status="afsluttet" if ended else "planlagt" if to_come else "aktiv",
            start_dato=start,
            slut_planlagt=start + timedelta(weeks=20) if number % 3 else None,
            slut_dato=self._course_end(number, start, ended=ended),
            afslutning_kode=self._random.choice(kinds) if ended else None,
            enhed_id=staff.FRONTEN,
        )
        if number != 11:  # noqa: PLR2004 - one course nobody is on yet: its mails go to the unit
            casework = staff.FRONTEN_CASEWORKERS
            self._assign(case, casework[number % len(casework)], "sagsbehandler", start)
            mentors = staff.FRONTEN_MENTORS
            self._assign(case, mentors[number % len(mentors)], "mentor", start)
        return str(case["forloeb_id"])

    def _course_end(self, number: int, start: date, *, ended: bool) -> date | None:
        """Most will end after the warning of week 18, some before it; one in nine has no end and overruns."""
        if ended:
            return self._workday(self._random.randint((start - self._reference).days + 28, -1))
        if number % 9 == 4:  # noqa: PLR2004
            return None
        # Those that are open on the reference must not have ended before it.
        early = number % 4 == 1 and start > self._reference
        weeks = self._random.uniform(6, 17) if early else self._random.uniform(18.3, 20)
        return _WEEKDAYS.previous(start + timedelta(days=round(7 * weeks)))

    def _enquiries(self, begun: list[str]) -> None:
        """Add the enquiries of the last four months; each course that has begun came of one."""
        for number in range(ENQUIRIES):
            self._tables["rd_henvendelse"].append(
                {
                    "henvendelse_id": f"H-{self._part * ENQUIRIES + number + 1:06d}",
                    "dato": self._workday(self._random.randint(-122, 0)),
                    "kanal": self._random.choice(("fremmoede", "fremmoede", "telefon", "mail")),
                    "enhed_id": staff.FRONTEN,
                    "forloeb_id": begun[number] if number < len(begun) else None,
                }
            )
