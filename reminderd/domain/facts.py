"""What a template may see: the deadline's facts, and what this sending adds.

One function for staff, one for young people and citizens. Whatever stands in neither never reaches the
room that writes the mail. Pure.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from reminderd.domain.deadlines import Case, Deadline
from reminderd.domain.notices import Fact, Recipient
from reminderd.domain.occurrences import Occurrence
from reminderd.domain.recipients import Directory
from reminderd.domain.rules import Rule, in_danish

_OTHERS = {"sagsbehandler": "kontaktpersonen", "kontaktperson": "sagsbehandleren"}
_YOUTH_MAY_SEE = ("titel", "start", "slut", "sted", "moede_start", "moede_slut")


def staff_facts(
    rule: Rule,
    deadline: Deadline,
    occurrence: Occurrence,
    case: Case | None,
    recipient: Recipient,
    sendedag: date,
    directory: Directory,
    leader: Recipient | None,
) -> Mapping[str, Fact]:
    """Return what a member of staff may read about a deadline.

    A citizen with a protected name loses the initials; one under special protection is spoken of by
    case number and date alone. ``leader`` is the leader who is told as well.
    """
    common: dict[str, Fact] = {
        "sendedag": sendedag,
        "stedfortraeder_for": recipient.deputy_for_navn,
        "initialer": None,
        "leder_navn": None,
    }
    dage = abs((deadline.day - sendedag).days)
    if case is None:
        return {**deadline.facts, **common, "dage": dage, "sagsnr": None}
    common["sagsnr"] = case.forloeb.sagsnr
    if case.borger.beskyttelse == "saerlig":
        return {**common, "frist": deadline.day}
    if case.borger.beskyttelse == "ingen":
        common["initialer"] = case.borger.initialer
    if leader is not None and recipient.role != "leder" and recipient.holder != leader.holder:
        common["leder_navn"] = leader.navn
    if deadline.kind == "placement_end":
        common["kontaktperson_navn"] = directory.name_of(case, "kontaktperson")
    return {
        **deadline.facts,
        **common,
        "dage": dage,
        "varsel": occurrence.nominal_day,
        "varsel_tekst": in_danish(rule.when),
        "foer_varsel": sendedag < occurrence.nominal_day,
        "de_andre_roller": _OTHERS.get(recipient.role, "sagsbehandleren og kontaktpersonen"),
    }


def youth_facts(
    deadline: Deadline, cases: Iterable[Case], recipient: Recipient, sendedag: date, directory: Directory
) -> Mapping[str, Fact]:
    """Return what a young person or citizen may read: what, when, where, and whom to ask.

    No offer, no case, no plan, no other participant.
    """
    seen = {name: value for name, value in deadline.facts.items() if name in _YOUTH_MAY_SEE}
    own = [case for case in cases if f"borger:{case.borger.borger_id}" == recipient.holder]
    return {**seen, "sendedag": sendedag, **contact_facts(own, directory)}


def contact_facts(own: Iterable[Case], directory: Directory) -> Mapping[str, Fact]:
    """Return whom a young person or citizen may ask: the contact person of her own courses."""
    people = directory.snapshot.medarbejdere
    contacts = [people[who] for case in own for who in directory.holders(case, "kontaktperson")]
    # Whoever has left the house cannot be asked.
    contact = next((person for person in contacts if person.aktiv), None)
    return {
        "kp_fornavn": None if contact is None else _first_name(contact.navn),
        "kp_telefon": None if contact is None else contact.telefon,
    }


def _first_name(navn: str) -> str:
    """Return the first name of 'Karla Eksempel' and of 'Eksempel, Karla'."""
    words = navn.partition(",")[2].split() or navn.split()
    return words[0]
