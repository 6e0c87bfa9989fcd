"""No locked package is older than the version that mended a published vulnerability that we know of.

``make audit`` asks PyPI what is published today; this list needs no network, and keeps what was once mended.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MENDED = {
    "aiosmtpd": ("1.4.6", "CVE-2024-27305 smuggled mail, CVE-2024-34083 plaintext before TLS"),
    "aiosmtplib": (
        "5.1.2",
        "GHSA-vxj7-4xrp-5vr4 plaintext before TLS, GHSA-v3q9-hj7j-63hq control signs",
    ),
    "fonttools": ("4.43.0", "CVE-2023-45139 external entities"),
    "icalendar": ("7.2.1", "GHSA-qjcq-q7h7-r74v"),
    "jinja2": ("3.1.6", "CVE-2025-27516, CVE-2024-56326, CVE-2024-56201 ways out of the sandbox"),
    "mako": ("1.2.2", "CVE-2022-40023 slow patterns"),
    "pillow": ("10.3.0", "CVE-2023-50447 evaluation, CVE-2024-28219 overflow"),
    "pydantic": ("2.4.0", "CVE-2024-3772 slow patterns"),
}


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def locked(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for package, number in re.findall(r"^([a-z0-9-]+)==([0-9.]+)", (ROOT / name).read_text(), re.MULTILINE):
        found.setdefault(package, []).append(number)
    return found


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_what_was_mended_once_is_mended_still(lock: str) -> None:
    packages = locked(lock)
    assert len(packages) > len(MENDED)
    old = [
        f"{name} {number}: {why}"
        for name, (least, why) in MENDED.items()
        for number in packages[name]
        if version(number) < version(least)
    ]
    assert [] == old


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_is_held_by_its_hash(lock: str) -> None:
    text = (ROOT / lock).read_text()
    stanzas = re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:]
    assert [] == [stanza.partition(" ")[0] for stanza in stanzas if "--hash=sha256:" not in stanza]
