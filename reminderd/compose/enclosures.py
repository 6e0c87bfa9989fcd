"""The files that go with a report: its figures for a spreadsheet, and a picture of them.

Named after the period alone. Where the drawing library is not installed there is no picture, and
nothing is missing but that. Knows neither the mail they go with nor its reader.
"""

from reminderd.compose import chart, report
from reminderd.compose.faults import ComposeError
from reminderd.compose.message import Attachment
from reminderd.domain.statistics import Figures


def files_of(figures: Figures) -> tuple[Attachment, ...]:
    """Return the CSV, and the picture where it can be drawn; the same figures give the same bytes.

    Raises ComposeError where the case data ends before the period begins: nobody shall read zeros.
    """
    if not figures.anything_known:
        what = f"the case data ends on {figures.as_of}, before the period begins on {figures.first}"
        raise ComposeError(what, cure="bring the case source up to date, then release the notice")
    name = f"statistik-{figures.first.isoformat()}-{figures.last.isoformat()}"
    spreadsheet = Attachment(f"{name}.csv", "text/csv", report.as_csv(figures))
    try:
        picture = chart.chart(figures, "png")
    except chart.ChartUnavailableError:
        return (spreadsheet,)
    return spreadsheet, Attachment(f"{name}.png", "image/png", picture)
