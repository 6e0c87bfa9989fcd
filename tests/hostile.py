"""Strings that have broken other programs, for every text column of a case source; all invented.

``family`` is a small set of rows that leads to mail by itself, so that one bad cell can be watched: its own
unit, its own caseworker, a course whose 18 weeks are over, a review meeting and an activity.
"""

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from reminderd.casedb.contract import CONTRACT, Kind
from reminderd.domain.cases import Deltager, Enhed, Fravaer, Henvendelse, Kontakt, Moede, Plan, Serie
from tests.casework import ANNE, BORGER, FORLOEB, VEJEN_FREM, on_case, planned, session

HOSTILE = (
    # header and command injection
    "x\r\nBcc: ond@udefra.example",
    "x\nBcc: ond@udefra.example",
    "x\rBcc: ond@udefra.example",
    "x\r\n\r\n<html>krop</html>",
    "x\r\n.\r\nMAIL FROM:<ond@udefra.example>",
    "x\u2028Bcc: ond@udefra.example",
    "x\u2029Bcc: ond@udefra.example",
    "x\x85Bcc: ond@udefra.example",
    "x\x0bBcc: ond@udefra.example\x0c",
    "=?UTF-8?Q?=0D=0ABcc=3A_ond=40udefra.example?=",
    "=?UTF-8?B?DQpCY2M6IG9uZEB1ZGVmcmEuZXhhbXBsZQ==?=",
    "=?utf-8?q?=00?=",
    "=?x?q?",
    "%0d%0aBcc:ond@udefra.example",
    "\\r\\nBcc: ond@udefra.example",
    "ond@udefra.example, to@udefra.example",
    "gruppe: ond@udefra.example;",
    '"ond"@udefra.example',
    "ond@udefra.example(kommentar)",
    "<ond@udefra.example>",
    "ond@kommune.example@udefra.example",
    "ond@[127.0.0.1]",
    "ond@xn--kommune-.example",
    "ønd@kommune.example",
    "x y@kommune.example",
    "x,ond@kommune.example",
    '"x y"@kommune.example',
    "x..y@kommune.example",
    "(x)y@kommune.example",
    "x@kommune.example>",
    # calendar injection
    "x\\nATTENDEE:mailto:ond@udefra.example",
    "x\r\nATTENDEE:mailto:ond@udefra.example",
    "x;ATTENDEE=ond:mailto:ond@udefra.example",
    "x:END:VEVENT",
    "END:VCALENDAR",
    'x";CN="y',
    "x^nATTENDEE",
    # templates, formats, markup, spreadsheets, shells, SQL
    "{{ 7*7 }}",
    "{% for x in range(9999999) %}x{% endfor %}",
    "{{ ''.__class__.__mro__ }}",
    "{0.__class__}",
    "%s%s%s%n%(navn)s",
    "${7*7}",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- x",
    "</p></body></html>",
    "&#60;script&#62;",
    "]]><x>",
    "javascript:alert(1)",
    "=1+1",
    "@SUM(A1:A9)",
    "+45 10 00 00 01",
    "-2+3",
    "=cmd|' /C calc'!A0",
    "$(touch /tmp/x)",
    "`touch /tmp/x`",
    "x; rm -rf /",
    "x'; DROP TABLE entry; --",
    "../../../../etc/passwd",
    "file:///etc/passwd",
    "x|y|z",
    # characters
    "\x00x",
    "x\x1b]0;titel\x07\x1b[31m",
    "\u202egnirts\u202c",
    "\u2066x\u2069",
    "a\u200bb\u200dc\ufeff",
    "\ufffe\uffff",
    "\ufffd\ufffd",
    "Z\u0300\u0301\u0302" * 10,
    "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "ß" * 40,
    "\u0661\u0662\u0663",
    "   ",
    "\u00a0",
    "·",
    "· x",
    "null",
    "x" * 5000,
)
DAY = date(2026, 5, 11)
TEXT_COLUMNS = [
    (view.name, column.name)
    for view in CONTRACT
    for column in view.columns
    if column.kind is Kind.TEXT and view.name != "rd_meta"
]
Rows = dict[str, list[dict[str, Any]]]


def family(number: int) -> Rows:
    """Return the rows of one family; every id in them ends in its number."""
    n = str(number)
    f, g, m = f"f{n}", f"g{n}", f"m{n}"
    review = replace(
        VEJEN_FREM, forloeb_id=g, borger_id=f"b{n}", sagsnr=f"2025-{number:06}", enhed_id=f"e{n}",
        fase2_dato=date(2026, 3, 1),
    )  # fmt: skip
    rows: dict[str, list[Any]] = {
        "rd_enhed": [Enhed(f"e{n}", "Enheden", f"enhed{n}@kommune.example", m, "Eksempelvej 1")],
        "rd_medarbejder": [
            replace(
                ANNE, medarbejder_id=m, mail=f"m{n}@kommune.example", telefon="10000001", enhed_id=f"e{n}"
            )
        ],
        "rd_borger": [replace(BORGER, borger_id=f"b{n}", mail=f"b{n}@borger.example")],
        "rd_forloeb": [
            replace(FORLOEB, forloeb_id=f, borger_id=f"b{n}", sagsnr=f"2026-{number:06}", enhed_id=f"e{n}"),
            review,
        ],
        "rd_tilknytning": [
            on_case(m, role, forloeb_id=course)
            for course in (f, g)
            for role in ("sagsbehandler", "kontaktperson")
        ],
        "rd_fravaer": [Fravaer(m, date(2030, 1, 1), date(2030, 1, 2), m)],
        "rd_plan": [Plan(f"p{n}", g, "handleplan", date(2026, 3, 1), None, 3)],
        "rd_opfoelgning": [replace(planned(datetime(2026, 5, 28, 10), opfoelgning_id=f"o{n}"), forloeb_id=g)],
        "rd_aktivitet": [session(datetime(2026, 5, 12, 17), aktivitet_id=f"a{n}")],
        "rd_serie": [
            Serie(f"s{n}", "Serien", datetime(2030, 1, 1, 17), 60, "14_dage", None, "Huset", m, "VEJEN_FREM")
        ],
        # Two of them, so that the list stays one where the first row cannot be read.
        "rd_deltager": [Deltager(f"a{n}", course, "inviteret") for course in (g, f)],
        "rd_kontakt": [Kontakt(f"k{n}", g, m, DAY, "telefon", gennemfoert=True)],
        "rd_henvendelse": [Henvendelse(f"h{n}", DAY, "telefon", f"e{n}", None)],
        "rd_moede": [Moede(f"d{n}", "fagudvalg", datetime(2030, 1, 1, 10), "Huset", f"e{n}")],
    }
    return {view: [asdict(row) for row in found] for view, found in rows.items()}


def families(strings: tuple[str, ...]) -> Iterator[tuple[str, str, str, Rows]]:
    """Yield (view, column, string, rows) for each string in each text column in turn."""
    number = 0
    for view, column in TEXT_COLUMNS:
        for text in strings:
            number += 1
            rows = family(number)
            rows[view][0][column] = text
            if (view, column) == ("rd_aktivitet", "aktivitet_id"):
                for row in rows["rd_deltager"]:  # else the session had no list, and invited every family
                    row["aktivitet_id"] = text
            yield view, column, text, rows
