"""Which relays may be configured, and how the others are refused."""

import ssl
from pathlib import Path
from typing import Any

import pytest

from reminderd.delivery import open_transport
from reminderd.delivery.eml_folder import EmlFolder
from reminderd.delivery.smtp import SmtpTransport
from reminderd.errors import ConfigurationError


def problems(url: str, **keywords: Any) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        open_transport(url, **keywords)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("url", "host", "port", "security"),
    [
        ("smtp://relay.kommune.example:587", "relay.kommune.example", 587, "starttls"),
        ("smtp://relay.kommune.example", "relay.kommune.example", 25, "starttls"),
        ("smtps://relay.kommune.example", "relay.kommune.example", 465, "implicit"),
        ("SMTPS://Relay.Kommune.Example:4650/", "relay.kommune.example", 4650, "implicit"),
        ("smtp://[::1]:2525", "::1", 2525, "starttls"),
    ],
)
def test_a_url_says_where_and_how(url: str, host: str, port: int, security: str) -> None:
    transport = open_transport(url)
    assert isinstance(transport, SmtpTransport)
    assert (host, port, security) == (transport.relay.host, transport.relay.port, transport.relay.security)


def test_tls_is_verified_and_modern_by_default() -> None:
    transport = open_transport("smtp://relay.kommune.example")
    assert isinstance(transport, SmtpTransport)
    context = transport.relay.context
    assert context is not None
    assert (True, ssl.CERT_REQUIRED) == (context.check_hostname, context.verify_mode)
    assert ssl.TLSVersion.TLSv1_2 == context.minimum_version


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "[::1]", "localhost", "LOCALHOST"])
def test_clear_text_is_allowed_on_the_loopback(host: str) -> None:
    transport = open_transport(f"smtp://{host}:2525", tls="none")
    assert isinstance(transport, SmtpTransport)
    assert "none" == transport.relay.security


@pytest.mark.parametrize(
    "host",
    ["relay.kommune.example", "10.0.0.1", "0.0.0.0", "localhost.kommune.example", "128.0.0.1"],  # noqa: S104
)
def test_clear_text_is_refused_everywhere_else(host: str) -> None:
    expected = f"relay.tls: none is for loopback addresses, and {host} is not one (use required)"
    assert [expected] == problems(f"smtp://{host}", tls="none")


def test_a_folder_is_a_transport() -> None:
    transport = open_transport("eml:/srv/out")
    assert isinstance(transport, EmlFolder)
    assert Path("/srv/out") == transport.folder


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://relay.example", "relay.url: unknown scheme 'http'"),
        ("relay.example", "relay.url: no scheme"),
        ("", "relay.url: no scheme"),
        ("eml:", "relay.url: eml: without a folder"),
        ("smtp://", "relay.url: no host"),
        ("smtp://relay.example:0", "relay.url: port 0"),
        ("smtp://relay.example:99999", "relay.url: host or port cannot be read"),
        ("smtp://relay.example/inbox", "relay.url: holds more than host and port"),
    ],
)
def test_a_url_that_means_nothing_is_refused_with_what_would_be_right(url: str, expected: str) -> None:
    found = problems(url)
    assert found[0].startswith(expected)


def test_a_password_in_the_url_is_refused_and_not_repeated() -> None:
    (found,) = problems("smtp://reminderd:hemmeligt@relay.example")
    assert "relay.url: holds a user name or password (give them as their own keys)" == found


def test_a_password_is_not_in_what_is_printed_of_a_transport() -> None:
    transport = open_transport("smtp://relay.example", username="reminderd", password="hemmeligt")  # noqa: S106
    assert isinstance(transport, SmtpTransport)
    assert "hemmeligt" not in repr(transport.relay)


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    missing = tmp_path / "none.pem"
    pem = "give a readable PEM file of certificates"
    found = problems("smtp://relay.example/x", ca_file=missing, username="u", timeout=0, per_connection=0)
    assert found == [
        "relay.url: holds more than host and port (use smtp://HOST:PORT, smtps://HOST:PORT or eml:FOLDER)",
        "relay.password: missing, and its other half is given (give both or neither)",
        "relay.timeout: 0 seconds (give more than 0)",
        "relay.per_connection: 0 (give 1 or more)",
        f"relay.ca_file: {missing} cannot be used: No such file or directory ({pem})",
    ]


def test_a_file_without_certificates_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    (found,) = problems("smtp://relay.example", ca_file=tmp_path / "ca.pem")
    assert found.startswith(f"relay.ca_file: {tmp_path}/ca.pem cannot be used")


def test_clear_text_and_smtps_contradict_each_other() -> None:
    (found,) = problems("smtps://localhost", tls="none")
    assert "relay.tls: none contradicts smtps:// (use smtp://, or tls = required)" == found
