"""From the bytes of a mail to what it says: an answer, a returned mail, nothing to note, or for a person.

The sender is a stranger, so everything has a bound and no mail makes this raise: what is too large,
too deep, or not understood is for a person, with the reason. Subjects and texts are not looked at;
no word of a mail leaves this room but UID, address, status code and the like.
"""

import re
from collections.abc import Iterator
from email import policy
from email.message import Message
from email.parser import BytesParser

from reminderd.domain.answers import ForAPerson, Ignored, Letter
from reminderd.inbox.bounds import MOST_PARTS, too_much
from reminderd.inbox.parts import children
from reminderd.inbox.replies import MOST_CHARACTERS, read_calendar
from reminderd.inbox.reports import read_report

# Everything that an answer is made of is ASCII. Other charsets are read as UTF-8 with marks for what is
# not; some codecs that go by a name are slow on purpose-made text.
_CHARSETS = frozenset(
    {"utf-8", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "windows-1252", "cp1252", "utf-16"}
)
_WORD = re.compile(r"[a-z-]+")
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})


def read(raw: bytes) -> Letter:
    """Return what a mail says; never raises."""
    found = too_much(raw)
    if found is not None:
        return ForAPerson(found)
    try:
        # The older policy does not take headers apart before they are asked for, and then simply.
        mail = BytesParser(policy=policy.compat32).parsebytes(raw)
        return _read(mail)
    except Exception as error:  # noqa: BLE001 - a stranger's bytes through other people's parsers: this mail only
        return ForAPerson(f"the mail cannot be read ({type(error).__name__})")


def _read(mail: Message) -> Letter:
    if mail.get_content_type() == "multipart/report":
        return read_report(mail)
    submitted = next(iter(_WORD.findall(str(mail.get("Auto-Submitted") or "no").lower())), "no")
    if submitted == "auto-replied" or any(name in mail for name in ("X-Autoreply", "X-Autorespond")):
        return Ignored("an automatic reply")
    parts = list(_leaves(mail))
    # Google Calendar marks the answers that people give in it as auto-generated.
    for part in parts:
        if part.get_content_type() == "text/calendar":
            return read_calendar(_text(part), _parameter(part, "method"))
    if submitted != "no" or str(mail.get("Precedence") or "").strip().lower() == "auto_reply":
        return Ignored("an automatic mail")
    if any(_is_tnef(part) for part in parts):
        return ForAPerson("the answer cannot be read: it is in Outlook's own format (TNEF)")
    return ForAPerson("an ordinary mail")


def _leaves(mail: Message, left: int = MOST_PARTS) -> Iterator[Message]:
    """Return the parts that hold something; what was forwarded inside the mail is not looked into."""
    waiting = [mail]
    while waiting and left:
        part, left = waiting.pop(0), left - 1
        if part.get_content_maintype() == "multipart":
            waiting[:0] = children(part)
        else:
            yield part


def _is_tnef(part: Message) -> bool:
    return part.get_content_type() in _TNEF or (part.get_filename() or "").lower() == "winmail.dat"


def _parameter(part: Message, name: str) -> str | None:
    value = part.get_param(name)
    return value if isinstance(value, str) else None


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    charset = (_parameter(part, "charset") or "utf-8").strip().lower()
    # A character takes up to four bytes; what is beyond is refused as too long.
    content = content[: 4 * MOST_CHARACTERS + 4]
    return content.decode(charset if charset in _CHARSETS else "utf-8", errors="replace").removeprefix(
        "\ufeff"
    )
