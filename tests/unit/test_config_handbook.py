"""config/README.md and config/reminderd.toml say what the models say: every key, default and rule.

``expected_tables`` writes the tables that the handbook must contain; a change of a model shows here
as the lines to paste.
"""

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from reminderd.casedb.contract import BY_NAME
from reminderd.config.connections import VIEWS
from reminderd.config.loading import load
from reminderd.config.problems import known_keys, toml
from reminderd.config.rule_tables import (
    ActivityTable,
    CommitteeReportTable,
    CourseLimitTable,
    DeadlineTables,
    ExitAgeTable,
    ReviewTable,
    RuleTable,
)
from reminderd.config.rulebook import load_rules
from reminderd.config.settings import Settings
from reminderd.config.shipped import shipped_folder
from reminderd.domain.rules import (
    ActivityParameters,
    CommitteeReportParameters,
    CourseLimitParameters,
    ExitAgeParameters,
    ReviewParameters,
    Rule,
)

CONFIG = shipped_folder("config")
HANDBOOK = (CONFIG / "README.md").read_text(encoding="utf-8")
INSTALLED = (CONFIG / "reminderd.toml").read_text(encoding="utf-8")


def fields(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        key = f"{prefix}{field.alias or name}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from fields(field.annotation, f"{key}.")
        else:
            yield key, field


def default_of(key: str, field: FieldInfo) -> str:
    if field.is_required():
        return f"required, e.g. `{toml(field.examples[0])}`" if field.examples else "required"
    if key == "rules.file":
        return "the shipped `rules.toml`"
    value = field.get_default(call_default_factory=True)
    if value is None or value == {}:
        return "none"
    return f"`'{value:%H:%M}'`" if isinstance(value, time) else f"`{toml(value)}`"


def key_table(model: type[BaseModel], prefix: str = "") -> list[str]:
    return [
        "| key | default | meaning |",
        "|---|---|---|",
        *(
            f"| `{key}` | {default_of(key, field)} | {field.description} |"
            for key, field in fields(model, prefix)
        ),
    ]


def rule_table() -> list[str]:
    text = (CONFIG / "rules.toml").read_text(encoding="utf-8")
    origin = {
        name: source
        for source, name in re.findall(r"# ([VF]\d+|BL § \d+):.*\n\[\[rule\]\]\nname = \"(.*)\"", text)
    }
    return [
        "| rule | from | when | roll | to | calendar | further |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| `{rule.name}` | {origin[rule.name]} | `{rule.deadline}`: {rule.when} | {rule.roll} |"
            f" {', '.join(rule.roles)}{''.join(f', ({role})' for role in rule.optional_roles)} |"
            f" {rule.calendar} |{further(rule)} |"
            for rule in load_rules(CONFIG / "rules.toml").rules
        ),
    ]


def further(rule: Rule) -> str:
    said = {
        "again every": rule.repeat,
        "expires": rule.expires,
        "unless": ", ".join(rule.unless),
        "again if moved by more than": rule.again_if_moved,
        "track": "" if rule.track == "reminder" else rule.track,
        "off": "" if rule.enabled else "by default",
    }
    return ";".join(f" {word} {value}" for word, value in said.items() if value)


def expected_tables() -> dict[str, list[str]]:
    return {
        "settings": key_table(Settings),
        "rule": key_table(RuleTable),
        "deadline": key_table(DeadlineTables, "deadline."),
        "rules": rule_table(),
    }


@pytest.mark.parametrize("name", ["settings", "rule", "deadline", "rules"])
def test_the_handbook_holds_the_table_that_the_models_and_rules_give(name: str) -> None:
    expected = "\n".join(expected_tables()[name])
    assert expected in HANDBOOK, f"paste into config/README.md:\n{expected}"
    assert 1 == HANDBOOK.count(expected.splitlines()[2])


def test_the_installed_file_names_every_key_once() -> None:
    found = []
    table = ""
    for line in INSTALLED.splitlines():
        if header := re.fullmatch(r"\[(\w+)\]", line):
            table = header[1]
        elif key := re.match(r"#?(\w+) = ", line):
            found.append(f"{table}.{key[1]}")
    assert sorted(known_keys(Settings)) == sorted(found)


def test_a_commented_key_shows_the_default_wherever_there_is_one(tmp_path: Path) -> None:
    uncommented = tmp_path / "reminderd.toml"
    optional = {key.rpartition(".")[2] for key, field in fields(Settings) if default_of(key, field) == "none"}
    lines = INSTALLED.splitlines()
    text = "\n".join(
        line[1:] if (key := re.match(r"#(\w+) = ", line)) and key[1] not in optional else line
        for line in lines
    )
    uncommented.write_text(text, encoding="utf-8")
    installed = tmp_path / "installed.toml"
    installed.write_text(INSTALLED, encoding="utf-8")
    assert load(installed, []) == load(uncommented, [])
    assert INSTALLED.count("\n#") > text.count("\n#")


def test_every_toml_example_of_the_handbook_is_toml() -> None:
    examples = re.findall(r"```toml\n(.*?)```", HANDBOOK, re.DOTALL)
    assert examples
    for example in examples:
        assert tomllib.loads(example)


def test_the_handbook_s_own_rule_can_be_added_to_the_shipped_ones(tmp_path: Path) -> None:
    stanza = re.search(r"```toml\n(\[\[rule\]\].*?)```", HANDBOOK, re.DOTALL)
    assert stanza
    rules = tmp_path / "rules.toml"
    rules.write_text((CONFIG / "rules.toml").read_text(encoding="utf-8") + stanza[1], encoding="utf-8")
    assert len(load_rules(CONFIG / "rules.toml").rules) + 1 == len(load_rules(rules).rules)


@pytest.mark.parametrize(
    ("table", "domain"),
    [
        (RuleTable, Rule),
        (ReviewTable, ReviewParameters),
        (CourseLimitTable, CourseLimitParameters),
        (ExitAgeTable, ExitAgeParameters),
        (ActivityTable, ActivityParameters),
        (CommitteeReportTable, CommitteeReportParameters),
    ],
)
def test_a_table_has_the_keys_and_defaults_of_the_value_it_becomes(
    table: type[BaseModel], domain: type[Any]
) -> None:
    assert {item.name for item in dataclasses.fields(domain)} == set(table.model_fields)
    needed = {name: "x" for name, field in table.model_fields.items() if field.is_required()}
    expected = domain(**needed)
    for name, field in table.model_fields.items():
        if not field.is_required():
            assert getattr(expected, name) == field.get_default(call_default_factory=True)


def test_the_views_that_may_have_a_select_are_those_of_the_contract() -> None:
    assert set(BY_NAME) == set(VIEWS)
