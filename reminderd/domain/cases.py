"""What the case source told us, as frozen values.

Names, columns and codes are those of the contract (version 1), in Danish, from the column to the
template. Dates are civil dates; times are naive local civil time in Europe/Copenhagen, as the
contract delivers them. Nothing here knows where the values came from or what they lead to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Meta:
    """rd_meta: which contract, which system, and when the data was true."""

    kontrakt_version: int
    kildesystem: str
    data_pr: datetime


@dataclass(frozen=True, slots=True)
class Borger:
    """rd_borger: the person a case is about. Never a name, never a CPR number."""

    borger_id: str
    initialer: str | None
    foedselsdato: date | None
    doedsdato: date | None
    fraflyttet_dato: date | None
    beskyttelse: str
    mail: str | None
    mail_samtykke: bool


@dataclass(frozen=True, slots=True)
class Forloeb:
    """rd_forloeb: one course of support."""

    forloeb_id: str
    borger_id: str
    sagsnr: str
    tilbud: str
    lovhjemmel: str | None
    fase: int | None
    fase_dato: date | None
    fase2_dato: date | None
    status: str
    start_dato: date | None
    slut_planlagt: date | None
    slut_dato: date | None
    genaabnet_dato: date | None
    anbringelse_slut: date | None
    afslutning_kode: str | None
    enhed_id: str | None


@dataclass(frozen=True, slots=True)
class Medarbejder:
    """rd_medarbejder: a member of staff."""

    medarbejder_id: str
    navn: str
    initialer: str | None
    mail: str | None
    telefon: str | None
    aktiv: bool
    enhed_id: str | None


@dataclass(frozen=True, slots=True)
class Tilknytning:
    """rd_tilknytning: who is on the case, in which role, from when to when."""

    forloeb_id: str
    medarbejder_id: str
    rolle: str
    primaer: bool
    fra_dato: date
    til_dato: date | None


@dataclass(frozen=True, slots=True)
class Enhed:
    """rd_enhed: a unit with its shared mailbox and its leader."""

    enhed_id: str
    navn: str
    faelles_mail: str | None
    leder_id: str | None
    adresse: str | None


@dataclass(frozen=True, slots=True)
class Fravaer:
    """rd_fravaer: leave, and who reads the mail meanwhile. No reason: sickness is sensitive."""

    medarbejder_id: str
    fra_dato: date
    til_dato: date | None
    stedfortraeder_id: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """rd_plan: the plan that reviews follow up on."""

    plan_id: str
    forloeb_id: str
    plantype: str
    gaelder_fra: date
    gaelder_til: date | None
    interval_mdr: int | None


@dataclass(frozen=True, slots=True)
class Opfoelgning:
    """rd_opfoelgning: a review, planned or held."""

    opfoelgning_id: str
    forloeb_id: str
    plan_id: str | None
    planlagt_tid: datetime | None
    varighed_min: int | None
    sted: str | None
    afholdt_dato: date | None
    status: str


@dataclass(frozen=True, slots=True)
class Aktivitet:
    """rd_aktivitet: one session of a group activity."""

    aktivitet_id: str
    serie_id: str | None
    titel: str
    start_tid: datetime
    slut_tid: datetime | None
    sted: str | None
    status: str
    ansvarlig_id: str | None
    tilbud: str


@dataclass(frozen=True, slots=True)
class Serie:
    """rd_serie: a rhythm known without its sessions."""

    serie_id: str
    titel: str
    foerste_start: datetime
    varighed_min: int
    rytme: str
    slut_dato: date | None
    sted: str | None
    ansvarlig_id: str | None
    tilbud: str


@dataclass(frozen=True, slots=True)
class Deltager:
    """rd_deltager: who is on the list of a session."""

    aktivitet_id: str
    forloeb_id: str
    svar: str


@dataclass(frozen=True, slots=True)
class Kontakt:
    """rd_kontakt: the contact log."""

    kontakt_id: str
    forloeb_id: str
    medarbejder_id: str | None
    dato: date
    kontakttype: str
    gennemfoert: bool


@dataclass(frozen=True, slots=True)
class Henvendelse:
    """rd_henvendelse: an enquiry at the door; it may have no person."""

    henvendelse_id: str
    dato: date
    kanal: str
    enhed_id: str | None
    forloeb_id: str | None


@dataclass(frozen=True, slots=True)
class Moede:
    """rd_moede: a committee's meeting."""

    moede_id: str
    moedetype: str
    tid: datetime
    sted: str | None
    enhed_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BelongsTo:
    """What a row belongs to, by its own columns; None where a view has no such column or it cannot be read.

    ``serie_id`` is empty for a session outside every series.
    """

    sagsnr: str | None = None
    forloeb_id: str | None = None
    borger_id: str | None = None
    aktivitet_id: str | None = None
    serie_id: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong in the source: view, row id, column and reason; never the value itself.

    ``row_kept`` is true where only an optional column was emptied and the row still counts.
    """

    view: str
    row_id: str
    column: str
    reason: str
    row_kept: bool = False
    of: BelongsTo = field(default=BelongsTo(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One consistent reading of the case source, indexed the way the domain asks for it.

    Everything that hangs on a course is keyed by ``forloeb_id``, leave by ``medarbejder_id``,
    participants by ``aktivitet_id``; the order inside a tuple is the order of the row keys.
    ``rows`` says of each view that was there how many rows were read and how many kept.
    """

    meta: Meta
    borgere: Mapping[str, Borger]
    forloeb: Mapping[str, Forloeb]
    medarbejdere: Mapping[str, Medarbejder]
    tilknytninger: Mapping[str, tuple[Tilknytning, ...]]
    enheder: Mapping[str, Enhed]
    fravaer: Mapping[str, tuple[Fravaer, ...]] = field(default_factory=dict)
    planer: Mapping[str, tuple[Plan, ...]] = field(default_factory=dict)
    opfoelgninger: Mapping[str, tuple[Opfoelgning, ...]] = field(default_factory=dict)
    aktiviteter: Mapping[str, Aktivitet] = field(default_factory=dict)
    serier: Mapping[str, Serie] = field(default_factory=dict)
    deltagere: Mapping[str, tuple[Deltager, ...]] = field(default_factory=dict)
    kontakter: Mapping[str, tuple[Kontakt, ...]] = field(default_factory=dict)
    henvendelser: tuple[Henvendelse, ...] = ()
    moeder: tuple[Moede, ...] = ()
    findings: tuple[Finding, ...] = ()
    absent_views: frozenset[str] = frozenset()
    rows: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    _courses: dict[tuple[str, str], tuple[Forloeb, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def courses(self, borger_id: str, tilbud: str) -> tuple[Forloeb, ...]:
        """Return a citizen's courses of one offer, in the order of their ids."""
        if not self._courses:
            for forloeb in sorted(self.forloeb.values(), key=lambda row: row.forloeb_id):
                owner = (forloeb.borger_id, forloeb.tilbud)
                self._courses[owner] = (*self._courses.get(owner, ()), forloeb)
        return self._courses.get((borger_id, tilbud), ())

    def only(self, forloeb: Mapping[str, Forloeb]) -> "Snapshot":
        """Return the same reading with some courses only; their citizens' other courses stay known."""
        listed = {
            key: tuple(row for row in rows if row.forloeb_id in forloeb)
            for key, rows in self.deltagere.items()
        }
        part = replace(self, forloeb=forloeb, deltagere=listed)
        for row in forloeb.values():
            part._courses[row.borger_id, row.tilbud] = self.courses(row.borger_id, row.tilbud)  # noqa: SLF001
        return part
