"""Every small wrong file is refused with the words that stand beside it, all problems at once.

A file that begins with ``rules-`` is a rules file, every other one a settings file.
"""

import re
from pathlib import Path

import pytest

from reminderd.config.loading import load
from reminderd.config.rulebook import load_rules
from reminderd.errors import EXIT_CONFIGURATION, ConfigurationError

FOLDER = Path(__file__).parent / "wrong_config"
FILES = sorted(FOLDER.glob("*.toml"))


def refusal(file: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_rules(file) if file.name.startswith("rules-") else load(file, [])
    assert caught.value.exit_status == EXIT_CONFIGURATION
    text = str(caught.value).replace(f"{FOLDER}/", "")
    # what the standard library's parser says next is its own affair, and differs between versions
    return re.sub(r"(this is not TOML: ).*", r"\1…", text)


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_wrong_file_is_refused_in_the_words_beside_it(file: Path) -> None:
    expected = file.with_suffix(".expected").read_text(encoding="utf-8")
    assert expected == refusal(file) + "\n"


@pytest.mark.parametrize(
    "file", [file for file in FILES if "hemmelig" in file.read_bytes().decode("latin-1")]
)
def test_a_password_in_a_wrong_file_is_never_repeated(file: Path) -> None:
    assert "hemmelig" not in refusal(file)


def test_every_expectation_has_its_file() -> None:
    assert [file.stem for file in FILES] == [file.stem for file in sorted(FOLDER.glob("*.expected"))]
