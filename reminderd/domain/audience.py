"""Which roles can be told of which kind of deadline.

It follows from two facts: what a kind of deadline is about, and what a role is a role in. A rule for any
other pair would reach nobody, and is refused. Knows names only.
"""

from collections.abc import Mapping
from typing import Literal

from reminderd.domain.rules import DEADLINE_KINDS, ROLES

Concern = Literal["course", "unit", "session", "overview"]

_COURSE: frozenset[Concern] = frozenset({"course"})
_UNIT: frozenset[Concern] = frozenset({"unit"})
# What each kind is about; every other kind is about a course.
_ABOUT: Mapping[str, frozenset[Concern]] = {
    "activity": frozenset({"course", "session"}),
    "committee": frozenset({"course", "unit"}),
    "committee_report": _UNIT,
    "one_off": _UNIT,
    "digest": frozenset({"overview"}),
}
# What each role is held in; every other role is held in a course.
_HELD_IN: Mapping[str, frozenset[Concern]] = {
    "leder": frozenset({"course", "unit"}),
    "enhed": frozenset({"course", "unit"}),
    "ansvarlig": frozenset({"session"}),
    "selv": frozenset({"overview"}),
}
# What a young person or citizen may be told of; any other deadline would tell that there is a case, and why.
TOLD_TO_CITIZENS = ("activity", "review_meeting")
KINDS_OF_A_UNIT = tuple(kind for kind in DEADLINE_KINDS if _ABOUT.get(kind) == _UNIT)


def reaches(role: str, kind: str) -> bool:
    """Tell whether anybody can ever hold this role in what this kind of deadline is about."""
    if role == "ung":
        return kind in TOLD_TO_CITIZENS
    return bool(_ABOUT.get(kind, _COURSE) & _HELD_IN.get(role, _COURSE))


def roles_for(kind: str) -> tuple[str, ...]:
    """Return the roles that can be told of a kind of deadline."""
    return tuple(role for role in ROLES if reaches(role, kind))
