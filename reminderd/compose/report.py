"""The statistics as a reader gets them: Danish text, CSV for a spreadsheet, JSON for a program.

All three are made of the same lines, so that they cannot say different things. Text from the case
source never becomes a formula. Knows the figures, and neither where they came from nor a screen.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from babel.core import Locale
from babel.dates import format_date

from reminderd.compose.danish import antal_dage, dato_kort, klokken
from reminderd.compose.values import single_line
from reminderd.domain.rules import Span
from reminderd.domain.statistics import Enquiries, Figures, Missing

_DANISH = Locale("da")
_KANALER = {"fremmoede": "fremmøde", "mail": "mail", "telefon": "telefon"}
_COURSES = {"SEL_82B": "§ 82 b-forløb"}
_OFFERS = {"SEL_82B": "§ 82 b", "VEJEN_FREM": "Vejen Frem"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_HEADER = ("fra", "til", "opgjort_den", "tal", "opdelt_paa", "antal", "betegnelse", "betydning")
_THREE_COUNTS = (
    "Henvendelser, forløb og borgere er tre forskellige tal: ikke hver henvendelse har en borger eller "
    "bliver til et forløb, og en borger kan have flere forløb."
)


@dataclass(frozen=True, slots=True)
class Line:
    """One figure: its stable name, what it is split by, its Danish label, and what exactly it counts.

    ``part_of`` is the label of the figure that this is a part of, if any. ``value`` is None where
    the figure cannot be had; ``meaning`` then says why.
    """

    name: str
    label: str
    value: int | None
    meaning: str = ""
    part_of: str = ""
    split: str = ""


def courses_name(figures: Figures) -> str:
    """Return what the counted courses are called in Danish."""
    known = [_COURSES[name] for name in figures.tilbud if name in _COURSES]
    return known[0] if len(known) == len(figures.tilbud) == 1 else f"forløb ({', '.join(figures.tilbud)})"


def span_name(span: Span) -> str:
    """Return ``20 uger``."""
    if span.unit == "days":
        return antal_dage(span.count)
    one, many = {"weeks": ("uge", "uger"), "months": ("måned", "måneder")}[span.unit]
    return f"{span.count} {one if span.count == 1 else many}"


def period_name(figures: Figures) -> str:
    """Return ``1. april 2018 til 31. juli 2018``."""
    return f"{dato_kort(figures.first)} til {dato_kort(figures.last)}"


def lines(figures: Figures) -> Iterator[Line]:
    """Return every figure, each with a name of its own."""
    yield from _enquiry_lines(figures.enquiries)
    yield from _course_lines(figures)
    label = "Borgere med et aktivt forløb i perioden, alle tilbud"
    meaning = "hver borger én gang, også med forløb fra før perioden"
    yield Line("borgere_med_forloeb", label, figures.persons, meaning)
    for tilbud, number in figures.persons_by_tilbud.items():
        part = f"heraf i {_OFFERS.get(tilbud, tilbud)}"
        several = "med flere tilbud: talt med i hvert" if len(figures.persons_by_tilbud) > 1 else ""
        yield Line("borgere_med_forloeb", part, number, several, label, f"tilbud: {tilbud}")


def _enquiry_lines(enquiries: Enquiries | Missing) -> Iterator[Line]:
    label = "Henvendelser i perioden"
    match enquiries:
        case Missing():
            yield Line("henvendelser", label, None, "sagskilden leverer ikke rd_henvendelse")
        case Enquiries(total, by_kanal):
            yield Line("henvendelser", label, total, "alle, også uden borger og uden forløb")
            for kanal, number in by_kanal.items():
                name = f"heraf {_KANALER.get(kanal, kanal)}"
                yield Line("henvendelser", name, number, "", label, f"kanal: {kanal}")


def _course_lines(figures: Figures) -> Iterator[Line]:
    courses, limit = courses_name(figures), span_name(figures.limit)
    to, now = dato_kort(figures.counted_to), dato_kort(figures.as_of)
    label = f"{courses[:1].upper()}{courses[1:]} begyndt i perioden"
    yield Line("forloeb_begyndt", label, figures.started, "efter startdato, ét for hvert forløb")
    parts = [
        (
            "henvist_85",
            "henvist videre til udredning efter § 85",
            figures.referred,
            "efter afslutningsårsag",
        ),
        (
            "afsluttet_ved_periodens_slutning",
            f"afsluttet senest {to}",
            figures.ended_by_last,
            "efter slutdato",
        ),
        (
            "afsluttet_nu",
            f"afsluttet senest {now}",
            figures.ended_by_as_of,
            "efter slutdato",
        ),
        (
            "naaet_graensen",
            f"nået {limit} senest {now}",
            figures.reached_limit,
            f"i gang på dagen {limit} efter start",
        ),
    ]
    if figures.counted_to == figures.as_of:
        parts.pop(1)  # the period still runs: its end, as far as it is known, is today
    for name, part, number, meaning in parts:
        yield Line(name, f"heraf {part}", number, meaning, label)


def notes(figures: Figures) -> list[str]:
    """Return what a reader must know not to misread the figures, as Danish sentences."""
    return [
        _THREE_COUNTS,
        *_period_notes(figures),
        *_cohort_notes(figures),
        *_data_notes(figures),
    ]


def _period_notes(figures: Figures) -> Iterator[str]:
    if figures.as_of < figures.last:
        yield (
            f"Der er talt til og med {dato_kort(figures.counted_to)}: for resten af perioden er der ingen "
            "data endnu."
        )


def _cohort_notes(figures: Figures) -> Iterator[str]:
    """Say whether outcomes could show at all by the period's end: a young cohort has none."""
    cohort, limit, end = figures.cohort, span_name(figures.limit), dato_kort(figures.counted_to)
    if cohort is None:
        return
    days = f"{limit} den {dato_kort(cohort.first_limit)}"
    if cohort.first_warning is not None:
        days = f"varslingsdagen den {dato_kort(cohort.first_warning)} og {days}"
    earliest = f"det første begyndte den {dato_kort(cohort.first_start)} og kunne tidligst nå {days}."
    if figures.limit_was_possible:
        yield (
            f"Kun de forløb, der begyndte først, kunne nå {limit} senest {end}: {earliest} "
            "Jo senere et forløb begyndte, jo mindre siger tallene om det."
        )
        return
    warned = cohort.first_warning is None or figures.warning_was_possible
    neither = limit if warned else f"hverken varslingsdagen eller {limit}"
    yield (
        f"{'Ingen af periodens' if warned else 'Periodens'} forløb kunne nå {neither} senest {end}: "
        f"{earliest} Afslutninger og henvisninger, der er gjort op ved periodens slutning, siger derfor "
        "kun lidt."
    )


