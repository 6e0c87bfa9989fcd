"""A secret is read from a file of its owner's alone or a systemd credential, and never shown."""

import os
from pathlib import Path

import pytest

from reminderd.config.connections import LedgerSettings, RelaySettings, SourceSettings
from reminderd.config.secrets import (
    SecretError,
    SecretNotReadableError,
    installation_secret,
    ledger_url,
    read_secret,
    relay_password,
    source_connection,
)
from reminderd.errors import EXIT_CONFIGURATION

RELAY = "smtp://relay.kommune.example:25"
DATABASE = "postgresql+psycopg://reminderd@db.kommune.example/sager"


def secret_file(folder: Path, content: bytes = b"hemmelig\n", mode: int = 0o600) -> Path:
    path = folder / "relay-password"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_secret_is_the_line_without_its_end_and_hides_in_repr(tmp_path: Path) -> None:
    for content in (b"hemmelig", b"hemmelig\n", b"hemmelig\r\n"):
        secret = read_secret(secret_file(tmp_path, content))
        assert "hemmelig" == secret.get_secret_value()
        assert "hemmelig" not in f"{secret!r} {secret}"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o610, 0o644])
def test_a_secret_that_others_have_rights_to_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    path = secret_file(tmp_path, mode=mode)
    with pytest.raises(SecretError, match=f"mode {mode:04o}") as caught:
        read_secret(path)
    assert caught.value.exit_status == EXIT_CONFIGURATION
    assert f"chmod 0600 {path}" in caught.value.cure


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"hemmelig\nhemmelig\n", b"hemmelig\xf8", b"hemmelig" * 600], ids=range(5)
)
def test_what_is_not_one_line_of_text_is_refused_and_not_repeated(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(SecretError, match="holds no secret") as caught:
        read_secret(secret_file(tmp_path, content))
    assert "hemmelig" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_secret_that_is_not_there_is_told_apart_from_an_unfit_one(tmp_path: Path) -> None:
    with pytest.raises(SecretNotReadableError, match="No such file"):
        read_secret(tmp_path / "nowhere")


def test_a_folder_and_a_pipe_are_no_secrets(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(SecretError, match="no ordinary file"):
            read_secret(path)


def test_the_credential_serves_where_no_file_is_named_and_its_group_bits_are_systemd_s(
    tmp_path: Path,
) -> None:
    secret_file(tmp_path, mode=0o440)
    relay = RelaySettings(url=RELAY, username="reminderd")
    secret = relay_password(relay, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert secret is not None
    assert "hemmelig" == secret.get_secret_value()


def test_a_command_without_credentials_reads_them_where_systemd_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reminderd.config.secrets.CREDENTIAL_STORE", tmp_path)
    secret_file(tmp_path, mode=0o400).rename(tmp_path / "reminderd.relay-password")
    relay = RelaySettings(url=RELAY, username="reminderd")
    secret = relay_password(relay, {})
    assert secret is not None
    assert "hemmelig" == secret.get_secret_value()
    tmp_path.joinpath("reminderd.relay-password").chmod(0o444)
    with pytest.raises(SecretError, match="mode 0444"):
        relay_password(relay, {})


def test_a_named_file_inside_the_credentials_is_trusted_like_them(tmp_path: Path) -> None:
    relay = RelaySettings(url=RELAY, username="reminderd", password_file=secret_file(tmp_path, mode=0o440))
    assert relay_password(relay, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    with pytest.raises(SecretError, match="mode 0440"):
        relay_password(relay, {"CREDENTIALS_DIRECTORY": f"{tmp_path}/other"})


def test_a_named_file_goes_before_the_credential(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    relay = RelaySettings(
        url=RELAY, username="reminderd", password_file=secret_file(tmp_path / "own", b"other")
    )
    secret_file(tmp_path)
    secret = relay_password(relay, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert secret is not None
    assert "other" == secret.get_secret_value()


def test_without_a_login_no_password_is_looked_for(tmp_path: Path) -> None:
    secret_file(tmp_path)
    assert relay_password(RelaySettings(url=RELAY), {"CREDENTIALS_DIRECTORY": str(tmp_path)}) is None


def test_a_login_without_a_password_is_an_error_that_names_both_ways(tmp_path: Path) -> None:
    relay = RelaySettings(url=RELAY, username="reminderd")
    for environ in ({}, {"CREDENTIALS_DIRECTORY": str(tmp_path)}):
        with pytest.raises(SecretNotReadableError, match="/etc/credstore/reminderd") as caught:
            relay_password(relay, environ)
        assert "relay.password_file" == caught.value.where


def test_the_database_password_enters_the_url_only_when_it_is_needed(tmp_path: Path) -> None:
    source = SourceSettings(url=DATABASE, password_file=secret_file(tmp_path, b"hem/me@lig"))
    connection = source_connection(source, {})
    assert DATABASE.replace("@", ":hem%2Fme%40lig@", 1) == connection.get_secret_value()
    assert "lig" not in repr((source, connection))


@pytest.mark.parametrize("url", ["csv:/srv/cases", "sqlite:////srv/sager.db", DATABASE])
def test_a_source_without_a_password_is_its_url(url: str) -> None:
    assert url == source_connection(SourceSettings(url=url), {}).get_secret_value()


def lent(folder: Path, **credentials: str) -> dict[str, str]:
    """Return the environment in which systemd has lent these."""
    for name, content in credentials.items():
        (folder / name.replace("_", "-")).write_text(f"{content}\n")
    return {"CREDENTIALS_DIRECTORY": str(folder)}


def test_a_whole_url_may_be_a_secret(tmp_path: Path) -> None:
    url = DATABASE.replace("@", ":hemmelig@")
    environ = lent(tmp_path, source_url=url, ledger_url="sqlite:////srv/l.db")
    source = SourceSettings(url="credential:source-url")
    assert url == source_connection(source, environ).get_secret_value()
    assert "hemmelig" not in repr((source, source_connection(source, environ)))
    assert "sqlite:////srv/l.db" == ledger_url(LedgerSettings(url="credential:ledger-url"), environ)
    assert "sqlite:////srv/m.db" == ledger_url(LedgerSettings(url="sqlite:////srv/m.db"), environ)


def test_a_url_that_is_not_lent_here_says_where_it_belongs(tmp_path: Path) -> None:
    with pytest.raises(SecretNotReadableError, match="cannot be read here") as caught:
        source_connection(SourceSettings(url="credential:source-url"), lent(tmp_path))
    assert "/etc/credstore/reminderd.source-url, mode 0400" in caught.value.cure
    with pytest.raises(SecretNotReadableError, match=r"ledger\.url"):
        ledger_url(LedgerSettings(url="credential:ledger-url"), lent(tmp_path))


@pytest.mark.parametrize("url", ["sqlite:///sager.db", "csv:sager", "sqlite://"])
def test_a_lent_url_counts_from_nowhere(tmp_path: Path, url: str) -> None:
    with pytest.raises(SecretError, match="a relative path") as caught:
        source_connection(SourceSettings(url="credential:source-url"), lent(tmp_path, source_url=url))
    assert "sager" not in str(caught.value)


def test_a_lent_url_has_no_other_name_and_no_password_beside_it() -> None:
    with pytest.raises(ValueError, match="url"):
        SourceSettings(url="credential:other")
    with pytest.raises(ValueError, match="lent as a whole"):
        SourceSettings(url="credential:source-url", password_file="/srv/db")  # noqa: S106 - a path


def test_the_installation_s_secret_may_be_given_and_is_long_enough(tmp_path: Path) -> None:
    assert installation_secret(lent(tmp_path)) is None
    assert b"0123456789" * 4 == installation_secret(lent(tmp_path, installation_secret="0123456789" * 4))
    with pytest.raises(SecretError, match="too short") as caught:
        installation_secret(lent(tmp_path, installation_secret="hemmelig" * 3))
    assert "hemmelig" not in str(caught.value)


def test_settings_made_without_a_file_do_not_repeat_a_password_either() -> None:
    with pytest.raises(ValueError, match="a password stands in the URL") as caught:
        RelaySettings(url="smtp://reminderd:hemmelig@relay.kommune.example:25")
    assert "hemmelig" not in str(caught.value)
