"""What may be looked at over HTTP, on this machine only: metrics and health, which name nobody, and feeds.

A feed is a mailbox's own calendar, off until somebody wants it. Read-only.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from reminderd.app import App
from reminderd.engine.standing import Standing
from reminderd.status import Backlog, Status, backlog_of, status_of
from reminderd.web.endpoint import listening, passed_by_systemd


@contextmanager
def shown(
    app: App, standing: Callable[[], Standing], environ: Mapping[str, str] = os.environ
) -> Iterator[None]:
    """Show the service until the block is left; nothing is opened where nobody asked for it.

    Raises WebError where the address in ``web.listen`` cannot be had.
    """
    address, passed = app.settings.web.listen, passed_by_systemd(environ)
    if address is None and passed is None:
        yield
        return
    # Loaded by those who use it: an idle service has no need of it.
    from reminderd.web.metrics import registry_of  # noqa: PLC0415
    from reminderd.web.pages import application  # noqa: PLC0415

    reading = app.reading()

    def look() -> tuple[Standing, Status, Backlog]:
        return standing(), status_of(reading), backlog_of(reading, app.clock.now())

    feed = app.feed if app.settings.web.feeds else lambda _: None
    with listening(address, passed, application(standing, registry_of(look), feed)):
        yield