def _data_notes(figures: Figures) -> Iterator[str]:
    if figures.left_out:
        rows = ", ".join(f"{view}: {number}" for view, number in figures.left_out.items())
        yield (
            "Rækker, der ikke kunne læses og ikke er talt med, uanset dato "
            f"(reminderd check --online viser hvilke): {rows}."
        )
    if figures.without_start:
        yield f"Forløb uden startdato, som ingen periode kan tælle med: {figures.without_start}."
    if figures.without_end:
        yield (
            f"Forløb, der er afsluttet uden slutdato: {figures.without_end}. De er talt med som afsluttet "
            f"senest {dato_kort(figures.as_of)}, men ikke som nået {span_name(figures.limit)}."
        )


def as_text(figures: Figures) -> str:
    """Return the report as plain text in Danish, 100 columns at most where the source's words allow it."""
    import textwrap  # noqa: PLC0415 - only this form needs it

    found = [("  " if line.part_of else "") + line.label for line in lines(figures)]
    width = max(map(len, found))
    rows = [
        f"{label:<{width}}  {'ukendt' if line.value is None else line.value:>6}  {line.meaning}".rstrip()
        for label, line in zip(found, lines(figures), strict=True)
    ]
    made_up = (
        f"Opgjort den {dato_kort(figures.as_of)} af data fra {dato_kort(figures.data_pr)} "
        f"{klokken(figures.data_pr)}. Senere rettelser i sagerne ændrer tallene."
    )
    head = [f"Opgørelse for {period_name(figures)}, begge dage medregnet", made_up]
    paragraphs = ["\n".join(textwrap.wrap(note, 98)) for note in notes(figures)]
    return "\n".join([*head, "", *rows]) + "\n\n" + "\n\n".join(paragraphs) + "\n"


