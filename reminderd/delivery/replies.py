"""Of whom a refusal speaks: of this message, of its reader, of us, or of nobody who can be told yet.

Pure functions over a reply's code and words (RFC 5321 4.2.3, RFC 3463). A relay that suddenly refuses
to carry our mail answers every reader alike; no reader may lose a message for it. So only what plainly
speaks of the reader or of the message is final at once.
"""

import re
from typing import Literal

from reminderd.domain.outcomes import TOO_BIG

About = Literal["later", "message", "size", "reader", "us", "policy"]
"""``later``: 4xx. ``message``, ``size`` and ``reader``: final for this one. ``us``: every message meets the
same. ``policy``: of us or of this reader; what becomes of the others will show it."""

_PERMANENT = 500
_LOGIN = (530, 534, 535, 538)  # login or encryption wanted: the line is wrong, not the message
_OF_A_MAILBOX = (551, TOO_BIG, 553)  # at RCPT, without a status: 552 is a mailbox that is full
_STATUS = re.compile(r"\s*(5\.(\d{1,3})\.\d{1,3})\b")
_MEANS: dict[str, About] = {
    "5.1.0": "policy",  # Postfix says it at RCPT of a sender as well
    "5.1.7": "us",  # the sender's address
    "5.1.8": "us",  # the sender's domain
    "5.2.3": "size",
    "5.2.252": "us",  # Exchange: SendAsDenied
    "5.3.4": "size",
}
_SUBJECTS: dict[str, About] = {"1": "reader", "2": "reader", "7": "policy"}


def about(step: str, code: int, words: str) -> About:
    """Return of whom a 4xx or 5xx speaks that came at ``step``: MAIL, RCPT, DATA or ``the message``."""
    if code in _LOGIN:
        return "us"
    if code < _PERMANENT:
        return "later"
    found = _STATUS.match(words)
    status, subject = found.groups() if found else ("", "0")
    means = _MEANS.get(status) or _SUBJECTS.get(subject)
    if step == "MAIL":
        # The sender is the same in every message; only a size that is told here is this one's.
        return "size" if means == "size" or code == TOO_BIG else "us"
    if means is not None:
        return means
    if step == "RCPT":
        return "reader" if subject == "0" and code in _OF_A_MAILBOX else "policy"
    return "size" if code == TOO_BIG else "message"
