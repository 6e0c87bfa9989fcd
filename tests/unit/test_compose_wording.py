from datetime import date, datetime, time
from pathlib import Path

import pytest

from reminderd.compose.checking import check
from reminderd.compose.filters import LANGUAGES, Language
from reminderd.compose.samples import samples_for
from reminderd.compose.wording import Wording, Wordings
from reminderd.compose.wordingfile import Items, Paragraph
from reminderd.domain.fields import WITH_A_REASON
from reminderd.domain.notices import Fact
from reminderd.domain.workdays import at
from reminderd.errors import WordingError
from tests.unit.compose_cases import DATASETS, KINDS, SENDER, TEMPLATES, facts, rule, rules, wordings

REVIEW = samples_for("review")[0].facts


def own(folder: Path, text: str, kind: str = "review-plan", language: Language = "da") -> Wordings:
    (folder / kind).mkdir(parents=True)
    (folder / kind / f"{language}.txt").write_text(text, encoding="utf-8")
    return Wordings([folder, TEMPLATES], language)


def values(kind: str, dataset: str) -> dict[str, Fact]:
    return facts(kind, dataset) | {
        "kalenderfil": True,
        "raekke_til": None,
        "afsender_navn": SENDER.name,
        "diagram": True,
    }


def rendered(folder: Path, text: str) -> Wording:
    return own(folder, text).render("review-plan", REVIEW)


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("review-approaching", {"dage": 1}, "I morgen: frist for opfølgning (sag 2026-000123)"),
        ("review-approaching", {"dage": 7}, "Om 7 dage: frist for opfølgning (sag 2026-000123)"),
        (
            "course-limit-overrun",
            {"maks_tekst": "6 måneder"},
            "Over 6 måneder: sag 2026-000123 er ikke afsluttet",
        ),
        ("exit-half-year", {"dage": 181}, "Et halvt år til afslutning: sag 2026-000123"),
        ("exit-half-year", {"dage": 120}, "120 dage til afslutning: sag 2026-000123"),
        ("exit-90-days", {"dage": 92}, "90 dage til afslutning: sag 2026-000123"),
        ("exit-30-days", {"dage": 1}, "1 dag til afslutning: sag 2026-000123"),
        ("activity-reminder", {"sendedag": date(2026, 1, 7)}, "I morgen kl. 17.00: Fællesspisning"),
        ("activity-reminder", {"sendedag": date(2026, 1, 5)}, "På torsdag kl. 17.00: Fællesspisning"),
        ("placement-preparation", {"dage": 180}, "180 dage til anbringelsen slutter: sag 2026-000123"),
        ("placement-preparation", {"dage": 0}, "Anbringelsen slutter i dag: sag 2026-000123"),
        ("exit-planned", {"dage": 181}, "Et halvt år til planlagt afslutning: sag 2026-000123"),
        ("exit-planned", {"dage": 1}, "1 dag til planlagt afslutning: sag 2026-000123"),
        (
            "stoettebeslutning",
            {"frist": date(2026, 1, 4)},
            "Fristen er gået: beslutning om støtte efter 18 år: sag 2026-000123",
        ),
        (
            "plan-due",
            {"frist": date(2026, 1, 4)},
            "Frist overskredet: handleplanen mangler (sag 2026-000123)",
        ),
        ("one-off", {"dage": 1, "dag": date(2026, 1, 6)}, "I morgen: Projektet slutter"),
        ("one-off", {"dage": 2, "dag": date(2026, 1, 3)}, "3. januar 2026: Projektet slutter"),
        ("committee", {"antal": 1}, "Udvalgsmøde mandag 12. januar 2026: 1 sag til beslutning"),
        ("digest", {"antal": 1}, "Uge 2: 1 ting at holde øje med"),
    ],
)
def test_a_subject_tells_the_true_time_left(kind: str, changes: dict[str, object], expected: str) -> None:
    assert expected == wordings().render(kind, values(kind, "full") | changes).subject  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"foer_varsel": True}, "Mandag den 5. januar 2026 er der gået 18 uger."),
        ({}, "Der er nu gået 18 uger."),
        ({"sendedag": date(2026, 1, 8)}, "Der er nu gået mere end 18 uger."),
    ],
)
def test_the_course_warning_says_how_long_it_has_been(changes: dict[str, object], expected: str) -> None:
    wording = wordings().render("course-limit-warning", facts("course-limit-warning", "full") | changes)  # type: ignore[arg-type]
    first = wording.paragraphs[0]
    assert isinstance(first, Paragraph)
    assert expected == first.text.partition("2025. ")[2]


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("review-approaching", {"dage": 1}, "Tomorrow: deadline for a follow-up (case 2026-000123)"),
        (
            "course-limit-overrun",
            {"maks_tekst": "6 måneder"},
            "Over 6 months: case 2026-000123 is not closed",
        ),
        ("exit-30-days", {"dage": 1}, "1 day until support ends: case 2026-000123"),
        ("activity-reminder", {"sendedag": date(2026, 1, 5)}, "On Thursday at 17:00: Fællesspisning"),
        ("committee", {"antal": 1}, "Committee meeting Monday 12 January 2026: 1 case to decide"),
        ("digest", {"antal": 1}, "Week 2: 1 thing to keep an eye on"),
        (
            "plan-due",
            {"plannavn": "ungeplanen"},
            "The plan must be ready by 26 January 2026 (case 2026-000123)",
        ),
    ],
)
def test_an_english_subject_tells_the_same(kind: str, changes: dict[str, object], expected: str) -> None:
    assert expected == wordings("en").render(kind, values(kind, "full") | changes).subject  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ledige", "expected"),
    [
        (0, "Der er ingen ledige pladser af 6."),
        (1, "Der er 1 ledig plads af 6."),
        (2, "Der er 2 ledige pladser af 6."),
    ],
)
def test_the_committee_is_told_how_many_places_are_free(ledige: int, expected: str) -> None:
    wording = wordings().render("committee", values("committee", "full") | {"ledige": ledige})
    assert Paragraph(expected) in wording.paragraphs


