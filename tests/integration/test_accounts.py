"""The accounts: each thing the case source asks for has one outcome, or somebody hears that it has none.

Over real installations. What goes wrong is done to their files, behind the program's back.
"""

import asyncio
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from reminderd.clock import FixedClock
from reminderd.config.secrets import SecretError
from reminderd.domain.accounting import Account
from reminderd.engine.embedded import EmbeddedEngine
from reminderd.engine.heartbeat import HeartbeatError, beat
from reminderd.engine.nightly import Nightly
from reminderd.engine.progress import Progress
from tests.casework import BORGER, FORLOEB, VEJEN_FREM, held, on_case, session, snapshot
from tests.installation import Installation, courses
from tests.integration.corridor import morning

MONDAY = date(2026, 5, 11)
NOW = morning(MONDAY)
EVENING = morning(MONDAY, 21, 30)
START = date(2026, 1, 5)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """Two courses in their 18th week, each of which was told about this morning."""
    made = Installation.make(tmp_path, courses(START, START), {"url": f"eml:{tmp_path / 'mails'}"})
    assert 2 == made.run_here(NOW).sent
    return made


def accounts(installation: Installation, now: datetime = NOW) -> Account:
    found = installation.app(now).audit()
    assert found is not None
    return found


def change(installation: Installation, *statements: str) -> None:
    with closing(sqlite3.connect(installation.folder / "ledger.db")) as connection, connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        for statement in statements:
            connection.execute(statement)


def test_everything_has_its_outcome_and_the_command_says_so(installation: Installation) -> None:
    said = installation.run("audit", now=NOW)
    assert 0 == said.returncode, said.stdout + said.stderr
    assert "entries in the ledger: 2 sent\n" in said.stdout
    assert said.stdout.endswith("as of the run of 2026-05-11 08:00: the accounts agree\n")
    told = json.loads(installation.run("audit", "--json", now=NOW).stdout)
    assert (True, []) == (told["agrees"], told["missing"])
    assert {"kind": "course_limit", "told": 2} == {
        name: value for name, value in told["obligations"][0].items() if value
    }


def test_an_obligation_that_is_lost_from_the_ledger_is_named(installation: Installation) -> None:
    change(installation, "DELETE FROM entry WHERE subject = 'forloeb:f2'")
    said = installation.run("audit", now=NOW)
    missing = "missing: course_limit on 2026-05-25 of forloeb:f2 to medarbejder:m1:"
    assert (1, [f"{missing} see `reminderd explain 2026-0002`"]) == (
        said.returncode,
        [line for line in said.stdout.splitlines() if line.startswith("missing:")],
    )
    assert said.stdout.endswith("the accounts do not agree\n")


def test_what_nobody_can_be_told_is_missing_until_somebody_can(tmp_path: Path) -> None:
    alone = snapshot(staff=[], roles=[], enheder=[], forloeb=[replace(FORLOEB, enhed_id=None)])
    made = Installation.make(tmp_path, alone, {"url": f"eml:{tmp_path / 'mails'}"})
    settings = made.config.read_text(encoding="utf-8")
    made.config.write_text(settings.replace('mail = ["it@kommune.example"]', "mail = []"), encoding="utf-8")
    made.run_here(NOW)
    assert ["course_limit on 2026-05-25 of forloeb:f1"] == [str(one) for one in accounts(made).missing]
    made.config.write_text(settings, encoding="utf-8")
    assert 1 == made.run_here(NOW).sent
    assert accounts(made).agrees


def test_what_was_entered_since_the_last_hour_of_sending_waits_for_the_next(
    installation: Installation,
) -> None:
    installation.set_cases(courses(START, START, START))
    assert not accounts(installation).agrees
    sunday = morning(date(2026, 5, 17))
    installation.run_here(sunday)
    found = accounts(installation, sunday)
    assert ({("course_limit", "told"): 2, ("course_limit", "waiting"): 1}, True) == (
        found.obligations,
        found.agrees,
    )


