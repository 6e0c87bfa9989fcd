"""`reminderd explain` and `reminderd check-source`, by the installed command over a small case database."""

import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from reminderd.casedb.synthetic import Tables
from reminderd.config.shipped import shipped_folder
from tests.installation import Installation, courses, tables_of
from tests.integration.corridor import morning

MONDAY = date(2026, 5, 11)


@pytest.fixture
def tables() -> Tables:
    rows = tables_of(courses(date(2026, 1, 5), date(2026, 3, 2)))
    rows["rd_meta"][0]["data_pr"] = datetime(2026, 5, 11, 6)
    return rows


@pytest.fixture
def installation(tmp_path: Path, tables: Tables) -> Installation:
    return Installation.make(tmp_path, tables, {"url": f"eml:{tmp_path}/mails"})


def ask(installation: Installation, *arguments: str, day: date = MONDAY, status: int = 0) -> Any:
    answer = installation.run(*arguments, "--json", now=morning(day, 9))
    assert (status, "") == (answer.returncode, answer.stderr)
    return json.loads(answer.stdout)


def test_a_case_is_explained_before_anything_has_run(installation: Installation) -> None:
    answer = ask(installation, "explain", "2026-0001")
    assert ("2026-0001", "2026-05-11", []) == (answer["sagsnr"], answer["as_of"], answer["told"])
    (course,) = answer["courses"]
    rules = {rule["rule"]: rule for deadline in course["deadlines"] for rule in deadline["rules"]}
    assert (
        "start 5 January 2026 + 18 weeks = 11 May 2026, a Monday, sent 08:00"
        == (rules["course-limit-warning"]["arithmetic"])
    )
    assert ("course-limit-warning", "send", "anne@kommune.example") in [
        (row["rule"], row["decision"], row["recipient_mail"]) for row in answer["coming"]
    ]


def test_what_was_told_stands_with_whom_and_when(installation: Installation) -> None:
    assert 0 == installation.run("run", "--once", now=morning(MONDAY)).returncode
    (told,) = ask(installation, "explain", "2026-0001")["told"]
    assert ("course-limit-warning", "sent", "anne@kommune.example", "2026-05-11T08:00:00+02:00") == (
        told["rule"],
        told["state"],
        told["recipient_mail"],
        told["updated_at"],
    )
    shown = installation.run("explain", "2026-0001", now=morning(MONDAY, 9)).stdout
    assert "Mon 2026-05-11 08:00" in shown
    assert "start 5 January 2026 + 20 weeks = 25 May 2026, a Monday" in shown


@pytest.mark.parametrize(
    ("sagsnr", "hint"), [("2026-001", "did you mean 2026-000"), ("tosset", "plan --all")]
)
def test_an_unknown_case_gets_the_nearest_known_one(
    installation: Installation, sagsnr: str, hint: str
) -> None:
    answer = installation.run("explain", sagsnr, now=morning(MONDAY))
    assert (1, "") == (answer.returncode, answer.stdout)
    assert f"the case source has no case '{sagsnr}'" in answer.stderr
    assert hint in answer.stderr


def test_what_a_terminal_would_obey_is_written_out(installation: Installation) -> None:
    answer = installation.run("explain", "2026-\x1b[31m", now=morning(MONDAY))
    assert "\x1b" not in answer.stderr
    assert "\\u001b" in answer.stderr


def test_rejected_rows_of_a_case_are_named_and_it_is_not_called_unknown(
    installation: Installation, tables: Tables
) -> None:
    tables["rd_borger"][1]["beskyttelse"] = "hemmelig"
    tables["rd_tilknytning"][0]["rolle"] = "chef"
    installation.set_cases(tables)
    first = ask(installation, "explain", "2026-0001", status=1)
    assert [("rd_tilknytning", "rolle", False)] == [
        (row["view"], row["column"], row["row_kept"]) for row in first["rejected_rows"]
    ]
    second = ask(installation, "explain", "2026-0002", status=1)
    assert [] == second["courses"]
    assert [("rd_borger", "b2", "beskyttelse"), ("rd_forloeb", "f2", "borger_id")] == [
        (row["view"], row["row_id"], row["column"]) for row in second["rejected_rows"]
    ][:2]
    shown = installation.run("explain", "2026-0002", now=morning(MONDAY))
    assert "no course that can be used" in shown.stdout
    assert "hemmelig" not in shown.stdout


