"""The weekly overview of one person: when it is due, to whom, and what it says.

It is a notice like any other, with the Monday of its week as its deadline; so a crash, a week of
leave or a new colleague need nothing of their own. Whoever is away gets hers on her first day back;
meanwhile her lines stand in her deputy's. The operator's list has one of its own. Pure.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

from reminderd.domain.came_back import CameBack, answered
from reminderd.domain.cases import Snapshot
from reminderd.domain.deadlines import Deadline, Withheld
from reminderd.domain.lifecycle import FINAL, State
from reminderd.domain.notices import NoticeKey
from reminderd.domain.overview import Overview, overviews
from reminderd.domain.planning import Evaluation, Policy, apply_rules
from reminderd.domain.readers import OPERATOR
from reminderd.domain.recipients import Directory
from reminderd.domain.silences import Silence
from reminderd.domain.told_ends import ToldEnds
from reminderd.domain.unsent import Unsent
from reminderd.domain.words import say

_WEEK = timedelta(days=7)


def evaluate_digests(
    snapshot: Snapshot,
    policy: Policy,
    directory: Directory,
    states: Mapping[str, State],
    told: ToldEnds,
    silences: Iterable[Silence],
    came_back: CameBack,
    unsent: Iterable[Unsent] = (),
) -> Evaluation:
    """Evaluate everybody's overview of the week that the directory's day lies in.

    By ``states`` an overview that has gone out or was empty is not looked into again, so that the rest of
    the week costs nothing. ``silences`` are those in force on that day.
    """
    evaluation = Evaluation()
    today = directory.day
    monday = today - timedelta(days=today.weekday())
    if not policy.rules_on("digest"):
        return evaluation
    evaluation.upcoming(policy.workdays.next(monday + _WEEK))
    day = policy.workdays.next(monday)
    if day >= monday + _WEEK:
        return evaluation  # the whole week is closed
    if today < day:
        evaluation.upcoming(day)
        return evaluation
    # Whoever joins in the middle of the week is not among them before, and gets hers then.
    people = {
        row.medarbejder_id
        for rows in snapshot.tilknytninger.values()
        for row in rows
        if row.fra_dato <= today and (row.til_dato is None or row.til_dato >= monday - _WEEK)
    } | {unit.leder_id for unit in snapshot.enheder.values() if unit.leder_id is not None}
    # Whoever leads an activity, or stands in for somebody, may have no case of her own.
    people |= {who for who, _ in answered(snapshot, directory, came_back)}
    people |= {reader for reader in map(directory.reader_for, people) if reader is not None}
    settled = _settled(policy, states)
    waiting = [who for who in sorted(people) if not settled(_subject(who), _subject(who), monday)]
    # Where the list is empty its overview reaches nobody; the plan then says so.
    listed = [one.holder for one in directory.to_operators("selv")]
    waiting += [OPERATOR] if any(not settled(_subject(OPERATOR), holder, monday) for holder in listed) else []
    # Reckoned only for somebody who can read it today: it looks into every case.
    found: Mapping[str, Overview] = {}
    if any(_hindrance(who, directory) is None for who in waiting):
        found = overviews(snapshot, policy, directory, silences, told, came_back, unsent)
    for who in waiting:
        if directory.away(who):
            # Looked at again tomorrow: the first day back is nobody's turning point but hers.
            evaluation.upcoming(policy.workdays.next(today + timedelta(days=1)))
        overview = _overview_of(who, monday, found.get(who, Overview()), directory)
        apply_rules(overview, (), policy, directory, evaluation)
    return evaluation


def _subject(who: str) -> str:
    return "operator" if who == OPERATOR else f"medarbejder:{who}"


def _settled(policy: Policy, states: Mapping[str, State]) -> Callable[[str, str, date], bool]:
    """Return whether every rule has settled the overview of a subject, to a holder, of a week."""

    def settled(subject: str, holder: str, monday: date) -> bool:
        return all(
            states.get(str(NoticeKey(rule.name, subject, "digest", monday, rule.stage, holder))) in FINAL
            for rule in policy.rules_on("digest")
        )

    return settled


def _hindrance(who: str, directory: Directory) -> str | None:
    """Say why somebody cannot be given an overview today, if so."""
    if who != OPERATOR and not directory.can_be_mailed(who):
        return say("no mailbox of her own")
    return say("away; gets it on the first day back") if directory.away(who) else None


def _overview_of(who: str, monday: date, overview: Overview, directory: Directory) -> Deadline | Withheld:
    if (hindrance := _hindrance(who, directory)) is not None:
        return Withheld("digest", _subject(who), hindrance)
    person, overview = directory.snapshot.medarbejdere.get(who), overview.in_order()
    return Deadline(
        kind="digest",
        subject=_subject(who),
        day=monday,
        forloeb_ids=(),
        ansvarlig_id=None if person is None else who,
        enhed_id=None if person is None else person.enhed_id,
        empty=not overview,
        facts={
            "uge": monday.isocalendar().week,
            "forrige_uge": (monday - _WEEK).isocalendar().week,
            "antal": overview.to_watch,
            "overskredet": tuple(overview.overdue),
            "denne_og_naeste": tuple(overview.soon),
            "de_naeste_90": tuple(overview.later),
            "kontakt_mangler": tuple(overview.unmet),
            "kontakt_to_uger": tuple(overview.unmet_again),
            "ikke_sendt": tuple(overview.unsent),
            "mangler_i_data": tuple(overview.amiss),
            "svar": tuple(overview.answered),
            "netop_afsluttet": tuple(overview.just_ended),
            "stedfortraedelser": tuple(overview.stands_in),
        },
    )
