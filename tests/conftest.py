"""What holds for every test: a loaded machine is no failure, and no test inherits another's log."""

import os

import pytest
import structlog
from hypothesis import settings

# The same examples on every machine: what is new is looked for by `make test-long`.
settings.register_profile("any machine", deadline=None, derandomize=not os.environ.get("REMINDERD_EXPLORE"))
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def _log_of_its_own() -> None:
    structlog.reset_defaults()
