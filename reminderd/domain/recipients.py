"""From a role on a case to one mailbox, on the day the message is sent.

Deputies stand in for the absent; whoever cannot be reached is replaced by the unit's shared
mailbox, its leader, and last the operator's list. Nobody is ever silently left out: where truly
nobody can be told, the answer is a recipient without a mailbox, and the plan says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from reminderd.domain.cases import Enhed, Medarbejder, Snapshot
from reminderd.domain.deadlines import Case
from reminderd.domain.notices import Recipient

_DEPUTY_LINKS = 3


@dataclass(frozen=True, slots=True)
class Directory:
    """Who can be reached at which mailbox on one day.

    ``operators`` are the mailboxes of last resort; ``domains`` the mail domains that may receive
    anything at all (lower case). An address outside them counts as no address.
    """

    snapshot: Snapshot
    day: date
    operators: tuple[str, ...]
    domains: frozenset[str]

    def holders(self, case: Case, role: str) -> list[str]:
        """Return the staff ids that hold a role on this day: the primary ones, else all of them.

        Several contact persons and mentors all count: each carries a part of the case.
        """
        if role == "leder":
            leader = self._leader(case.forloeb.enhed_id)
            named = [] if leader is None else [leader.medarbejder_id]
            return self._current(case, role) or named
        return self._current(case, role)

    def to_staff(self, role: str, medarbejder_id: str, enhed_id: str | None) -> Recipient:
        """Return where a role holder's mail goes today: to her, her deputy, or the fallback."""
        holder = self.snapshot.medarbejdere.get(medarbejder_id)
        if holder is None or not self._reachable(holder):
            return self.to_unit(role, enhed_id)
        reader = self._reader(holder)
        if reader is None:
            unit = self.to_unit(role, enhed_id or holder.enhed_id)
            return Recipient(
                role=role,
                holder=f"medarbejder:{medarbejder_id}",
                mail=unit.mail,
                navn=unit.navn,
                deputy_for=medarbejder_id,
                deputy_for_navn=holder.navn,
            )
        deputy = reader is not holder
        return Recipient(
            role=role,
            holder=f"medarbejder:{medarbejder_id}",
            mail=reader.mail,
            navn=reader.navn,
            deputy_for=medarbejder_id if deputy else None,
            deputy_for_navn=holder.navn if deputy else None,
        )

    def to_unit(self, role: str, enhed_id: str | None) -> Recipient:
        """Return the unit's shared mailbox, else its leader, else the operator's list."""
        unit = self._unit(enhed_id)
        if unit is not None and self._allowed(unit.faelles_mail):
            return Recipient(
                role=role, holder=f"enhed:{unit.enhed_id}", mail=unit.faelles_mail, navn=unit.navn
            )
        leader = self._leader(enhed_id)
        if leader is not None and self._reachable(leader):
            return Recipient(
                role=role, holder=f"medarbejder:{leader.medarbejder_id}", mail=leader.mail, navn=leader.navn
            )
        return Recipient(role=role, holder="operator", mail=self.operators[0] if self.operators else None)

    def leader_name(self, enhed_id: str | None) -> str | None:
        """Return the name of the unit's leader, for the line that says who else was told."""
        leader = self._leader(enhed_id)
        return None if leader is None else leader.navn

    def _current(self, case: Case, role: str) -> list[str]:
        rows = [
            row
            for row in case.tilknytninger
            if row.rolle == role
            and row.fra_dato <= self.day
            and (row.til_dato is None or row.til_dato >= self.day)
        ]
        if role in ("sagsbehandler", "leder"):
            rows = [row for row in rows if row.primaer] or rows
        return list(dict.fromkeys(row.medarbejder_id for row in rows))

    def _reader(self, holder: Medarbejder) -> Medarbejder | None:
        """Follow deputies from an absent holder; None after three links, in a circle or at a dead end."""
        person = holder
        for _ in range(_DEPUTY_LINKS + 1):
            absences = list(self._absences(person.medarbejder_id))
            if not absences:
                return person if self._reachable(person) else None
            deputy = next((row for row in absences if row is not None), None)
            if deputy is None or deputy not in self.snapshot.medarbejdere:
                return None
            person = self.snapshot.medarbejdere[deputy]
        return None

    def _absences(self, medarbejder_id: str) -> Iterator[str | None]:
        for row in self.snapshot.fravaer.get(medarbejder_id, ()):
            if row.fra_dato <= self.day and (row.til_dato is None or row.til_dato >= self.day):
                yield row.stedfortraeder_id

    def _reachable(self, person: Medarbejder) -> bool:
        return person.aktiv and self._allowed(person.mail)

    def _allowed(self, mail: str | None) -> bool:
        return mail is not None and mail.rpartition("@")[2].lower() in self.domains

    def _unit(self, enhed_id: str | None) -> Enhed | None:
        return None if enhed_id is None else self.snapshot.enheder.get(enhed_id)

    def _leader(self, enhed_id: str | None) -> Medarbejder | None:
        unit = self._unit(enhed_id)
        return (
            None if unit is None or unit.leder_id is None else self.snapshot.medarbejdere.get(unit.leder_id)
        )
