import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from reminderd.compose.composer import Composed, Composer
from reminderd.compose.faults import ComposeError
from reminderd.compose.identity import message_id_for
from reminderd.compose.invite import CalendarRevision
from reminderd.compose.wording import Wordings
from reminderd.domain.notices import Notice
from reminderd.domain.workdays import at
from reminderd.errors import WordingError
from tests.unit.compose_cases import (
    DATA_PR,
    DOMAIN,
    KINDS,
    REVISION,
    SECRET,
    SENDER,
    SENT,
    TEMPLATES,
    YOUTH,
    composer,
    notice,
)


def compose(
    one: Notice,
    *,
    revision: CalendarRevision | None = REVISION,
    by: Composer | None = None,
    when: datetime = SENT,
) -> Composed:
    return (by or composer()).compose(one, composed_at=when, revision=revision, data_pr=DATA_PR)


def text(mail: Composed, part: int = 0) -> str:
    parts = [one for one in message_from_bytes(mail.raw).walk() if not one.is_multipart()]
    payload = parts[part].get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def test_the_digest_is_the_sha256_of_the_bytes() -> None:
    mail = compose(notice("review-plan"))
    assert hashlib.sha256(mail.raw).hexdigest() == mail.digest


def test_the_message_id_is_made_of_key_revision_secret_and_domain() -> None:
    one = notice("review-plan")
    later = CalendarRevision(REVISION.uid, 3, SENT)
    assert message_id_for(SECRET, str(one.key), 3, DOMAIN) == compose(one, revision=later).message_id


def test_the_message_id_in_the_bytes_is_the_one_returned() -> None:
    mail = compose(notice("review-plan"))
    assert mail.message_id == message_from_bytes(mail.raw)["Message-ID"]


def test_the_date_is_the_instant_of_composing() -> None:
    mail = compose(notice("review-plan"), when=datetime(2026, 7, 1, 6, 30, tzinfo=UTC))
    assert "Wed, 01 Jul 2026 06:30:00 +0000" == message_from_bytes(mail.raw)["Date"]


def test_the_footer_says_who_sends_and_when_the_data_was_true() -> None:
    expected = "af Påmindelser, Eksempel Kommune på grundlag af sagssystemet den 5. januar 2026 kl. 06.00."
    assert expected in text(compose(notice("review-plan")))


@pytest.mark.parametrize(
    ("kind", "read", "said"),
    [
        ("review-plan", True, "Du kan ikke svare på mailen."),
        ("review-meeting", True, "Svar ja eller nej på indkaldelsen i din kalender; andre svar"),
        ("review-meeting", False, "og et ja eller nej i din kalender bliver ikke læst."),
        ("calendar-cancel", True, "Du kan ikke svare på mailen."),
    ],
)
def test_the_footer_says_whether_an_answer_is_read(kind: str, read: bool, said: str) -> None:
    by = Composer(Wordings([TEMPLATES]), SENDER, DOMAIN, SECRET, answers_read=read)
    one = notice(kind)
    revision = replace(REVISION, method=one.method)
    assert said in " ".join(text(compose(one, revision=revision, by=by)).split())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in YOUTH])
def test_a_deputy_is_told_for_whom_and_nobody_else_is(kind: str) -> None:
    revision = REVISION if notice(kind).occasion else None
    assert "Du er stedfortræder for Signe Eksempel." in text(compose(notice(kind), revision=revision))
    assert "stedfortræder" not in text(compose(notice(kind, "minimal"), revision=revision))


@pytest.mark.parametrize("kind", KINDS)
def test_text_and_html_say_the_same(kind: str) -> None:
    mail = compose(notice(kind), revision=None)
    html = text(mail, 1)
    for paragraph in text(mail).replace("-- \r\n", "").strip().split("\r\n\r\n"):
        items = [f"<li>{line.removeprefix('· ')}</li>" for line in paragraph.strip().split("\r\n")]
        listed = f"<ul>{''.join(items)}</ul>"
        assert (listed if paragraph.startswith("· ") else f"<p>{paragraph.strip()}</p>") in html


def test_without_a_revision_there_is_no_calendar_part_and_no_word_of_a_file() -> None:
    mail = compose(notice("review-meeting"), revision=None)
    assert 2 == len(message_from_bytes(mail.raw).get_payload())
    assert "fil" not in text(mail).partition("-- ")[0]