@pytest.mark.parametrize(
    ("fylder", "expected"),
    [
        (date(2026, 1, 5), "fylder 23 år i dag."),
        (date(2026, 1, 4), "fyldte 23 år søndag den 4. januar 2026."),
    ],
)
def test_an_overrun_on_the_birthday_itself_says_today(fylder: date, expected: str) -> None:
    wording = wordings().render("exit-overrun", values("exit-overrun", "full") | {"fylder": fylder})
    first = wording.paragraphs[0]
    assert isinstance(first, Paragraph)
    assert expected in first.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dataset", DATASETS)
def test_a_subject_is_one_line_of_visible_characters(kind: str, dataset: str, language: Language) -> None:
    assert wordings(language).render(kind, values(kind, dataset)).subject.isprintable()


@pytest.mark.parametrize("kind", KINDS)
def test_a_subject_with_the_longest_date_is_read_whole_on_a_telephone(kind: str) -> None:
    day = date(2026, 9, 30)
    known = {
        name: at(day, time(10)) if isinstance(value, datetime) else day if isinstance(value, date) else value
        for name, value in values(kind, "full").items()
    } | {"sendedag": date(2026, 9, 1)}
    subjects = [wordings(language).render(kind, known).subject for language in LANGUAGES]
    assert [] == [subject for subject in subjects if len(subject) > 70]


def test_paragraphs_lists_and_wrapped_lines_are_told_apart(tmp_path: Path) -> None:
    text = (
        "Emne: x\n\nFørste linje\ngår videre.\n\nHusk:\n· bolig\n· økonomi\n  og gæld\n\n"
        "{% if not dage %}\nIntet.\n{% endif %}\n"
    )
    expected = (
        Paragraph("Første linje går videre."),
        Paragraph("Husk:"),
        Items(("bolig", "økonomi og gæld")),
    )
    assert expected == rendered(tmp_path, text).paragraphs


def test_only_files_of_the_installations_language_are_read(tmp_path: Path) -> None:
    english = own(tmp_path, "Emne: Our own\n\nText {{ frist | dato_kort }}.\n", language="en")
    assert (Paragraph("Text 24 January 2026."),) == english.render("review-plan", REVIEW).paragraphs
    assert wordings().render("review-plan", REVIEW) == Wordings([tmp_path, TEMPLATES]).render(
        "review-plan", REVIEW
    )


def test_an_operators_file_replaces_one_wording_and_leaves_the_others(tmp_path: Path) -> None:
    changed = own(tmp_path, "Emne: Vores egen\n\nTekst.\n")
    assert "Vores egen" == changed.render("review-plan", REVIEW).subject
    assert wordings().render("review-overdue", REVIEW) == changed.render("review-overdue", REVIEW)


