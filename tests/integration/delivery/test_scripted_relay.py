"""The relay that other tests lean on, met by a client that is not ours: the standard library's smtplib."""

import contextlib
import smtplib

import pytest

from reminderd.testing.relay import Close, Drop, Received, Reply, ScriptedRelay, Stall
from reminderd.testing.script import Step

MESSAGE = b"Subject: x\r\n\r\n.hej\r\n"


def send(relay: ScriptedRelay) -> None:
    with smtplib.SMTP(relay.host, relay.port, timeout=30) as client:
        client.sendmail("a@kommune.example", ["b@kommune.example"], MESSAGE)


def test_a_relay_without_a_script_takes_everything() -> None:
    with ScriptedRelay() as relay:
        send(relay)
        send(relay)
        expected = [
            Received(
                connection=number,
                transaction=number,
                mail_from="a@kommune.example",
                rcpt_to=("b@kommune.example",),
                raw=MESSAGE,
            )
            for number in (1, 2)
        ]
        assert expected == list(relay.messages)


def test_each_transaction_gets_its_own_entry_of_the_script() -> None:
    with ScriptedRelay([None, Reply("RCPT", 450), None]) as relay:
        with smtplib.SMTP(relay.host, relay.port, timeout=30) as client:
            client.sendmail("a@kommune.example", ["b@kommune.example"], MESSAGE)
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                client.sendmail("a@kommune.example", ["b@kommune.example"], MESSAGE)
            client.sendmail("a@kommune.example", ["b@kommune.example"], MESSAGE)
        assert [1, 3] == [message.transaction for message in relay.messages]


def test_a_message_cut_off_after_the_dot_counts_as_taken_and_unanswered() -> None:
    with ScriptedRelay([Drop("dot")]) as relay:
        with pytest.raises(smtplib.SMTPServerDisconnected):
            send(relay)
        assert [False] == [message.answered for message in relay.messages]


@pytest.mark.parametrize("step", ["connect", "EHLO", "MAIL", "RCPT", "DATA", "go-ahead", "text"])
def test_a_line_cut_before_the_dot_leaves_no_message(step: Step) -> None:
    with ScriptedRelay([Drop(step)]) as relay:
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
            send(relay)
        assert () == relay.messages


def test_a_scripted_reply_is_what_the_client_hears() -> None:
    with ScriptedRelay([Reply("dot", 452, "4.3.1 disk full")]) as relay:
        with pytest.raises(smtplib.SMTPDataError) as caught:
            send(relay)
        assert (452, b"4.3.1 disk full") == (caught.value.smtp_code, caught.value.smtp_error)
        assert () == relay.messages


def test_a_released_stall_goes_on_as_if_nothing_was() -> None:
    with ScriptedRelay([Stall("RCPT")]) as relay:
        relay.release()
        send(relay)
        assert relay.wait_for_stall()
        assert [True] == [message.answered for message in relay.messages]


def test_a_relay_may_close_after_an_answer() -> None:
    with ScriptedRelay([Close("dot")]) as relay:
        client = smtplib.SMTP(relay.host, relay.port, timeout=30)
        client.sendmail("a@kommune.example", ["b@kommune.example"], MESSAGE)
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.noop()
        client.close()
        assert [True] == [message.answered for message in relay.messages]


def test_whoever_listens_hears_of_each_message() -> None:
    heard: list[Received] = []
    with ScriptedRelay(on_message=heard.append) as relay:
        send(relay)
        assert relay.wait_for_messages(1)
    assert list(relay.messages) == heard


def test_a_fault_of_the_script_is_not_swallowed() -> None:
    def broken(_turn: object) -> None:
        raise ZeroDivisionError

    relay = ScriptedRelay(broken)
    with pytest.raises(ExceptionGroup, match="failed in itself"), relay, contextlib.suppress(OSError):
        send(relay)


def test_lines_can_be_closed_from_outside() -> None:
    with ScriptedRelay() as relay:
        client = smtplib.SMTP(relay.host, relay.port, timeout=30)
        relay.close_lines()
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
            client.noop()
        client.close()
        assert 1 == relay.connections


def test_a_context_without_tls_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="context"):
        ScriptedRelay(tls="starttls")
