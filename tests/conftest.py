"""What holds for every test: a loaded machine is no failure, and no test inherits another's log."""

import pytest
import structlog
from hypothesis import settings

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def _log_of_its_own() -> None:
    structlog.reset_defaults()
