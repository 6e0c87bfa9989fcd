"""The kinds of error that an operator meets.

Each says what happened, where, and what to do about it, and carries the exit status that the
process ends with. Nothing here knows a library or a room; causes are kept with ``raise ... from``.
"""

from dataclasses import dataclass

EXIT_FINE = 0
EXIT_FINDING = 1
EXIT_USAGE = 2
EXIT_UNAVAILABLE = 69
EXIT_BUG = 70
EXIT_TRY_AGAIN = 75
EXIT_NO_PERMISSION = 77
EXIT_CONFIGURATION = 78


class ReminderdError(Exception):
    """Something an operator can act on: ``what`` happened, ``where``, and the ``cure``."""

    exit_status = EXIT_BUG

    def __init__(self, what: str, *, where: str = "", cure: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.cure = cure

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        cure = f"\n  {self.cure}" if self.cure else ""
        return f"{place}{self.what}{cure}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file: where it stands, what was found, what would be right."""

    where: str
    what: str
    cure: str = ""

    def __str__(self) -> str:
        cure = f" ({self.cure})" if self.cure else ""
        return f"{self.where}: {self.what}{cure}"


class ConfigurationError(ReminderdError):
    """Settings, rules or templates are wrong; carries every problem found, not the first."""

    exit_status = EXIT_CONFIGURATION

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"configuration: {count}\n{lines}")


class SourceContractError(ReminderdError):
    """The case source lacks a required view or column, or speaks another contract version."""

    exit_status = EXIT_CONFIGURATION


class SourceUnavailableError(ReminderdError):
    """The case source cannot be read now; nothing is known, so nothing is sent."""

    exit_status = EXIT_UNAVAILABLE


class LedgerInUseError(ReminderdError):
    """Another process holds the ledger."""

    exit_status = EXIT_TRY_AGAIN


class LedgerError(ReminderdError):
    """The ledger cannot be opened, or is not what this program wrote."""

    exit_status = EXIT_UNAVAILABLE


class ServiceUnavailableError(ReminderdError):
    """No running service answers."""

    exit_status = EXIT_UNAVAILABLE


class WebError(ReminderdError):
    """The page for metrics and health cannot be offered where the settings say."""

    exit_status = EXIT_UNAVAILABLE


class NoPermissionError(ReminderdError):
    """This user may not do this."""

    exit_status = EXIT_NO_PERMISSION


class LedgerFullError(LedgerError):
    """There is no room to write; nothing is sent until there is, and then it goes on by itself."""


class LedgerBrokenError(LedgerError):
    """What was written may not be on the disk: nothing may be sent any more by this process."""


class LedgerOwnerError(LedgerError):
    """The ledger belongs to another user."""

    exit_status = EXIT_NO_PERMISSION


class LedgerPlaceError(LedgerError):
    """The ledger may not lie where it lies."""

    exit_status = EXIT_CONFIGURATION


class RelayUnavailableError(ReminderdError):
    """The mail relay cannot be reached or refuses to talk; every notice waits."""

    exit_status = EXIT_UNAVAILABLE


class WordingError(ReminderdError):
    """A template cannot be loaded or rendered; names the file and the line."""

    exit_status = EXIT_CONFIGURATION


class InboxUnavailableError(ReminderdError):
    """The service mailbox cannot be reached or refuses; what came back stays there until it can be."""

    exit_status = EXIT_UNAVAILABLE
