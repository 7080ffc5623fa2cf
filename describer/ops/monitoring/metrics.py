"""The site in figures, as Prometheus reads them. No person is named in them, no picture, and no word of a question."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import accumulate

from prometheus_client import generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

from describer import __version__
from describer.models import Endpoint
from describer.ops.monitoring.engine import OPEN, PAUSED, SLOWED, Engine, engine, state
from describer.ops.monitoring.ledger import BOUNDS, AttemptKind, AttemptSums, Table, added, ledger
from describer.ops.monitoring.single_flight import SingleFlight

_OTHER = "other"
_ENGINE_SECONDS = 4.0
_LEDGER_SECONDS = 5.0  # the first look sums up all attempts: 3 s for a million
_engine, _ledger = SingleFlight(engine), SingleFlight(ledger.read)
_models: set[str] = set()


def text() -> bytes:
    """Write all figures. Raises TimeoutError when the database does not answer in time, and what it raises.

    The ledger's figures are left out while a process sums it up for the first time.
    """
    asked, read = _engine.begin(), _ledger.begin()
    now = asked.within(_ENGINE_SECONDS)
    families = list(_of_engine(now))
    with suppress(TimeoutError):
        families += _of_ledger(read.within(_LEDGER_SECONDS), now.endpoints)
    return generate_latest(_Families(families))


class _Families:
    """What a scrape shows, in the form of a registry."""

    def __init__(self, families: list[Metric]) -> None:
        self.families = families

    def collect(self) -> Iterable[Metric]:
        return self.families


def _of_engine(now: Engine) -> Iterator[Metric]:
    yield InfoMetricFamily("describer", "The program.", {"version": __version__})
    asks = GaugeMetricFamily("describer_asks", "Asks that are not at their end.", labels=("lane", "state"))
    oldest = GaugeMetricFamily(
        "describer_oldest_wait_seconds",
        "How long the oldest ask waits that is not running.",
        labels=("lane",),
    )
    for depth in now.depths:
        for name in ("queued", "waiting", "running"):
            asks.add_metric((depth.lane, name), getattr(depth, name))
        oldest.add_metric((depth.lane,), depth.oldest)
    yield from (asks, oldest)
    yield GaugeMetricFamily("describer_calls_in_flight", "Calls on their way to an endpoint.", now.calls)
    yield GaugeMetricFamily("describer_workers", "Workers with a heartbeat.", len(now.workers))
    yield GaugeMetricFamily("describer_worker_slots", "Asks that they can take at once.", now.slots)
    yield GaugeMetricFamily("describer_worker_slots_busy", "Asks that they have under way.", now.busy)
    states = GaugeMetricFamily(
        "describer_endpoint_state", "1 for the state it is in.", labels=("endpoint", "state")
    )
    for endpoint in now.endpoints:
        for name in (OPEN, SLOWED, PAUSED):
            states.add_metric((endpoint.name, name), int(state(endpoint) == name))
    yield states


def _of_ledger(table: Table, endpoints: Iterable[Endpoint]) -> Iterator[Metric]:
    attempts = CounterMetricFamily(
        "describer_attempts", "Calls that came to an end.", labels=("endpoint", "state", "error")
    )
    for (endpoint, outcome, error), sums in _by(table, "endpoint", "state", "error").items():
        attempts.add_metric((endpoint, outcome, error), sums.attempts)
    yield attempts
    yield _tokens(table, endpoints)
    yield _seconds(table)


def _tokens(table: Table, endpoints: Iterable[Endpoint]) -> Metric:
    """Count tokens by the models that endpoints offer.

    A script may ask for any model, and its words are not ours to show.
    """
    _models.update(name for endpoint in endpoints for name in endpoint.offered)
    shown = added(*({_offered_kind(kind): sums} for kind, sums in table.items()))
    tokens = CounterMetricFamily(
        "describer_tokens", "Tokens as endpoints reported them.", labels=("endpoint", "model", "kind")
    )
    for (endpoint, model), sums in _by(shown, "endpoint", "model").items():
        tokens.add_metric((endpoint, model, "prompt"), sums.prompt)
        tokens.add_metric((endpoint, model, "completion"), sums.completion)
    return tokens


def _offered_kind(kind: AttemptKind) -> AttemptKind:
    if kind.model in _models:
        return kind
    return kind._replace(model=_OTHER)


def _seconds(table: Table) -> Metric:
    """Count the calls that came back, whatever they brought, by their seconds."""
    calls = HistogramMetricFamily("describer_call_seconds", "From sent to answered.", labels=("endpoint",))
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * (len(BOUNDS) + 1))
    for kind, sums in table.items():
        if kind.bucket >= 0:
            counts[kind.endpoint][kind.bucket] += sums.attempts
    total = {endpoint: sums.seconds for (endpoint,), sums in _by(table, "endpoint").items()}
    for endpoint, by_bucket in counts.items():
        up_to = list(accumulate(by_bucket))
        bounds = (*map(str, BOUNDS), "+Inf")
        calls.add_metric((endpoint,), list(zip(bounds, up_to, strict=True)), total[endpoint])
    return calls


def _by(table: Table, *names: str) -> dict[tuple[str, ...], AttemptSums]:
    """Return the sums by some of the columns only."""
    totals: dict[tuple[str, ...], AttemptSums] = {}
    for kind, sums in table.items():
        key = tuple(str(getattr(kind, name)) for name in names)
        totals[key] = totals.get(key, AttemptSums()) + sums
    return totals