def test_a_good_source_is_fine(installation: Installation) -> None:
    answer = ask(installation, "check-source")
    views = {view["view"]: view for view in answer["views"]}
    assert {"SEL_82B": 2} == answer["open_courses"]
    assert (2, 0, 0, []) == tuple(
        views["rd_forloeb"][name]
        for name in ("rows_read", "rejected", "kept_without_a_column", "unknown_codes_in")
    )
    assert (3.0, False) == (answer["data_age_hours"], answer["data_too_old"])


def without(tables: Tables, *views: str) -> Tables:
    return {name: rows for name, rows in tables.items() if name not in views}


@pytest.fixture(autouse=True)
def _every_view(tables: Tables) -> None:
    """Give the source the optional views, empty, that the small cases leave out."""
    for name in ("rd_kontakt", "rd_henvendelse", "rd_moede"):
        tables.setdefault(name, [])


def test_rejected_and_emptied_rows_are_counted_by_view_without_their_values(
    installation: Installation, tables: Tables
) -> None:
    tables["rd_forloeb"][1]["status"] = "hemmelig"
    tables["rd_medarbejder"][0]["enhed_id"] = "findes-ikke"
    tables["rd_borger"].append(dict(tables["rd_borger"][0]))
    installation.set_cases(tables)
    answer = ask(installation, "check-source", status=1)
    views = {view["view"]: view for view in answer["views"]}
    assert (2, 1, ["status"]) == tuple(
        views["rd_forloeb"][name] for name in ("rows_read", "rejected", "unknown_codes_in")
    )
    assert (3, 0, 1) == tuple(
        views["rd_medarbejder"][name] for name in ("rows_read", "rejected", "kept_without_a_column")
    )
    assert (3, 1) == (views["rd_borger"]["rows_read"], views["rd_borger"]["rejected"])
    assert (2, 1) == (views["rd_tilknytning"]["rows_read"], views["rd_tilknytning"]["rejected"])
    assert "hemmelig" not in json.dumps(answer)
    assert "findes-ikke" not in json.dumps(answer)
    shown = installation.run("check-source", now=morning(MONDAY))
    assert 1 == shown.returncode
    assert "is none of the contract's codes" in shown.stdout


def test_a_rule_whose_view_is_absent_is_off_and_that_is_a_finding(
    installation: Installation, tables: Tables
) -> None:
    installation.set_cases(without(tables, "rd_opfoelgning", "rd_serie"))
    answer = ask(installation, "check-source", status=1)
    rules = {rule["name"]: (rule["state"], rule["reason"]) for rule in answer["rules"]}
    assert ("off", "the case source has no rd_opfoelgning") == rules["review-plan"]
    assert ("on", "") == rules["course-limit-warning"]
    assert ("on", "") == rules["activity-reminder"]
    absent = [view["view"] for view in answer["views"] if view["absent"]]
    assert {"rd_opfoelgning", "rd_serie"} <= set(absent)


def test_a_rule_for_an_offer_that_nothing_has_is_off_and_that_is_a_finding(
    installation: Installation, tmp_path: Path
) -> None:
    rules = (shipped_folder("config") / "rules.toml").read_text(encoding="utf-8")
    mistyped = rules.replace('tilbud = ["SEL_82B"]\nlimit', 'tilbud = ["SEL_82X"]\nlimit')
    assert rules != mistyped
    (tmp_path / "rules.toml").write_text(mistyped, encoding="utf-8")
    answer = ask(installation, "--set", f"rules.file={tmp_path}/rules.toml", "check-source", status=1)
    found = {rule["name"]: (rule["state"], rule["reason"]) for rule in answer["rules"]}
    words = "nothing in the case source has SEL_82X of deadline.course_limit.tilbud; it has SEL_82B"
    assert ("off", words) == found["course-limit-warning"] == found["course-limit-overrun"]
    assert ("on", "") == found["course-ended"]
    assert ("on", "") == found["review-plan"]  # no young people here at all, which is no slip


