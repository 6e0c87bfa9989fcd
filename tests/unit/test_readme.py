"""The first screen says nothing that is not so."""

import email
import email.policy
import re
from datetime import date, datetime
from pathlib import Path

from reminderd.cli import _COMMANDS
from reminderd.compose.composer import Composer
from reminderd.compose.invite import Mailbox
from reminderd.compose.wording import Wordings
from reminderd.config.shipped import shipped_folder
from tests.casework import decide_on, snapshot

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_mail_on_the_first_screen_is_the_one_that_is_sent() -> None:
    (decision, *_) = decide_on(snapshot(), date(2026, 5, 11))
    composer = Composer(
        Wordings([shipped_folder("templates")]),
        Mailbox("paamindelser@kommune.example", "Ballerup Kommune"),
        "reminderd.kommune.example",
        b"a secret of thirty-two bytes....",
    )
    moment = decision.notice.send_at
    mail = composer.compose(
        decision.notice,
        composed_at=moment,
        revision=None,
        data_pr=datetime(2026, 5, 11, 6, tzinfo=moment.tzinfo),
    )
    message = email.message_from_bytes(mail.raw, policy=email.policy.default)
    text = message.get_body(("plain",)).get_content().replace("\r\n", "\n").partition("\n-- \n")[0].strip()
    shown = f"From: {message['From']}\nTo: {message['To']}\nSubject: {message['Subject']}\n\n{text}\n"
    assert shown in README


def test_every_file_that_the_readme_points_to_is_there() -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", README)
    assert targets
    assert [] == [target for target in targets if not (ROOT / target).exists()]


def test_the_readme_names_every_command() -> None:
    assert [] == [name for name in _COMMANDS if f"{name}" not in README]


def test_every_folder_has_its_handbook() -> None:
    folders = ["systemd", "config", "templates", "tests", "reminderd", "reminderd/casedb", "reminderd/ledger"]
    assert [] == [folder for folder in folders if not (ROOT / folder / "README.md").is_file()]
