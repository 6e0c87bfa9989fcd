"""``reminderd report`` on the demonstration's case database gives the paper's own three figures."""

import csv
import json
from datetime import date, datetime
from pathlib import Path

import pytest

from reminderd.casedb.source import open_source
from reminderd.casedb.synthetic import build
from reminderd.domain.notices import Decision
from reminderd.domain.reconcile import Knowledge
from reminderd.domain.rehearsal import plan_stretch
from tests.casework import LONG_AGO, POLICY
from tests.installation import Installation

PERIOD = ("--from", "2018-04-01", "--to", "2018-07-31")
TODAY = "2026-01-01"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("demo")
    return Installation.make(folder, build(), {"url": f"eml:{folder / 'mails'}"})


def test_the_three_figures_of_the_paper(demo: Installation) -> None:
    done = demo.run("report", *PERIOD, "--json", now=TODAY)
    assert (0, "") == (done.returncode, done.stderr)
    found = json.loads(done.stdout)
    figures = (found["enquiries"], found["courses_started"], found["referred_to_85"])
    assert (204, 65, 0) == figures
    assert ("2018-08-07", "2018-08-21") == (found["first_possible_warning"], found["first_possible_limit"])
    assert found["persons_with_active_course"] <= 65
    assert (65, 15) == (found["ended_by_as_of"], found["ended_by_period_end"])


def test_the_paper_s_own_day_gives_the_same_three(demo: Installation) -> None:
    done = demo.run("report", *PERIOD, "--json", now="2018-09-04")
    found = json.loads(done.stdout)
    assert (204, 65, 0) == (found["enquiries"], found["courses_started"], found["referred_to_85"])
    assert "2018-09-04" == found["as_of"]


def test_the_text_is_danish_and_the_csv_holds_the_same(demo: Installation, tmp_path: Path) -> None:
    path = tmp_path / "tal.csv"
    done = demo.run("report", *PERIOD, "--csv", str(path), now=TODAY)
    assert (0, f"written: {path}\n") == (done.returncode, done.stderr)
    assert "Opgjort den 1. januar 2026" in done.stdout
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    whole = {row["tal"]: row["antal"] for row in rows if not row["opdelt_paa"]}
    assert ("204", "65", "0") == (whole["henvendelser"], whole["forloeb_begyndt"], whole["henvist_85"])


@pytest.mark.parametrize(("name", "start"), [("tal.png", b"\x89PNG"), ("tal.SVG", b"<?xml")])
def test_the_chart_is_of_the_kind_that_its_name_says(
    demo: Installation, tmp_path: Path, name: str, start: bytes
) -> None:
    done = demo.run("report", *PERIOD, "--chart", str(tmp_path / name), now=TODAY)
    assert 0 == done.returncode
    assert (tmp_path / name).read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "2018-07-31", "--to", "2018-04-01"], "--to lies before --from"),
        ([*PERIOD, "--chart", "tal.jpg"], ".png and .svg"),
        (["--from", "2026-01-02", "--to", "2026-02-01"], "the day that the data ends on, 2026-01-01"),
    ],
    ids=["period turned round", "another kind of picture", "period ahead of the data"],
)
def test_what_cannot_be_reported_is_a_usage_error(
    demo: Installation, arguments: list[str], said: str
) -> None:
    done = demo.run("report", *arguments, now="2026-03-01")
    assert 2 == done.returncode
    assert said in done.stderr
    assert "" == done.stdout


def test_a_file_that_cannot_be_written_is_named(demo: Installation, tmp_path: Path) -> None:
    missing = tmp_path / "findes-ikke" / "tal.csv"
    done = demo.run("report", *PERIOD, "--csv", str(missing), now=TODAY)
    assert 1 == done.returncode
    assert str(missing) in done.stderr
    assert "Traceback" not in done.stderr


def test_the_courses_of_2018_lead_to_no_notice(demo: Installation) -> None:
    snapshot = open_source(f"sqlite:///{demo.folder / 'cases.db'}").read()
    first, last = date(2026, 1, 1), date(2026, 6, 30)
    for start in (LONG_AGO, first):
        decisions, _ = plan_stretch(snapshot, POLICY, Knowledge({}, {}, start), first, last)
        assert decisions
        assert [] == [one.notice.sagsnr for one in decisions if goes_out(one) and of_2018(one)]


def goes_out(decision: Decision) -> bool:
    return decision.kind in {"send", "wait"}


def of_2018(decision: Decision) -> bool:
    return (decision.notice.forloeb_id or "").startswith("F-2018")


def test_nothing_is_counted_beyond_the_day_of_the_data(tmp_path: Path) -> None:
    demo = Installation.make(tmp_path, build(history=False), {"url": f"eml:{tmp_path / 'mails'}"})
    app = demo.app(datetime.fromisoformat("2026-06-30T12:00:00+02:00"))
    found = app.figures(date(2025, 9, 1), date(2026, 6, 30))
    assert date(2026, 1, 1) == found.as_of == found.counted_to
    assert 204 == sum(month.enquiries or 0 for month in found.months)
