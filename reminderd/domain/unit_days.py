"""Days that concern a unit and not one case: committee meetings and one-off dates.

Same shape as ``deadlines``; nothing here knows rules, people or mail.
"""

from collections.abc import Mapping
from datetime import date, time, timedelta

from reminderd.domain.cases import Snapshot
from reminderd.domain.deadlines import Deadline, Withheld, ended, occasion_of_day
from reminderd.domain.notices import Fact, Occasion
from reminderd.domain.rules import CommitteeParameters, CommitteeReportParameters, OneOff, in_danish
from reminderd.domain.statistics import Enquiries, Figures
from reminderd.domain.words import say
from reminderd.domain.workdays import ONE_DAY, add_months, local

_MEETING_LENGTH = timedelta(hours=2)


def committees(
    snapshot: Snapshot, parameters: CommitteeParameters, as_of: date, until: date
) -> list[Deadline | Withheld]:
    """Return the committee meetings ahead, with their candidates and the free places (V18, V19)."""
    found: list[Deadline | Withheld] = []
    for moede in snapshot.moeder:
        day = moede.tid.date()
        if moede.moedetype != parameters.moedetype or not as_of <= day <= until:
            continue
        subject = f"moede:{moede.moede_id}"
        if moede.tid.time() == time(0):
            found.append(
                Withheld(
                    "committee", subject, say("the meeting's time of day is missing (00:00)"), fault=True
                )
            )
            continue
        candidates = _candidates(snapshot, parameters, as_of)
        if not candidates:
            found.append(Withheld("committee", subject, say("nobody is on the list")))
            continue
        open_to_read = [key for key in candidates if not _hidden(snapshot, key)]
        begins = local(moede.tid)
        ends = local(moede.tid + _MEETING_LENGTH)
        taken = sum(
            forloeb.tilbud in parameters.tilbud
            and ended(forloeb, snapshot.borgere[forloeb.borger_id], as_of) is None
            for forloeb in snapshot.forloeb.values()
        )
        found.append(
            Deadline(
                kind="committee",
                subject=subject,
                day=day,
                begins=begins,
                forloeb_ids=candidates,
                enhed_id=moede.enhed_id,
                occasion=Occasion(
                    kind="committee", subject=subject, starts=begins, ends=ends, location=moede.sted
                ),
                facts={
                    "moede": begins,
                    "sted": moede.sted,
                    "antal": len(candidates),
                    "sagsnumre": tuple(snapshot.forloeb[key].sagsnr for key in open_to_read),
                    "beskyttede": len(candidates) - len(open_to_read),
                    "pladser": parameters.places,
                    "ledige": max(0, parameters.places - taken),
                },
            )
        )
    return found


def committee_reports(
    snapshot: Snapshot, parameters: CommitteeReportParameters, as_of: date, until: date
) -> list[Deadline | Withheld]:
    """Return the meetings ahead that the leader gets figures for, with the period they cover (F8, F11).

    The figures themselves are counted when they are told: they are those of that day, and no others.
    """
    found: list[Deadline | Withheld] = []
    # A plan far ahead names meetings of which there is no data yet; a mail of them is not written.
    first, last = months_before(as_of, parameters.months)
    for moede in snapshot.moeder:
        day = moede.tid.date()
        if moede.moedetype != parameters.moedetype or not as_of <= day <= until:
            continue
        subject = f"moede:{moede.moede_id}"
        found.append(
            Deadline(
                kind="committee_report",
                subject=subject,
                day=day,
                forloeb_ids=(),
                enhed_id=moede.enhed_id,
                occasion=occasion_of_day("committee_report", subject, day),
                facts={"moede": local(moede.tid), "fra": first, "til": last},
            )
        )
    return found


def months_before(day: date, months: int) -> tuple[date, date]:
    """Return the first and the last day of so many calendar months, the last of which was over by ``day``."""
    this_month = day.replace(day=1)
    return add_months(this_month, -months), this_month - ONE_DAY


def told_of(figures: Figures) -> Mapping[str, Fact]:
    """Return what a wording may say of the figures; the rest stands in the files that go with them."""
    cohort, enquiries = figures.cohort, figures.enquiries
    return {
        "opgjort": figures.as_of,
        "henvendelser": enquiries.total if isinstance(enquiries, Enquiries) else None,
        "forloeb": figures.started,
        "maks_tekst": in_danish(figures.limit),
        "personer": figures.persons,
        "henvist_85": figures.referred,
        "afsluttet": figures.ended_by_as_of,
        "naaet_graensen": figures.reached_limit,
        "foerste_start": None if cohort is None else cohort.first_start,
        "foerste_varsel": None if cohort is None else cohort.first_warning,
        "foerste_graense": None if cohort is None else cohort.first_limit,
        "graense_mulig": figures.limit_was_possible,
        "ikke_talt_med": sum(figures.left_out.values()) + figures.without_start,
    }


def one_offs(dates: tuple[OneOff, ...], as_of: date, until: date) -> list[Deadline | Withheld]:
    """Return the one-off dates ahead that the rules name (F2, F13)."""
    return [
        Deadline(
            kind="one_off",
            subject=f"dato:{item.name}",
            day=item.dag,
            forloeb_ids=(),
            enhed_id=item.enhed_id,
            occasion=Occasion(
                kind="one_off",
                subject=f"dato:{item.name}",
                starts=item.dag,
                ends=item.dag + ONE_DAY,
                title=item.titel,
            ),
            facts={"titel": item.titel, "dag": item.dag},
        )
        for item in dates
        if as_of <= item.dag <= until
    ]


def _candidates(snapshot: Snapshot, parameters: CommitteeParameters, as_of: date) -> tuple[str, ...]:
    return tuple(
        forloeb.forloeb_id
        for forloeb in snapshot.forloeb.values()
        if forloeb.tilbud in parameters.tilbud
        and forloeb.status == "kandidat"
        and ended(forloeb, snapshot.borgere[forloeb.borger_id], as_of, candidates=True) is None
    )


def _hidden(snapshot: Snapshot, forloeb_id: str) -> bool:
    """Tell whether nobody but those on the case itself may read that there is one."""
    return snapshot.borgere[snapshot.forloeb[forloeb_id].borger_id].beskyttelse == "saerlig"
