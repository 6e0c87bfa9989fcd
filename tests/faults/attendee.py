"""A reader's calendar as her program keeps it from the mails that arrive (RFC 5546).

The UID first, then the highest SEQUENCE; a CANCEL takes the entry out, and what arrives late is ignored.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Protocol


class Revision(Protocol):
    """One calendar part that arrived."""

    @property
    def mailbox(self) -> str: ...
    @property
    def sagsnr(self) -> str: ...
    @property
    def uid(self) -> str: ...
    @property
    def sequence(self) -> int: ...
    @property
    def limit(self) -> date: ...
    @property
    def what(self) -> str: ...


def calendars(revisions: Iterable[Revision]) -> Mapping[tuple[str, str], list[date]]:
    """Return the days that stand in each mailbox's calendar about each case, cancelled ones taken out."""
    newest: dict[tuple[str, str], Revision] = {}
    for revision in revisions:
        name = (revision.mailbox, revision.uid)
        before = newest.get(name)
        if before is None or revision.sequence >= before.sequence:
            newest[name] = revision
    found: dict[tuple[str, str], list[date]] = defaultdict(list)
    for revision in newest.values():
        days = found[revision.mailbox, revision.sagsnr]
        if revision.what != "cancel":
            days.append(revision.limit)
    return found
