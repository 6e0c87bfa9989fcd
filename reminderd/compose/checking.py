"""The rehearsal of all wordings: every one filled in with example facts before anybody needs it.

Finds what is broken in a file, misspelt in a branch that is seldom taken, or missing for a rule.
Reads compiled wordings and rules; knows neither the configuration nor how problems are shown.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import ParamSpec

from reminderd.compose.samples import (
    ADDED_BY_COMPOSER,
    CALENDAR_CANCEL,
    CALENDAR_UPDATE,
    COMMON,
    SAFE_VALUES,
    SPECIAL_PROTECTION,
    YOUTH_COMMON,
    Value,
    samples_of,
    values_for,
)
from reminderd.compose.sandbox import nearest
from reminderd.compose.wording import DEPUTY, PARTS, SAFE, SAFE_YOUTH, YOUTH_PARTS, Wordings
from reminderd.compose.wordingfile import CALENDAR, WordingFile
from reminderd.domain.fields import WITH_A_REASON
from reminderd.domain.rules import Rule
from reminderd.errors import Problem, WordingError

_P = ParamSpec("_P")
# Not a rule's template: it takes the place of any of them where a citizen is specially protected.
SPECIAL = "special-protection"
# Nor are these: they keep right what a rule's notice has put into a calendar; True for a citizen's.
KEEPING = {
    "calendar-update": (CALENDAR_UPDATE, False),
    "calendar-cancel": (CALENDAR_CANCEL, False),
    "calendar-remove": (CALENDAR_CANCEL, False),
    "youth-calendar-update": (CALENDAR_UPDATE, True),
    "youth-calendar-cancel": (CALENDAR_CANCEL, True),
}
_EVERYWHERE = (*COMMON, *ADDED_BY_COMPOSER)


def check(
    wordings: Wordings, rules: Iterable[Rule], shows: Collection[str], *, every_rule: bool = True
) -> list[Problem]:
    """Return everything that is wrong with the layout, the shared parts and the rules' wordings.

    ``shows`` is what the mails of every rule may say beyond the default.

    A wording that stands only in an operator's folder and that no rule uses is a problem too: its
    folder's name is probably misspelt; nobody can say so where ``every_rule`` is not here. Each problem is
    listed once.
    """
    rules = tuple(rules)
    found = [
        *_folders(wordings),
        *_tried(lambda: wordings.layout.render("", (), ())),
        *(problem for name in PARTS for problem in _part(wordings, name, shows)),
        *_kind(wordings, SPECIAL, values_for(SPECIAL_PROTECTION), shows, calendar_for="a rule"),
        *_kind(wordings, SAFE, SAFE_VALUES, (), calendar_for="a rule"),
        *_kind(wordings, SAFE_YOUTH, (), (), calendar_for="a rule"),
        *(problem for name in KEEPING for problem in _keeping(wordings, name, shows)),
        *(problem for rule in rules for problem in _rule(wordings, rule)),
    ]
    if every_rule:
        used = {SPECIAL, SAFE, SAFE_YOUTH, *KEEPING, *(rule.template for rule in rules)}
        found += _unused(wordings, used)
    return list(dict.fromkeys(found))


def _folders(wordings: Wordings) -> Iterator[Problem]:
    for folder in wordings.folders:
        if not folder.is_dir():
            yield Problem(str(folder), "there is no such folder of templates", "correct templates.dir")


def _part(wordings: Wordings, name: str, shows: Collection[str]) -> Iterator[Problem]:
    try:
        part = wordings.file(name)
    except WordingError as error:
        yield _problem(error)
        return
    # A part stands under every kind that these readers get, so it may use only what all of those have.
    values = YOUTH_COMMON if name in YOUTH_PARTS else _EVERYWHERE
    if name == DEPUTY and "stedfortraeder_for" not in shows:
        return  # it is never added
    unknown = [*_unknown_names(part, values, shows)]
    yield from unknown
    full, minimal = samples_of(_seen(values, shows))
    # A deputy's line is there only where somebody is stood in for.
    for sample in () if unknown else (full,) if name == DEPUTY else (full, minimal):
        yield from _tried(wordings.part, name, sample.facts)


def _rule(wordings: Wordings, rule: Rule) -> Iterator[Problem]:
    calendar_for = "" if rule.calendar == "none" else f"rule {rule.name!r}"
    values = values_for(rule.deadline, youth=rule.roles == ("ung",))
    yield from _kind(wordings, rule.template, values, rule.shows, calendar_for=calendar_for)


def _keeping(wordings: Wordings, name: str, shows: Collection[str]) -> Iterator[Problem]:
    deadline, youth = KEEPING[name]
    values = values_for(deadline, youth=youth)
    yield from _kind(wordings, name, values, shows, calendar_for="keeping calendars right")


def _seen(values: tuple[Value, ...], shows: Collection[str]) -> tuple[Value, ...]:
    return tuple(value for value in values if value.name not in WITH_A_REASON or value.name in shows)


def _kind(
    wordings: Wordings, template: str, values: tuple[Value, ...], shows: Collection[str], *, calendar_for: str
) -> Iterator[Problem]:
    try:
        file = wordings.file(template)
    except WordingError as error:
        yield _problem(error)
        return
    if calendar_for and file.calendar is None:
        what = f"{calendar_for} puts this into a calendar, but there is no line '{CALENDAR}:'"
        cure = f"write '{CALENDAR}: …', or let the rule say calendar = 'none'"
        yield Problem(f"{file.path}:1", what, cure)
    unknown = [*_unknown_names(file, values, shows)]
    yield from unknown
    for sample in () if unknown else samples_of(_seen(values, shows)):
        yield from _tried(wordings.render, template, sample.facts)


def _unused(wordings: Wordings, used: Collection[str]) -> Iterator[Problem]:
    # What reminderd ships may be changed before a rule uses it.
    shipped = {path.parent.name for path in wordings.folders[-1].glob(f"*/{wordings.language}.txt")}
    for folder in wordings.folders[:-1]:
        for path in sorted(folder.glob(f"*/{wordings.language}.txt")):
            name = path.parent.name
            if name not in used and name not in shipped:
                yield Problem(str(path), "no rule uses this wording", nearest(name, {*used, *shipped}))


def _unknown_names(file: WordingFile, values: tuple[Value, ...], shows: Collection[str]) -> Iterator[Problem]:
    offered = {value.name for value in values}
    known = {value.name for value in _seen(values, shows)}
    for name, line in file.names.items():
        if name in offered - known:
            what = f"{name!r} is not shown by the rule"
            cure = f"write shows = {{ {name} = 'why it is said' }} into the rule, or under [shows] for all"
            yield Problem(f"{file.path}:{line}", what, cure)
        elif name not in known:
            what = f"there is no value {name!r} for this kind"
            cure = nearest(name, known) or "see the table of values in templates/README.md"
            yield Problem(f"{file.path}:{line}", what, cure)


def _tried(attempt: Callable[_P, object], *args: _P.args, **kwargs: _P.kwargs) -> Iterator[Problem]:
    try:
        attempt(*args, **kwargs)
    except WordingError as error:
        yield _problem(error)


def _problem(error: WordingError) -> Problem:
    return Problem(error.where, error.what, error.cure)
