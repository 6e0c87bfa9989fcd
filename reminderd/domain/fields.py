"""What the mails of a rule may say of a case, and what needs a reason before they may.

By default a mail has the case number, dates, numbers and the kind of task; link and sender are added by
whoever writes it, initials may stand in its text alone. What people have written and what names somebody
is said only where the rule names it with a reason (``shows``). Whatever stands in neither list, a new
fact too, never reaches the room that writes the mail. Pure.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from reminderd.domain.notices import Fact, Occasion

BY_DEFAULT = frozenset(
    (
        # the case
        *("sagsnr", "sagsnumre", "initialer"),
        # dates and times
        *("sendedag", "frist", "start", "slut", "maks", "varsel", "fylder", "sidste_dag", "dag", "moede"),
        *("slut_registreret", "slut_planlagt", "anbringelse_slut", "sidst_afholdt", "sidste_arbejdsdag"),
        *("moede_start", "moede_slut", "fra", "til", "opgjort"),
        *("foerste_start", "foerste_varsel", "foerste_graense"),
        # the kind of task, in words of the domain's own
        *("plannavn", "maks_tekst", "varsel_tekst", "varighed_tekst", "de_andre_roller"),
        # numbers, yes and no
        *("dage", "alder", "uge", "forrige_uge", "ledige", "pladser", "beskyttede"),
        *("antal", "antal_sendt", "antal_uden_mail"),
        *("foer_varsel", "efter_frist", "aarsag_mangler", "introbesoeg_mangler", "graense_mulig"),
        *("henvendelser", "forloeb", "personer", "henvist_85", "afsluttet", "naaet_graensen"),
        "ikke_talt_med",
        # lines of an overview: case number, kind of deadline or a code, day
        *("overskredet", "denne_og_naeste", "de_naeste_90", "kontakt_mangler", "mangler_i_data", "svar"),
        *("kontakt_to_uger", "netop_afsluttet", "ikke_sendt"),
    )
)  # fmt: skip
WITH_A_REASON = (
    "titel",
    "sted",
    "leder_navn",
    "kontaktperson_navn",
    "stedfortraeder_for",
    "stedfortraedelser",
    "kp_fornavn",
    "kp_telefon",
)


def shown_facts(facts: Mapping[str, Fact], shows: Collection[str]) -> dict[str, Fact]:
    """Return the facts that a rule's mails may say; ``shows`` names what the rule has a reason for."""
    return {name: value for name, value in facts.items() if name in BY_DEFAULT or name in shows}


def shown_occasion(occasion: Occasion, shows: Collection[str]) -> Occasion:
    """Return what a rule may put into a calendar: its own title and a place only where it shows them."""
    if "sted" not in shows:
        occasion = replace(occasion, location=None)
    if "titel" not in shows and occasion.title is not None:
        occasion = replace(occasion, title="")
    return occasion
