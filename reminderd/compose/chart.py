"""The statistics as a small picture: enquiries and courses begun, month by month.

Calm and readable in print: two panels over one row of months, numbers on the bars, words instead of
colours. The same figures give the same bytes. Needs the optional part ``reminderd[report]``, and
says so; touches no display, no global state of the drawing library, and no file.
"""

import io
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Literal

from babel.core import Locale
from babel.dates import format_date

from reminderd.compose.danish import dato_kort
from reminderd.compose.report import courses_name, period_name
from reminderd.domain.statistics import Enquiries, Figures
from reminderd.errors import EXIT_CONFIGURATION, ReminderdError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ImageFormat = Literal["png", "svg"]
FORMATS: tuple[ImageFormat, ...] = ("png", "svg")

_DANISH = Locale("da")
_INK, _QUIET, _BAR = "#1f2933", "#5a6672", "#2f6690"
_SIZE = (6.4, 4.0)
_DPI = 160
# More bars than this leave no room for a number on each, or for each month's name.
_NUMBERED = 18
_NAMED = 12
_SPELT_OUT = 6
# A panel's height at least, as a part of the tallest one's.
_LOWEST = 0.4


class ChartUnavailableError(ReminderdError):
    """The drawing library is not installed."""

    exit_status = EXIT_CONFIGURATION


def require() -> None:
    """Raise ChartUnavailableError where charts cannot be drawn."""
    try:
        import matplotlib.figure  # noqa: F401, PLC0415 - a second of start time that only charts are worth
    except ImportError as error:
        raise ChartUnavailableError(
            "a chart needs matplotlib, which is not installed",
            cure="Install the optional part: pip install 'reminderd[report]'. Text, CSV and JSON do without.",
        ) from error


def chart(figures: Figures, image_format: ImageFormat) -> bytes:
    """Return the picture; raises ChartUnavailableError."""
    require()
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415
    from matplotlib.layout_engine import ConstrainedLayoutEngine  # noqa: PLC0415

    courses = courses_name(figures)
    panels: list[tuple[str, list[int]]] = []
    if isinstance(figures.enquiries, Enquiries):
        numbers = [month.enquiries or 0 for month in figures.months]
        panels.append((f"Henvendelser, i alt {figures.enquiries.total}", numbers))
    panels.append(
        (f"Begyndte {courses}, i alt {figures.started}", [month.courses for month in figures.months])
    )
    what = f"Henvendelser og begyndte {courses}" if len(panels) > 1 else f"Begyndte {courses}"
    title = f"{what} pr. måned"
    layout = ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.1, hspace=0.06)
    picture = Figure(figsize=_SIZE, dpi=_DPI, layout=layout)
    # One scale for both, and height as the scale needs it: a tall bar must not be the smaller number.
    tops = [max([*numbers, 1]) for _, numbers in panels]
    heights = [max(top, _LOWEST * max(tops)) * 1.18 for top in tops]
    axes = list(picture.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0])
    for ax, height in zip(axes, heights, strict=True):
        ax.set_ylim(0, height)
    for ax, (label, numbers) in zip(axes, panels, strict=True):
        _panel(ax, label, numbers)
    _months(axes[-1], [month.first for month in figures.months])
    picture.suptitle(title, x=0.025, ha="left", color=_INK, fontsize=12, fontweight="bold")
    made_up = f"{period_name(figures)}. Opgjort den {dato_kort(figures.as_of)}."
    picture.supxlabel(made_up, x=0.025, ha="left", color=_QUIET, fontsize=8)
    out = io.BytesIO()
    # No date and no version in the file: the same figures, the same bytes. Letters stay letters.
    metadata = (
        {"Title": title, "Date": None, "Creator": None}
        if image_format == "svg"
        else {"Title": title, "Software": None}
    )
    with mpl.rc_context({"svg.hashsalt": "reminderd", "svg.fonttype": "none"}):
        picture.savefig(out, format=image_format, metadata=metadata)
    return out.getvalue()


def _panel(ax: "Axes", label: str, numbers: Sequence[int]) -> None:
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    bars = ax.bar(range(len(numbers)), numbers, width=0.7, color=_BAR)
    ax.set_title(label, loc="left", fontsize=10, color=_INK)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(_QUIET)
    ax.tick_params(colors=_QUIET, labelcolor=_INK, labelsize=9, length=0)
    if len(numbers) <= _NUMBERED:
        ax.bar_label(bars, padding=2, fontsize=9, color=_INK)
        ax.set_yticks([])
    else:
        ax.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))


def _months(ax: "Axes", months: Sequence[date]) -> None:
    """Name the months; where they are many, only every third or sixth, or the years."""
    step = next((step for step in (1, 3, 6) if len(months) <= step * _NAMED), 12)
    shown = [number for number, day in enumerate(months) if (day.month - 1) % step == 0]
    several_years = len({day.year for day in months}) > 1
    pattern = "MMMM" if len(months) <= _SPELT_OUT else "MMM"
    names = []
    for number in shown:
        name = format_date(months[number], pattern, locale=_DANISH)
        if step == 12:  # noqa: PLR2004 - a name a year: January need not be said
            name = f"{months[number].year}"
        elif several_years and (number == shown[0] or months[number].month == 1):
            name += f"\n{months[number].year}"
        names.append(name)
    ax.set_xticks(shown, names)
