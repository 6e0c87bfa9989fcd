"""From a role on a case to one mailbox, on the day the message is sent.

Deputies stand in for the absent; whoever cannot be reached is replaced by the unit's shared
mailbox, its leader, and last the operator's list. Nobody is ever silently left out: where truly
nobody can be told, the answer is a recipient without a mailbox, and the plan says so.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from reminderd.domain.cases import Borger, Enhed, Fravaer, Medarbejder, Snapshot
from reminderd.domain.deadlines import Case, Deadline
from reminderd.domain.mailboxes import is_plain_address
from reminderd.domain.notices import Recipient
from reminderd.domain.rules import Rule
from reminderd.domain.words import say
from reminderd.domain.workdays import ONE_DAY

_DEPUTY_LINKS = 3
_SHARED = say("the mailbox is shared with another citizen")
_LONG_AGO = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Directory:
    """Who can be reached at which mailbox on one day.

    ``operators`` are the mailboxes of last resort, every one of which is told; ``domains`` the mail
    domains that staff mail may go to (lower case), and an address outside them counts as no address.
    ``citizen_mail`` says whether citizens may be written to at all; ``committee`` which meetings are
    those of the committee that decides on candidates.
    """

    snapshot: Snapshot
    day: date
    operators: tuple[str, ...]
    domains: frozenset[str]
    citizen_mail: bool = False
    committee: str | None = None
    # Many cases, few people: where a person's mail goes is worked out once a day.
    _known: dict[tuple[str, str | None, str | None], tuple[Recipient, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    _shared: list[frozenset[str]] = field(default_factory=list, init=False, repr=False, compare=False)

    def holders(self, case: Case, role: str, on: date | None = None) -> list[str]:
        """Return the staff ids that hold a role on a day, this one: the primary ones, else all of them.

        Several contact persons and mentors all count: each carries a part of the case.
        """
        if role == "leder":
            leader = self._leader(case.forloeb.enhed_id)
            named = [] if leader is None else [leader.medarbejder_id]
            return self._current(case, role, on or self.day) or named
        return self._current(case, role, on or self.day)

    def to_staff(self, role: str, medarbejder_id: str, enhed_id: str | None) -> tuple[Recipient, ...]:
        """Return where a role holder's mail goes today: to her, her deputy, or the fallback."""
        asked = (role, medarbejder_id, enhed_id)
        known = self._known.get(asked)
        if known is None:
            known = self._known[asked] = self._to_staff(role, medarbejder_id, enhed_id)
        return known

    def to_unit(self, role: str, enhed_id: str | None) -> tuple[Recipient, ...]:
        """Return the unit's shared mailbox, else its leader, else everybody on the operator's list."""
        asked = (role, None, enhed_id)
        known = self._known.get(asked)
        if known is None:
            known = self._known[asked] = self._to_unit(role, enhed_id)
        return known

    def to_citizen(self, borger: Borger) -> Recipient | str:
        """Return the mailbox a young person or citizen agreed to, or the reason why there is none."""
        if not self.citizen_mail:
            return say("citizens are not written to (privacy.citizen_mail)")
        if borger.doedsdato is not None and borger.doedsdato <= self.day:
            return say("the citizen has died")
        if borger.beskyttelse == "saerlig":
            return say("special protection")
        if borger.mail is None or not borger.mail_samtykke or not is_plain_address(borger.mail.strip()):
            return say("no mailbox, or no consent")
        if borger.mail.strip().lower() in self._shared_mailboxes():
            return _SHARED
        return Recipient(role="ung", holder=f"borger:{borger.borger_id}", mail=borger.mail)

    def _shared_mailboxes(self) -> frozenset[str]:
        """Return the addresses that stand on more than one citizen: either mail would leak to the other."""
        if not self._shared:
            counted = Counter(
                row.mail.strip().lower() for row in self.snapshot.borgere.values() if row.mail is not None
            )
            self._shared.append(frozenset(mail for mail, number in counted.items() if number > 1))
        return self._shared[0]

    def to_operators(self, role: str) -> tuple[Recipient, ...]:
        """Return everybody on the operator's list, by place; one without a mailbox where it is empty."""
        first, *further = self.operators or (None,)
        return (
            Recipient(role=role, holder="operator", mail=first),
            *(
                Recipient(role=role, holder=f"operator:{number}", mail=mail)
                for number, mail in enumerate(further, start=2)
            ),
        )

    def to_committee(self, enhed_id: str | None) -> tuple[Recipient, ...]:
        """Return the mailbox of the unit that holds the committee's meetings, else the case's own unit.

        It is the unit of the meeting that lies furthest ahead, so that it does not change as days pass.
        """
        held_by = [
            (row.tid, row.moede_id, row.enhed_id)
            for row in self.snapshot.moeder
            if row.moedetype == self.committee and row.enhed_id is not None
        ]
        return self.to_unit("udvalg", max(held_by)[-1] if held_by else enhed_id)

    def to_leader(self, enhed_id: str | None) -> tuple[Recipient, ...]:
        """Return where the mail of a unit's leader goes today."""
        leader = self._leader(enhed_id)
        return (
            self.to_unit("leder", enhed_id)
            if leader is None
            else self.to_staff("leder", leader.medarbejder_id, enhed_id)
        )

    def name_of(self, case: Case, role: str) -> str | None:
        """Return who holds a role on a case today, by name; None where nobody does."""
        names = [self.snapshot.medarbejdere[holder].navn for holder in self.holders(case, role)]
        return " og ".join(names) or None

    def uncovered_since(self, medarbejder_id: str) -> date | None:
        """Return since when nobody has read for somebody who is away; None where it is not so."""
        holder = self.snapshot.medarbejdere.get(medarbejder_id)
        if holder is None or not self._reachable(holder):
            return None
        since = None
        day = self.day
        while self._reader(holder, day) is None and self.day - day < _LONG_AGO:
            since, day = day, day - ONE_DAY
        return since

    def away(self, medarbejder_id: str) -> bool:
        """Tell whether somebody is on leave today."""
        return bool(list(self._leaves(medarbejder_id)))

    def away_throughout(self, medarbejder_id: str, first: date, last: date) -> bool:
        """Tell whether one leave covers all these days."""
        return any(
            row.fra_dato <= first and (row.til_dato is None or row.til_dato >= last)
            for row in self.snapshot.fravaer.get(medarbejder_id, ())
        )

    def covered_until(self, medarbejder_id: str) -> date | None:
        """Return the last day on which whoever reads for her today does so; None where nobody knows it."""
        person = medarbejder_id
        ends: list[date | None] = []
        for _ in range(_DEPUTY_LINKS):
            leave = next((row for row in self._leaves(person) if row.stedfortraeder_id is not None), None)
            if leave is None or leave.stedfortraeder_id is None:
                break
            person = leave.stedfortraeder_id
            ends.append(leave.til_dato)
        return min((day for day in ends if day is not None), default=None)

    def shares_a_mailbox(self, borger: Borger) -> bool:
        """Tell whether a citizen would be written to, had nobody else the same mailbox."""
        return self.to_citizen(borger) == _SHARED

    def reader_for(self, medarbejder_id: str) -> str | None:
        """Return who reads for somebody who is away today; None where nobody does or nobody is away."""
        holder = self.snapshot.medarbejdere.get(medarbejder_id)
        if holder is None or not self.away(medarbejder_id):
            return None
        reader = self._reader(holder)
        return None if reader is None else reader.medarbejder_id

    def can_be_mailed(self, medarbejder_id: str) -> bool:
        """Tell whether somebody works here and has a mailbox that may be written to."""
        holder = self.snapshot.medarbejdere.get(medarbejder_id)
        return holder is not None and self._reachable(holder)

    def _to_staff(self, role: str, medarbejder_id: str, enhed_id: str | None) -> tuple[Recipient, ...]:
        holder = self.snapshot.medarbejdere.get(medarbejder_id)
        if holder is None or not self._reachable(holder):
            return self.to_unit(role, enhed_id or (None if holder is None else holder.enhed_id))
        reader = self._reader(holder)
        if reader is None:
            # The unit stands in for her, but nobody there is her deputy: the mail does not say so.
            first, *further = self.to_unit(role, enhed_id or holder.enhed_id)
            return (
                replace(first, holder=f"medarbejder:{medarbejder_id}", deputy_for=medarbejder_id),
                *(replace(recipient, deputy_for=medarbejder_id) for recipient in further),
            )
        return (_read_by(reader, role, holder),)

    def _to_unit(self, role: str, enhed_id: str | None) -> tuple[Recipient, ...]:
        unit = self._unit(enhed_id)
        if unit is not None and self.allows(unit.faelles_mail):
            holder = f"enhed:{unit.enhed_id}"
            return (Recipient(role=role, holder=holder, mail=unit.faelles_mail, navn=unit.navn),)
        leader = self._leader(enhed_id)
        reader = None if leader is None or not self._reachable(leader) else self._reader(leader)
        if leader is not None and reader is not None:
            return (_read_by(reader, role, leader),)
        return self.to_operators(role)

    @staticmethod
    def _current(case: Case, role: str, day: date) -> list[str]:
        rows = [
            row
            for row in case.tilknytninger
            if row.rolle == role and row.fra_dato <= day and (row.til_dato is None or row.til_dato >= day)
        ]
        if role in ("sagsbehandler", "leder"):
            rows = [row for row in rows if row.primaer] or rows
        return list(dict.fromkeys(row.medarbejder_id for row in rows))

    def _reader(self, holder: Medarbejder, on: date | None = None) -> Medarbejder | None:
        """Follow deputies from an absent holder; None after three links, in a circle or at a dead end."""
        person = holder
        for _ in range(_DEPUTY_LINKS + 1):
            leaves = list(self._leaves(person.medarbejder_id, on))
            if not leaves:
                return person if self._reachable(person) else None
            named = (row.stedfortraeder_id for row in leaves)
            deputy = next((deputy for deputy in named if deputy is not None), None)
            if deputy is None or deputy not in self.snapshot.medarbejdere:
                return None
            person = self.snapshot.medarbejdere[deputy]
        return None

    def _leaves(self, medarbejder_id: str, on: date | None = None) -> Iterator[Fravaer]:
        day = on or self.day
        for row in self.snapshot.fravaer.get(medarbejder_id, ()):
            if row.fra_dato <= day and (row.til_dato is None or row.til_dato >= day):
                yield row

    def _reachable(self, person: Medarbejder) -> bool:
        return person.aktiv and self.allows(person.mail)

    def allows(self, mail: str | None) -> bool:
        """Tell whether staff mail may go to an address."""
        return mail is not None and is_plain_address(mail) and mail.rpartition("@")[2].lower() in self.domains

    def _unit(self, enhed_id: str | None) -> Enhed | None:
        return None if enhed_id is None else self.snapshot.enheder.get(enhed_id)

    def _leader(self, enhed_id: str | None) -> Medarbejder | None:
        unit = self._unit(enhed_id)
        return (
            None if unit is None or unit.leder_id is None else self.snapshot.medarbejdere.get(unit.leder_id)
        )


