"""What people gather for: the fortnightly meal, two outings, and the committees' meetings.

The rhythm of the meal is known as a series; three of its sessions and the outings are spelt out. It
knows no people but the one who leads them.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from reminderd.casedb.synthetic import staff

_THURSDAY = 3
_SATURDAY = 5
_SERIES = "S-1"
_OUTING = "A-05"
_PLACE = "Fælleshuset, Birkevej 2"
_ELSEWHERE = "Køkkenet, Æblevej 1"
# The young people who are asked along on the outing, by their number, and what they answered.
_ANSWERS = {2: "tilmeldt", 3: "inviteret", 4: "tilmeldt", 5: "afmeldt"}


def _next(weekday: int, day: date) -> date:
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def _first(reference: date) -> date:
    """The first Thursday that is at least three days away: time to ask people."""
    return _next(_THURSDAY, reference + timedelta(days=3))


def series(reference: date) -> list[dict[str, Any]]:
    """Return rd_serie: 'Fællesspisning', every other Thursday from 17 to 20."""
    return [
        {
            "serie_id": _SERIES,
            "titel": "Fællesspisning",
            "foerste_start": datetime.combine(_first(reference), time(17)),
            "varighed_min": 180,
            "rytme": "14_dage",
            "slut_dato": None,
            "sted": _PLACE,
            "ansvarlig_id": staff.KONTAKTPERSON,
            "tilbud": "VEJEN_FREM",
        }
    ]


def sessions(reference: date) -> list[dict[str, Any]]:
    """Return rd_aktivitet: three meals (the third elsewhere), a cancelled outing and one to come."""
    first = _first(reference)
    spring = _next(_SATURDAY, reference + timedelta(days=100))
    summer = _next(_SATURDAY, reference + timedelta(days=155))
    sessions_ = (
        ("A-01", _SERIES, "Fællesspisning", first, 17, 20, _PLACE, "planlagt"),
        ("A-02", _SERIES, "Fællesspisning", first + timedelta(days=14), 17, 20, _PLACE, "planlagt"),
        (
            "A-03",
            _SERIES,
            "Fællesspisning",
            first + timedelta(days=28),
            17,
            20,
            "Køkkenet, Æblevej 1",
            "planlagt",
        ),
        ("A-04", None, "Udflugt til skoven", spring, 10, 15, "Stationen, spor 1", "aflyst"),
        (_OUTING, None, "Udflugt til stranden", summer, 10, 16, "Stationen, spor 1", "planlagt"),
    )
    return [
        {
            "aktivitet_id": aktivitet_id,
            "serie_id": serie_id,
            "titel": titel,
            "start_tid": datetime.combine(day, time(begins)),
            "slut_tid": datetime.combine(day, time(ends)),
            "sted": sted,
            "status": status,
            "ansvarlig_id": staff.KONTAKTPERSON,
            "tilbud": "VEJEN_FREM",
        }
        for aktivitet_id, serie_id, titel, day, begins, ends, sted, status in sessions_
    ]


def participants(forloeb_id: str, number: int) -> list[dict[str, Any]]:
    """Return the rows of rd_deltager for one young person; meals have no list, outings have."""
    answer = _ANSWERS.get(number)
    return [{"aktivitet_id": _OUTING, "forloeb_id": forloeb_id, "svar": answer}] if answer else []


def meetings(reference: date) -> list[dict[str, Any]]:
    """Return rd_moede for two years: the youth committee every ninth week, the other twice a year."""
    dates = [("eftervaernsudvalg", 21 + 63 * number, 13, staff.FAMILIE) for number in range(12)]
    dates += [("fagudvalg", 60 + 182 * number, 17, staff.FRONTEN) for number in range(4)]
    return [
        {
            "moede_id": f"MO-{number:02d}",
            "moedetype": kind,
            "tid": datetime.combine(_next(1, reference + timedelta(days=days)), time(hour)),
            "sted": "Rådhuset, mødelokale 1",
            "enhed_id": enhed_id,
        }
        for number, (kind, days, hour, enhed_id) in enumerate(dates, 1)
    ]
