"""A mail that says what it must not is replaced by one that says nothing, and everybody concerned is told."""

import json
from datetime import date, time, timedelta
from email import message_from_bytes
from pathlib import Path

from reminderd.domain.workdays import at
from reminderd.testing.relay import ScriptedRelay
from reminderd.testing.script import Reply
from tests.installation import Installation, courses

# The day of the number (31 February) does not exist.
NUMBER = "310299-0000"
MORNING = at(date(2026, 5, 11), time(9))
DUE = date(2026, 1, 5)


def installed(folder: Path, *, text: str, footer: str | None = None) -> Installation:
    """Return two courses that are warned of this morning, with a wording of the operator's own."""
    one = Installation.make(folder, courses(DUE, DUE), {"url": f"eml:{folder}/mails"})
    (folder / "own" / "course-limit-warning").mkdir(parents=True)
    (folder / "own" / "course-limit-warning" / "da.txt").write_text(text, encoding="utf-8")
    if footer is not None:
        (folder / "own" / "footer").mkdir()
        (folder / "own" / "footer" / "da.txt").write_text(footer, encoding="utf-8")
    settings = one.config.read_text(encoding="utf-8") + f'\n[templates]\ndir = "{folder}/own"\n'
    one.config.write_text(settings.replace("[sender]", '[sender]\nlink = "https://sager.kommune.example/"'))
    one.morning_data(MORNING.date())
    return one


ONE_CASE = (
    "Emne: Sag {{ sagsnr }}\nKalender: Frist\n\n"
    f"{{% if sagsnr == '2026-0001' %}}Ring om {NUMBER}.{{% else %}}Se efter.{{% endif %}}\n"
)


def mails(folder: Path) -> dict[str, bytes]:
    found = [path.read_bytes() for path in folder.joinpath("mails").glob("*.eml")]
    return {message_from_bytes(raw)["Subject"].split("?Q?")[-1]: raw for raw in found}


def test_the_safe_wording_goes_out_and_the_other_mail_is_untouched(tmp_path: Path) -> None:
    one = installed(tmp_path, text=ONE_CASE)
    report = one.run_here(MORNING)
    assert (2, 1) == (report.sent, report.replaced)
    assert ["sent", "sent"] == one.states()
    found = mails(tmp_path)
    assert "Sag 2026-0002" in found
    (other,) = (raw for subject, raw in found.items() if subject != "Sag 2026-0002")
    told = [part.get_payload(decode=True) for part in message_from_bytes(other).walk()]
    assert 2 == sum(isinstance(part, bytes) for part in told)
    assert b"https://sager.kommune.example/" in told[1]  # type: ignore[operator]
    for raw in (other, *filter(None, told)):
        assert b"2026-0001" not in raw  # type: ignore[operator]
        assert NUMBER.encode() not in raw  # type: ignore[operator]


def test_the_operator_and_the_journal_are_told_where_and_not_what(tmp_path: Path) -> None:
    one = installed(tmp_path, text=ONE_CASE)
    done = one.run("run", "--once", "--json", now=MORNING)
    assert 1 == done.returncode
    assert 1 == json.loads(done.stdout)["replaced"]
    assert "mail_replaced" in done.stderr
    assert "the text: what can be read as a CPR number" in done.stderr
    (entry,) = json.loads(one.run("show", "--json", "forloeb:f1").stdout)
    (line,) = [line for line in entry["journal"] if line["event"] == "replaced"]
    assert line["reason"].startswith("the safe wording goes out: the text: what can be read as a CPR number")
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("ledger.db*"))
    assert NUMBER.encode() not in kept
    assert NUMBER not in done.stdout + done.stderr


def test_the_calendar_entry_begins_when_a_mail_carries_it(tmp_path: Path) -> None:
    one = installed(tmp_path, text=ONE_CASE)
    one.run_here(MORNING)
    first, second = sorted(one.entries(), key=lambda entry: entry.key)
    assert (None, True) == (first.calendar_uid, bool(second.calendar_uid))
    carried = [path.read_bytes().count(b"text/calendar") for path in tmp_path.joinpath("mails").glob("*.eml")]
    assert [0, 1] == sorted(carried)


def test_where_the_footer_has_it_the_notices_are_held(tmp_path: Path) -> None:
    one = installed(
        tmp_path, text="Emne: Sag {{ sagsnr }}\nKalender: Frist\n\nHej.\n", footer=f"Ring om {NUMBER}.\n"
    )
    report = one.run_here(MORNING)
    assert (0, 0, 2) == (report.sent, report.replaced, report.outcomes["held"])
    assert all("UnsafeMailError" in entry.reason for entry in one.entries())
    assert not any(NUMBER in entry.reason for entry in one.entries())


def test_a_mail_that_is_too_big_for_the_relay_becomes_the_safe_one(tmp_path: Path) -> None:
    with ScriptedRelay([Reply("dot", 552, "5.3.4 too big")]) as relay:
        one = Installation.make(tmp_path, courses(DUE), {"url": relay.url, "tls": "none"})
        one.run_here(MORNING)
        assert ["deferred"] == one.states()
        report = one.run_here(MORNING + timedelta(minutes=2))
        assert (1, 1) == (report.sent, report.replaced)
        (mail,) = relay.messages
    assert b"2026-0001" not in mail.raw
    assert b"text/calendar" not in mail.raw
    (entry,) = json.loads(one.run("show", "--json", "forloeb:f1").stdout)
    assert ["deferred", "sent"] == [attempt["outcome"] for attempt in entry["attempts"]]
    (line,) = [line for line in entry["journal"] if line["event"] == "replaced"]
    assert "the safe wording goes out: the relay takes no mail as big as this" == line["reason"]


def test_where_the_safe_one_is_too_big_as_well_it_has_failed(tmp_path: Path) -> None:
    too_big = Reply("dot", 552, "5.3.4 too big")
    with ScriptedRelay([too_big, too_big]) as relay:
        one = Installation.make(tmp_path, courses(DUE), {"url": relay.url, "tls": "none"})
        one.run_here(MORNING)
        one.run_here(MORNING + timedelta(minutes=2))
        assert ["failed"] == one.states()
        assert () == relay.messages
