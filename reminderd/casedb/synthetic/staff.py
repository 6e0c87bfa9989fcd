"""The invented organisation: three units, their leaders and their staff, and who is away when.

Names are put together from common Danish first and last names; addresses end in a domain that can
belong to nobody. It knows no citizens and no cases.
"""

from datetime import date, timedelta
from typing import Any

DOMAIN = "kommune.example"

FRONTEN = "E-FRONTEN"
VEJEN_FREM = "E-VEJENFREM"
FAMILIE = "E-FAMILIE"

FRONTEN_LEADER = "M-01"
FRONTEN_CASEWORKERS = ("M-02", "M-03", "M-04", "M-05")
FRONTEN_MENTORS = ("M-06", "M-07", "M-08")
KONTAKTPERSON = "M-09"
FAMILY_CASEWORKERS = ("M-10", "M-11")
FAMILY_LEADER = "M-12"

# medarbejder_id, navn, initialer, the mailbox (None: this person has none), unit
_STAFF = (
    (FRONTEN_LEADER, "Kirsten Ærø Holm", "KÆH", "kirsten.holm", FRONTEN),
    ("M-02", "Søren Bjerregaard", "SB", "soeren.bjerregaard", FRONTEN),
    ("M-03", "Åse Nørlund", "ÅN", "aase.noerlund", FRONTEN),
    ("M-04", "Mikkel Damsgård", "MD", "mikkel.damsgaard", FRONTEN),
    ("M-05", "Lærke Storm", "LS", None, FRONTEN),
    ("M-06", "Jørgen Kjær", "JK", "joergen.kjaer", FRONTEN),
    ("M-07", "Signe Østergaard", "SØ", "signe.oestergaard", FRONTEN),
    ("M-08", "Bo Frandsen", "BF", "bo.frandsen", FRONTEN),
    (KONTAKTPERSON, "Maja Søndergård", "MS", "maja.soendergaard", VEJEN_FREM),
    ("M-10", "Rasmus Thygesen", "RT", "rasmus.thygesen", FAMILIE),
    ("M-11", "Æve Lindegård", "ÆL", "aeve.lindegaard", FAMILIE),
    (FAMILY_LEADER, "Poul Grønbæk", "PG", "poul.groenbaek", FAMILIE),
)


def units() -> list[dict[str, Any]]:
    """Return rd_enhed."""
    places = (
        (FRONTEN, "Fronten", "fronten", FRONTEN_LEADER, "Æblevej 1"),
        (VEJEN_FREM, "Vejen Frem", "vejenfrem", FAMILY_LEADER, "Birkevej 2"),
        (FAMILIE, "Familieafsnittet", "familie", FAMILY_LEADER, "Rådhuspladsen 3"),
    )
    return [
        {
            "enhed_id": enhed_id,
            "navn": navn,
            "faelles_mail": f"{mailbox}@{DOMAIN}",
            "leder_id": leder_id,
            "adresse": adresse,
        }
        for enhed_id, navn, mailbox, leder_id, adresse in places
    ]


def staff() -> list[dict[str, Any]]:
    """Return rd_medarbejder; the telephone numbers are of a series that is given to nobody."""
    return [
        {
            "medarbejder_id": medarbejder_id,
            "navn": navn,
            "initialer": initialer,
            "mail": mailbox and f"{mailbox}@{DOMAIN}",
            "telefon": f"00 00 00 {number:02d}",
            "aktiv": True,
            "enhed_id": enhed_id,
        }
        for number, (medarbejder_id, navn, initialer, mailbox, enhed_id) in enumerate(_STAFF, 1)
    ]


def leave(reference: date) -> list[dict[str, Any]]:
    """Return rd_fravaer: winter and summer, with a deputy, and once without."""
    spells = (
        (KONTAKTPERSON, 40, 46, FAMILY_CASEWORKERS[0]),
        ("M-02", 188, 208, "M-03"),
        (KONTAKTPERSON, 195, 215, FAMILY_CASEWORKERS[0]),
        ("M-10", 202, 222, "M-11"),
        ("M-04", 285, 291, None),
        ("M-03", 553, 573, "M-02"),
        (KONTAKTPERSON, 560, 580, FAMILY_CASEWORKERS[1]),
    )
    return [
        {
            "medarbejder_id": medarbejder_id,
            "fra_dato": reference + timedelta(days=first),
            "til_dato": reference + timedelta(days=last),
            "stedfortraeder_id": deputy,
        }
        for medarbejder_id, first, last, deputy in spells
    ]
