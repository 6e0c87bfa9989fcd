"""Fronten's first four months: 204 enquiries and 65 §82b courses from 3 April to 31 July 2018.

The counts are those of the report to the committee in September 2018, the rows are invented. Every
course has ended since, none with a referral to § 85, so none of them leads to a notice. It knows no
day but those of 2018, and nothing of the cases that are alive.
"""

from datetime import date, timedelta
from random import Random
from typing import Any

from reminderd.casedb.synthetic import staff
from reminderd.domain.workdays import Workdays, add_months

OPENED = date(2018, 4, 3)
LAST = date(2018, 7, 31)
ENQUIRIES = 204
COURSES = 65
# Store bededag, Kristi himmelfart, 2. pinsedag and 5 June: the door was closed.
_OPEN = Workdays(frozenset({date(2018, 4, 27), date(2018, 5, 10), date(2018, 5, 21), date(2018, 6, 5)}))
_REASONS = ("maal_naaet", "maal_naaet", "maal_naaet", "eget_oenske", "henvist_andet", "fraflyttet")


def add_to(tables: dict[str, list[dict[str, Any]]], seed: int) -> None:
    """Add the people, courses, assignments and enquiries of 2018."""
    random = Random(f"{seed}/2018")  # noqa: S311 - demonstration, no secrets
    days = [OPENED + timedelta(days=number) for number in range((LAST - OPENED).days + 1)]
    open_days = [day for day in days if _OPEN.is_workday(day)]
    # The first course began on the first day and the last enquiry came on the last.
    starts = sorted([OPENED, *(random.choice(open_days) for _ in range(COURSES - 1))])
    ids = [_course(tables, random, number, start) for number, start in enumerate(starts, 1)]
    asked = [LAST, *(random.choice(open_days) for _ in range(ENQUIRIES - COURSES - 1))]
    enquiries = sorted([*zip(starts, ids, strict=True), *((day, "") for day in asked)])
    tables["rd_henvendelse"].extend(
        {
            "henvendelse_id": f"H-2018-{number:03d}",
            "dato": day,
            "kanal": random.choice(("fremmoede", "fremmoede", "telefon", "mail")),
            "enhed_id": staff.FRONTEN,
            "forloeb_id": forloeb_id or None,
        }
        for number, (day, forloeb_id) in enumerate(enquiries, 1)
    )


def _course(tables: dict[str, list[dict[str, Any]]], random: Random, number: int, start: date) -> str:
    """Add a course that ended, mostly inside its 20 weeks; one in thirteen took some days more."""
    weeks = random.uniform(20.3, 22) if number % 13 == 5 else random.uniform(4, 19.8)  # noqa: PLR2004
    end = _OPEN.previous(start + timedelta(days=round(7 * weeks)))
    borger_id, forloeb_id = f"B-2018-{number:03d}", f"F-2018-{number:03d}"
    tables["rd_borger"].append(
        {
            "borger_id": borger_id,
            "initialer": "".join(random.choice("ABCDEFGHIJKLMNOPRSTUVÆØÅ") for _ in range(2)),
            "foedselsdato": add_months(start, -12 * random.randint(19, 63))
            - timedelta(days=random.randint(0, 364)),
            "doedsdato": None,
            "fraflyttet_dato": None,
            "beskyttelse": "ingen",
            "mail": None,
            "mail_samtykke": False,
        }
    )
    tables["rd_forloeb"].append(
        {
            "forloeb_id": forloeb_id,
            "borger_id": borger_id,
            "sagsnr": f"2018-{number:06d}",
            "tilbud": "SEL_82B",
            "lovhjemmel": "SEL 82 b",
            "fase": None,
            "fase_dato": None,
            "fase2_dato": None,
            "status": "afsluttet",
            "start_dato": start,
            "slut_planlagt": start + timedelta(weeks=20),
            "slut_dato": end,
            "genaabnet_dato": None,
            "anbringelse_slut": None,
            "afslutning_kode": random.choice(_REASONS),
            "enhed_id": staff.FRONTEN,
        }
    )
    tables["rd_tilknytning"].append(
        {
            "forloeb_id": forloeb_id,
            "medarbejder_id": staff.FRONTEN_CASEWORKERS[number % len(staff.FRONTEN_CASEWORKERS)],
            "rolle": "sagsbehandler",
            "primaer": True,
            "fra_dato": start,
            "til_dato": end,
        }
    )
    return forloeb_id
