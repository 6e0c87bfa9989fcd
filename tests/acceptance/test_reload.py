"""A reload takes configuration, rules and wordings as one, or none of them and says why."""

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from reminderd.service.control import ask, socket_path
from reminderd.testing.relay import Stall
from tests.acceptance.conftest import (
    NOBODY,
    MakeRelay,
    StartService,
    SystemdListener,
    with_two_mails_waiting,
)
from tests.installation import Installation, courses, run

Reload = Callable[[Installation], subprocess.CompletedProcess[str]]


@pytest.fixture
def reload(runtime_directory: Path) -> Reload:
    def ask(installation: Installation, *more: str) -> subprocess.CompletedProcess[str]:
        arguments = installation.arguments("reload", "--wait", *more)
        return run(arguments, cwd=installation.folder, RUNTIME_DIRECTORY=str(runtime_directory))

    return ask


def change(installation: Installation, old: str, new: str, file: str = "reminderd.toml") -> None:
    path = installation.folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def running(tmp_path: Path, systemd: SystemdListener, start_service: StartService) -> Installation:
    """Return an installation without cases whose service is up."""
    installation = Installation.make(tmp_path, courses(), NOBODY)
    start_service(installation)
    systemd.until("STATUS=fine")
    return installation


def test_a_good_reload_is_in_force_at_once_and_systemd_hears_its_beginning_and_end(
    tmp_path: Path,
    make_relay: MakeRelay,
    systemd: SystemdListener,
    start_service: StartService,
    reload: Reload,
) -> None:
    relay = make_relay()
    installation = with_two_mails_waiting(tmp_path, {**NOBODY, "timeout_s": 5})
    start_service(installation)
    systemd.until("STATUS=degraded, retrying; relay away")
    change(installation, NOBODY["url"], relay.url)
    done = reload(installation)
    assert (0, "reloaded: in force\n") == (done.returncode, done.stdout), done.stderr
    lines = systemd.until("RELOADING=1").splitlines()
    assert lines[1].partition("=")[0] == "MONOTONIC_USEC"
    assert lines[1].partition("=")[2].isdecimal()
    systemd.until("READY=1")
    # The one that was offered in vain rests; the other has waited for this relay.
    assert systemd.until("STATUS=fine").startswith("STATUS=fine; 1 sent since start")
    assert 1 == len(relay.messages)


def test_a_broken_configuration_leaves_everything_as_it_was_and_says_each_problem(
    running: Installation, systemd: SystemdListener, reload: Reload
) -> None:
    change(running, "[operator]", "[operater]")
    change(running, 'when = "18 weeks after start"', 'when = "18 weeks"', file="rules.toml")
    done = reload(running)
    assert 78 == done.returncode
    assert "not reloaded, the settings before stay in force:" in done.stderr
    assert "operater" in done.stderr
    assert "rules.toml" in done.stderr
    systemd.until("RELOADING=1")
    assert "the last reload was refused, settings of " in systemd.until("READY=1")

    change(running, "[operater]", "[operator]")
    change(running, 'when = "18 weeks"', 'when = "18 weeks after start"', file="rules.toml")
    assert 0 == reload(running).returncode
    assert "refused" not in systemd.until("READY=1")


def test_a_broken_wording_is_refused_with_its_file_and_line(running: Installation, reload: Reload) -> None:
    own = running.folder / "wordings" / "course-limit-warning"
    own.mkdir(parents=True)
    (own / "da.txt").write_text("Emne: {{ findes_ikke }}\n\nTekst.\n", encoding="utf-8")
    change(running, "[operator]", '[templates]\ndir = "wordings"\n\n[operator]')
    done = reload(running)
    assert 78 == done.returncode
    assert "wordings/course-limit-warning/da.txt:1" in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (
            "/ledger.db",
            "/another.db",
            "ledger: changed (this cannot change while the service runs: systemctl restart reminderd)",
        ),
        (
            'domain = "reminderd.kommune.example"',
            'domain = "other.kommune.example"',
            "installation.domain: changed",
        ),
        ("/cases.db", "/no-such.db", "there is no such database file"),
    ],
)
def test_what_a_running_service_cannot_follow_is_refused_with_the_cure(
    running: Installation, reload: Reload, old: str, new: str, place: str
) -> None:
    change(running, old, new)
    done = reload(running)
    assert 78 == done.returncode
    assert place in done.stderr


