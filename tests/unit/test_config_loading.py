"""Settings come from a file and the command line; a misspelt key is named with the right one."""

import re
import string
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminderd.config import loading
from reminderd.config.loading import find, load, load_with_rules, read_selects
from reminderd.config.problems import known_keys
from reminderd.config.rule_tables import DeadlineTables, RuleTable
from reminderd.config.rulebook import load_rules
from reminderd.config.settings import Settings
from reminderd.config.shipped import shipped_folder
from reminderd.config.values import PASSWORD_WORDS, MonthDay
from reminderd.errors import ConfigurationError

SMALLEST = """
[source]
url = "csv:cases"
[relay]
url = "eml:mails"
[sender]
mail = "paamindelser@Kommune.example"
[installation]
domain = "reminderd.kommune.example"
[privacy]
recipient_domains = ["Kommune.example"]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "reminderd.toml"
    path.write_text(SMALLEST, encoding="utf-8")
    return path


def problems(path: Path | None, *overrides: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(path, overrides)
    return [str(problem) for problem in caught.value.problems]


def test_a_relative_path_counts_from_the_configuration_file(config: Path) -> None:
    (config.parent / "wording").mkdir()
    (config.parent / "ca.pem").touch()
    settings = load(
        config,
        [
            "ledger.url=sqlite:///state/ledger.db",
            "templates.dir=wording",
            "relay.ca_file=ca.pem",
            "rules.file=rules.toml",
        ],
    )
    folder = config.parent
    assert f"csv:{folder}/cases" == settings.source.url
    assert f"eml:{folder}/mails" == settings.relay.url
    assert f"sqlite:///{folder}/state/ledger.db" == settings.ledger.url
    assert folder / "wording" == settings.templates.dir
    assert folder / "ca.pem" == settings.relay.ca_file
    assert folder / "rules.toml" == settings.rules.file


def test_an_absolute_path_stays_as_it_is(config: Path) -> None:
    settings = load(config, ["source.url=sqlite:////srv/sag er.db?timeout=5", "relay.url=eml:/srv/mails"])
    assert "sqlite:////srv/sag er.db?timeout=5" == settings.source.url
    assert "eml:/srv/mails" == settings.relay.url


def test_without_rules_of_its_own_an_installation_has_the_shipped_ones(config: Path) -> None:
    settings, book = load_with_rules(config, [])
    assert shipped_folder("config") / "rules.toml" == settings.rules.file
    assert load_rules(settings.rules.file) == book


def test_the_command_line_goes_before_the_file(config: Path) -> None:
    settings = load(
        config,
        [
            "relay.url=smtp://[::1]:2525",
            "relay.tls=none",
            "relay.timeout_s=5",
            "calendar.extra_closed=[2026-05-15, '10-21', \"2026-05-18\"]",
            "run.send_time=07:30",
            'operator.mail=["it@kommune.example"]',
            "sender.name=Sagshjælp = os",
        ],
    )
    assert (
        settings.relay.url,
        settings.relay.tls,
        settings.relay.timeout_s,
    ) == ("smtp://[::1]:2525", "none", 5)
    assert (date(2026, 5, 15), MonthDay(10, 21), date(2026, 5, 18)) == settings.calendar.extra_closed
    assert time(7, 30) == settings.run.send_time
    assert ("it@kommune.example",) == settings.operator.mail
    assert "Sagshjælp = os" == settings.sender.name


def test_what_is_no_override_is_told_how_to_become_one(config: Path) -> None:
    expected = "--set tls: this sets nothing (write --set table.key=value; did you mean relay.tls?)"
    assert [expected] == problems(config, "tls=none")


def test_of_two_overrides_of_a_key_the_last_one_counts(config: Path) -> None:
    assert 3 == load(config, ["relay.connections=2", "relay.connections=3"]).relay.connections


def test_a_value_cannot_smuggle_in_a_second_key(config: Path) -> None:
    expected = r"--set relay.connections: found '1\nother = 2' (allowed: a whole number from 1 to 8)"
    assert [expected] == problems(config, "relay.connections=1\nother = 2")


def test_a_problem_of_the_command_line_is_called_so_and_comes_last(config: Path) -> None:
    config.write_text(SMALLEST.replace("[relay]", "[relay]\nconnections = 0"), encoding="utf-8")
    expected = [
        f"{config}:5: relay.connections: found 0 (allowed: a whole number from 1 to 8)",
        "--set relay.tls: found 'maybe' (allowed: 'required', 'none')",
        "--set reley.url: unknown key (did you mean relay?)",
    ]
    assert expected == problems(config, "relay.tls=maybe", "reley.url=x")


@pytest.mark.parametrize(
    "override",
    [
        "relay.password=hemmelig",
        "sender.kodeord=hemmelig",
        "relay.url=smtp://a:hemmelig@relay.kommune.example",
        "relay.url=smtp://a:hem/hemmelig@relay.kommune.example:x",
        "source.url=postgresql+psycopg://a:hemmelig@db.kommune.example/x",
        "source.url=postgresql+psycopg://a:hemmelig@db.kommune.example:port/x",
        "source.url=mssql+pyodbc:///?odbc_connect=DSN%3Dx%3BPWD%3Dhemmelig",
        "ledger.url=postgresql://a:hemmelig@db.kommune.example/x",
    ],
)
def test_a_password_on_the_command_line_is_refused_and_not_repeated(config: Path, override: str) -> None:
    found = problems(config, override)
    assert 1 == len(found)
    assert "hemmelig" not in found[0]


def test_a_loopback_relay_may_go_without_encryption(config: Path) -> None:
    for host in ("127.0.0.1:25", "127.9.9.9:25", "[::1]:25", "localhost:25"):
        settings = load(config, [f"relay.url=smtp://{host}", "relay.tls=none"])
        assert f"smtp://{host}" == settings.relay.url
    assert problems(config, "relay.url=smtp://127.0.0.1.kommune.example", "relay.tls=none")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("smtp://relay.kommune.example", "smtp://relay.kommune.example:25"),
        ("smtps://relay.kommune.example", "smtps://relay.kommune.example:465"),
        ("SMTP://Relay.kommune.example:2525/", "smtp://relay.kommune.example:2525"),
    ],
)
def test_a_relay_url_ends_with_its_port(config: Path, given: str, expected: str) -> None:
    assert expected == load(config, [f"relay.url={given}"]).relay.url


def test_domains_and_addresses_have_one_spelling(config: Path) -> None:
    settings = load(config, ["privacy.recipient_domains=['RØDBY.example', 'kommune.example']"])
    assert ("xn--rdby-gra.example", "kommune.example") == settings.privacy.recipient_domains
    assert "paamindelser@kommune.example" == settings.sender.mail


def test_both_files_are_judged_at_once(config: Path) -> None:
    (config.parent / "rules.toml").write_text("[[rule]]\nwhen = 'soon'\n", encoding="utf-8")
    config.write_text(SMALLEST + "[rules]\nfile = 'rules.toml'\n[run]\ntick = 1\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_with_rules(config, [])
    assert {"reminderd.toml", "rules.toml"} == {
        Path(problem.where.partition(":")[0]).name for problem in caught.value.problems
    }


def test_a_missing_rules_file_is_named(config: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.toml: cannot be read: No such file"):
        load_with_rules(config, ["rules.file=nowhere.toml"])


def test_the_environment_names_the_file_where_nobody_else_does(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REMINDERD_CONFIG", str(config))
    assert load(config, []) == load(None, [])
    assert Path("/other.toml") == find(Path("/other.toml"), {"REMINDERD_CONFIG": str(config)})


def test_where_there_is_no_file_at_all_the_error_says_where_one_belongs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "DEFAULT_FILE", tmp_path / "etc.toml")
    with pytest.raises(
        ConfigurationError, match=r"etc\.toml: there is no configuration file \(give --config"
    ):
        find(None, {})
    (tmp_path / "etc.toml").touch()
    assert tmp_path / "etc.toml" == find(None, {})


def test_a_file_that_cannot_be_read_is_a_problem_with_its_path(tmp_path: Path) -> None:
    assert f"{tmp_path}: cannot be read: Is a directory" in problems(tmp_path)[0]


def test_a_file_written_on_windows_is_understood(config: Path) -> None:
    expected = load(config, [])
    config.write_bytes(b"\xef\xbb\xbf" + SMALLEST.replace("\n", "\r\n").encode())
    assert expected == load(config, [])


def test_a_select_is_read_from_its_file(config: Path) -> None:
    (config.parent / "borger.sql").write_text("SELECT 1 AS borger_id", encoding="utf-8")
    settings = load(config, ["source.url=sqlite:///sager.db", "source.selects.rd_borger=borger.sql"])
    assert {"rd_borger": "SELECT 1 AS borger_id"} == read_selects(settings.source)


def test_a_select_that_is_no_text_is_a_problem(config: Path) -> None:
    (config.parent / "borger.sql").write_bytes(b"SELECT '\xf8'")
    settings = load(config, ["source.url=sqlite:///sager.db", "source.selects.rd_borger=borger.sql"])
    with pytest.raises(ConfigurationError, match="not written in UTF-8"):
        read_selects(settings.source)


def test_settings_cannot_be_changed(config: Path) -> None:
    settings = load(config, [])
    with pytest.raises(ValueError, match="frozen"):
        settings.relay.tls = "none"  # type: ignore[misc]


@st.composite
def misspelling(draw: st.DrawFn, word: str) -> str:
    """Drop, double, swap or replace one letter."""
    place = draw(st.integers(0, len(word) - 1))
    how = draw(st.sampled_from(["drop", "double", "swap", "replace"]))
    before, letter, after = word[:place], word[place], word[place + 1 :]
    match how:
        case "drop":
            return before + after
        case "double":
            return before + letter * 2 + after
        case "swap":
            return before + after[:1] + letter + after[1:]
        case _:
            return before + draw(st.sampled_from(string.ascii_lowercase)) + after


@given(data=st.data())
def test_a_misspelt_setting_is_refused_and_the_right_key_suggested(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    key = data.draw(st.sampled_from(sorted(known_keys(Settings))))
    table, _, name = key.partition(".")
    wrong_table = data.draw(st.booleans())
    wrong = data.draw(misspelling(table if wrong_table else name))
    known = {other.partition(".")[0] for other in known_keys(Settings)} | {
        other.rpartition(".")[2] for other in known_keys(Settings)
    }
    if wrong in known | PASSWORD_WORDS:
        return
    path = tmp_path_factory.getbasetemp() / "misspelt.toml"
    line = f"{wrong}.{name} = 1\n" if wrong_table else f"{table}.{wrong} = 1\n"
    path.write_text(line, encoding="utf-8")
    found = next(problem for problem in problems(path) if "unknown key" in problem)
    assert found.startswith(f"{path}:1: {wrong if wrong_table else f'{table}.{wrong}'}: unknown key")
    assert re.search(rf"\b{re.escape(table if wrong_table else key)}( or |\?)", found)


@given(data=st.data())
def test_a_misspelt_key_of_the_rules_is_refused_and_the_right_one_suggested(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tables = {"rule": list(RuleTable.model_fields)}
    for dotted in known_keys(DeadlineTables, "deadline."):
        table, _, name = dotted.rpartition(".")
        tables.setdefault(table, []).append(name)
    table = data.draw(st.sampled_from(sorted(tables)))
    name = data.draw(st.sampled_from(tables[table]))
    wrong = data.draw(misspelling(name))
    if wrong in {*tables[table], *PASSWORD_WORDS}:
        return
    header = "[[rule]]\n" if table == "rule" else f"[{table}]\n"
    path = tmp_path_factory.getbasetemp() / "misspelt-rules.toml"
    path.write_text(f"{header}{wrong} = 1\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_rules(path)
    found = next(str(problem) for problem in caught.value.problems if problem.what == "unknown key")
    assert found.startswith(f"{path}:2: ")
    assert re.search(rf"\b{name}( or |\?)", found)
