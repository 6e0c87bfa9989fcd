"""From rows of activities and rhythms to the sessions and rhythms of one series."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from reminderd.domain.cases import Deltager
from reminderd.domain.invitations import Content, as_text, ends, from_text
from reminderd.domain.recurrence import appointments
from reminderd.domain.rules import ActivityParameters
from reminderd.domain.series import Series, appointment_of, occasion_of, series_of
from reminderd.domain.workdays import local
from tests.casework import BORGER, DANISH, VEJEN_FREM, serie, session, snapshot

PARAMETERS = ActivityParameters()
TODAY = date(2026, 3, 2)
THURSDAY = datetime(2026, 3, 5, 17)
FORTNIGHT = timedelta(weeks=2)
BOTH = [
    replace(VEJEN_FREM, fase2_dato=date(2026, 2, 1)),
    replace(VEJEN_FREM, forloeb_id="f2", borger_id="b2", sagsnr="2026-0002", fase2_dato=date(2026, 2, 1)),
]
PEOPLE = [BORGER, replace(BORGER, borger_id="b2")]


def rows(count: int, **columns: object) -> list[object]:
    return [
        replace(
            session(THURSDAY + number * FORTNIGHT),
            aktivitet_id=f"A-{number}",
            serie_id="S-1",
            slut_tid=THURSDAY + number * FORTNIGHT + timedelta(hours=3),
            **columns,
        )
        for number in range(count)
    ]


def read(**given: object) -> dict[str, Series]:
    return series_of(snapshot(forloeb=BOTH, borgere=PEOPLE, **given), PARAMETERS, TODAY, DANISH)


def starts(series: Series) -> list[datetime]:
    found = appointments(
        series.serie_id,
        series.sessions,
        rhythms=series.rhythms,
        now=local(datetime(2026, 3, 2, 8)),
        horizon=date(2026, 4, 1),
    )
    return [start.replace(tzinfo=None) for one in found for start in one.occurrences()]


def test_rows_of_one_series_are_its_sessions_under_their_own_names() -> None:
    found = read(aktiviteter=[*rows(4), session(datetime(2026, 3, 7, 10))])
    assert ["S-1"] == list(found)
    assert [f"aktivitet:A-{n}" for n in range(4)] == [one.subject for one in found["S-1"].sessions]
    assert [THURSDAY + n * FORTNIGHT for n in range(4)] == starts(found["S-1"])


def test_cancelled_rows_are_no_sessions_but_still_show_the_rhythm() -> None:
    planned, cancelled = rows(4), rows(4, status="aflyst")
    found = read(aktiviteter=[cancelled[0], planned[1], cancelled[2], cancelled[3]])
    assert 1 == len(found["S-1"].sessions)
    assert 1 == len(found["S-1"].rhythms)


def test_a_rhythm_leaves_out_holidays_and_breaks_and_ends_with_the_half_year() -> None:
    found = series_of(
        snapshot(forloeb=BOTH, borgere=PEOPLE, serier=[serie(THURSDAY)]),
        replace(PARAMETERS, breaks=((date(2026, 6, 20), date(2026, 8, 9)),)),
        TODAY,
        DANISH,
    )
    (series,) = found.values()
    (recurring,) = appointments(
        series.serie_id,
        series.sessions,
        rhythms=series.rhythms,
        now=local(THURSDAY) - FORTNIGHT,
        horizon=TODAY,
    )
    left_out = [start.date() for start in recurring.recurrence.without]  # type: ignore[union-attr]
    assert date(2026, 4, 2) in left_out  # Maundy Thursday
    assert date(2026, 5, 14) in left_out  # Ascension Day
    assert [date(2026, 6, 25), date(2026, 7, 9), date(2026, 7, 23), date(2026, 8, 6)] == left_out[-4:]
    assert date(2026, 12, 10) == recurring.recurrence.until.date()  # type: ignore[union-attr]


def test_a_row_in_a_slot_of_the_rhythm_takes_its_place_in_the_series() -> None:
    known = serie(THURSDAY)
    row = replace(rows(2)[1], serie_id=known.serie_id, sted=known.sted, titel=known.titel)
    row = replace(row, slut_tid=row.start_tid + timedelta(minutes=known.varighed_min))
    with_row, rhythm_only = read(serier=[known], aktiviteter=[row]), read(serier=[known])
    assert starts(rhythm_only[known.serie_id]) == starts(with_row[known.serie_id])


def test_everybody_gets_the_sessions_on_whose_list_she_stands() -> None:
    listed = [
        Deltager("A-1", "f2", "tilmeldt"),
        Deltager("A-2", "f2", "afmeldt"),
        Deltager("A-2", "f1", "inviteret"),
    ]
    (series,) = read(
        aktiviteter=rows(3), deltagere={"A-1": tuple(listed[:1]), "A-2": tuple(listed[1:])}
    ).values()
    assert ["aktivitet:A-0", "aktivitet:A-2"] == [one.subject for one in series.sessions_for(["f1"])]
    assert ["aktivitet:A-0", "aktivitet:A-1"] == [one.subject for one in series.sessions_for(["f2"])]


def test_series_of_other_offers_are_none_of_ours() -> None:
    assert {} == read(aktiviteter=rows(3, tilbud="ANDET"), serier=[replace(serie(THURSDAY), tilbud="ANDET")])


def test_an_appointment_becomes_an_occasion_with_its_rhythm() -> None:
    (series,) = read(aktiviteter=rows(4)).values()
    (one,) = appointments(
        "S-1", series.sessions, rhythms=series.rhythms, now=local(datetime(2026, 1, 1)), horizon=TODAY
    )
    occasion = occasion_of(one)
    assert ("activity", one.subject, one.starts, one.recurrence, True) == (
        occasion.kind,
        occasion.subject,
        occasion.starts,
        occasion.recurrence,
        occasion.rsvp,
    )
    assert one == appointment_of(occasion)


def test_what_a_calendar_was_told_about_a_series_reads_back_as_it_was_told() -> None:
    (series,) = read(aktiviteter=[row for n, row in enumerate(rows(8)) if n != 3]).values()
    (one,) = appointments(
        "S-1", series.sessions, rhythms=series.rhythms, now=local(datetime(2026, 1, 1)), horizon=TODAY
    )
    content = Content(occasion_of(one), "Fællesspisning", ("f1",))
    again = from_text(as_text(content), "activity", one.subject)
    assert content == again
    assert one == appointment_of(again.occasion)
    assert local(THURSDAY + 7 * FORTNIGHT + timedelta(hours=3)) == ends(content.occasion)
