"""F8, F11: over the demonstration's data, the leader gets one mail with the figures that `report` prints."""

import csv
import io
import json
from datetime import date, time
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from reminderd.casedb.synthetic import build
from reminderd.domain.workdays import at
from tests.installation import Installation

# The committee meets on Tuesday 3 March 2026; two weeks before is the sending day.
DUE = date(2026, 2, 17)
DAYS = (date(2026, 2, 16), DUE, date(2026, 2, 18), date(2026, 3, 3), date(2026, 3, 4))
LEADER = "kirsten.holm@kommune.example"


@pytest.fixture(scope="module")
def mails(tmp_path_factory: pytest.TempPathFactory) -> tuple[Installation, list[Message]]:
    """Run on the days around, and return every report in the order it was sent."""
    folder = tmp_path_factory.mktemp("report")
    installation = Installation.make(folder, build(), {"url": f"eml:{folder / 'mails'}"}, all_rules=True)
    for day in DAYS:
        installation.morning_data(day)
        installation.run_here(at(day, time(8)))
    installation.morning_data(DUE)
    sent = [message_from_bytes(path.read_bytes()) for path in sorted((folder / "mails").glob("*.eml"))]
    return installation, [mail for mail in sent if mail.get_content_type() == "multipart/mixed"]


def enclosed(mail: Message, mime_type: str) -> bytes:
    (part,) = (part for part in mail.walk() if part.get_content_type() == mime_type)
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload


def test_f11_the_leader_gets_exactly_one_mail_with_the_figures(
    mails: tuple[Installation, list[Message]],
) -> None:
    installation, (mail,) = mails
    assert LEADER == mail["To"]
    (entry,) = (entry for entry in installation.entries() if entry.rule == "committee-report")
    assert ("sent", LEADER, date(2026, 3, 3)) == (entry.state, entry.recipient_mail, entry.deadline_date)
    assert mail["Message-ID"] == entry.message_id


def test_f8_its_spreadsheet_is_the_one_that_report_writes_of_that_period_that_day(
    mails: tuple[Installation, list[Message]], tmp_path: Path
) -> None:
    installation, (mail,) = mails
    period = ("--from", "2025-10-01", "--to", "2026-01-31")
    path = tmp_path / "tal.csv"
    done = installation.run("report", *period, "--csv", str(path), "--json", now=DUE.isoformat())
    assert 0 == done.returncode
    raw = enclosed(mail, "text/csv")
    assert path.read_bytes() == raw
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter=";"))
    whole = {row["tal"]: int(row["antal"]) for row in rows if not row["opdelt_paa"]}
    printed = json.loads(done.stdout)
    names = {
        "henvendelser": "enquiries",
        "forloeb_begyndt": "courses_started",
        "borgere_med_forloeb": "persons_with_active_course",
        "henvist_85": "referred_to_85",
        "afsluttet_nu": "ended_by_as_of",
        "naaet_graensen": "reached_limit_by_as_of",
    }
    assert {name: printed[of] for name, of in names.items()} == {name: whole[name] for name in names}
    assert whole["forloeb_begyndt"] > 0


def test_f8_its_text_names_the_three_counts_of_the_same_figures(
    mails: tuple[Installation, list[Message]],
) -> None:
    _, (mail,) = mails
    text = enclosed(mail, "text/plain").decode()
    rows = csv.DictReader(
        io.StringIO(enclosed(mail, "text/csv").decode("utf-8-sig"), newline=""), delimiter=";"
    )
    whole = {row["tal"]: row["antal"] for row in rows if not row["opdelt_paa"]}
    assert (
        "1. oktober 2025 til 31. januar 2026, begge dage medregnet, og er opgjort den 17. februar 2026"
        in text
    )
    for label, name in (
        ("Henvendelser", "henvendelser"),
        ("Forløb på højst 20 uger, der er begyndt i perioden", "forloeb_begyndt"),
        ("Borgere med et aktivt forløb i perioden", "borgere_med_forloeb"),
    ):
        assert f"· {label}: {whole[name]}\r\n" in text


def test_its_picture_is_a_png(mails: tuple[Installation, list[Message]]) -> None:
    _, (mail,) = mails
    assert enclosed(mail, "image/png").startswith(b"\x89PNG")