def test_a_paused_case_and_a_bad_row_have_outcomes_of_their_own(tmp_path: Path) -> None:
    data = courses(START, START)
    bad = {**data.borgere, "b2": replace(data.borgere["b2"], beskyttelse="ukendt")}
    made = Installation.make(tmp_path, replace(data, borgere=bad), {"url": f"eml:{tmp_path / 'mails'}"})
    made.app(NOW).silence("case", "2026-0001", date(2026, 6, 1), reason="asked for", author="it")
    made.run_here(NOW)
    assert {("course_limit", "silenced"): 1, ("course_limit", "set_aside"): 1} == accounts(made).obligations


def test_a_ledger_that_contradicts_itself_is_found(installation: Installation) -> None:
    change(
        installation,
        "UPDATE entry SET state = 'lapsed' WHERE subject = 'forloeb:f1'",
        "UPDATE attempt SET outcome = 'deferred' WHERE entry_id ="
        " (SELECT id FROM entry WHERE subject = 'forloeb:f2')",
    )
    one, other = (entry.key for entry in installation.entries())
    assert (
        f"{one}: its state is not the one that the journal says",
        f"{other}: sent, and no relay and no person has said so",
    ) == accounts(installation).contradictions


def test_an_open_entry_that_nobody_lets_lapse_and_a_service_that_stands_still_are_found(
    installation: Installation,
) -> None:
    change(
        installation,
        "DROP TRIGGER IF EXISTS journal_no_update",
        "UPDATE entry SET state = 'queued', expires_at = '2026-05-01T00:00:00.000000Z' WHERE id = 1",
        "UPDATE journal SET to_state = 'queued' WHERE entry_id = 1 AND to_state = 'sent'",
    )
    late = accounts(installation, NOW + timedelta(days=2)).contradictions
    assert "the case source was last reconciled 48 hours ago" == late[0]
    assert late[1].endswith("still open at the last run, although no longer useful")


def test_a_source_that_bleeds_slowly_is_found_though_no_single_look_lost_much(tmp_path: Path) -> None:
    left = courses(*[START] * 8)
    made = Installation.make(tmp_path, left, {"url": f"eml:{tmp_path / 'mails'}"})
    made.run_here(NOW)
    for number in range(1, 4):
        rows = dict(list(left.forloeb.items())[number:])
        made.set_cases(
            replace(left, forloeb=rows, tilknytninger={key: left.tilknytninger[key] for key in rows})
        )
        assert made.run_here(NOW + timedelta(hours=number)).source_doubt is None
        found = accounts(made).contradictions
        expected = f"{number} of 8 courses with a deadline ahead that was told are gone from the case source"
        assert (() if number == 1 else (expected,)) == found


def test_nothing_is_audited_where_nothing_has_run(tmp_path: Path) -> None:
    made = Installation.make(tmp_path, courses(START), {"url": f"eml:{tmp_path / 'mails'}"})
    assert made.app(NOW).audit() is None


def test_every_kind_of_primary_deadline_is_in_the_accounts(tmp_path: Path) -> None:
    data = snapshot(
        forloeb=[FORLOEB, replace(VEJEN_FREM, forloeb_id="f2", borger_id="b2", sagsnr="2026-0002")],
        borgere=[BORGER, replace(BORGER, borger_id="b2", foedselsdato=date(2003, 9, 1))],
        roles=[
            on_case("m1", "sagsbehandler"),
            on_case("m1", "sagsbehandler", forloeb_id="f2"),
            on_case("m2", "kontaktperson", forloeb_id="f2"),
        ],
        opfoelgninger=[replace(held(date(2026, 2, 20)), forloeb_id="f2")],
        aktiviteter=[session(datetime(2026, 5, 20, 17))],
    )
    made = Installation.make(tmp_path, data, {"url": f"eml:{tmp_path / 'mails'}"}, all_rules=True)
    made.run_here(NOW)
    found = accounts(made)
    assert found.agrees, found
    assert {"activity": 1, "course_limit": 1, "exit_age": 2, "review": 2} == {
        kind: number for (kind, _), number in found.obligations.items()
    }


