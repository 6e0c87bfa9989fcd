"""What a terminal would obey is written out, in tables and in JSON."""

import json

import pytest

from reminderd.cli.output import print_json, visible

HOSTILE = "\x1b[31m\x9b1m\u202e\u200f\u2066\u200b\xad\ufffe\U000e0041 æøå 🙂"


def test_json_says_the_same_with_nothing_that_a_terminal_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"titel": HOSTILE, HOSTILE: ["x\ny"]})
    said = capsys.readouterr().out
    assert {"titel": HOSTILE, HOSTILE: ["x\ny"]} == json.loads(said)
    assert said.replace("\n", "").isprintable()
    assert "æøå 🙂" in said


def test_tables_show_it_by_number() -> None:
    assert visible(HOSTILE).isprintable()
    assert "\\u001b[31m\\u009b1m\\u202e" in visible(HOSTILE)
