"""Keys are found on the lines they stand on, and the folders that travel along where they lie."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminderd.config.problems import did_you_mean, shown
from reminderd.config.shipped import shipped_folder
from reminderd.config.toml_file import Key, key_lines, read_toml
from reminderd.errors import ConfigurationError, ReminderdError

AWKWARD = '''\
# [comment]
top = 1
[table] # a header
"quoted key" = "not = a key # nor a comment"
dotted . key = [ # 5
  ["a]", 2], # [b]
  { inline = 1 },
]
text = """
[fake]
fake = 1 \\""" ]
"""
literal = \'\'\'
fake = [
\'\'\'
after = "\\"" # 16
[[list]]
key = 1
[[ list ]]
key = 1979-05-27 07:32:00
[list.below]
key = { a = 1, b = [1,
  2] }
last = 1
[a."b.c".d]
e = 1
'''


def test_every_key_of_an_awkward_file_has_its_line() -> None:
    expected: dict[Key, int] = {
        ("top",): 2,
        ("table",): 3,
        ("table", "quoted key"): 4,
        ("table", "dotted"): 5,
        ("table", "dotted", "key"): 5,
        ("table", "text"): 9,
        ("table", "literal"): 13,
        ("table", "after"): 16,
        ("list",): 17,
        ("list", 0): 17,
        ("list", 0, "key"): 18,
        ("list", 1): 19,
        ("list", 1, "key"): 20,
        ("list", 1, "below"): 21,
        ("list", 1, "below", "key"): 22,
        ("list", 1, "below", "last"): 24,
        ("a",): 25,
        ("a", "b.c"): 25,
        ("a", "b.c", "d"): 25,
        ("a", "b.c", "d", "e"): 26,
    }
    assert tomllib.loads(AWKWARD)
    assert expected == key_lines(AWKWARD)
    assert expected == key_lines(AWKWARD.replace("\n", "\r\n"))


NAMES = st.text("abcdefgh-_1", min_size=1, max_size=5)
VALUES = st.sampled_from(
    ["1", '"x = 1"', "'[x]'", "[1, 2]", "[\n 1,\n]", '"""\nx = 1\n"""', "{ x = 1 }", "07:32:00"]
)


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES), min_size=1))
def test_a_key_is_found_on_the_line_it_was_written_to(tables: dict[str, dict[str, str]]) -> None:
    text = ""
    expected: dict[Key, int] = {}
    for table, keys in tables.items():
        expected[table,] = text.count("\n") + 1
        text += f"[{table}]\n"
        for key, value in keys.items():
            expected[table, key] = text.count("\n") + 1
            text += f"{key} = {value} # [comment] x = 1\n\n"
    assert expected == key_lines(text)
    assert all(key[:1] in expected for key in _keys(tomllib.loads(text)))


def _keys(data: dict[str, Any]) -> Iterator[Key]:
    yield from ((name,) for name in data)


def test_a_key_that_is_missing_is_placed_at_the_table_it_is_missing_from(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("\n[relay]\ntls = 1\n", encoding="utf-8")
    file = read_toml(path, cure="")
    assert f"{path}:2: relay.url" == file.place(("relay", "url"), "relay.url")
    assert f"{path}: sender.mail" == file.place(("sender", "mail"), "sender.mail")


def test_a_syntax_error_has_its_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("[relay]\nurl == 1\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        read_toml(path, cure="")
    assert [f"{path}:2:6"] == [problem.where for problem in caught.value.problems]


def test_a_value_is_shown_in_toml_s_notation_and_cut_short() -> None:
    assert "[true, 1, 'x']" == shown((True, 1, "x"))
    assert 101 == len(shown("x" * 1000))
    assert "'smtp://***@host'" == shown("smtp://a:b@host")


def test_two_keys_that_are_about_as_near_are_both_suggested() -> None:
    assert "did you mean roles or roll?" == did_you_mean("rols", ["roll", "roles", "when"])
    assert "" == did_you_mean("colour", ["roll", "when"])


def test_the_folders_lie_in_the_wheel_where_there_is_one_and_else_beside_the_package(tmp_path: Path) -> None:
    package = tmp_path / "reminderd"
    (package / "shipped" / "config").mkdir(parents=True)
    (tmp_path / "config").mkdir()
    (tmp_path / "systemd").mkdir()
    assert package / "shipped" / "config" == shipped_folder("config", package=package)
    assert tmp_path / "systemd" == shipped_folder("systemd", package=package)
    with pytest.raises(ReminderdError, match="Install reminderd again"):
        shipped_folder("templates", package=package)
