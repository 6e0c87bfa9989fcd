"""Rows that a real source would one day hold, each of which must end as a finding.

The one that reads like a CPR number has the 31st of February in it, so that it is nobody's.
"""

from datetime import date
from typing import Any


def add_to(tables: dict[str, list[dict[str, Any]]], reference: date) -> None:
    """Add one row for each kind of fault; the good rows stay as they are."""
    example = tables["rd_forloeb"][-1]

    def course(name: str, **fault: Any) -> dict[str, Any]:
        return {**example, "forloeb_id": f"F-FEJL-{name}", "sagsnr": f"{reference.year}-9{name:0>5}", **fault}

    tables["rd_forloeb"] += [
        course("1", status="kørende"),
        course("2", sagsnr="310299-0000"),
        course("3", start_dato="2026-02-30"),
        course("4", borger_id="B-FINDES-IKKE"),
        course("5", enhed_id="E-FINDES-IKKE"),
        course("6", lovhjemmel="Lov\x07"),
    ]
    assignment = tables["rd_tilknytning"][-1]
    tables["rd_tilknytning"] += [
        {**assignment, "forloeb_id": "F-FINDES-IKKE"},
        {**assignment, "forloeb_id": "F-FEJL-1"},
        dict(assignment),
    ]
