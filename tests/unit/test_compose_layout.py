"""The colours of the layout, checked against WCAG 2 level AAA for text (contrast of at least 7 to 1)."""

import re

import pytest

from tests.unit.compose_cases import TEMPLATES

STYLE = (
    (TEMPLATES / "layout.html").read_text(encoding="utf-8").partition("<style>")[2].partition("</style>")[0]
)
LIGHT, DARK = STYLE.split("@media (prefers-color-scheme: dark)")


def colour(scheme: str, selector: str, name: str) -> str:
    rule = re.search(rf"^ *{re.escape(selector)} {{(.*?)}}", scheme, re.MULTILINE)
    assert rule is not None
    found = re.search(rf"(?<![a-z-]){name}: #([0-9a-f]{{6}})", rule[1])
    assert found is not None
    return found[1]


def luminance(hexadecimal: str) -> float:
    shares = [int(hexadecimal[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), [(".main", ".main"), (".foot", "body")])
def test_text_stands_out_from_its_ground(scheme: str, text: str, ground: str) -> None:
    one, other = (
        luminance(colour(scheme, text, "color")),
        luminance(colour(scheme, ground, "background-color")),
    )
    contrast = (max(one, other) + 0.05) / (min(one, other) + 0.05)
    assert contrast >= 7


def test_the_column_is_at_most_600_pixels_and_never_fixed() -> None:
    assert ["600px"] == re.findall(r"\.sheet {.*?max-width: (\d+px)", STYLE)
    assert [] == re.findall(r"(?<!max-)(?<!min-)width:", STYLE.replace("device-width", ""))
