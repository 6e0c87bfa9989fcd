"""How the service stands, in numbers for Prometheus; computed when somebody asks, kept nowhere.

Labels are rules, states and causes, so nobody can be found in them. Knows neither HTTP nor what an
alert is: systemd/alerts.yml does.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from importlib.metadata import version

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector, CollectorRegistry

from reminderd.engine.standing import Standing
from reminderd.status import Backlog, Status

Look = Callable[[], tuple[Standing, Status, Backlog]]


def registry_of(look: Look) -> CollectorRegistry:
    """Return a registry of its own: nothing that another library registers by itself gets out."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Numbers(look))
    return registry


class _Numbers(Collector):
    def __init__(self, look: Look) -> None:
        self._look = look

    def collect(self) -> Iterable[Metric]:
        standing, status, backlog = self._look()
        yield InfoMetricFamily("reminderd", "The program.", {"version": version("reminderd")})
        yield from _process(standing)
        yield from _ledger(status, backlog)
        yield from _look_at_today(standing)


def _process(standing: Standing) -> Iterator[Metric]:
    yield _gauge(
        "up_and_working", "1 while nothing keeps the service from its work.", not standing.complaints
    )
    yield _gauge("stalled", "1 while something hangs.", standing.stalled is not None)
    away = GaugeMetricFamily("reminderd_away", "1 while this cannot be reached or used.", labels=["what"])
    for what, reason in standing.troubles.items():
        away.add_metric([what], float(reason is not None))
    yield away
    if standing.since_reading is not None:
        said = "Seconds since the case source was last read well."
        yield _gauge("source_read_age_seconds", said, standing.since_reading)
    said = "Messages that the relay took since the process started."
    yield CounterMetricFamily("reminderd_sent", said, value=standing.sent)
    yield _gauge(
        "broken_wordings", "Problems in wordings that were found at the start.", standing.broken_wordings
    )
    yield _gauge(
        "config_last_reload_successful", "0 where the last reload was refused.", standing.reload_fine
    )
    if standing.accounts_agree is not None:
        said = "0 where the last audit found an obligation without an outcome, or a contradiction."
        yield _gauge("accounts_agree", said, standing.accounts_agree)
    if standing.certificate_ends is not None:
        said = "Until when the relay's certificate holds, in Unix seconds, as it last showed it."
        yield _gauge("relay_certificate_ends_timestamp_seconds", said, _seconds(standing.certificate_ends))
    said = "When the settings in force were read, in Unix seconds."
    yield _gauge("config_in_force_timestamp_seconds", said, standing.settings_of.timestamp())


def _ledger(status: Status, backlog: Backlog) -> Iterator[Metric]:
    entries = GaugeMetricFamily(
        "reminderd_entries", "Ledger entries by rule and state.", labels=["rule", "state"]
    )
    for rule, state, number in status.counts:
        entries.add_metric([rule, state], number)
    yield entries
    # By state alone, and 0 where there are none: an alert needs a number to compare with.
    totals = GaugeMetricFamily("reminderd_states", "Ledger entries by state.", labels=["state"])
    for name, number in status.totals.items():
        totals.add_metric([name], number)
    yield totals
    held = GaugeMetricFamily("reminderd_braked", "Entries that a brake holds.", labels=["brake", "rule"])
    for name, rule, number in status.braked:
        held.add_metric([name, rule], number)
    yield held
    said = "1 while the case source looks like a mistake and nothing is withdrawn because of it."
    yield _gauge("source_doubted", said, status.source_doubt is not None)
    yield _gauge("due", "Entries that should be sent now and are not.", backlog.due)
    yield _gauge("late", "Entries that should have been sent more than an hour ago.", backlog.late)
    said = "Seconds for which the oldest entry that should be sent has waited; 0 without one."
    yield _gauge("oldest_unsent_age_seconds", said, backlog.oldest_age.total_seconds())
    if status.previous_run is not None:
        said = "When cases and ledger were last compared, in Unix seconds."
        yield _gauge("last_run_timestamp_seconds", said, _seconds(status.previous_run))


def _look_at_today(standing: Standing) -> Iterator[Metric]:
    report = standing.report
    if report is None:
        return
    skipped = GaugeMetricFamily(
        "reminderd_not_sent", "Notices that the last look does not send, by cause.", labels=["cause"]
    )
    for cause, number in sorted(report.not_sent.items()):
        skipped.add_metric([cause], number)
    yield skipped
    said = "Seconds that the relay took at most to let a mail's text begin, in the last look."
    yield _gauge("relay_slowest_seconds", said, report.slowest_s)
    yield _gauge("source_findings", "Rows of the case source that cannot be used whole.", report.findings)
    if report.next_due is not None:
        said = "When the next notice goes out, in Unix seconds."
        yield _gauge("next_due_timestamp_seconds", said, _seconds(report.next_due))


def _gauge(name: str, said: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"reminderd_{name}", said, value=float(value))


def _seconds(instant: datetime) -> float:
    return instant.timestamp()
