"""The service mailbox over IMAP: what waits in it, a mail's bytes, and where a mail goes afterwards.

TLS, verified, from the first byte. A look is bounded in mails, in bytes and in time: whatever the server
does, it is over when its seconds are. Nothing is deleted; a mail is marked as seen, moved, or flagged.
"""

import contextlib
import importlib.util
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reminderd.errors import ConfigurationError, InboxUnavailableError, Problem

if TYPE_CHECKING:
    from imapclient import IMAPClient

_CURE_LIBRARY = "Install the optional part: pip install 'reminderd[inbox]', or leave inbox.url out."
_CURE_REACH = "check inbox.url, that the server listens there, and that no firewall is in between"
_CURE_CERTIFICATE = "name the server as its certificate does, renew the certificate, or set inbox.ca_file"
_CURE_LOGIN = "check inbox.username and the password; the mailbox must allow IMAP with a password"
_CURE_FOLDER = "make the folder in the mailbox, or correct inbox.folder and inbox.move_to"
_CURE_TIME = "the server is slow or stalls; what was not read waits for the next look"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where the mailbox is and how it is used.

    ``timeout`` is seconds for one answer of the server, ``seconds`` for a whole look. ``largest`` is
    the size in bytes of the largest mail that is fetched.
    """

    host: str
    port: int
    context: ssl.SSLContext
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    move_to: str | None = None
    largest: int = 1_000_000
    timeout: float = 30.0
    seconds: float = 300.0

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return a context that verifies certificate and host name, TLS 1.2 or later; raises ConfigurationError.

    ``ca_file`` replaces the machine's own authorities.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one
        what = f"{ca_file} cannot be used: {error.strerror or type(error).__name__}"
        cure = "give a readable PEM file of certificates"
        raise ConfigurationError([Problem("inbox.ca_file", what, cure)]) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class Mailbox:
    """A folder that is open. Every method raises InboxUnavailableError."""

    def __init__(self, client: "IMAPClient", access: Access) -> None:
        self._client = client
        self._access = access

    def waiting(self, most: int) -> list[int]:
        """Return the mails that nobody has looked at, oldest first, so many at most.

        Where handled mails are moved away, also those that a person has opened.
        """
        unseen = [] if self._access.move_to else ["UNSEEN"]
        found: list[int] = self._client.search([*unseen, "UNFLAGGED", "UNDELETED"])
        return sorted(found)[:most]

    def fetch(self, uid: int) -> bytes | None:
        """Return a mail's bytes without marking it, None where it is too large or has gone."""
        size = self._one(uid, "RFC822.SIZE").get(b"RFC822.SIZE")
        if not isinstance(size, int) or size > self._access.largest:
            return None
        # The size is what the server says; so is the end of what it sends.
        content = self._one(uid, f"BODY.PEEK[]<0.{self._access.largest + 1}>").get(b"BODY[]<0>")
        return content if isinstance(content, bytes) and len(content) <= self._access.largest else None

    def done(self, uid: int) -> None:
        """Mark a mail as seen, and move it where it is to go."""
        self._client.add_flags([uid], [b"\\Seen"], silent=True)
        if self._access.move_to is not None:
            self._client.move([uid], self._access.move_to)

    def leave(self, uid: int) -> None:
        """Flag a mail for a person; it stays as unseen as it was, and is not looked at again."""
        self._client.add_flags([uid], [b"\\Flagged"], silent=True)

    def _one(self, uid: int, item: str) -> dict[bytes, Any]:
        found: dict[bytes, Any] = self._client.fetch([uid], [item]).get(uid, {})
        return found


@contextlib.contextmanager
def open_mailbox(access: Access) -> Iterator[Mailbox]:
    """Log in and open the folder for one look; raises InboxUnavailableError.

    When the look's time is up the line is cut, and whoever waits for the server is told so.
    """
    if importlib.util.find_spec("imapclient") is None:
        raise InboxUnavailableError("reading a mailbox needs imapclient", where="inbox", cure=_CURE_LIBRARY)
    from imapclient import IMAPClient  # noqa: PLC0415 - the optional part
    from imapclient.exceptions import IMAPClientError, LoginError  # noqa: PLC0415

    # It would log every command and mail at debug level.
    logging.getLogger("imapclient").setLevel(logging.WARNING)
    step, line = "connecting", _Line(access.context)
    watch = threading.Timer(access.seconds, line.cut)
    watch.daemon = True
    watch.start()
    try:
        client = IMAPClient(access.host, access.port, ssl_context=line, timeout=access.timeout)
        try:
            step = "the login"
            client.login(access.username, access.password)
            step = "opening the folder"
            _check_move(client, access)
            client.select_folder(access.folder)
            step = "reading"
            yield Mailbox(client, access)
        finally:
            line.leave(client)
    except LoginError as error:
        raise InboxUnavailableError("the login was refused", where=str(access), cure=_CURE_LOGIN) from error
    except ssl.SSLCertVerificationError as error:
        what = f"the certificate is not accepted: {error.verify_message}"
        raise InboxUnavailableError(what, where=str(access), cure=_CURE_CERTIFICATE) from error
    except (OSError, IMAPClientError) as error:
        if line.was_cut or isinstance(error, TimeoutError):
            what = f"no answer in time at {step}"
            raise InboxUnavailableError(what, where=str(access), cure=_CURE_TIME) from error
        cure = _CURE_FOLDER if step == "opening the folder" else _CURE_REACH
        what = f"{step} failed: {type(error).__name__}"  # the server's own words may name people
        raise InboxUnavailableError(what, where=str(access), cure=cure) from error
    finally:
        watch.cancel()


def _check_move(client: "IMAPClient", access: Access) -> None:
    if access.move_to is None:
        return
    if not client.has_capability("MOVE"):
        cure = "leave inbox.move_to out: handled mails are then marked as seen"
        raise InboxUnavailableError("the server cannot move mails (RFC 6851)", where=str(access), cure=cure)
    if not client.folder_exists(access.move_to):
        raise InboxUnavailableError(
            f"there is no folder {access.move_to}", where=str(access), cure=_CURE_FOLDER
        )


class _Line:
    """The line to the server, to be cut from another thread when the time is up.

    Stands in for the TLS context, because that is asked for the line before its first word is read.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._socket: ssl.SSLSocket | None = None
        self.was_cut = False

    def wrap_socket(self, plain: socket.socket, *, server_hostname: str) -> ssl.SSLSocket:
        """Speak TLS, or nothing; the handshake has the socket's timeout as a whole."""
        self._socket = self._context.wrap_socket(plain, server_hostname=server_hostname)
        if self.was_cut:
            self.cut()
        return self._socket

    def cut(self) -> None:
        """End the line whatever is going on; whoever reads from it finds it at its end."""
        self.was_cut = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                # Not SSLSocket's own: it takes TLS away from under the thread that reads.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    @staticmethod
    def leave(client: "IMAPClient") -> None:
        """Say goodbye if the server still listens; its answer changes nothing."""
        with contextlib.suppress(Exception):
            client.logout()
            return
        with contextlib.suppress(Exception):
            client.shutdown()
