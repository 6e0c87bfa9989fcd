"""``--lang da``: every sentence of the domain and of the commands has its Danish, and JSON has none."""

import ast
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from string import Formatter

import pytest

from reminderd.cli.danish import DANISH, NAMES, PATTERNS, ROW_FAULTS
from reminderd.cli.tongue import Tongue
from reminderd.domain.lifecycle import State
from reminderd.domain.rules import DEADLINE_KINDS
from reminderd.domain.words import Words, joined, say
from reminderd.domain.workdays import at

PACKAGE = Path(__file__).parents[2] / "reminderd"
SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if path.name not in ("danish.py", "english.py"))


def strings(node: ast.AST) -> set[str]:
    return {
        item.value
        for item in ast.walk(node)
        if isinstance(item, ast.Constant) and isinstance(item.value, str)
    }


def patterns_in(path: Path) -> Iterator[str]:
    """Yield every pattern that a file says: literals, choices between them, and local names for them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.Module):
            continue
        named: dict[str, set[str]] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                named.setdefault(node.targets[0].id, set()).update(strings(node.value))
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING:
                match node.args[0]:
                    case ast.Constant(value=str(pattern)):
                        yield pattern
                    case ast.IfExp(body=ast.Constant(value=str(one)), orelse=ast.Constant(value=str(other))):
                        yield from (one, other)
                    case ast.Name(id=name):
                        yield from named.get(name, ())


SAYING = ("say", "joined")
SAID = {pattern for path in SOURCES for pattern in patterns_in(path)}
UNITS = {f"{{count}} {unit}{s}" for unit in ("day", "week", "month", "working day") for s in ("", "s")}


def fields(pattern: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(pattern) if name}


def test_every_sentence_that_is_said_has_its_danish() -> None:
    assert len(SAID) > 100  # the scan found them
    assert set() == (SAID | UNITS) - set(PATTERNS) - set(NAMES)


def test_no_danish_is_left_over() -> None:
    in_the_code = {text for path in SOURCES for text in strings(ast.parse(path.read_text(encoding="utf-8")))}
    assert set() == (set(PATTERNS) | set(ROW_FAULTS)) - in_the_code - UNITS


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_danish_says_the_same_facts(pattern: str) -> None:
    assert fields(pattern) == fields(PATTERNS[pattern])


def test_every_kind_of_deadline_and_every_state_has_a_danish_name() -> None:
    assert {*DEADLINE_KINDS, *State} <= set(NAMES)


def test_a_sentence_is_plain_english_and_is_said_anew_in_danish_with_what_it_holds() -> None:
    course = say("the course ended on {day}", day=date(2026, 5, 11))
    words = say("{reason}; it was {silenced}", reason=course, silenced="aftalt")
    assert words == "the course ended on 2026-05-11; it was aftalt"
    assert "forløbet sluttede 2026-05-11; den var aftalt" == DANISH(words)
    assert words == Tongue()(words)


MONDAY = date(2026, 5, 11)
EIGHT = at(MONDAY, time(8))


@pytest.mark.parametrize(
    ("words", "english", "danish"),
    [
        (
            say("{day:long}, a {day:weekday}", day=MONDAY),
            "11 May 2026, a Monday",
            "mandag 11. maj 2026",
        ),
        (
            say("{moment:when}", moment=EIGHT),
            "Mon 2026-05-11 08:00",
            "man 2026-05-11 08.00",
        ),
        (say("{moment:when}", moment=MONDAY), "Mon 2026-05-11", "man 2026-05-11"),
        (say("{words}, sent {hour:hour}", words="x", hour=time(8)), "x, sent 08:00", "x, sendes kl. 08.00"),
        ("the relay took it", "the relay took it", "the relay took it"),
        (None, "", ""),
    ],
)
def test_days_and_hours_are_said_as_each_language_says_them(words: object, english: str, danish: str) -> None:
    assert (english, danish) == (Tongue()(words), DANISH(words))


def test_several_parts_are_put_together_and_none_is_nothing() -> None:
    both = joined("{first} or {then}", ["a", "b", "c"])
    assert ("a or b or c", "a eller b eller c") == (both, DANISH(both))
    assert not joined("{first} or {then}", [])


def test_a_form_that_no_voice_has_is_a_mistake_in_the_pattern() -> None:
    with pytest.raises(ValueError, match="no voice knows the form 'short'"):
        say("{day:short}", day=datetime(2026, 5, 11))


def test_braces_in_data_are_data() -> None:
    words = say("{first}; {then}", first="{then}", then="{day:long}")
    assert "{then}; {day:long}" == words == DANISH(words)
    assert isinstance(words, Words)
