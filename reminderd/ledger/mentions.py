"""Mails about no single case that say a case's number: overviews, and lists for a meeting.

Found in the bytes that were sent, so only as long as these are kept. Knows no wording: it looks for the
number as it stands in the text that people read. Reads only.
"""

import re
import unicodedata
from email import message_from_bytes
from email.policy import SMTP

from sqlalchemy import Connection, select

from reminderd.ledger.schema import entry, message


def lines_about(raw: bytes, sagsnr: str) -> list[str]:
    """Return the lines of a mail's text that hold this case number, and not merely a longer one."""
    number = re.compile(rf"(?<!\w)(?<!\w[-/]){re.escape(unicodedata.normalize('NFC', sagsnr))}(?![-/]?\w)")
    body = message_from_bytes(raw, policy=SMTP).get_body(("plain",))
    text = "" if body is None else unicodedata.normalize("NFC", body.get_content())
    return [line.strip() for line in text.splitlines() if number.search(line)]


def mentioning(connection: Connection, sagsnr: str) -> dict[int, list[str]]:
    """Return the entries of no case whose kept text says this case's number, each with these lines."""
    kept = (
        select(message.c.entry_id, message.c.raw)
        .join(entry, entry.c.id == message.c.entry_id)
        .where(entry.c.sagsnr.is_(None), message.c.raw.is_not(None))
        .order_by(message.c.entry_id)
    )
    found = {entry_id: lines_about(raw, sagsnr) for entry_id, raw in connection.execute(kept)}
    return {entry_id: lines for entry_id, lines in found.items() if lines}