def test_an_overridden_file_changes_the_version_of_its_kind_alone(tmp_path: Path) -> None:
    changed = own(tmp_path, "Emne: Vores egen\n\nTekst.\n")
    assert wordings().version("review-plan") != changed.version("review-plan")
    assert wordings().version("review-overdue") == changed.version("review-overdue")


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    assert "x" == rendered(tmp_path, "\ufeffEmne: x\r\n\r\nTekst.\r\n").subject


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("Emne: x\n\nTekst {{ sagsnr }\n", 3, "cannot be read"),
        ("Emne: x\n\na\n\n{{ plannavm }}\n", 5, "'plannavm' is undefined"),
        ("Emne: {{ stedfortraeder }}\n\na\n", 1, "is undefined"),
        ("{# note #}\nEmne: x\n\n{% for x in y %}{% endfor %}\n", 4, "'for' is not part"),
        ("Emne: x\n\n{% include 'footer/da.txt' %}\n", 3, "'include' is not part"),
        ("Emne: x\n\n{% set a = 1 %}b\n", 3, "'assign' is not part"),
        ("Emne: x\n\n{{ sagsnr * 300000000 }}\n", 3, "'mul' is not part"),
        ("Emne: x\n\n{{ 9 ** 9 }}\n", 3, "'pow' is not part"),
        ("Emne: x\n\n{{ sagsnr.__class__ }}\n", 3, "'getattr' is not part"),
        ("Emne: x\n\n{{ sagsnr.center(9) }}\n", 3, "'call' is not part"),
        ("Emne: x\n\n{{ sagsnr | center(300000000) }}\n", 3, "no filter 'center'"),
        ("Emne: x\n\n{{ sagsnr | dato_lang }}\n", 3, "expected a date, found str"),
        ("Emne: x\n\n{{ frist | klokken }}\n", 3, "expected a time of day, found date"),
        ("Emne: x\n\nTekst\n" + "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", 3, "nested too deeply"),
        ("Tekst uden emne\n", 1, "not a header line"),
        ("Kalender: x\n\nTekst\n", 1, "no line 'Emne:'"),
        ("Emne: x\nEmne: y\n\nTekst\n", 2, "twice"),
        ("Emne: x\nBcc: y\n\nTekst\n", 2, "not a header line"),
        ("Emne: x\nTekst\n", 2, "not a header line"),
        ("Emne: x\n", 3, "no text"),
        ("Emne: x\nKalender: Sag {{ sagsnr }}\n\nTekst\n", 2, "others may see it"),
        ("Emne: x\n\nSager: {{ sagsnumre | punkter }}\n", 3, "stands in a sentence"),
        ("Emne: {{ sagsnumre | punkter }}\n\nTekst\n", 1, "stands in a sentence"),
        ("Emne: x\n\n{{ frist | punkter }}\n", 3, "expected a list, found date"),
        ("Emne: x\n\n{{ frist | antal }}\n", 3, "expected a list, found date"),
        ("Emne: x\nKalender: {{ dage | om_dage }}\n\nTekst\n", 2, "changes from day to day"),
    ],
)
def test_a_broken_wording_names_file_and_line(tmp_path: Path, text: str, line: int, expected: str) -> None:
    with pytest.raises(WordingError, match=expected) as caught:
        rendered(tmp_path, text)
    assert f"{tmp_path / 'review-plan' / 'da.txt'}:{line}" == caught.value.where


def test_an_unknown_value_is_an_error_and_never_the_word_none(tmp_path: Path) -> None:
    broken = own(tmp_path, "Emne: x\n\nSidst: {{ sidst_afholdt }}\n")
    with pytest.raises(WordingError, match="unknown") as caught:
        broken.render("review-plan", samples_for("review")[1].facts)
    assert f"{tmp_path}/review-plan/da.txt:3" == caught.value.where


def test_a_wording_that_grows_without_reason_is_stopped(tmp_path: Path) -> None:
    long = own(tmp_path, "Emne: x\n\n" + "{{ sagsnr }}" * 600)
    with pytest.raises(WordingError, match="grew beyond"):
        long.render("review-plan", {"sagsnr": "x" * 500})


def test_a_file_that_is_not_utf8_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "review-plan").mkdir()
    path = tmp_path / "review-plan" / "da.txt"
    path.write_bytes("Emne: x\n\nForl\xf8bet\n".encode("latin-1"))
    with pytest.raises(WordingError, match="not UTF-8") as caught:
        Wordings([tmp_path, TEMPLATES]).render("review-plan", REVIEW)
    assert f"{path}:3" == caught.value.where


def test_one_broken_wording_leaves_the_others_working(tmp_path: Path) -> None:
    broken = own(tmp_path, "Emne: {{\n\nTekst\n")
    assert wordings().render("review-overdue", REVIEW) == broken.render("review-overdue", REVIEW)


