"""No locked package is older than the version that mended a published vulnerability that we know of.

``make audit`` asks PyPI what is published today; this list needs no network, and keeps what was once mended.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# The first version without any vulnerability that we know of, and the last ones that it mended.
MENDED = {
    "aiosmtpd": ("1.4.6", "CVE-2024-27305 smuggled mail, CVE-2024-34083 plaintext before TLS"),
    "aiosmtplib": (
        "5.1.3",
        "GHSA-vxj7-4xrp-5vr4 plaintext before TLS, CVE-2026-53533 control signs and blanks in an address",
    ),
    "babel": ("2.9.1", "CVE-2021-42771 (GHSA-h4m5-qpfp-3mpv) locales outside their folder"),
    "click": ("8.3.3", "CVE-2026-7246 (PYSEC-2026-2132) edit(), which nothing here calls"),
    "fonttools": (
        "4.60.2",
        "CVE-2025-66034 (PYSEC-2026-1389) files written, CVE-2023-45139 entities",
    ),
    "icalendar": ("7.2.1", "GHSA-qjcq-q7h7-r74v alarms, CVE-2026-55099 (GHSA-cv84-9p8j-fj68) comparing"),
    "jinja2": ("3.1.6", "CVE-2025-27516, CVE-2024-56326, CVE-2024-56201 ways out of the sandbox"),
    "mako": (
        "1.4.2",
        "CVE-2026-102991 (GHSA-5639-2j2p-m4mx), PYSEC-2026-2617, CVE-2026-41205 (PYSEC-2026-88) paths",
    ),
    "numpy": ("1.22.2", "CVE-2021-41495, CVE-2021-41496, CVE-2021-34141 memory"),
    "pillow": ("13.0.0", "GHSA-9hw9-ch79-4vh6, PYSEC-2026-2251 overflows, and what 12.3.0 still had"),
    "pydantic": ("2.4.0", "CVE-2024-3772 (PYSEC-2026-1812) slow patterns"),
    "sqlalchemy": ("1.3.0", "CVE-2019-7164, CVE-2019-7548 ordering and grouping"),
}
# Only in the tests' lock: what reads keys, patterns, colours and folders there.
MENDED_FOR_TESTS = {
    "cryptography": ("50.0.0", "CVE-2026-69247 (GHSA-g6cj-pr64-35w5), CVE-2026-39892, CVE-2026-34073"),
    "idna": ("3.7", "CVE-2024-3651 (PYSEC-2024-60) slow encoding"),
    "markdown-it-py": ("2.2.0", "CVE-2023-26302, CVE-2023-26303 crashes"),
    "psutil": ("5.6.6", "CVE-2019-18874 double free"),
    "pygments": ("2.20.0", "CVE-2026-4539, CVE-2022-40896 slow patterns"),
    "pytest": ("9.0.3", "CVE-2025-71176 (GHSA-6w46-j5rx-g56g) folders under /tmp"),
}


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def locked(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for package, number in re.findall(r"^([a-z0-9-]+)==([0-9.]+)", (ROOT / name).read_text(), re.MULTILINE):
        found.setdefault(package, []).append(number)
    return found


@pytest.mark.parametrize(
    ("lock", "mended"),
    [("requirements.lock", MENDED), ("requirements-dev.lock", MENDED | MENDED_FOR_TESTS)],
    ids=["requirements.lock", "requirements-dev.lock"],
)
def test_what_was_mended_once_is_mended_still(lock: str, mended: dict[str, tuple[str, str]]) -> None:
    packages = locked(lock)
    old = [
        f"{name} {number}: {why}"
        for name, (least, why) in mended.items()
        for number in packages[name]
        if version(number) < version(least)
    ]
    assert [] == old


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_is_held_by_its_hash(lock: str) -> None:
    text = (ROOT / lock).read_text()
    stanzas = re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:]
    assert [] == [stanza.partition(" ")[0] for stanza in stanzas if "--hash=sha256:" not in stanza]
