"""What young people and citizens read: what, when, where, whom to ask, and no word of a case."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any, TypeVar

import pytest

from reminderd.compose.checking import check
from reminderd.compose.composer import Composer
from reminderd.compose.filters import LANGUAGES, Language
from reminderd.compose.wording import Wordings
from reminderd.domain.cases import Enhed, Snapshot, Tilknytning
from reminderd.domain.fields import WITH_A_REASON
from reminderd.domain.notices import Fact, Notice, NoticeKey
from reminderd.domain.planning import Policy
from reminderd.domain.workdays import local
from tests.casework import ANNE, BO, ENHED, LEDER, on_case, planned, session, snapshot
from tests.unit.compose_cases import (
    DATA_PR,
    DATASETS,
    DOMAIN,
    GOLDEN,
    REVISION,
    SECRET,
    SENDER,
    TEMPLATES,
    YOUTH,
    composer,
    facts,
    notice,
    revision_of,
    rule,
    wordings,
)
from tests.unit.youth_cases import (
    AGREED,
    COURSE,
    OTHER_PERSON,
    THURSDAY,
    WRITES,
    an_evening,
    planned_for,
    two,
)

# What they read

KARLA = replace(BO, navn="Karla Kanarie", telefon="00 00 00 00")


def asked(*staff: Any, roles: Iterable[Tilknytning] = (on_case("m2", "kontaktperson"),)) -> tuple[Fact, Fact]:
    found, _ = planned_for(an_evening(staff=[*staff, ANNE, LEDER], roles=list(roles)))
    young = next(each for each in found if each.recipient.role == "ung")
    return young.facts["kp_fornavn"], young.facts["kp_telefon"]


def test_the_contact_person_is_named_by_first_name_and_telephone() -> None:
    assert ("Karla", "00 00 00 00") == asked(KARLA)
    assert ("Karla", None) == asked(replace(KARLA, navn="Kanarie, Karla Marie", telefon=None))


def test_without_a_contact_person_who_still_works_here_nobody_is_named() -> None:
    assert (None, None) == asked(KARLA, roles=[])
    assert (None, None) == asked(replace(KARLA, aktiv=False))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {},
            "ring eller skriv til Karla på 00 00 00 00. Vil du ikke have flere mails fra os, så sig det til",
        ),
        ({"kp_telefon": None}, "så spørg Karla. Vil du ikke have flere mails fra os, så sig det til Karla."),
        ({"kp_fornavn": None, "kp_telefon": None}, "så spørg den, du plejer at tale med."),
    ],
)
def test_the_footer_says_whom_to_ask_and_how_to_get_no_more_mail(
    changes: dict[str, Fact], expected: str
) -> None:
    one = notice("youth-invitation")
    raw = sent(replace(one, facts={**one.facts, **changes}))
    footer = " ".join(readable(raw)["text/plain"].partition("-- \n")[2].split())
    assert expected in footer
    assert "Vil du ikke have flere mails fra os" in footer
    assert "sagssystemet" not in footer


def test_an_outing_over_night_says_on_which_day_it_ends() -> None:
    one = notice("youth-invitation")
    ends = {**one.facts, "slut": local(datetime(2026, 1, 9, 15))}
    expected = "torsdag den 8. januar 2026 kl. 17.00 til fredag den 9. januar 2026 kl. 15.00."
    assert expected in " ".join(readable(sent(replace(one, facts=ends)))["text/plain"].split())


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 1, 8), ("I dag kl. 17.00: Fællesspisning", "Husk Fællesspisning i dag, torsdag den 8.")),
        (date(2026, 1, 7), ("I morgen kl. 17.00: Fællesspisning", "Husk Fællesspisning i morgen, torsdag")),
        (date(2026, 1, 5), ("På torsdag kl. 17.00: Fællesspisning", "Husk Fællesspisning torsdag den 8.")),
    ],
)
def test_the_reminder_tells_the_true_day(day: date, expected: tuple[str, str]) -> None:
    known = facts("youth-reminder", "full") | {"kalenderfil": True, "raekke_til": None, "sendedag": day}
    wording = wordings().render("youth-reminder", known)
    assert expected[0] == wording.subject
    assert expected[1] in str(wording.paragraphs[1])


@pytest.mark.parametrize(
    ("kind", "title"), [("youth-invitation", "Fællesspisning"), ("youth-meeting", "Møde")]
)
def test_the_calendar_gets_a_neutral_title(kind: str, title: str) -> None:
    assert title == wordings().calendar_title(kind, facts(kind, "full"))


# What they must not read

# As parts of words, in a mail's every part; the places and names of the examples are invented.
UNSAID = re.compile(
    r"vejen|frem\b|fronten|§|82|sel_|forløb|course|plan|opfølg|follow-up|støtte|support|sagsb|sagss|\bsag\b"
    r"|\bcase|kontaktperson|contact person|anbring|placement|udvalg|committee|2026-000|\bab\b|signe|lars"
    r"|frist|deadline|deltager|participant\b|ungdom|handicap|kommunen",
    re.IGNORECASE,
)
# What every mail and every calendar entry says of itself.
_OF_ITS_OWN = re.compile(r"Message-ID: .*|.*boundary=.*|ROLE=REQ-PARTICIPANT|Date: .*")


def readable(raw: bytes) -> dict[str, str]:
    parts = message_from_bytes(raw).get_payload()
    return {
        part.get_content_type(): part.get_payload(decode=True).decode().replace("\r\n", "\n")  # type: ignore[union-attr]
        for part in parts
    }


def sent(one: Notice, language: Language = "da") -> bytes:
    revision = revision_of(one)
    return composer(language).compose(one, composed_at=one.send_at, revision=revision, data_pr=DATA_PR).raw


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("kind", sorted(YOUTH))
def test_no_golden_mail_to_the_young_says_programme_case_plan_or_support(
    kind: str, dataset: str, language: Language
) -> None:
    name = f"{kind}.{dataset}.txt" if language == "da" else f"{kind}.{dataset}.{language}.txt"
    text = _OF_ITS_OWN.sub("", (GOLDEN / name).read_text(encoding="utf-8"))
    assert [] == [found[0] for found in UNSAID.finditer(text)]


def test_the_words_that_must_not_be_said_are_found_in_a_mail_to_staff() -> None:
    text = _OF_ITS_OWN.sub("", (GOLDEN / "review-meeting.full.txt").read_text(encoding="utf-8"))
    assert {"2026-000", "plan", "ab", "frist"} <= {found[0].lower() for found in UNSAID.finditer(text)}


Row = TypeVar("Row")


def canary(row: Row, **keep: object) -> Row:
    """Return the row with a canary in every text column, but for those that steer the domain."""
    texts = {item.name for item in fields(row) if "str" in str(item.type)}  # type: ignore[arg-type]
    return replace(row, **{name: f"kanarie-{name}" for name in texts - set(keep)}, **keep)  # type: ignore[type-var]


def of_canaries() -> Snapshot:
    """Return two young people at one activity and with one meeting each, with canaries wherever they fit."""
    names = ("titel", "sted")
    kp = canary(BO, medarbejder_id="kanarie-kp", navn="Karla Kanarie", telefon="00 00 00 00")
    sb = canary(ANNE, medarbejder_id="kanarie-sb", mail="kanarie@kommune.example")
    course = canary(COURSE, status="aktiv")
    second = replace(course, forloeb_id="kanarie-2", borger_id="kanarie-b2", sagsnr="kanarie-2")
    person = canary(AGREED, mail="ung@privat.example", beskyttelse="ingen")
    friend = replace(person, borger_id="kanarie-b2", mail="kanarie@privat.example")
    meeting = canary(planned(THURSDAY), status="planlagt", sted="Huset")
    evening = session(THURSDAY)
    kept = {name: getattr(evening, name) for name in names}
    return snapshot(
        forloeb=[course, second],
        borgere=[person, friend],
        staff=[kp, sb],
        enheder=[canary(Enhed(*("" for _ in fields(ENHED))))],
        roles=[
            canary(on_case("", ""), medarbejder_id=who, rolle=role, forloeb_id=each.forloeb_id)
            for each in (course, second)
            for who, role in (("kanarie-kp", "kontaktperson"), ("kanarie-sb", "sagsbehandler"))
        ],
        opfoelgninger=[meeting],
        aktiviteter=[canary(evening, status="planlagt", ansvarlig_id="kanarie-sb", **kept)],
    )


def everywhere() -> Policy:
    tilbud = ("kanarie-tilbud",)
    book = WRITES.book
    return replace(
        WRITES,
        book=replace(
            book, activity=replace(book.activity, tilbud=tilbud), review=replace(book.review, tilbud=tilbud)
        ),
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_column_but_title_place_and_contact_person_reaches_the_mail(language: Language) -> None:
    found, _ = planned_for(of_canaries(), everywhere())
    mine = [each for each in found if each.recipient.mail == "ung@privat.example"]
    assert {"youth-invitation", "youth-reminder", "youth-meeting"} == {each.template for each in mine}
    for each in mine:
        raw = sent(each, language)
        assert "kanarie" not in raw.decode("ascii").lower()
        parts = readable(raw)
        assert 3 == len(parts)
        assert [] == [name for name, text in parts.items() if "kanarie" in text.lower()]
        assert "Karla" in parts["text/plain"]


@pytest.mark.parametrize("kind", sorted(YOUTH))
def test_no_fact_of_staff_gets_into_the_mail_though_it_were_handed_over(kind: str) -> None:
    one = notice(kind)
    names = ("sagsnr", "initialer", "plannavn", "stedfortraeder_for", "leder_navn")
    staff = dict.fromkeys(names, "kanarie")
    key = NoticeKey("kanarie", "kanarie:1", "kanarie", date(2026, 1, 24), "kanarie", "kanarie:9")
    raw = sent(replace(one, key=key, sagsnr="kanarie", forloeb_id="kanarie", facts={**one.facts, **staff}))
    assert [] == [name for name, text in readable(raw).items() if "kanarie" in text.lower()]
    assert "kanarie" not in raw.decode("ascii").lower()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_other_participant_is_not_shown(language: Language) -> None:
    found, _ = planned_for(two())
    for each in found:
        if each.recipient.mail == AGREED.mail:
            assert b"anden@privat.example" not in sent(each, language)


# What an operator is told of his own wording


def problems(folder: Path, files: Mapping[str, str]) -> list[str]:
    for name, text in files.items():
        (folder / name).mkdir()
        (folder / name / "da.txt").write_text(text, encoding="utf-8")
    rules = [rule("youth-invitation", "activity")]
    return [str(each.what) for each in check(Wordings([folder, TEMPLATES]), rules, WITH_A_REASON)]


@pytest.mark.parametrize("value", ["sagsnr", "initialer", "plannavn", "antal", "data_pr", "leder_navn"])
def test_a_wording_for_the_young_that_wants_to_say_more_is_refused(tmp_path: Path, value: str) -> None:
    text = f"Emne: Hej\nKalender: Hej\n\n{{% if {value} %}}{{{{ {value} }}}}{{% endif %}} Hej\n"
    assert [f"there is no value {value!r} for this kind"] == problems(tmp_path, {"youth-invitation": text})


def test_a_footer_of_ones_own_must_do_without_what_may_be_unknown(tmp_path: Path) -> None:
    found = problems(tmp_path, {"footer-youth": "Spørg {{ kp_fornavn }}.\n"})
    assert 1 == len(found)
    assert "a value here is unknown" in found[0]


def test_the_footer_of_staff_does_not_change_the_version_of_a_mail_to_the_young(tmp_path: Path) -> None:
    (tmp_path / "footer").mkdir()
    (tmp_path / "footer" / "da.txt").write_text("Anden fod.\n", encoding="utf-8")
    other = Composer(Wordings([tmp_path, TEMPLATES]), SENDER, DOMAIN, SECRET)
    versions = [
        each.compose(
            notice("youth-meeting"), composed_at=DATA_PR, revision=REVISION, data_pr=DATA_PR
        ).wording_version
        for each in (composer(), other)
    ]
    assert versions[0] == versions[1]


# What the responsible worker reads


def test_the_responsible_workers_mail_gives_a_number_and_no_names() -> None:
    found, _ = planned_for(two(borgere=[AGREED, replace(OTHER_PERSON, mail_samtykke=False)]))
    mine = next(each for each in found if each.key.rule == "activity-responsible")
    raw = composer().compose(mine, composed_at=mine.send_at, revision=None, data_pr=DATA_PR).raw
    text = "\n".join(readable(raw).values())
    assert "1 deltager kan ikke få mail og skal have besked på anden vis inden da." in text
    assert not [word for word in ("AB", "CD", "2026-000", "privat.example", "b2") if word in text]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["er sendt til 3 deltagere.", "2 deltagere kan ikke få mail"]),
        ({"antal_sendt": 1, "antal_uden_mail": 1}, ["er sendt til 1 deltager.", "1 deltager kan ikke"]),
        ({"antal_sendt": 0, "antal_uden_mail": 5}, ["er ikke sendt til nogen deltager med mail.", "5 del"]),
        ({"antal_sendt": 5, "antal_uden_mail": 0}, ["er sendt til 5 deltagere.", "Du skal ikke gøre noget."]),
        ({"antal": 0, "antal_sendt": 0, "antal_uden_mail": 0}, ["Ingen er inviteret til"]),
    ],
)
def test_the_responsible_worker_reads_right_numbers(changes: dict[str, Fact], expected: list[str]) -> None:
    known = facts("activity-responsible", "full") | {"kalenderfil": False, "raekke_til": None} | changes
    paragraphs = wordings().render("activity-responsible", known).paragraphs
    assert len(expected) == len(paragraphs)
    for words, paragraph in zip(expected, paragraphs, strict=True):
        assert words in str(paragraph)