def test_a_template_in_a_value_is_text(tmp_path: Path) -> None:
    wording = own(tmp_path, "Emne: {{ sagsnr }}\n\nTekst.\n").render("review-plan", {"sagsnr": "{{ 7*7 }}"})
    assert "{{ 7*7 }}" == wording.subject


def test_a_value_cannot_begin_a_paragraph_a_list_or_a_header(tmp_path: Path) -> None:
    hostile = "· punkt\n\nBcc: x\u2028\u202ey"
    wording = own(tmp_path, "Emne: x\n\n{{ sagsnr }}\n").render("review-plan", {"sagsnr": hostile})
    assert (Paragraph("punkt Bcc: x y"),) == wording.paragraphs


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_shipped_wordings_pass_the_check_for_every_rule(language: Language) -> None:
    assert [] == check(wordings(language), rules(), WITH_A_REASON)


def test_a_shipped_wording_that_no_rule_uses_may_stay_and_may_be_replaced(tmp_path: Path) -> None:
    assert [] == check(wordings(), [], WITH_A_REASON)
    assert [] == check(own(tmp_path, "Emne: x\n\nTekst\n", "digest"), [], WITH_A_REASON)


def test_the_check_lists_every_problem_once_with_its_cure(tmp_path: Path) -> None:
    own(tmp_path, "Emne: x\n\n{% if dage == 99 %}{{ plannavm }}{% endif %}Tekst\n")
    (tmp_path / "reveiw-overdue").mkdir()
    (tmp_path / "reveiw-overdue" / "da.txt").write_text("Emne: x\n\nTekst\n", encoding="utf-8")
    (tmp_path / "layout.html").write_text("<p>{{ boddy }}</p>", encoding="utf-8")
    found = check(
        Wordings([tmp_path, TEMPLATES]),
        [*rules(), rule("review-plan", "review", calendar="none")],
        WITH_A_REASON,
    )
    assert [
        (f"{tmp_path}/layout.html:1", "did you mean 'body'?"),
        (f"{tmp_path}/review-plan/da.txt:1", "write 'Kalender: …', or let the rule say calendar = 'none'"),
        (f"{tmp_path}/review-plan/da.txt:3", "did you mean 'plannavn'?"),
        (f"{tmp_path}/reveiw-overdue/da.txt", "did you mean 'review-overdue'?"),
    ] == [(problem.where, problem.cure) for problem in found]


def test_the_check_finds_a_wording_that_forgets_that_a_value_may_be_unknown(tmp_path: Path) -> None:
    found = check(
        own(tmp_path, "Emne: x\nKalender: y\n\n({{ initialer }})\n"),
        [rule("review-plan", "review")],
        WITH_A_REASON,
    )
    assert [f"{tmp_path}/review-plan/da.txt:4"] == [problem.where for problem in found]


def test_the_check_names_a_missing_wording_and_its_nearest_neighbour() -> None:
    found = check(wordings(), [rule("review-plam", "review")], WITH_A_REASON)
    assert ["did you mean 'review-plan'?"] == [problem.cure for problem in found]


def test_the_check_finds_a_footer_that_uses_what_not_every_kind_has(tmp_path: Path) -> None:
    found = check(own(tmp_path, "Frist {{ frist }}\n", "footer"), rules(), WITH_A_REASON)
    assert [(f"{tmp_path}/footer/da.txt:1", "there is no value 'frist' for this kind")] == [
        (problem.where, problem.what) for problem in found
    ]


def test_the_check_names_a_folder_that_is_not_there(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    assert [str(missing)] == [
        problem.where for problem in check(Wordings([missing, TEMPLATES]), rules(), WITH_A_REASON)
    ]


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("<p>{{ subject }}</p>{{ footer }}", "body"),
        ("{{ body }}", "footer"),
        ("{{ body }}<!-- {{ footer }} -->", "footer"),
        ("{% if language == 'da' %}{{ body }}{% endif %}{{ footer }}", "body"),
    ],
)
def test_a_layout_that_loses_the_text_or_the_footer_is_refused(tmp_path: Path, text: str, lost: str) -> None:
    (tmp_path / "layout.html").write_text(text, encoding="utf-8")
    (problem,) = check(Wordings([tmp_path, TEMPLATES]), [], WITH_A_REASON)
    assert f"{tmp_path}/layout.html" == problem.where
    assert f"the layout does not show the {lost}" in problem.what


def test_without_any_templates_the_check_says_so_instead_of_failing(tmp_path: Path) -> None:
    found = check(Wordings([tmp_path]), [rule("review-plan", "review")], WITH_A_REASON)
    assert ["there is no layout.html", "there is no wording 'footer'", "there is no wording 'deputy'"] == [
        problem.what for problem in found[:3]
    ]
