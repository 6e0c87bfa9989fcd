"""Writes the text of the manual pages, in Markdown, from what the commands and the handbooks say themselves.

    python systemd/debian/manual.py reminderd.1         from --help of every command, and systemd/README.md
    python systemd/debian/manual.py reminderd.toml.5    from config/README.md

``make deb`` turns it into pages with lowdown, Debian's small Markdown translator. click-man would make a
page for each command and leave the handbooks out.
"""

import re
import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click

from reminderd.cli import main_group

ROOT = Path(__file__).parents[2]
_SEE_ALSO = (
    "**reminderd.toml**(5), **systemctl**(1), **journalctl**(1), and the handbook,"
    " /usr/share/doc/reminderd/README.md.gz"
)


def commands() -> Iterator[str]:
    """Yield a section for each command: what it does, and its options."""
    context = click.Context(main_group, info_name="reminderd")
    yield f"## reminderd [OPTIONS] COMMAND\n\n{prose(main_group)}\n\n{options(main_group, context)}"
    for name in main_group.list_commands(context):
        command = main_group.get_command(context, name)
        if command is None:
            raise LookupError(name)
        inner = click.Context(command, info_name=name, parent=context)
        usage = " ".join(command.collect_usage_pieces(inner))
        yield f"## reminderd {name} {usage}\n\n{prose(command)}\n\n{options(command, inner)}"


def prose(command: click.Command) -> str:
    """Return a command's help; what click is told to keep as it stands becomes a block."""
    paragraphs = cleandoc(command.help or "").split("\n\n")
    return "\n\n".join(
        re.sub("^", "    ", part.removeprefix("\b\n"), flags=re.MULTILINE)
        if part.startswith("\b")
        else plain(part)
        for part in paragraphs
    )


def options(command: click.Command, context: click.Context) -> str:
    """Return the options as a list of terms."""
    records = [param.get_help_record(context) or ("", "") for param in command.get_params(context)]
    return "\n\n".join(f"**{plain(term)}**\n\n:   {plain(what)}" for term, what in records if what)


def plain(text: str) -> str:
    """Keep signs that Markdown would read."""
    return re.sub(r"([*_<>|\\])", r"\\\1", text)


def section(handbook: str, title: str) -> str:
    """Return one section of a handbook, without its title."""
    text = (ROOT / handbook).read_text(encoding="utf-8")
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise LookupError(f"{handbook} has no section {title}")
    return found[1].strip()


def terms(text: str) -> str:
    """Turn the rows of tables of keys, too wide for a terminal, into a list of terms."""
    text = re.sub(r"^\| key \| default \| meaning \|\n\|[-|]+\|\n", "", text, flags=re.MULTILINE)
    row = re.compile(r"^\| `([^|]+)` \| (.+?) \| (.+) \|$", re.MULTILINE)
    return row.sub(r"**\1**\n\n:   \3 Default: \2.\n", text)


def reminderd_1() -> str:
    """Return the page of the command."""
    return "\n\n".join(
        [
            "# NAME\n\nreminderd - reminders and calendar files for public casework",
            "# COMMANDS",
            *commands(),
            "# EXIT STATUS",
            section("systemd/README.md", "Exit statuses").partition("\n\n`journalctl")[0],
            f"# SEE ALSO\n\n{_SEE_ALSO}",
        ]
    )


def reminderd_toml_5() -> str:
    """Return the page of the configuration."""
    text = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    return (
        "# NAME\n\nreminderd.toml, rules.toml - configuration of **reminderd**(1)\n\n# DESCRIPTION\n\n"
        + terms(text.partition("\n")[2])
        + "\n\n# SEE ALSO\n\n**reminderd**(1)\n"
    )


if __name__ == "__main__":
    print({"reminderd.1": reminderd_1, "reminderd.toml.5": reminderd_toml_5}[sys.argv[1]]())  # noqa: T201
