import re

import pytest

from reminderd.compose.identity import message_id_for, recipient_token, uid_for
from tests.unit.compose_cases import SECRET

WHO = {
    "kind": "review",
    "subject": "forloeb:42",
    "recipient_holder": "medarbejder:7",
    "generation": 0,
    "domain": "d.example",
}


def uid(**changes: object) -> str:
    return uid_for(SECRET, **(WHO | changes))  # type: ignore[arg-type]


def test_the_same_facts_give_the_same_names_for_ever() -> None:
    # Fixed values: if these change, every installation's calendar entries lose their identity.
    assert "<c814325ee71df2d4c47adbbc01cd54c8@d.example>" == message_id_for(SECRET, "key", 0, "d.example")
    assert "50f135e0fc25d64f4ad94229fe98792e@d.example" == uid()
    assert "92b48158c875" == recipient_token(SECRET, "a@b.example")


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "activity"},
        {"subject": "forloeb:43"},
        {"recipient_holder": "medarbejder:8"},
        {"generation": 1},
    ],
)
def test_another_occasion_recipient_or_generation_is_another_entry(changes: dict[str, object]) -> None:
    assert uid() != uid(**changes)


def test_parts_that_join_to_the_same_text_stay_apart() -> None:
    assert uid(kind="ab", subject="c") != uid(kind="a", subject="bc")


def test_a_revision_has_a_message_id_of_its_own() -> None:
    assert message_id_for(SECRET, "key", 0, "d.example") != message_id_for(SECRET, "key", 1, "d.example")


def test_another_installation_gives_other_names() -> None:
    assert uid() != uid_for(b"another secret, of decent length", **WHO)  # type: ignore[arg-type]


def test_a_name_shows_nothing_of_what_it_was_made_from() -> None:
    assert re.fullmatch(r"[0-9a-f]{32}@d\.example", uid())


def test_a_long_secret_counts_to_its_last_byte() -> None:
    assert message_id_for(b"x" * 100 + b"a", "k", 0, "d") != message_id_for(b"x" * 100 + b"b", "k", 0, "d")


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        message_id_for(b"short", "key", 0, "d.example")


def test_an_address_has_one_token_however_it_is_written() -> None:
    assert recipient_token(SECRET, "a@b.example") == recipient_token(SECRET, " A@B.example ")
