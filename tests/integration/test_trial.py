"""In a trial every mail goes to one mailbox, and says at once that it is one, and whom it was for."""

from datetime import date, time, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from reminderd.config.loading import load_with_rules
from reminderd.config.secrets import passwords_in
from reminderd.domain.workdays import at
from reminderd.errors import ConfigurationError
from reminderd.testing.relay import ScriptedRelay
from reminderd.testing.script import Act, Drop, Reply
from tests.installation import Installation, courses

MORNING = at(date(2026, 5, 11), time(9))


def test_all_mail_goes_to_one_mailbox_and_is_marked(tmp_path: Path) -> None:
    with ScriptedRelay() as relay:
        one = Installation.make(
            tmp_path, courses(date(2026, 1, 5), date(2026, 1, 5)), {"url": relay.url, "tls": "none"}
        )
        settings = one.config.read_text(encoding="utf-8")
        one.config.write_text(f'{settings}\n[delivery]\nredirect_all_to = "proeve@kommune.example"\n')
        one.morning_data(MORNING.date())
        assert 2 == one.run_here(MORNING).sent
        received = relay.messages
    assert {("proeve@kommune.example",)} == {message.rcpt_to for message in received}
    assert {"anne@kommune.example"} == {entry.recipient_mail for entry in one.entries()}
    for message in received:
        mail = message_from_bytes(message.raw)
        parts = [part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()]
        text, html, calendar = (part.decode() for part in parts if isinstance(part, bytes))
        assert "proeve@kommune.example" == mail["To"]
        assert "=?utf-8?q?PR=C3=98VE" in mail["Subject"]
        said = "PRØVE: I drift var denne mail gået til sagsbehandler (anne@kommune.example)."
        assert text.startswith(said)
        assert said in html
        assert "SUMMARY:PRØVE: " in calendar
        assert "mailto:proeve@kommune.example" in calendar
        assert "anne@" not in calendar


@pytest.mark.parametrize("first", [Reply("RCPT", 451), Drop("dot")], ids=["put-off", "in-doubt"])
def test_what_a_trial_did_not_get_rid_of_goes_out_as_if_there_had_been_none(
    tmp_path: Path, first: Act
) -> None:
    with ScriptedRelay([first]) as relay:
        one = Installation.make(tmp_path, courses(date(2026, 1, 5)), {"url": relay.url, "tls": "none"})
        settings = one.config.read_text(encoding="utf-8")
        one.config.write_text(f'{settings}\n[delivery]\nredirect_all_to = "proeve@kommune.example"\n')
        one.morning_data(MORNING.date())
        assert 0 == one.run_here(MORNING).sent
        one.config.write_text(settings)
        assert 1 == one.run_here(MORNING + timedelta(hours=1)).sent
        received = relay.messages[-1]
    mail = message_from_bytes(received.raw)
    assert ("anne@kommune.example",) == received.rcpt_to
    assert "anne@kommune.example" == mail["To"]
    assert b"PR=C3=98VE" not in received.raw


def test_a_trials_mailbox_lies_inside_the_house(tmp_path: Path) -> None:
    one = Installation.make(tmp_path, courses(), {"url": f"eml:{tmp_path}"})
    with pytest.raises(ConfigurationError, match=r"delivery\.redirect_all_to.*outside privacy"):
        load_with_rules(one.config, ("delivery.redirect_all_to=proeve@udefra.example",))


@pytest.mark.parametrize("name", ["PGPASSWORD", "REMINDERD_RELAY_PASSWORD", "REMINDERD_SECRET"])
def test_a_password_in_the_environment_is_refused_with_the_cure_and_not_shown(
    tmp_path: Path, name: str
) -> None:
    one = Installation.make(tmp_path, courses(), {"url": f"eml:{tmp_path}"})
    with one.start("check", **{name: "hemmelig-4711"}) as process:
        out, err = process.communicate(timeout=60)
    assert 78 == process.returncode
    assert f"${name}: a password stands in the environment" in out
    assert "systemd credential" in out
    assert "4711" not in out + err


def test_what_is_no_password_may_stand_in_the_environment() -> None:
    assert [] == passwords_in({"REMINDERD_CONFIG": "x", "PATH": "x", "PGUSER": "x", "MY_PASSWORD": "x"})


@pytest.mark.parametrize("override", ["relay.password=hemmelig-4711", "source.password=hemmelig-4711"])
def test_a_password_on_the_command_line_is_refused_and_not_shown(tmp_path: Path, override: str) -> None:
    one = Installation.make(tmp_path, courses(), {"url": f"eml:{tmp_path}"})
    done = one.run("--set", override, "check")
    assert 78 == done.returncode
    assert "4711" not in done.stdout + done.stderr
    assert override.partition("=")[0] in done.stdout


def test_a_running_process_leaves_no_core_dump(tmp_path: Path) -> None:
    one = Installation.make(tmp_path, courses(), {"url": f"eml:{tmp_path}/mails"})
    with one.start("run") as process:
        assert process.stderr is not None
        while "started" not in process.stderr.readline():
            assert process.poll() is None
        limits = Path(f"/proc/{process.pid}/limits").read_text(encoding="ascii")
        process.terminate()
        process.communicate(timeout=60)
    (line,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    assert ["0", "0"] == line.split()[4:6]


def test_a_command_that_reads_cases_leaves_none_either(tmp_path: Path) -> None:
    one = Installation.make(tmp_path, courses(date(2026, 1, 5)), {"url": f"eml:{tmp_path}/mails"})
    patched = tmp_path / "patched"
    patched.mkdir()
    patched.joinpath("sitecustomize.py").write_text(
        "import resource\n"
        "import reminderd.domain.deadlines as deadlines\n"
        "def ask(*_):\n"
        "    raise SystemExit(str(resource.getrlimit(resource.RLIMIT_CORE)))\n"
        "deadlines.course_limit = ask\n",
        encoding="utf-8",
    )
    with one.start("plan", now=MORNING, PYTHONPATH=str(patched)) as process:
        _, err = process.communicate(timeout=60)
    assert "(0, 0)\n" == err