def as_csv(figures: Figures) -> bytes:
    """Return the figures as CSV that Excel opens in Danish: semicolons, UTF-8 with its mark.

    Every row stands by itself with the period and the day it was made up; months are rows as well.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerow(_HEADER)
    days = [day.isoformat() for day in (figures.first, figures.last, figures.as_of)]
    for line in (*lines(figures), *_month_lines(figures)):
        number = "" if line.value is None else line.value
        label = f"{line.part_of}, {line.label}" if line.part_of else line.label
        texts = [_harmless(label), _harmless(line.meaning)]
        writer.writerow([*days, line.name, _harmless(line.split), number, *texts])
    return out.getvalue().encode("utf-8-sig")


def _month_lines(figures: Figures) -> Iterator[Line]:
    whole = {line.name: line.label for line in lines(figures) if not line.part_of}
    meaning = "den del af måneden, der ligger i perioden"
    for month in figures.months:
        name = format_date(month.first, "MMMM y", locale=_DANISH)
        split = f"måned: {month.first:%Y-%m}"
        for figure, number in (("henvendelser", month.enquiries), ("forloeb_begyndt", month.courses)):
            if number is not None:
                yield Line(figure, f"heraf {name}", number, meaning, whole[figure], split)


def _harmless(text: str) -> str:
    """Return a cell on one line, without hidden characters, that no spreadsheet takes for a formula."""
    text = single_line(text)
    return f"'{text}" if text.startswith(_FORMULA) else text


def as_json(figures: Figures) -> dict[str, object]:
    """Return the stable form for ``report --json``; dates are ISO 8601, a missing figure is null."""
    cohort = figures.cohort
    match figures.enquiries:
        case Missing(reason):
            enquiries: dict[str, object] = {
                "enquiries": None,
                "enquiries_by_kanal": None,
                "enquiries_missing": reason,
            }
        case Enquiries(total, by_kanal):
            enquiries = {
                "enquiries": total,
                "enquiries_by_kanal": dict(by_kanal),
                "enquiries_missing": None,
            }
    return {
        "from": figures.first.isoformat(),
        "to": figures.last.isoformat(),
        "as_of": figures.as_of.isoformat(),
        "data_pr": figures.data_pr.isoformat(),
        "tilbud": list(figures.tilbud),
        "limit": str(figures.limit),
        **enquiries,
        "courses_started": figures.started,
        "referred_to_85": figures.referred,
        "ended_by_period_end": figures.ended_by_last,
        "ended_by_as_of": figures.ended_by_as_of,
        "reached_limit_by_as_of": figures.reached_limit,
        "persons_with_active_course": figures.persons,
        "persons_by_tilbud": dict(figures.persons_by_tilbud),
        "first_start": None if cohort is None else cohort.first_start.isoformat(),
        "first_possible_warning": None if cohort is None else _iso(cohort.first_warning),
        "first_possible_limit": None if cohort is None else cohort.first_limit.isoformat(),
        "warning_possible_by_period_end": figures.warning_was_possible,
        "limit_possible_by_period_end": figures.limit_was_possible,
        "months": [
            {"month": f"{month.first:%Y-%m}", "enquiries": month.enquiries, "courses_started": month.courses}
            for month in figures.months
        ],
        "rows_left_out": dict(figures.left_out),
        "courses_without_start": figures.without_start,
        "courses_ended_without_day": figures.without_end,
        "notes": notes(figures),
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
