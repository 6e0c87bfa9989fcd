"""Where the folders that travel with reminderd lie.

Inside the wheel they are ``reminderd/shipped/NAME``; in a checkout, or an editable installation of
one, they are the top-level folders. Nobody else may know that there is a difference.
"""

from pathlib import Path
from typing import Literal

from reminderd.errors import ReminderdError

PACKAGE = Path(__file__).resolve().parent.parent


def shipped_folder(name: Literal["templates", "config", "systemd"], *, package: Path = PACKAGE) -> Path:
    """Return the folder; raises ReminderdError where the installation lacks it."""
    for folder in (package / "shipped" / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise ReminderdError(
        f"the folder {name!r} that belongs to reminderd is missing",
        where=str(package / "shipped" / name),
        cure="Install reminderd again: the wheel brings it along.",
    )
