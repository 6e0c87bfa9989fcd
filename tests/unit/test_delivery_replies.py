"""Whom a relay's refusal speaks of, by its code and its words: real relays' own sentences."""

import pytest

from reminderd.delivery.replies import About, about


@pytest.mark.parametrize(
    ("step", "code", "words", "means"),
    [
        ("RCPT", 550, "5.1.1 <x@y.example>: Recipient address rejected: User unknown", "reader"),
        ("RCPT", 550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", "reader"),
        ("RCPT", 550, "5.2.1 The email account that you tried to reach is disabled", "reader"),
        ("RCPT", 552, "5.2.2 Mailbox full", "reader"),
        ("RCPT", 552, "Mailbox full", "reader"),
        ("RCPT", 551, "User not local", "reader"),
        ("RCPT", 553, "mailbox name not allowed", "reader"),
        ("the message", 554, "5.2.2 mailbox full", "reader"),
        ("RCPT", 552, "5.3.4 Message size exceeds fixed limit", "size"),
        ("MAIL", 552, "message size exceeds fixed maximum", "size"),
        ("MAIL", 554, "5.3.4 too big", "size"),
        ("the message", 552, "too much data", "size"),
        ("the message", 552, "5.2.3 message length exceeds administrative limit", "size"),
        ("the message", 554, "5.6.0 invalid message content", "message"),
        ("the message", 554, "Transaction failed", "message"),
        ("the message", 550, "5.6.1 media not supported", "message"),
        ("RCPT", 554, "5.7.1 <x@y.example>: Relay access denied", "policy"),
        ("RCPT", 554, "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using a list", "policy"),
        ("RCPT", 550, "5.7.1 RESOLVER.RST.AuthRequired; authentication required", "policy"),
        ("RCPT", 550, "5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup", "policy"),
        (
            "the message",
            550,
            "5.7.60 Client does not have permissions to send as this sender",
            "policy",
        ),
        ("RCPT", 550, "5.4.1 Recipient address rejected: Access denied", "policy"),
        ("RCPT", 550, "5.1.0 Sender address rejected: undeliverable address", "policy"),
        ("RCPT", 550, "no", "policy"),
        ("RCPT", 554, "no", "policy"),
        ("RCPT", 503, "5.5.1 bad sequence of commands", "policy"),
        ("RCPT", 553, "5.1.8 <a@b.example>: Sender address rejected: Domain not found", "us"),
        ("the message", 554, "5.2.252 SendAsDenied; not allowed to send as", "us"),
        ("MAIL", 550, "5.7.1 sender denied", "us"),
        ("MAIL", 550, "5.1.1 unknown", "us"),
        ("MAIL", 554, "no", "us"),
        ("MAIL", 530, "5.7.0 Must issue a STARTTLS command first", "us"),
        ("RCPT", 530, "5.7.57 Client not authenticated to send mail", "us"),
        ("DATA", 535, "5.7.8 authentication failed", "us"),
        ("RCPT", 452, "4.2.2 mailbox full", "later"),
        ("MAIL", 452, "4.3.1 Insufficient system storage", "later"),
        ("RCPT", 450, "4.7.1 greylisted", "later"),
        ("RCPT", 550, "User unknown, see 5.1.1 of the handbook", "policy"),
    ],
)
def test_a_refusal_speaks_of(step: str, code: int, words: str, means: About) -> None:
    assert means == about(step, code, words)
