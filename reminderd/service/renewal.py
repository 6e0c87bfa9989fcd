"""A reload: configuration, rules and wordings are made new as one, or nothing is, and why is said.

What is checked here is what a start would check and more: a service that runs can afford to refuse.
Decides nothing about when the new takes the place of the old.
"""

from collections.abc import Callable
from dataclasses import dataclass

from reminderd.app import App
from reminderd.config.settings import Settings
from reminderd.engine.progress import Progress
from reminderd.errors import ConfigurationError, Problem, ReminderdError
from reminderd.ledger import Ledger
from reminderd.pipeline import Pipeline

_RESTART = "this cannot change while the service runs: systemctl restart reminderd"


@dataclass(frozen=True, slots=True)
class Renewed:
    """A whole new installation, wired over the ledger that stays open."""

    app: App
    pipeline: Pipeline


def renew(load: Callable[[], App], running: App, ledger: Ledger, progress: Progress) -> Renewed:
    """Return the new installation; raises ConfigurationError with everything that stands against it.

    Reads files, and the case source where its settings changed: one that cannot be read is refused.
    """
    app = load()
    problems = [*_fixed(running.settings, app.settings), *app.wording_problems()]
    if problems:
        raise ConfigurationError(problems)
    pipeline = app.corridor(ledger, progress)
    if app.settings.source != running.settings.source:
        try:
            app.source().read()
        except ReminderdError as error:
            raise ConfigurationError(
                [Problem(error.where or "source.url", error.what, error.cure)]
            ) from error
    return Renewed(app, pipeline)


def _fixed(old: Settings, new: Settings) -> list[Problem]:
    """Say which settings changed that a running process cannot follow."""
    pairs = {
        "ledger": (old.ledger, new.ledger),
        "installation.domain": (old.installation, new.installation),
        "web.listen": (old.web, new.web),
    }
    return [Problem(key, "changed", _RESTART) for key, (before, after) in pairs.items() if before != after]
