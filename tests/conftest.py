"""What holds for every test: a loaded machine is no failure, and no test inherits another's log.

And what several kinds of tests share for a session: an authority for certificates, an IMAP server.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import structlog
import trustme
from hypothesis import settings

from tests.imap_server import ImapServer, start_dovecot

# The same examples on every machine: what is new is looked for by `make test-long`.
settings.register_profile("any machine", deadline=None, derandomize=not os.environ.get("REMINDERD_EXPLORE"))
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def _log_of_its_own() -> None:
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture(scope="session")
def imap_server(authority: trustme.CA) -> Iterator[ImapServer]:
    """Not in pytest's folder, whose path is too long for a socket's name and closed to others."""
    with TemporaryDirectory(prefix="reminderd-imap-", ignore_cleanup_errors=True) as folder:
        server, process = start_dovecot(Path(folder), authority)
        yield server
        process.terminate()
        process.wait(30)