def test_sighup_reloads_too(
    running: Installation, systemd: SystemdListener, start_service: StartService
) -> None:
    change(running, "[operator]", "[operater]")
    process = start_service.started[-1]
    process.send_signal(signal.SIGHUP)
    systemd.until("RELOADING=1")
    assert "the last reload was refused" in systemd.until("READY=1")
    assert process.poll() is None


def test_a_reload_lets_the_message_in_hand_finish_and_the_rest_goes_out_once(
    tmp_path: Path,
    make_relay: MakeRelay,
    ca_file: Path,
    systemd: SystemdListener,
    start_service: StartService,
    runtime_directory: Path,
) -> None:
    relay = make_relay(Stall("dot"), tls="starttls")
    installation = with_two_mails_waiting(tmp_path, {"url": relay.url, "ca_file": str(ca_file)})
    start_service(installation)
    assert relay.wait_for_stall(seconds=30)
    asked = installation.start("reload", "--wait", "--json", RUNTIME_DIRECTORY=str(runtime_directory))
    systemd.until("RELOADING=1")
    relay.release()
    said, _ = asked.communicate(timeout=60)
    assert {"reloaded": True, "lines": ["reloaded: in force"]} == json.loads(said)
    systemd.until("STATUS=fine; 2 sent")
    assert 2 == len(relay.messages)
    assert ["sent", "sent"] == installation.states()


def test_a_reload_without_a_service_says_so(tmp_path: Path, reload: Reload) -> None:
    installation = Installation.make(tmp_path, courses(), NOBODY)
    done = reload(installation)
    assert 69 == done.returncode
    assert "no running service answered" in done.stderr
    assert "systemctl status reminderd" in done.stderr


def test_a_service_whose_configuration_is_wrong_ends_at_once_with_78_and_says_why_in_its_status(
    tmp_path: Path, systemd: SystemdListener, start_service: StartService
) -> None:
    installation = Installation.make(tmp_path, courses(), NOBODY)
    change(installation, "[operator]", "[operater]")
    process = start_service(installation)
    assert "operater" in systemd.until("STATUS=ended: configuration: 1 problem")
    assert "operater" in process.communicate(timeout=30)[1]
    assert 78 == process.returncode


def test_a_service_with_a_broken_wording_starts_and_names_it(
    tmp_path: Path, systemd: SystemdListener, start_service: StartService
) -> None:
    installation = Installation.make(tmp_path, courses(), NOBODY)
    own = tmp_path / "wordings" / "course-limit-warning"
    own.mkdir(parents=True)
    (own / "da.txt").write_text("Emne: {{ findes_ikke }}\n\nTekst.\n", encoding="utf-8")
    change(installation, "[operator]", '[templates]\ndir = "wordings"\n\n[operator]')
    process = start_service(installation)
    assert "problems in wordings: reminderd check" in systemd.until("STATUS=fine")
    process.terminate()
    assert "event=wording_broken" in process.communicate(timeout=30)[1]


def test_whatever_is_wrong_with_the_files_the_service_goes_on_as_before(
    running: Installation, systemd: SystemdListener, runtime_directory: Path
) -> None:
    place = socket_path({"RUNTIME_DIRECTORY": str(runtime_directory)})
    before = {name: (running.folder / name).read_bytes() for name in ("reminderd.toml", "rules.toml")}
    tried = 0
    for wrong in sorted((Path(__file__).parents[1] / "unit" / "wrong_config").glob("*.toml")):
        name = "rules.toml" if wrong.name.startswith("rules-") else "reminderd.toml"
        (running.folder / name).write_bytes(wrong.read_bytes())
        answer = ask(place, "reload wait", seconds=60)
        assert (wrong.name, 78) == (wrong.name, answer.status)
        assert 2 <= len(answer.lines)
        assert "the last reload was refused" in systemd.until("READY=1")
        (running.folder / name).write_bytes(before[name])
        tried += 1
    assert 40 < tried
    assert 0 == ask(place, "reload wait", seconds=60).status
    assert "refused" not in systemd.until("READY=1")
