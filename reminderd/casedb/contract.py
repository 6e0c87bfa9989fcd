"""The case source contract, version 1, as one declarative table.

Says which views there are, which columns they have, of which type, with which codes, and what refers
to what; everything else in this room reads it from here, and so does the table in README.md
(``python -m reminderd.casedb.contract`` prints it). It knows no database, no file and no value.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any, Generic, TypeVar

from reminderd.domain import cases

VERSION = 1
SCHEMA = "reminderd_v1"
SENTINEL_DATES = frozenset({date(1900, 1, 1), date(1899, 12, 30), date(2099, 12, 31), date(9999, 12, 31)})
EARLIEST_YEAR = 1900
LATEST_YEAR = 2200

T = TypeVar("T")


class Kind(Enum):
    """The four kinds of value that the contract knows, and the flag that SQL has no type for."""

    TEXT = "VARCHAR"
    NUMBER = "SMALLINT"
    FLAG = "SMALLINT 0/1"
    DAY = "DATE"
    TIME = "TIMESTAMP"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``length`` in characters for text; ``least`` and ``codes`` say what is allowed.

    ``refers`` names the view whose key the value must be. Where the column is nullable, a value
    without its row is emptied; where it is not, the row is rejected.
    """

    name: str
    kind: Kind
    meaning: str = ""
    length: int = 0
    nullable: bool = False
    codes: tuple[str | int, ...] = ()
    least: int = -32768
    refers: str | None = None

    @property
    def type(self) -> str:
        """The type as a database administrator writes it."""
        return f"VARCHAR({self.length})" if self.kind is Kind.TEXT else self.kind.value


