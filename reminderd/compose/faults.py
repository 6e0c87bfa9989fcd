"""The one error of this room that is not about a wording.

It is about a single notice: whoever called holds that notice, counts it and goes on with the next.
The text names no person and no address, because it ends up in logs.
"""

from reminderd.errors import EXIT_FINDING, ReminderdError


class ComposeError(ReminderdError):
    """A notice cannot become a safe message: says what was wrong with it, and the cure."""

    exit_status = EXIT_FINDING