def test_a_mail_whose_calendar_part_cannot_be_goes_without_it_and_says_why() -> None:
    one = notice("review-meeting", mail=SENDER.mail)
    mail, plain = compose(one), compose(one, revision=None)
    assert "organizer" in (mail.calendar_fault or "")
    assert (plain.raw, None) == (mail.raw, plain.calendar_fault)


def test_a_notice_without_a_mailbox_is_refused_by_name_of_its_key() -> None:
    one = notice("review-plan", mail=None)
    with pytest.raises(ComposeError, match="no mailbox") as caught:
        compose(one)
    assert str(one.key) == caught.value.where


def test_a_bad_address_is_refused_by_name_of_the_key_and_not_of_the_address() -> None:
    one = notice("review-plan", mail="søren@kommune.example")
    with pytest.raises(ComposeError) as caught:
        compose(one)
    assert str(one.key) == caught.value.where
    assert "søren" not in str(caught.value)


def test_a_revision_without_an_occasion_is_refused() -> None:
    with pytest.raises(WordingError, match="no line 'Kalender:'"):
        compose(notice("review-overdue"))
    with pytest.raises(ComposeError, match="nothing stands in the notice"):
        compose(replace(notice("review-plan"), occasion=None))


def test_a_broken_wording_is_refused_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "review-plan").mkdir()
    (tmp_path / "review-plan" / "da.txt").write_text("Emne: x\n\n{{ nonsense }}\n", encoding="utf-8")
    broken = Composer(Wordings([tmp_path, TEMPLATES]), SENDER, DOMAIN, SECRET)
    with pytest.raises(WordingError) as caught:
        compose(notice("review-plan"), by=broken)
    assert f"{tmp_path}/review-plan/da.txt:3" == caught.value.where


def test_the_wording_version_follows_the_wording(tmp_path: Path) -> None:
    (tmp_path / "footer").mkdir()
    (tmp_path / "footer" / "da.txt").write_text("Anden fod.\n", encoding="utf-8")
    other = Composer(Wordings([tmp_path, TEMPLATES]), SENDER, DOMAIN, SECRET)
    assert (
        compose(notice("review-plan")).wording_version
        == compose(notice("review-plan", "minimal")).wording_version
    )
    assert (
        compose(notice("review-plan")).wording_version
        != compose(notice("review-plan"), by=other).wording_version
    )


def test_stages_of_one_deadline_share_their_calendar_entry() -> None:
    plan, approaching = notice("review-plan"), notice("review-approaching")
    assert composer().calendar_shown(plan) == composer().calendar_shown(approaching)
    invitation, reminder = notice("activity-invitation"), notice("activity-reminder")
    assert composer().calendar_shown(invitation) == composer().calendar_shown(reminder)


def test_a_deadline_that_moves_changes_the_calendar_shown() -> None:
    one = notice("review-plan")
    assert one.occasion is not None
    moved = replace(one, occasion=replace(one.occasion, starts=date(2026, 2, 1), ends=date(2026, 2, 2)))
    assert composer().calendar_shown(one) != composer().calendar_shown(moved)


def test_the_day_a_notice_goes_out_does_not_change_the_calendar_shown() -> None:
    one = notice("review-plan")
    later = replace(one, facts={**one.facts, "sendedag": date(2026, 1, 9), "dage": 15})
    assert composer().calendar_shown(one) == composer().calendar_shown(later)


def test_a_notice_without_an_occasion_has_no_calendar_shown() -> None:
    assert composer().calendar_shown(notice("review-overdue")) is None


def test_a_meeting_after_its_deadline_is_remarked_on() -> None:
    one = notice("review-meeting")
    late = replace(one, facts={**one.facts, "efter_frist": True})
    assert "Bemærk: mødet ligger efter fristen." in text(compose(late))
    assert "Bemærk" not in text(compose(one))


@pytest.mark.parametrize(("dage", "expected"), [(1, "Det var i går."), (8, "Det er 8 dage siden.")])
def test_an_overdue_review_says_how_long_ago(dage: int, expected: str) -> None:
    one = notice("review-overdue")
    assert expected in text(compose(replace(one, facts={**one.facts, "dage": dage}), revision=None))


def test_times_in_the_mail_are_danish_on_both_sides_of_the_clock_change() -> None:
    one = notice("activity-invitation")
    summer = at(date(2026, 3, 30), time(17)).astimezone(UTC)
    facts = {**one.facts, "start": summer, "slut": summer + timedelta(hours=2)}
    assert "mandag den 30. marts 2026 kl. 17.00–19.00" in text(
        compose(replace(one, facts=facts), revision=None)
    )