@contextmanager
def monitoring(status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """Answer like somebody's monitoring; gives its address and the paths that were called."""
    called: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            called.append(self.path)
            self.send_response(statuses[0])
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    statuses = [status]
    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/ping/secret", called
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def live(installation: Installation, *moments: datetime) -> Nightly:
    """Let the service tick at these moments; returns what audited."""
    clock = FixedClock(moments[0])
    app = installation.app(clock)
    progress = Progress()
    nightly = Nightly(app.audit, app.heartbeat, progress, clock)

    async def ticks() -> None:
        with app.ledger() as ledger:
            engine = EmbeddedEngine(
                app.corridor(ledger, progress),
                clock,
                tick_seconds=60,
                on_state=lambda _state: None,
                progress=progress,
                after_run=nightly.after_run,
            )
            for moment in moments:
                clock.move_to(moment)
                await engine.tick()
            await engine.close()

    asyncio.run(ticks())
    return nightly


def minutes_after(moment: datetime, *minutes: int) -> list[datetime]:
    return [moment + timedelta(minutes=number) for number in minutes]


def with_heartbeat(installation: Installation, address: str) -> Installation:
    with installation.config.open("a", encoding="utf-8") as settings:
        settings.write(f'\n[heartbeat]\nurl = "{address}"\n')
    return installation


def test_the_heart_beats_once_an_evening_where_the_accounts_agree(installation: Installation) -> None:
    tomorrow = EVENING + timedelta(days=1)
    with monitoring() as (address, called):
        with_heartbeat(installation, address)
        assert live(installation, NOW + timedelta(hours=1), morning(MONDAY, 20, 59)).account is None
        assert [] == called
        nightly = live(installation, *minutes_after(EVENING, 0, 1, 2), tomorrow)
        assert nightly.account is not None
        assert ["/ping/secret"] * 2 == called


def test_a_lost_obligation_stops_the_heart_and_is_said_after_a_second_look(
    installation: Installation,
) -> None:
    change(installation, "UPDATE entry SET deadline_date = '2026-05-26' WHERE subject = 'forloeb:f2'")
    change(installation, "UPDATE entry SET recipient_id = 'x' WHERE subject = 'forloeb:f2'")
    with monitoring() as (address, called):
        with_heartbeat(installation, address)
        assert live(installation, EVENING).account is None
        nightly = live(installation, *minutes_after(EVENING, 0, 1))
        assert nightly.account is not None
        assert not nightly.account.agrees
        assert [] == called


def test_an_address_that_does_not_take_the_beat_is_called_again_after_a_rest(
    installation: Installation,
) -> None:
    with monitoring(503) as (address, called):
        with_heartbeat(installation, address)
        live(installation, *minutes_after(EVENING, *range(5)))
        assert 3 == len(called)


def test_a_redirection_is_no_answer_and_is_not_followed(installation: Installation) -> None:
    with monitoring(302) as (address, called):
        live(with_heartbeat(installation, address), EVENING)
        assert ["/ping/secret"] == called


def test_the_address_of_the_heartbeat_may_be_a_secret_and_is_never_repeated(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = installation.folder / "heartbeat"
    secret.write_text("http://127.0.0.1:1/ping/hemmelig\n")
    secret.chmod(0o600)
    with installation.config.open("a", encoding="utf-8") as settings:
        settings.write(f'\n[heartbeat]\nurl_file = "{secret}"\n')
    live(installation, EVENING)
    said = capsys.readouterr()
    assert "heartbeat_away" in said.out + said.err
    assert "hemmelig" not in said.out + said.err
    secret.write_text("http://elsewhere.example/ping/hemmelig\n")
    with pytest.raises(SecretError) as caught:
        installation.app(NOW).heartbeat()
    assert "hemmelig" not in f"{caught.value!r} {caught.value} {caught.value.__context__}"


@pytest.mark.parametrize(
    "address", ["https://elsewhere.example:99999/hemmelig", "https://[elsewhere/hemmelig"]
)
def test_an_address_that_nobody_can_call_is_a_heartbeat_that_fails(address: str) -> None:
    with pytest.raises(HeartbeatError) as caught:
        beat(address)
    assert "hemmelig" not in str(caught.value)
