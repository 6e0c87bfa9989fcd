"""The last look at a finished mail: whatever gets into one, it does not leave the house.

The personal number here is invented, and its day (31 February) does not exist.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from email import message_from_bytes
from pathlib import Path

import pytest

from reminderd.compose import gate
from reminderd.compose.composer import Composed, Composer
from reminderd.compose.faults import UnsafeMailError
from reminderd.compose.filters import LANGUAGES, Language
from reminderd.compose.invite import CalendarRevision, Mailbox
from reminderd.compose.message import Attachment, CalendarFile, Letter, serialise
from reminderd.compose.wording import Wordings
from reminderd.domain.cpr import case_number_form
from reminderd.domain.notices import Notice, Occasion
from reminderd.errors import WordingError
from tests.unit.compose_cases import (
    DATA_PR,
    DATASETS,
    DOMAIN,
    KINDS,
    RECIPIENT,
    REVISION,
    SECRET,
    SENDER,
    SENT,
    TEMPLATES,
    composer,
    notice,
    wordings,
)

NUMBER = "310299-0000"
SPELLINGS = (
    NUMBER,
    "3102990000",
    "31 02 99 00 00",
    "310299\N{EN DASH}0000",
    "310299\N{MIDDLE DOT}0000",
    "9102990000",
)
EXPECTED = gate.Expected(SENDER.mail, RECIPIENT)
ICS = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//reminderd//DA\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:x@y.example\r\n"
    "SUMMARY:Frist\r\nORGANIZER;CN=Påmindelser:mailto:paamindelser@kommune.example\r\n"
    "ATTENDEE;RSVP=TRUE:mailto:medarbejder@kommune.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
LETTER = Letter(
    sender=SENDER,
    recipient=RECIPIENT,
    subject="Møde i morgen",
    date=SENT,
    message_id="<0123456789abcdef0123456789abcdef@reminderd.example>",
    text="Hej æøå\r\n",
    html="<p>Hej æøå</p>\r\n",
    calendar=CalendarFile("REQUEST", ICS.encode()),
)
CSV = Attachment("statistik.csv", "text/csv", "periode;tal\r\n2026;3\r\n".encode("utf-8-sig"))


def found(letter: Letter, expected: gate.Expected = EXPECTED) -> set[str]:
    return set(gate.findings(serialise(letter)[1], expected))


def with_calendar(before: str, after: str) -> Letter:
    assert before in ICS
    return replace(LETTER, calendar=CalendarFile("REQUEST", ICS.replace(before, after).encode()))


def test_nothing_is_found_in_a_plain_mail() -> None:
    assert found(replace(LETTER, attachments=(CSV,))) == set()


def test_only_whoever_invited_may_stand_as_organizer() -> None:
    others = with_calendar("mailto:paamindelser@", "mailto:aftaler@")
    invited = replace(EXPECTED, organizer=EXPECTED.sender.replace("paamindelser@", "aftaler@"))
    assert set() == found(others, invited)
    assert {f"the calendar: {gate.PEOPLE}"} == found(LETTER, invited)


WHERE: dict[str, Callable[[str], Letter]] = {
    "Subject": lambda text: replace(LETTER, subject=f"Sag {text}"),
    "From": lambda text: replace(LETTER, sender=Mailbox(SENDER.mail, f"Sag {text}")),
    "the text": lambda text: replace(LETTER, text=f"Sag {text}.\r\n"),
    "the HTML": lambda text: replace(LETTER, html=f"<p>Sag {text}.</p>\r\n"),
    "the calendar": lambda text: with_calendar("SUMMARY:Frist", f"SUMMARY:{text}"),
    "a file": lambda text: replace(LETTER, attachments=(replace(CSV, content=text.encode()),)),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("place", WHERE)
def test_a_number_is_found_wherever_it_stands(place: str, spelling: str) -> None:
    assert f"{place}: {gate.NUMBER}" in found(WHERE[place](spelling))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("SUMMARY:Frist", "SUMMARY:Frist\r\nLOCATION:310299\r\n -0000"),
        ("UID:x@y.example", f"UID:{NUMBER}@y.example"),
        ("CN=Påmindelser", f"CN={NUMBER}"),
        ("SUMMARY:Frist", "SUMMARY:310299\\,0000"),
    ],
    ids=["folded in two", "UID", "parameter", "escaped"],
)
def test_a_number_is_found_in_every_corner_of_a_calendar(before: str, after: str) -> None:
    assert {f"the calendar: {gate.NUMBER}"} == found(with_calendar(before, after))


@pytest.mark.parametrize(
    "html",
    [
        f'<p title="{NUMBER}">x</p>',
        f"<!-- {NUMBER} --><p>x</p>",
        "<p>310299<b>-0000</b></p>",
        "<p>3<i>1</i>0<span>2</span>99-0000</p>",
        "<p>&#51;10299&#45;0000</p>",
        '<p title="310299&#8211;0000">x</p>',
        "<p>310299&shy;0000</p>",
    ],
)
def test_no_markup_hides_a_number(html: str) -> None:
    assert {f"the HTML: {gate.NUMBER}"} == found(replace(LETTER, html=f"{html}\r\n"))


def test_two_paragraphs_and_two_items_are_not_read_together() -> None:
    html = "<p>310299</p><p>0000</p><ul><li>310299</li><li>0000</li></ul>\r\n"
    assert set() == found(replace(LETTER, html=html))


def test_a_link_is_read_as_it_leads() -> None:
    expected = {f"the text: {gate.NUMBER}"}
    assert expected == found(replace(LETTER, text="https://sager.kommune.example/%33%310299%2D0000\r\n"))


def test_a_files_name_is_read_too() -> None:
    named = replace(CSV, filename="statistik-3102990000.csv")
    assert {f"a file's name: {gate.NUMBER}"} == found(replace(LETTER, attachments=(named,)))


@pytest.mark.parametrize(
    "text",
    [
        "Ring på 10 00 00 01 eller +45 10 00 00 01.",
        "Sag 2026-000123 og sag 2012-000123.",
        "EAN 5790000000005, IBAN DK50 0040 0440 1162 43.",
        "Mandag den 11. maj 2026 kl. 17.00–19.00, 14-05-2026 og 2026-05-15.",
        "Sag 26-1234-5678.",
    ],
)
def test_false_friends_pass(text: str) -> None:
    expected = replace(EXPECTED, case_numbers=case_number_form("##-####-####"))
    assert set() == found(
        replace(LETTER, text=f"{text}\r\n", html=f"<p>{text}</p>\r\n", subject=text), expected
    )


@pytest.mark.parametrize("character", "\x00\x07\x1b\x7f\x85\u2028\u202e\u2066\u200f")
def test_hidden_characters_are_found(character: str) -> None:
    text = f"Hej{character}du"
    assert {f"the text: {gate.CHARACTER}"} == found(replace(LETTER, text=f"{text}\r\n"))
    assert {f"the HTML: {gate.CHARACTER}"} == found(replace(LETTER, html=f"<p>{text}</p>\r\n"))
    assert {f"the calendar: {gate.CHARACTER}"} == found(with_calendar("SUMMARY:Frist", f"SUMMARY:{text}"))


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("END:VEVENT", "ATTENDEE:mailto:ond@udefra.example\r\nEND:VEVENT", gate.PEOPLE),
        ("mailto:medarbejder@", "mailto:en-anden@", gate.PEOPLE),
        ("mailto:paamindelser@", "mailto:ond@", gate.PEOPLE),
        ("END:VEVENT", "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:2@y.example\r\nEND:VEVENT", gate.PEOPLE),
        ("END:VEVENT", "ATTACH:https://udefra.example/\r\nEND:VEVENT", gate.PROPERTY),
        ("END:VEVENT", "X-ALT-DESC;FMTTYPE=text/html:<script>\r\nEND:VEVENT", gate.PROPERTY),
        ("END:VEVENT", "END:VEVENT\r\nBEGIN:VTODO\r\nEND:VTODO", gate.PROPERTY),
    ],
)
def test_nobody_and_nothing_is_smuggled_into_a_calendar(before: str, after: str, what: str) -> None:
    assert {f"the calendar: {what}"} == found(with_calendar(before, after))


@pytest.mark.parametrize(
    "html",
    [
        "<script>x</script>",
        '<p onclick="x()">x</p>',
        '<img src="https://udefra.example/">',
        '<a href="https://udefra.example/">x</a>',
        '<meta http-equiv="refresh" content="0">',
        "<style>p { background: url(https://udefra.example/) }</style>",
        '<form action="https://udefra.example/"><input></form>',
    ],
)
def test_html_that_does_something_is_found(html: str) -> None:
    assert {f"the HTML: {gate.ACTIVE}"} == found(replace(LETTER, html=f"{html}\r\n"))


def test_the_same_written_as_text_is_only_text() -> None:
    html = "<p>&lt;script&gt; javascript:x url(x) onclick=x</p>\r\n"
    assert set() == found(replace(LETTER, html=html))


def compose(
    one: Notice, *, by: Composer | None = None, revision: CalendarRevision | None = REVISION
) -> Composed:
    return (by or composer()).compose(one, composed_at=SENT, revision=revision, data_pr=DATA_PR)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"committee-report"}))
def test_no_shipped_wording_is_replaced_whatever_its_facts_are(
    kind: str, dataset: str, language: Language
) -> None:
    one = notice(kind, dataset)
    mail = composer(language).compose(
        one, composed_at=SENT, revision=REVISION if one.occasion else None, data_pr=DATA_PR
    )
    assert mail.replaced is None


def told(mail: Composed) -> str:
    parts = [part.get_payload(decode=True) for part in message_from_bytes(mail.raw).walk()]
    return "\n".join(part.decode() for part in parts if isinstance(part, bytes))


def with_number(kind: str = "activity-invitation") -> Notice:
    one = notice(kind)
    return replace(one, facts={**one.facts, "titel": f"Fest for {NUMBER}"})


def test_a_mail_with_a_number_is_replaced_by_one_without_any_fact() -> None:
    mail = compose(with_number())
    assert mail.replaced is not None
    assert mail.replaced.startswith(f"Subject: {gate.NUMBER}")
    assert not mail.has_calendar
    assert 2 == len(message_from_bytes(mail.raw).get_payload())
    assert "Der er en påmindelse til dig." in told(mail)
    for fact in (NUMBER, "Fest", "Huset", "8. januar"):
        assert fact not in told(mail)


def test_the_case_number_and_the_initials_are_gone_with_it() -> None:
    one = notice("review-plan")
    mail = compose(replace(one, facts={**one.facts, "plannavn": f"planen {NUMBER}"}))
    assert mail.replaced is not None
    for fact in ("2026-000123", "AB", "planen", "24. januar"):
        assert fact not in told(mail)


def test_a_young_person_reads_nothing_of_case_systems() -> None:
    mail = compose(with_number("youth-invitation"))
    assert mail.replaced is not None
    assert "Spørg den, du plejer at tale med." in told(mail)
    for word in ("sag", "system", "Karla", NUMBER, "Fest"):
        assert word not in told(mail)


def test_the_link_to_the_case_system_goes_along_where_there_is_one() -> None:
    by = Composer(wordings(), SENDER, DOMAIN, SECRET, link="https://sager.kommune.example/")
    assert "https://sager.kommune.example/" in told(compose(with_number(), by=by))


def test_a_replaced_mail_names_the_version_of_the_safe_wording() -> None:
    assert compose(with_number()).wording_version != compose(notice("activity-invitation")).wording_version


def test_what_was_found_names_the_place_and_never_the_number() -> None:
    replaced = compose(with_number()).replaced or ""
    assert not re.search(r"\d", replaced)


def test_a_cancellation_arrives_without_title_and_place() -> None:
    cancel = CalendarRevision(REVISION.uid, 1, SENT, "CANCEL")
    one = with_number()
    assert isinstance(one.occasion, Occasion)
    mail = compose(replace(one, occasion=replace(one.occasion, location="Huset")), revision=cancel)
    assert mail.replaced is not None
    assert mail.has_calendar
    assert "METHOD:CANCEL" in told(mail)
    assert "SUMMARY:Påmindelse" in told(mail)
    assert "LOCATION" not in told(mail)


def test_a_number_in_the_senders_name_holds_the_notice() -> None:
    by = Composer(wordings(), Mailbox(SENDER.mail, f"Sag {NUMBER}"), DOMAIN, SECRET)
    with pytest.raises(UnsafeMailError, match="From: what can be read as a CPR number") as caught:
        compose(notice("review-plan"), by=by)
    assert str(notice("review-plan").key) == caught.value.where
    assert NUMBER not in str(caught.value)


def test_a_number_in_an_operators_safe_wording_holds_the_notice(tmp_path: Path) -> None:
    (tmp_path / "safe").mkdir()
    (tmp_path / "safe" / "da.txt").write_text(f"Emne: x\n\nSag {NUMBER}.\n", encoding="utf-8")
    by = Composer(Wordings([tmp_path, TEMPLATES]), SENDER, DOMAIN, SECRET)
    with pytest.raises(UnsafeMailError, match="the text"):
        compose(with_number(), by=by)
    assert compose(notice("review-plan"), by=by).replaced is None


def test_a_number_that_only_two_facts_together_make_is_found(tmp_path: Path) -> None:
    (tmp_path / "one-off").mkdir()
    (tmp_path / "one-off" / "da.txt").write_text("Emne: x\n\n310299-{{ titel }}\n", encoding="utf-8")
    by = Composer(Wordings([tmp_path, TEMPLATES]), SENDER, DOMAIN, SECRET)
    one = notice("one-off")
    facts = {**one.facts, "titel": "0000", "dag": date(2026, 2, 4)}
    assert compose(replace(one, facts=facts), by=by, revision=None).replaced is not None


def test_a_layout_that_does_something_is_refused_when_it_is_read(tmp_path: Path) -> None:
    layout = (TEMPLATES / "layout.html").read_text(encoding="utf-8")
    logo = '<img src="https://udefra.example/logo.png">'
    (tmp_path / "layout.html").write_text(layout.replace("{{ body }}", logo + "{{ body }}"), encoding="utf-8")
    with pytest.raises(WordingError, match="runs, fetches or leads"):
        _ = Wordings([tmp_path, TEMPLATES]).layout