def _read_by(reader: Medarbejder, role: str, holder: Medarbejder) -> Recipient:
    deputy = reader is not holder
    return Recipient(
        role=role,
        holder=f"medarbejder:{holder.medarbejder_id}",
        mail=reader.mail,
        navn=reader.navn,
        deputy_for=holder.medarbejder_id if deputy else None,
        deputy_for_navn=holder.navn if deputy else None,
    )


def recipients(
    rule: Rule, deadline: Deadline, due_day: date, cases: Iterable[Case], directory: Directory
) -> list[Recipient]:
    """Return everybody a rule speaks to about a deadline, each holder once.

    A required role that nobody holds falls to the unit's mailbox; an optional one to nobody. Where
    somebody is away and nobody reads for her, the unit's mailbox gets her mail, and the leader is told
    of what fell due meanwhile.
    """
    found: dict[str, Recipient] = {}
    through: dict[str, list[str]] = {}
    for role in (*rule.roles, *rule.optional_roles):
        for recipient in _holders_of(role, rule, deadline, due_day, cases, directory):
            found.setdefault(recipient.holder, recipient)
            through.setdefault(recipient.holder, []).extend(recipient.through)
    if deadline.of_a_case:
        return list(found.values())
    return [replace(each, through=tuple(dict.fromkeys(through[each.holder]))) for each in found.values()]


