"""Which views each kind of deadline is reckoned from, beside those that every source has.

A kind whose views are absent is off: without its facts it would tell untruths. Knows names only.
"""

from collections.abc import Collection, Mapping

from reminderd.domain.words import joined

# Of each group at least one view must be there; kinds that need nothing more have no groups.
NEEDED_VIEWS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "review": (("rd_opfoelgning",),),
    "review_meeting": (("rd_opfoelgning",),),
    "course_limit": (),
    "course_end": (),
    "exit_age": (),
    "planned_end": (),
    "placement_end": (),
    "intro_visit": (("rd_kontakt",),),
    "turns_18": (),
    "plan_due": (("rd_plan",),),
    "activity": (("rd_aktivitet", "rd_serie"),),
    "committee": (("rd_moede",),),
    "committee_report": (("rd_moede",),),
    "one_off": (),
    "digest": (),
}


def lacking(kind: str, absent: Collection[str]) -> str | None:
    """Return which views a kind of deadline is off for want of, in words, or None where it can speak."""
    missing = [group for group in NEEDED_VIEWS.get(kind, ()) if all(name in absent for name in group)]
    groups = [joined("{first} or {then}", group) for group in missing]
    return joined("{first} and {then}", groups) or None
