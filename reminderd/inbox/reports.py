"""A mail server's report (RFC 3464), as a returned mail: which mail it was, and the status code.

Addresses, display names and the servers' own words stay where they are: whose mail it was, the ledger
knows. Postfix and Exchange agree on the form; what cannot be read is for a person.
"""

import re
from collections.abc import Iterable, Iterator
from email.message import Message
from email.parser import HeaderParser

from reminderd.domain.answers import ForAPerson, Ignored, Letter, Returned
from reminderd.inbox.parts import children

MOST_RECIPIENTS = 50
_MOST_HEADERS = 64 * 1024
_STATUS = re.compile(r"\b([45])\.(\d{1,3})\.(\d{1,3})\b")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_ENVELOPE_ID = re.compile(r"[!-~]{1,100}")
_NOT_FINAL = frozenset({"delayed", "delivered", "relayed", "expanded"})


def read_report(report: Message) -> Letter:
    """Return what a ``multipart/report`` says of one mail."""
    kind = str(report.get_param("report-type") or "").lower()
    parts = children(report)
    if kind == "disposition-notification" or _of_type(parts, "message/disposition-notification"):
        return Ignored("a receipt: the mail was opened, or deleted")
    status = next(iter(_of_type(parts, "message/delivery-status")), None)
    blocks = [] if status is None else children(status)
    if not blocks:
        return ForAPerson("a report that cannot be read")
    actions = [_field(block, "Action").lower() for block in blocks[1 : 1 + MOST_RECIPIENTS]]
    actions = [action for action in actions if action]
    if actions and all(action in _NOT_FINAL for action in actions):
        return Ignored("a report of a mail that is delayed, or was delivered")
    if "failed" not in actions:
        return ForAPerson("a report that does not say what became of the mail")
    return Returned(
        tuple(dict.fromkeys(_message_ids(blocks[0], parts))),
        tuple(_ENVELOPE_ID.findall(_field(blocks[0], "Original-Envelope-Id"))[:1]),
        _status(blocks[1 : 1 + MOST_RECIPIENTS]),
    )


def _of_type(parts: Iterable[Message], content_type: str) -> list[Message]:
    return [part for part in parts if part.get_content_type() == content_type]


def _field(block: Message, name: str) -> str:
    return str(block.get(name) or "").partition(";")[0].strip()


def _status(blocks: Iterable[Message]) -> str:
    for block in blocks:
        found = _STATUS.search(_field(block, "Status"))
        if found is not None and _field(block, "Action").lower() == "failed":
            return found[0]
    return "5.0.0"


def _message_ids(about: Message, parts: Iterable[Message]) -> Iterator[str]:
    """Return what the returned mail was called: as Exchange says it, and in the headers that came along."""
    for name in ("Original-Message-ID", "X-Original-Message-ID"):
        yield from _MESSAGE_ID.findall(str(about.get(name) or ""))[:1]
    for part in parts:
        match part.get_content_type():
            case "message/rfc822" | "message/global":
                for mail in children(part):
                    yield from _MESSAGE_ID.findall(str(mail.get("Message-ID") or ""))[:1]
            case "text/rfc822-headers" | "message/rfc822-headers":
                yield from _MESSAGE_ID.findall(_in_headers(part))[:1]
            case _:
                pass


def _in_headers(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    headers = HeaderParser().parsestr(
        content[:_MOST_HEADERS].decode("ascii", errors="replace"), headersonly=True
    )
    return str(headers.get("Message-ID") or "")