@dataclass(frozen=True, slots=True)
class View(Generic[T]):
    """One view: the value its rows become, its columns, and its key (empty: it has one row only)."""

    name: str
    row: type[T]
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    required: bool = False

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns' names in the contract's order, which is the order of every raw row."""
        return tuple(column.name for column in self.columns)

    def row_id(self, row: T) -> str:
        """Return what a finding calls a row: its key, with ``|`` between several columns."""
        return "|".join(str(getattr(row, name)) for name in self.key)


def _text(name: str, length: int, meaning: str = "", *, null: bool = False) -> Column:
    return Column(name, Kind.TEXT, meaning, length, null)


def _id(name: str, meaning: str = "", *, refers: str | None = None, null: bool = False) -> Column:
    return Column(name, Kind.TEXT, meaning, 64, null, refers=refers)


def _code(name: str, length: int, *codes: str, meaning: str = "", null: bool = False) -> Column:
    return Column(name, Kind.TEXT, meaning, length, null, codes)


def _number(name: str, meaning: str = "", *, least: int, null: bool = False) -> Column:
    return Column(name, Kind.NUMBER, meaning, nullable=null, least=least)


def _flag(name: str, meaning: str = "") -> Column:
    return Column(name, Kind.FLAG, meaning)


def _day(name: str, meaning: str = "", *, null: bool = False) -> Column:
    return Column(name, Kind.DAY, meaning, nullable=null)


def _time(name: str, meaning: str = "", *, null: bool = False) -> Column:
    return Column(name, Kind.TIME, meaning, nullable=null)


_TILBUD = _text("tilbud", 20, "`VEJEN_FREM`, `SEL_82B`, or another programme")
_STED = _text("sted", 120, "place", null=True)
_FASER = "1 Forberedelse, 2 Hjemkomst og forløb, 3 Afslutning"
_AFSLUTNINGER = (
    *("maal_naaet", "henvist_85_udredning", "henvist_andet", "eget_oenske"),
    *("fraflyttet", "doed", "fyldt_23", "andet"),
)
_KONTAKTTYPER = (
    *("fremmoede", "telefon", "sms", "video"),
    *("besoeg_anbringelsessted", "besoeg_i_kommunen", "introduktionsbesoeg"),
)
_ANSVARLIG = _id("ansvarlig_id", "who leads it", refers="rd_medarbejder", null=True)

META = View(
    "rd_meta",
    cases.Meta,
    (),
    (
        Column("kontrakt_version", Kind.NUMBER, "1"),
        _text("kildesystem", 40, "e.g. `DUBU`, `Nexus`, `Sensum`"),
        _time("data_pr", "when the data was true"),
    ),
    required=True,
)
BORGER = View(
    "rd_borger",
    cases.Borger,
    ("borger_id",),
    (
        _id("borger_id"),
        _text("initialer", 8, "NULL for protected persons", null=True),
        _day("foedselsdato", "NULL: unknown, rules on age are off", null=True),
        _day("doedsdato", "set: everything stops", null=True),
        _day("fraflyttet_dato", "moved out; the case may still be ours", null=True),
        _code("beskyttelse", 16, "ingen", "navne_adresse", "saerlig", meaning="protection"),
        _text("mail", 254, "only if the person has agreed to mails about activities and meetings", null=True),
        _flag("mail_samtykke", "1: may be mailed about activities and planned meetings"),
    ),
    required=True,
)
FORLOEB = View(
    "rd_forloeb",
    cases.Forloeb,
    ("forloeb_id",),
    (
        _id("forloeb_id"),
        _id("borger_id", refers="rd_borger"),
        _text("sagsnr", 40, "printable reference without CPR number or birth date"),
        _TILBUD,
        _text("lovhjemmel", 30, "e.g. `BL 115`, `SEL 82 b`", null=True),
        Column("fase", Kind.NUMBER, _FASER, nullable=True, codes=(1, 2, 3)),
        _day("fase_dato", "start of the current phase", null=True),
        _day("fase2_dato", "start of phase 2, kept when in 3", null=True),
        _code("status", 12, "kandidat", "planlagt", "aktiv", "pause", "afsluttet"),
        _day("start_dato", "NULL only for `kandidat` and `planlagt`", null=True),
        _day("slut_planlagt", "expected end", null=True),
        _day("slut_dato", "actual last day; a future value is a plan", null=True),
        _day("genaabnet_dato", "latest reopening", null=True),
        _day("anbringelse_slut", "planned end of the placement", null=True),
        _code("afslutning_kode", 24, *_AFSLUTNINGER, null=True),
        _id("enhed_id", "unit in charge", refers="rd_enhed", null=True),
    ),
    required=True,
)
MEDARBEJDER = View(
    "rd_medarbejder",
    cases.Medarbejder,
    ("medarbejder_id",),
    (
        _id("medarbejder_id"),
        _text("navn", 80),
        _text("initialer", 8, null=True),
        _text("mail", 254, "NULL: the unit's mailbox is used", null=True),
        _text("telefon", 20, null=True),
        _flag("aktiv"),
        _id("enhed_id", refers="rd_enhed", null=True),
    ),
    required=True,
)
TILKNYTNING = View(
    "rd_tilknytning",
    cases.Tilknytning,
    ("forloeb_id", "medarbejder_id", "rolle", "fra_dato"),
    (
        _id("forloeb_id", refers="rd_forloeb"),
        _id("medarbejder_id", refers="rd_medarbejder"),
        _code("rolle", 16, "sagsbehandler", "kontaktperson", "mentor", "leder"),
        _flag("primaer"),
        _day("fra_dato"),
        _day("til_dato", "last day", null=True),
    ),
    required=True,
)
ENHED = View(
    "rd_enhed",
    cases.Enhed,
    ("enhed_id",),
    (
        _id("enhed_id"),
        _text("navn", 80),
        _text("faelles_mail", 254, "shared mailbox, the fallback for every role", null=True),
        _id("leder_id", refers="rd_medarbejder", null=True),
        _text("adresse", 120, null=True),
    ),
    required=True,
)
FRAVAER = View(
    "rd_fravaer",
    cases.Fravaer,
    ("medarbejder_id", "fra_dato"),
    (
        _id("medarbejder_id", refers="rd_medarbejder"),
        _day("fra_dato"),
        _day("til_dato", "last day", null=True),
        _id("stedfortraeder_id", "who reads the mail meanwhile", refers="rd_medarbejder", null=True),
    ),
)
PLAN = View(
    "rd_plan",
    cases.Plan,
    ("plan_id",),
    (
        _id("plan_id"),
        _id("forloeb_id", refers="rd_forloeb"),
        _code("plantype", 16, "handleplan", "ungeplan", "barnets_plan", "helhedsplan"),
        _day("gaelder_fra"),
        _day("gaelder_til", null=True),
        _number("interval_mdr", "decided rhythm of reviews, months", least=1, null=True),
    ),
)
OPFOELGNING = View(
    "rd_opfoelgning",
    cases.Opfoelgning,
    ("opfoelgning_id",),
    (
        _id("opfoelgning_id"),
        _id("forloeb_id", refers="rd_forloeb"),
        _id("plan_id", refers="rd_plan", null=True),
        _time("planlagt_tid", null=True),
        _number("varighed_min", "minutes", least=1, null=True),
        _STED,
        _day("afholdt_dato", "the day it was held", null=True),
        _code("status", 12, "planlagt", "afholdt", "aflyst", "udsat"),
    ),
)
AKTIVITET = View(
    "rd_aktivitet",
    cases.Aktivitet,
    ("aktivitet_id",),
    (
        _id("aktivitet_id"),
        _id("serie_id", "the same for all sessions of a series; rd_serie need not list it", null=True),
        _text("titel", 80),
        _time("start_tid"),
        _time("slut_tid", null=True),
        _STED,
        _code("status", 12, "planlagt", "aflyst"),
        _ANSVARLIG,
        _TILBUD,
    ),
)
SERIE = View(
    "rd_serie",
    cases.Serie,
    ("serie_id",),
    (
        _id("serie_id"),
        _text("titel", 80),
        _time("foerste_start"),
        _number("varighed_min", "minutes", least=1),
        _code("rytme", 12, "14_dage", "lige_uger", "ulige_uger"),
        _day("slut_dato", "no session after this day", null=True),
        _STED,
        _ANSVARLIG,
        _TILBUD,
    ),
)
DELTAGER = View(
    "rd_deltager",
    cases.Deltager,
    ("aktivitet_id", "forloeb_id"),
    (
        _id("aktivitet_id", refers="rd_aktivitet"),
        _id("forloeb_id", refers="rd_forloeb"),
        _code("svar", 12, "inviteret", "tilmeldt", "afmeldt"),
    ),
)
KONTAKT = View(
    "rd_kontakt",
    cases.Kontakt,
    ("kontakt_id",),
    (
        _id("kontakt_id"),
        _id("forloeb_id", refers="rd_forloeb"),
        _id("medarbejder_id", refers="rd_medarbejder", null=True),
        _day("dato"),
        _code("kontakttype", 24, *_KONTAKTTYPER),
        _flag("gennemfoert"),
    ),
)
HENVENDELSE = View(
    "rd_henvendelse",
    cases.Henvendelse,
    ("henvendelse_id",),
    (
        _id("henvendelse_id"),
        _day("dato"),
        _text("kanal", 20, "e.g. `fremmoede`, `mail`, `telefon`"),
        _id("enhed_id", refers="rd_enhed"),
        _id("forloeb_id", refers="rd_forloeb", null=True),
    ),
)
MOEDE = View(
    "rd_moede",
    cases.Moede,
    ("moede_id",),
    (
        _id("moede_id"),
        _code("moedetype", 24, "eftervaernsudvalg", "fagudvalg"),
        _time("tid"),
        _STED,
        _id("enhed_id", refers="rd_enhed", null=True),
    ),
)

# Views that others refer to come first, so that a rejected row takes along what hangs on it.
CONTRACT: tuple[View[Any], ...] = (
    *(META, ENHED, MEDARBEJDER, BORGER, FORLOEB, TILKNYTNING, FRAVAER, PLAN, OPFOELGNING),
    *(SERIE, AKTIVITET, DELTAGER, KONTAKT, HENVENDELSE, MOEDE),
)
BY_NAME = {view.name: view for view in CONTRACT}


def as_markdown() -> str:
    """Return the column tables of README.md, one a view."""
    return "\n".join(line for view in CONTRACT for line in _table(view))


def _table(view: View[Any]) -> Iterator[str]:
    key = ", ".join(f"`{name}`" for name in view.key)
    yield f"#### {view.name}"
    yield ""
    yield f"{'Required' if view.required else 'Optional'}. {f'Key: {key}.' if key else 'Exactly one row.'}"
    yield ""
    yield "| column | type | NULL | meaning, codes, reference |"
    yield "|---|---|---|---|"
    for column in view.columns:
        notes = [column.meaning] if column.meaning else []
        if column.codes and column.kind is Kind.TEXT:
            notes.append(" · ".join(f"`{code}`" for code in column.codes))
        if column.refers:
            notes.append(f"→ {column.refers}")
        null = "yes" if column.nullable else ""
        yield f"| {column.name} | {column.type} | {null} | {'; '.join(notes)} |"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
