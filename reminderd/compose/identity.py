"""Names that machines see: Message-ID, calendar UID, and the token that stands for an address in logs.

All are keyed hashes, so nobody without the installation's secret can guess a case from them or try
case numbers until one fits. No clock and no chance: the same facts give the same name for ever.
"""

import hashlib
import json

MIN_SECRET_BYTES = 16
_DIGEST_BYTES = 16
_TOKEN_BYTES = 6


def _keyed(secret: bytes, purpose: bytes, parts: tuple[str | int, ...], size: int = _DIGEST_BYTES) -> str:
    if len(secret) < MIN_SECRET_BYTES:
        raise ValueError(f"the installation secret needs at least {MIN_SECRET_BYTES} bytes")
    key = secret if len(secret) <= hashlib.blake2b.MAX_KEY_SIZE else hashlib.sha512(secret).digest()
    # JSON keeps the parts apart: ("a", "bc") and ("ab", "c") must not meet.
    data = json.dumps(parts, ensure_ascii=True, separators=(",", ":")).encode()
    return hashlib.blake2b(data, key=key, digest_size=size, person=purpose).hexdigest()


def message_id_for(secret: bytes, key: str, revision: int, domain: str) -> str:
    """Return the Message-ID, angle brackets included, of one revision of the notice called ``key``."""
    return f"<{_keyed(secret, b'message-id', (key, revision))}@{domain}>"


def uid_for(
    secret: bytes,
    *,
    kind: str,
    subject: str,
    recipient_holder: str,
    generation: int,
    domain: str,
) -> str:
    """Return the UID of a calendar entry: one for each occasion, recipient and generation.

    The date is left out, so an occasion that moves keeps its entry. After a CANCEL the next
    generation gives another UID, because a UID that was cancelled must not come back.
    """
    return f"{_keyed(secret, b'calendar-uid', (kind, subject, recipient_holder, generation))}@{domain}"


def recipient_token(secret: bytes, address: str) -> str:
    """Return 12 hexadecimal digits that stand for a mail address in logs, whatever its letters' case."""
    return _keyed(secret, b"recipient", (address.strip().lower(),), _TOKEN_BYTES)


def feed_name(secret: bytes, mailbox: str) -> str:
    """Return 32 hexadecimal digits that nobody can guess: whoever knows them reads this mailbox's feed."""
    return _keyed(secret, b"calendar-feed", (mailbox.strip().lower(),))
