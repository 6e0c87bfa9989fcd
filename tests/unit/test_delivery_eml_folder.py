"""A folder of .eml files as a relay."""

import stat
from email import message_from_bytes
from pathlib import Path

import pytest

from reminderd.delivery import Envelope, open_transport
from reminderd.delivery.eml_folder import file_stem
from reminderd.domain.outcomes import Deferred, Outcome, Sent
from reminderd.errors import RelayUnavailableError

INVITE = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
PLAIN = b"Subject: x\r\n\r\nhej\r\n"
WITH_INVITE = (
    b'Content-Type: multipart/alternative; boundary="g"\r\n\r\n'
    b"--g\r\nContent-Type: text/plain\r\n\r\nhej\r\n"
    b"--g\r\nContent-Type: text/calendar; method=REQUEST\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    b"QkVHSU46VkNBTEVOREFSDQpNRVRIT0Q6UkVRVUVTVA0KRU5EOlZDQUxFTkRBUg0K\r\n"
    b"--g--\r\n"
)


async def nothing() -> None:
    """Commit nothing."""


async def write(folder: Path, raw: bytes = PLAIN, envelope_id: str = "n1") -> Outcome:
    async with open_transport(f"eml:{folder}").session() as session:
        return await session.send(Envelope("a@x.example", "b@x.example", raw, envelope_id), nothing)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_message_becomes_a_file_of_its_bytes(tmp_path: Path) -> None:
    assert Sent(250, "written to n1.eml") == await write(tmp_path / "out")
    assert PLAIN == (tmp_path / "out" / "n1.eml").read_bytes()
    assert ["n1.eml"] == names(tmp_path / "out")


async def test_the_calendar_part_lies_beside_it(tmp_path: Path) -> None:
    await write(tmp_path, WITH_INVITE)
    assert ["n1.eml", "n1.ics"] == names(tmp_path)
    assert INVITE == (tmp_path / "n1.ics").read_bytes()
    assert message_from_bytes((tmp_path / "n1.eml").read_bytes()).is_multipart()


async def test_the_same_message_again_leaves_the_same_files(tmp_path: Path) -> None:
    await write(tmp_path, WITH_INVITE)
    await write(tmp_path, WITH_INVITE)
    assert ["n1.eml", "n1.ics"] == names(tmp_path)
    assert WITH_INVITE == (tmp_path / "n1.eml").read_bytes()


async def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    await write(tmp_path / "out", WITH_INVITE)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out", *(tmp_path / "out").iterdir())]
    assert [0o700, 0o600, 0o600] == modes


@pytest.mark.parametrize(
    "envelope_id", ["../../etc/passwd", "/abs", "a/b", ".hidden", "", "x" * 400, "a\x00b"]
)
async def test_no_identifier_leads_out_of_the_folder(tmp_path: Path, envelope_id: str) -> None:
    folder = tmp_path / "out"
    assert isinstance(await write(folder, envelope_id=envelope_id), Sent)
    (written,) = folder.iterdir()
    assert ".eml" == written.suffix
    assert ["out"] == names(tmp_path)


def test_identifiers_that_are_made_safe_stay_apart() -> None:
    assert file_stem("a/b") != file_stem("a_b")


async def test_a_folder_that_cannot_be_made_defers_the_whole_channel(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    outcome = await write(tmp_path / "file" / "out")
    assert Deferred(f"cannot write to {tmp_path}/file/out: Not a directory", whole_channel=True) == outcome


async def test_a_file_that_cannot_be_written_defers_and_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "n1.eml").mkdir()
    outcome = await write(tmp_path)
    assert Deferred(f"cannot write to {tmp_path}: Is a directory", whole_channel=True) == outcome
    assert ["n1.eml"] == names(tmp_path)


async def test_a_failing_before_data_leaves_nothing(tmp_path: Path) -> None:
    async def fails() -> None:
        raise KeyError

    async with open_transport(f"eml:{tmp_path}").session() as session:
        with pytest.raises(KeyError):
            await session.send(Envelope("a@x.example", "b@x.example", PLAIN, "n1"), fails)
    assert [] == names(tmp_path)


async def test_a_probe_leaves_nothing_behind(tmp_path: Path) -> None:
    await open_transport(f"eml:{tmp_path / 'out'}").probe()
    assert [] == names(tmp_path / "out")


async def test_a_probe_of_a_folder_that_cannot_be_says_the_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RelayUnavailableError, match="create the folder") as caught:
        await open_transport(f"eml:{tmp_path / 'file'}").probe()
    assert "relay.url" == caught.value.where
