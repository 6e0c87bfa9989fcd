"""Until when the relay's certificate holds is known from the line itself, before it ends."""

from datetime import UTC, datetime

import pytest
import trustme

from tests.integration.delivery.conftest import MakeRelay, Reach, server_context
from tests.integration.delivery.offering import offer

ENDS = datetime(2051, 5, 11, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_each_new_line_tells_until_when_the_certificate_holds(
    make_relay: MakeRelay, reach: Reach, authority: trustme.CA, tls: str
) -> None:
    heard: list[datetime | None] = []
    certificate = authority.issue_cert("localhost", not_after=ENDS)
    relay = make_relay(tls=tls, context=server_context(certificate))
    await offer(reach(relay, on_certificate=heard.append))
    assert [ENDS] == heard


async def test_a_line_without_tls_has_none(make_relay: MakeRelay, reach: Reach) -> None:
    heard: list[datetime | None] = []
    await offer(reach(make_relay(tls="none"), tls="none", on_certificate=heard.append))
    assert [None] == heard
