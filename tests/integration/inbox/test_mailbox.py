"""The mailbox over real TLS: what is fetched, where mails go, and a server that misbehaves."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import trustme

from reminderd.errors import ConfigurationError, InboxUnavailableError
from reminderd.inbox.mailbox import open_mailbox, tls_context
from tests import inbox_mails as mails
from tests.inbox_mails import Given
from tests.integration.inbox.conftest import Box


def test_mails_wait_oldest_first_and_are_marked_by_nobody(box: Box) -> None:
    box.deliver(mails.ordinary("1"), mails.ordinary("2"), mails.ordinary("3"))
    with open_mailbox(box.access()) as mailbox:
        first, second = mailbox.waiting(2)
        assert (mails.ordinary("1"), mails.ordinary("2")) == (mailbox.fetch(first), mailbox.fetch(second))
        assert 3 == len(mailbox.waiting(10))
    assert [set(), set(), set()] == box.flags()


def test_what_is_done_is_seen_what_is_left_is_flagged_and_neither_comes_again(box: Box) -> None:
    box.deliver(mails.ordinary("1"), mails.ordinary("2"), mails.ordinary("3"))
    with open_mailbox(box.access()) as mailbox:
        first, second, third = mailbox.waiting(10)
        mailbox.done(first)
        mailbox.leave(second)
        assert [third] == mailbox.waiting(10)
    assert [{"\\Seen"}, {"\\Flagged"}, set()] == box.flags()


def test_with_a_folder_to_move_to_mails_that_a_person_opened_are_looked_at_too(box: Box) -> None:
    with box.server.log_in(box.user) as client:
        client.create_folder("Behandlet")
        client.append("INBOX", mails.ordinary(), flags=[b"\\Seen"])
    with open_mailbox(box.access(move_to="Behandlet")) as mailbox:
        (only,) = mailbox.waiting(10)
        mailbox.done(only)
        assert [] == mailbox.waiting(10)
    assert [] == box.flags()
    assert [{"\\Seen"}] == box.flags("Behandlet")


def test_a_mail_of_fifty_megabytes_is_not_fetched(box: Box) -> None:
    large = mails.ordinary("a" * 70 + "\r\n" + ("b" * 70 + "\r\n") * 730_000)
    assert len(large) > 50_000_000
    box.deliver(large, mails.ordinary())
    with open_mailbox(box.access()) as mailbox:
        first, second = mailbox.waiting(10)
        assert mailbox.fetch(first) is None
        assert mails.ordinary() == mailbox.fetch(second)


def test_the_size_limit_is_the_setting_s(box: Box) -> None:
    raw = mails.exchange(Given())
    box.deliver(raw)
    for largest, expected in ((len(raw), raw), (len(raw) - 1, None)):
        with open_mailbox(box.access(largest=largest)) as mailbox:
            assert expected == mailbox.fetch(mailbox.waiting(1)[0])


def test_a_mail_that_has_gone_meanwhile_is_nothing(box: Box) -> None:
    with open_mailbox(box.access()) as mailbox:
        assert mailbox.fetch(4711) is None


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"password": "forkert"}, "login was refused"),
        ({"folder": "Findes ikke"}, "opening the folder"),
        ({"move_to": "Findes ikke"}, "no folder Findes ikke"),
        ({"host": "127.0.0.1"}, "certificate"),
    ],
)
def test_what_stands_in_the_way_is_said_with_its_cure(box: Box, wrong: dict[str, str], word: str) -> None:
    with pytest.raises(InboxUnavailableError, match=word) as caught, open_mailbox(box.access(**wrong)):
        pass
    assert caught.value.cure
    assert "forkert" not in str(caught.value)


def test_a_stranger_s_certificate_is_not_accepted(box: Box, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other") / "ca.pem"
    trustme.CA().cert_pem.write_to_path(other)
    access = box.access(context=tls_context(other))
    with pytest.raises(InboxUnavailableError, match="certificate"), open_mailbox(access):
        pass


def test_an_authority_that_cannot_be_read_is_a_matter_of_configuration(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with pytest.raises(ConfigurationError, match=r"inbox\.ca_file"):
        tls_context(tmp_path_factory.mktemp("none") / "ca.pem")


Act = Callable[[ssl.SSLSocket, threading.Event], None]


@contextmanager
def misbehaving(authority: trustme.CA, act: Act) -> Iterator[int]:
    """Listen on the loopback, speak TLS, and do as told with the one who comes; yields the port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            plain, _ = door.accept()
            with plain, context.wrap_socket(plain, server_side=True) as line:
                try:
                    act(line, over)
                except OSError:
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        yield door.getsockname()[1]
        over.set()
        thread.join(30)


def greet(line: ssl.SSLSocket) -> None:
    line.sendall(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")


def stall(line: ssl.SSLSocket, over: threading.Event) -> None:
    greet(line)
    over.wait(60)


def say_nothing(_line: ssl.SSLSocket, over: threading.Event) -> None:
    over.wait(60)


def dribble(line: ssl.SSLSocket, over: threading.Event) -> None:
    """Never long enough silent for a timeout of one answer, and never done."""
    line.sendall(b"* OK ")
    while not over.wait(0.05):
        line.sendall(b"a")


def drop(line: ssl.SSLSocket, _over: threading.Event) -> None:
    greet(line)


def babble(line: ssl.SSLSocket, _over: threading.Event) -> None:
    greet(line)
    line.recv(1_000)
    line.sendall(b"\xff\x00 what is this\r\n" * 10)


def drop_while_reading(line: ssl.SSLSocket, _over: threading.Event) -> None:
    """Let in, open the folder, and go in the middle of the list of mails."""
    greet(line)
    for _ in range(2):
        tag, _, command = line.recv(1_000).partition(b" ")
        if command.upper().startswith(b"CAPABILITY"):
            line.sendall(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")
            tag = line.recv(1_000).partition(b" ")[0]
        line.sendall(b"* 3 EXISTS\r\n" + tag + b" OK done\r\n")
    line.recv(1_000)
    line.sendall(b"* SEARCH 1 2")


@pytest.mark.parametrize(
    ("act", "limits", "word"),
    [
        (stall, {"timeout": 0.5}, "no answer in time"),
        (say_nothing, {"timeout": 0.5}, "no answer in time"),
        (stall, {"timeout": 60.0, "seconds": 0.5}, "no answer in time"),
        (dribble, {"timeout": 5.0, "seconds": 0.7}, "no answer in time"),
        (drop, {}, "failed"),
        (babble, {}, "failed"),
        (drop_while_reading, {}, "reading failed"),
    ],
)
def test_a_server_that_stalls_dribbles_or_drops_ends_the_look_soon(
    box: Box, authority: trustme.CA, act: Act, limits: dict[str, float], word: str
) -> None:
    before = time.monotonic()
    with misbehaving(authority, act) as port:
        access = box.access(port=port, **limits)
        with pytest.raises(InboxUnavailableError, match=word), open_mailbox(access) as mailbox:
            mailbox.waiting(10)
    assert time.monotonic() - before < 15


def test_a_server_without_tls_gets_no_password(box: Box) -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            line, _ = door.accept()
            with line:
                line.sendall(b"* OK ready\r\n")
                heard.append(line.recv(1_000))

        thread = threading.Thread(target=serve)
        thread.start()
        access = box.access(port=door.getsockname()[1], timeout=5.0)
        with pytest.raises(InboxUnavailableError, match="connecting failed"), open_mailbox(access):
            pass
        thread.join(30)
    assert b"LOGIN" not in b"".join(heard).upper()