def _holders_of(
    role: str, rule: Rule, deadline: Deadline, due_day: date, cases: Iterable[Case], directory: Directory
) -> Iterator[Recipient]:
    if role in ("ansvarlig", "selv"):
        if deadline.ansvarlig_id is not None:
            yield from directory.to_staff(role, deadline.ansvarlig_id, deadline.enhed_id)
        elif role == "selv" and deadline.kind == "digest":
            yield from directory.to_operators(role)
        return
    if role in ("enhed", "leder") and (deadline.enhed_id is not None or deadline.of_a_unit):
        to = directory.to_unit(role, deadline.enhed_id)
        yield from to if role == "enhed" else directory.to_leader(deadline.enhed_id)
        return
    for case in cases:
        own = () if deadline.of_a_case else (case.forloeb.forloeb_id,)
        for recipient in _of_case(role, rule, deadline, due_day, case, directory):
            yield replace(recipient, through=own) if own else recipient


def _of_case(
    role: str, rule: Rule, deadline: Deadline, due_day: date, case: Case, directory: Directory
) -> Iterator[Recipient]:
    enhed_id = case.forloeb.enhed_id
    match role:
        case "ung":
            citizen = directory.to_citizen(case.borger)
            if not isinstance(citizen, str):
                yield citizen
        case "udvalg":
            yield from directory.to_committee(enhed_id)
        case "enhed":
            yield from directory.to_unit(role, enhed_id)
        case _:
            held_by = directory.holders(case, role, deadline.staffed_on)
            if not held_by and role in rule.roles:
                yield from directory.to_unit(role, enhed_id)
            for holder in held_by:
                yield from _to_holder(role, holder, enhed_id, due_day, directory)


def _to_holder(
    role: str, holder: str, enhed_id: str | None, due_day: date, directory: Directory
) -> Iterator[Recipient]:
    told = directory.to_staff(role, holder, enhed_id)
    yield from told
    away = directory.uncovered_since(holder)
    if away is not None and due_day >= away:
        # Where there is no leader either, the unit's mailbox has this already.
        mailboxes = {recipient.mail for recipient in told}
        yield from (one for one in directory.to_leader(enhed_id) if one.mail not in mailboxes)
