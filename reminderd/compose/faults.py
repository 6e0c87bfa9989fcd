"""The errors of this room that are not about a wording.

Each is about a single notice: whoever called holds that notice, counts it and goes on with the next.
The text names no person, no address and nothing that stood in the mail, because it ends up in logs.
"""

from reminderd.errors import EXIT_FINDING, ReminderdError


class ComposeError(ReminderdError):
    """A notice cannot become a safe message: says what was wrong with it, and the cure."""

    exit_status = EXIT_FINDING


class CalendarError(ComposeError):
    """A calendar part must not be sent: says why. The mail itself may go without it."""


class UnsafeMailError(ComposeError):
    """A finished mail says something else than was meant, or something that must not be said."""
