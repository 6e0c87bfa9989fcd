"""From a configuration file, and what was given on the command line, to ``Settings``.

Everything that is wrong is said at once, with its file, line and key. Reads no secret and opens
nothing but files named in the configuration, so ``check`` can run anywhere.
"""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from reminderd.config.connections import SourceSettings
from reminderd.config.problems import did_you_mean, dotted, known_keys, named_elsewhere, what_and_cure
from reminderd.config.rulebook import FaultyRulesError, load_rules
from reminderd.config.secrets import passwords_in
from reminderd.config.settings import Settings
from reminderd.config.shipped import shipped_folder
from reminderd.config.toml_file import NOWHERE, Key, TomlFile, read_toml, tupled
from reminderd.domain.rules import RuleBook
from reminderd.errors import ConfigurationError, Problem

DEFAULT_FILE = Path("/etc/reminderd/reminderd.toml")
ENVIRONMENT = "REMINDERD_CONFIG"
_OVERRIDE = re.compile(r"(?P<key>[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+)=(?P<value>.*)", re.DOTALL)


def load(path: Path | None, overrides: Sequence[str]) -> Settings:
    """Return the settings of ``path`` (None: see :func:`find`) with ``key=value`` overrides applied.

    Raises ConfigurationError with every problem.
    """
    file, given, problems = _read(find(path), overrides)
    settings = _validated(file, given, problems)
    if settings is None or problems:
        raise ConfigurationError([problem for _, problem in sorted(problems, key=lambda item: item[0])])
    return settings


def load_with_rules(path: Path | None, overrides: Sequence[str]) -> tuple[Settings, RuleBook]:
    """Return the settings and the rules they name; raises ConfigurationError over both files at once.

    It is a FaultyRulesError, with the settings, where the rules alone cannot be used.
    """
    problems = passwords_in(os.environ)
    settings = book = sound = None
    try:
        settings = load(path, overrides)
    except ConfigurationError as error:
        problems += error.problems
    try:
        rules = settings.rules.file if settings else _rules_file_in_spite_of_problems(path, overrides)
        book = load_rules(rules) if rules else None
    except FaultyRulesError as error:
        problems, sound = problems + error.problems, error.sound
    except ConfigurationError as error:
        problems += error.problems
    if settings is not None and sound is not None:
        raise FaultyRulesError(problems, sound, settings)
    if settings is None or book is None or problems:
        raise ConfigurationError(problems)
    return settings, book


def find(path: Path | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the configuration file: as given, else ``$REMINDERD_CONFIG``, else the one in /etc.

    Raises ConfigurationError where none of the three is there.
    """
    chosen = path or (Path(environ[ENVIRONMENT]) if environ.get(ENVIRONMENT) else DEFAULT_FILE)
    if path is None and chosen == DEFAULT_FILE and not chosen.exists():
        example = shipped_folder("config") / "reminderd.toml"
        cure = f"give --config FILE, set {ENVIRONMENT}, or begin there with a copy of {example}"
        raise ConfigurationError([Problem(str(DEFAULT_FILE), "there is no configuration file", cure)])
    return chosen.absolute()


def read_selects(source: SourceSettings) -> dict[str, str]:
    """Return the SQL text for each view that has a SELECT of its own; raises ConfigurationError."""
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for view, file in source.selects.items():
        try:
            texts[view] = file.read_text(encoding="utf-8-sig")
        except OSError as error:
            problems.append(Problem(str(file), f"cannot be read: {error.strerror}", f"source.selects.{view}"))
        except UnicodeDecodeError:
            problems.append(Problem(str(file), "not written in UTF-8", "save the file as UTF-8"))
    if problems:
        raise ConfigurationError(problems)
    return texts


Placed = tuple[int, Problem]
Given = dict[Key, str]  # the keys that came from the command line, and how they are called there


def _read(path: Path, overrides: Sequence[str]) -> tuple[TomlFile, Given, list[Placed]]:
    example = shipped_folder("config") / "reminderd.toml"
    file = read_toml(path, cure=f"name another with --config, or begin with a copy of {example}")
    given: Given = {}
    problems: list[Placed] = []
    for override in overrides:
        match = _OVERRIDE.fullmatch(override)
        if match is None:
            # only what stands before the sign is shown: the rest may be a secret
            key = override.partition("=")[0]
            question = named_elsewhere(key, Settings) or did_you_mean(key, known_keys(Settings))
            cure = f"write --set table.key=value{'; ' + question if question else ''}"
            problems.append((NOWHERE, Problem(f"--set {key}", "this sets nothing", cure)))
            continue
        loc: Key = tuple(match["key"].split("."))
        given[loc] = f"--set {match['key']}"
        _put(file.data, loc, _value(match["value"]))
    return file, given, problems


def _value(text: str) -> Any:
    """Return a command line value: TOML where it is TOML, else the text itself."""
    try:
        values = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return tupled(values["value"]) if set(values) == {"value"} else text


def _put(data: dict[str, Any], loc: Key, value: Any) -> None:
    *tables, last = (str(part) for part in loc)
    for name in tables:
        if not isinstance(data.get(name), dict):
            data[name] = {}
        data = data[name]
    data[last] = value


def _validated(file: TomlFile, given: Given, problems: list[Placed]) -> Settings | None:
    """Return the settings, or add what is wrong to ``problems``."""
    # an absent table is an empty one, so that each key missing in it is named
    data = {name: {} for name in Settings.model_fields} | file.data
    try:
        return Settings.model_validate(data, context={"base": file.path.parent})
    except ValidationError as error:
        for found in error.errors():
            finding = _at_its_key(found)
            loc: Key = finding["loc"]
            what, cure = what_and_cure(finding, Settings)
            place = _place(file, given, loc)
            line = file.line(loc) or NOWHERE
            order = line if place.startswith(str(file.path)) else NOWHERE
            problems.append((order, Problem(place, what, cure)))
        return None


def _at_its_key(finding: ErrorDetails) -> ErrorDetails:
    """Return a finding about two tables as one about the key that is to be changed."""
    for table, key in (("operator", "mail"), ("delivery", "redirect_all_to")):
        if finding["loc"] == (table,) and finding["type"] == "value_error":
            return {**finding, "loc": (table, key), "input": finding["input"][key]}
    return finding


def _place(file: TomlFile, given: Given, loc: Key) -> str:
    for length in range(len(loc), 0, -1):
        if loc[:length] in given:
            return given[loc[:length]]
    if file.line(loc) is None:
        for key, title in given.items():
            if key[: len(loc)] == loc:
                return title
    return file.place(loc, dotted(loc))


def _rules_file_in_spite_of_problems(path: Path | None, overrides: Sequence[str]) -> Path | None:
    """Return the rules file that a faulty configuration names, None where even that is not clear."""
    try:
        file, _, _ = _read(find(path), overrides)
    except ConfigurationError:
        return None
    table = file.data.get("rules", {})
    named = table.get("file") if isinstance(table, dict) else None
    if named is None:
        return shipped_folder("config") / "rules.toml"
    return file.path.parent / named if isinstance(named, str) else None
