"""``reminderd report``: the figures that a committee asks for, over a stretch of days."""

from datetime import date
from pathlib import Path

import click

from reminderd.cli.days import Day
from reminderd.cli.output import app_of, print_json, visible

_DAY = Day()
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("report", short_help="Count enquiries, courses and outcomes of a period.")
@click.option("--from", "first", type=_DAY, required=True, help="First day, included.")
@click.option("--to", "last", type=_DAY, required=True, help="Last day, included.")
@click.option("--csv", "csv_file", type=_FILE, help="Also write the figures as CSV that Excel opens.")
@click.option(
    "--chart",
    "chart_file",
    type=_FILE,
    metavar="FILE.png|.svg",
    help="Also draw enquiries and courses a month; needs reminderd[report].",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON instead of Danish text.")
@click.pass_context
def command(
    ctx: click.Context,
    first: date,
    last: date,
    csv_file: Path | None,
    chart_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Count enquiries, limited courses begun, what became of them, and people in a course.

    The figures are those of the case source as it is now, "opgjort den" the day of its data: a
    correction in an old case changes old figures. Each count has a name of its own and says what it
    counts; rows that could not be read are counted apart. Nothing is written but the files that are
    asked for.
    """
    from reminderd.compose import chart, report

    if last < first:
        raise click.UsageError("--to lies before --from")
    image_format = None
    if chart_file is not None:
        suffix = chart_file.suffix.lower().removeprefix(".")
        image_format = next((known for known in chart.FORMATS if known == suffix), None)
        if image_format is None:
            raise click.UsageError(f"--chart {chart_file}: draws .png and .svg, and no other kind of file")
        chart.require()
    figures = app_of(ctx).figures(first, last)
    if figures.as_of < figures.first:
        raise click.UsageError(f"--from lies after the day that the data ends on, {figures.as_of}")
    if as_json:
        print_json(report.as_json(figures))
    else:
        for line in report.as_text(figures).splitlines():
            click.echo(visible(line))
    if csv_file is not None:
        _write(csv_file, report.as_csv(figures))
    if chart_file is not None and image_format is not None:
        _write(chart_file, chart.chart(figures, image_format))


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise click.FileError(
            str(path), f"{error.strerror}; name a file in a folder that you may write to"
        ) from error
    click.echo(f"written: {path}", err=True)
