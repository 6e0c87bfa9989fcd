"""Two ledgers, one suite: the real one on SQLite, and the one in memory that tests elsewhere lean on."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reminderd.ledger import create_or_open, open_for_reading
from reminderd.testing.memory_ledger import MemoryLedger
from tests.integration.ledger.books import NOW, Books


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of an empty ledger with the newest schema; to be copied, not opened."""
    path = tmp_path_factory.mktemp("empty") / "ledger.db"
    create_or_open(f"sqlite:///{path}", NOW).close()
    return path


@pytest.fixture
def path(tmp_path: Path, empty_ledger: Path) -> Path:
    """Return the file of an empty ledger of this test's own."""
    return Path(shutil.copy(empty_ledger, tmp_path / "ledger.db"))


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def sqlite_books(url: str) -> Iterator[Books]:
    ledger = create_or_open(url, NOW)
    yield Books(ledger, open_for_reading(url))
    ledger.close()


@pytest.fixture(params=["memory", "sqlite"])
def books(request: pytest.FixtureRequest) -> Any:
    if request.param == "sqlite":
        return request.getfixturevalue("sqlite_books")
    ledger = MemoryLedger()
    return Books(ledger, ledger.reading())
