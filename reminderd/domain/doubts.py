"""What nobody can know of an invitation just now: the case source lost it, or has rows at fault about it.

Nothing is taken out of a calendar on such an account. Each answer is the reason, or None where what the
case source says can be believed. It knows no rules, and not what an invitation should say. Pure.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from reminderd.domain.activities import may_be_on_a_list
from reminderd.domain.cases import Finding
from reminderd.domain.invitations import Invitation, subject_id
from reminderd.domain.notices import Occasion
from reminderd.domain.serial import SerialCalendars
from reminderd.domain.words import say
from reminderd.domain.workdays import local

_Name = tuple[str, str | None]


class Doubts:
    """Answers for one reading of the case source."""

    def __init__(self, serial: SerialCalendars) -> None:
        self._serial = serial
        self._snapshot = snapshot = serial.directory.snapshot
        self._rejected = [finding for finding in snapshot.findings if not finding.row_kept]
        self._faulty = frozenset(name for finding in self._rejected for name in _named(finding))
        self._touched = frozenset(name for finding in snapshot.findings for name in _named(finding))

    def missing(self, invitation: Invitation) -> str | None:
        """Say what is no longer in the case source, or is at fault there, so that nobody can know."""
        snapshot, subject = self._snapshot, invitation.subject
        kind, _, who = invitation.holder.partition(":")
        if kind == "medarbejder" and who not in snapshot.medarbejdere:
            return say("the member of staff is not in the case source")
        name, _, _ = subject.partition(":")
        known = {
            "aktivitet": snapshot.aktiviteter,
            "serie": {*snapshot.serier, *(row.serie_id for row in snapshot.aktiviteter.values())},
            "moede": {row.moede_id for row in snapshot.moeder},
        }.get(name)
        if known is not None and subject_id(subject) not in known and not self.meeting_removed(subject):
            return say("this {name} is not in the case source", name=name)
        faulty = known is not None and (f"rd_{name}", subject_id(subject)) in self._faulty
        return say("the row of this {name} is at fault in the case source", name=name) if faulty else None

    def of_courses(self, courses: Iterable[str], *, emptied: bool = False) -> str | None:
        """Say which course is no longer in the case source, or has rows at fault there, or None.

        Rows that were kept without an optional column count only where ``emptied`` says so.
        """
        faulty = self._touched if emptied else self._faulty
        for forloeb_id in courses:
            forloeb = self._snapshot.forloeb.get(forloeb_id)
            if forloeb is None:
                return say("the course is not in the case source")
            if {("forloeb", forloeb_id), ("borger", forloeb.borger_id)} & faulty:
                return say("rows of the course are at fault in the case source")
        return None

    def of_series(self, serie_id: str, told: Occasion, lost: frozenset[datetime]) -> str | None:
        """Say that a rejected row may be why starts are missing in a series, or None.

        A session that the case source still has was moved, or is not this person's any more; only of its
        list of participants a row may be missing.
        """
        rows = self._snapshot.aktiviteter.values()
        alone = told.recurrence is None
        missing = [] if alone else lost - self._serial.known_starts(serie_id)
        listed = {
            row.aktivitet_id
            for row in rows
            if row.serie_id == serie_id and (alone or local(row.start_tid) in lost)
        }
        for finding in self._rejected:
            if finding.view == "rd_aktivitet" and missing and finding.of.serie_id in (None, serie_id):
                # The ledger was told of a rhythm, and not of its rows; and this row is not read.
                return say(
                    "which date {row} of rd_aktivitet has nobody can say; correct that row",
                    row=finding.row_id,
                )
        return self.of_lists(listed)

    def of_lists(self, sessions: Collection[str]) -> str | None:
        """Say that somebody may be missing on the list of one of these sessions (ids), or None."""
        hidden = may_be_on_a_list(self._snapshot, sessions)
        return say("participants are at fault in the case source") if hidden else None

    def meeting_removed(self, subject: str) -> bool:
        """Tell whether a committee meeting is gone: its row has no other way to say that it is called off.

        Where no meeting is left, or one cannot be read, nobody can know.
        """
        moeder = self._snapshot.moeder
        faulty = any(finding.view == "rd_moede" for finding in self._rejected)
        known = {f"moede:{row.moede_id}" for row in moeder}
        return subject.startswith("moede:") and bool(moeder) and not faulty and subject not in known


def _named(finding: Finding) -> tuple[_Name, ...]:
    """Return whom a finding names, and the row itself."""
    of = finding.of
    return ("forloeb", of.forloeb_id), ("borger", of.borger_id), (finding.view, finding.row_id)
