"""A calendar part that must not be sent: the text goes without it, and the operator is told."""

from dataclasses import replace
from email import message_from_bytes

import pytest

from reminderd.testing.transport import RecordingTransport
from tests.casework import ANNE, BO, LEDER, snapshot
from tests.integration.conftest import MakeCorridor
from tests.integration.corridor import SENDER

# The mails are sent from her own mailbox: as the organizer she would be shown nothing in her calendar.
SENDS_FROM_HER_OWN = replace(ANNE, mail=SENDER)


async def test_the_text_goes_without_its_calendar_part_and_says_so_to_the_operator(
    make_corridor: MakeCorridor, capsys: pytest.CaptureFixture[str]
) -> None:
    corridor = make_corridor(snapshot(staff=[SENDS_FROM_HER_OWN, BO, LEDER]))
    report = await corridor.run()
    assert (2, 1) == (report.sent, report.without_calendar)
    assert isinstance(corridor.transport, RecordingTransport)
    parts = {
        envelope.recipient: [part.get_content_type() for part in message_from_bytes(envelope.raw).walk()]
        for envelope in corridor.transport.taken
    }
    assert "text/calendar" in parts["bo@kommune.example"]
    assert "text/calendar" not in parts[SENDER]
    (anne,) = [entry for entry in corridor.entries() if entry.recipient_mail == SENDER]
    (line,) = [row for row in corridor.reading.journal(anne.entry_id) if row.event == "calendar_left_out"]
    assert "organizer" in line.reason
    assert 1 == capsys.readouterr().out.count("calendar_left_out")