def test_an_offer_written_otherwise_in_the_case_source_is_a_finding(
    installation: Installation, tables: Tables
) -> None:
    for row in tables["rd_forloeb"]:
        row["tilbud"] = "SEL82B"
    installation.set_cases(tables)
    answer = ask(installation, "check-source", status=1)
    found = {rule["name"]: (rule["state"], rule["reason"]) for rule in answer["rules"]}
    words = "nothing in the case source has SEL_82B of deadline.course_limit.tilbud; it has SEL82B"
    assert ("off", words) == found["course-limit-warning"]


@pytest.mark.parametrize(("hour", "status"), [(8, 0), (9, 1)])
def test_data_older_than_26_hours_is_a_finding(installation: Installation, hour: int, status: int) -> None:
    answer = installation.run("check-source", now=morning(date(2026, 5, 12), hour))
    assert status == answer.returncode
    assert bool(status) == ("OLDER THAN 26 HOURS" in answer.stdout)


def test_a_source_that_breaks_the_contract_is_a_matter_of_configuration(
    installation: Installation, tables: Tables
) -> None:
    installation.set_cases(without(tables, "rd_borger"))
    answer = installation.run("check-source", now=morning(MONDAY))
    assert (78, "") == (answer.returncode, answer.stdout)
    assert "required view rd_borger is missing" in answer.stderr


def test_a_source_that_is_away_says_so(installation: Installation) -> None:
    installation.folder.joinpath("cases.db").unlink()
    assert 69 == installation.run("check-source", now=morning(MONDAY)).returncode


def danish(installation: Installation, *arguments: str) -> str:
    answer = installation.run("--lang", "da", *arguments, now=morning(MONDAY, 9))
    assert "" == answer.stderr
    return answer.stdout


def test_people_are_answered_in_danish_where_they_ask_for_it(installation: Installation) -> None:
    explained = danish(installation, "explain", "2026-0001")
    assert "start 5. januar 2026 + 20 uger = mandag 25. maj 2026" in explained
    assert "start 5. januar 2026 + 18 uger = mandag 11. maj 2026, sendes kl. 08.00" in explained
    assert "Fortalt indtil nu: intet." in explained
    plan = danish(installation, "plan", "--all")
    assert re.search(r"man 2026-05-11 08\.00 .* sendes +forløbets længste varighed 2026-05-25", plan)
    assert "Kan eller skal ikke blive til en besked:" in plan
    assert "åbne forløb" in danish(installation, "check-source")
    assert "intet har kørt endnu" in danish(installation, "status")
    assert danish(installation, "check").endswith("\ni orden: konfiguration, regler og skabeloner\n")


def test_no_english_word_is_left_in_a_danish_plan(installation: Installation) -> None:
    said = danish(installation, "plan", "--all", "--to", "2026-12-31")
    said += danish(installation, "explain", "2026-0001")
    words = set(re.findall(r"[a-zæøå]+", said.lower()))
    assert set() == words & {"the", "is", "was", "no", "not", "nothing", "and", "on", "a", "why", "missing"}


@pytest.mark.parametrize(
    "command", [("plan", "--all"), ("explain", "2026-0001"), ("status",), ("check-source",)]
)
def test_json_is_the_same_in_every_language(installation: Installation, command: tuple[str, ...]) -> None:
    languages = [
        installation.run("--lang", lang, *command, "--json", now=morning(MONDAY, 9)) for lang in ("en", "da")
    ]
    assert languages[0].stdout == languages[1].stdout
