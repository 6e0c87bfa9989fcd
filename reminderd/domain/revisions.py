"""The identity of a calendar entry over time: generation, SEQUENCE, DTSTAMP.

An entry belongs to one occasion and one recipient. The same content keeps its revision, changed
content raises SEQUENCE and DTSTAMP, and what was cancelled comes back only as a new generation
with a new UID (RFC 5546 section 2.1.5; clients remember cancelled UIDs). Pure.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Method = Literal["REQUEST", "CANCEL"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One published state of a calendar entry; ``dtstamp`` is aware, whole seconds."""

    generation: int
    sequence: int
    dtstamp: datetime
    method: Method
    digest: str


def next_request(last: Revision | None, digest: str, now: datetime) -> Revision:
    """Return the revision that a REQUEST with this content carries; the last one where nothing changed."""
    moment = now.replace(microsecond=0)
    if last is None:
        return Revision(generation=1, sequence=0, dtstamp=moment, method="REQUEST", digest=digest)
    if last.method == "CANCEL":
        return Revision(
            generation=last.generation + 1, sequence=0, dtstamp=moment, method="REQUEST", digest=digest
        )
    if last.digest == digest:
        return last
    return Revision(
        generation=last.generation,
        sequence=last.sequence + 1,
        dtstamp=max(moment, last.dtstamp + timedelta(seconds=1)),
        method="REQUEST",
        digest=digest,
    )
