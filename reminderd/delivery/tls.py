"""What TLS there must be, and what there was: contexts, certificates, and the words before it began.

Nothing here opens a line or decides what follows from it.
"""

import contextlib
import hashlib
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import aiosmtplib

from reminderd.domain.outcomes import Protection


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return a context that verifies certificate and host name and speaks TLS 1.2 or later.

    ``ca_file`` replaces the machine's own authorities. Raises OSError (``ssl.SSLError`` is one) where
    it cannot be read or holds no certificate.
    """
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def show_certificate(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    """Let the line show a certificate of its own; without a ``key`` it stands in the same file.

    Raises OSError where a file cannot be read, holds none, or is locked with a passphrase.
    """

    def nobody_types_here() -> str:
        raise ssl.SSLError("the key is locked with a passphrase")

    context.load_cert_chain(certificate, key, password=nobody_types_here)


@contextlib.contextmanager
def overheard(smtp: aiosmtplib.SMTP) -> Iterator[bytearray]:
    """Keep what arrives meanwhile, as it came from the line."""
    heard = bytearray()
    protocol = smtp.protocol
    assert protocol is not None  # noqa: S101 - connected just now
    take: Callable[[bytes], None] = protocol.data_received

    def take_and_keep(data: bytes) -> None:
        heard.extend(data)
        take(data)

    protocol.data_received = take_and_keep  # type: ignore[method-assign]
    try:
        yield heard
    finally:
        del protocol.data_received


def spoke_on(heard: bytes) -> bool:
    """Tell whether more than one reply was heard; its last line has a blank behind its code."""
    lines = heard.split(b"\r\n")
    last = next((number for number, line in enumerate(lines) if line[3:4] != b"-"), 0)
    return lines[last + 1 :] != [b""]


def protection_of(smtp: aiosmtplib.SMTP) -> Protection | None:
    """Return what protects the line, None where nothing does."""
    secured = smtp.get_transport_info("ssl_object")
    if secured is None:
        return None
    certificate, shown, cipher = (
        secured.getpeercert(binary_form=True),
        secured.getpeercert(),
        secured.cipher(),
    )
    return Protection(
        version=secured.version() or "",
        cipher=cipher[0] if cipher else "",
        certificate=hashlib.sha256(certificate or b"").hexdigest(),
        expires=datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC),
    )
