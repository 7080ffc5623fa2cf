"""What all attempts came to, without reading a million of them each time.

Attempts only ever come to their end. Those that are settled are summed up once, when a process is first asked; after
that each look reads the newest ones and those that were open at the last look. The sums are of the whole ledger, so
every process tells the same, whatever it has seen itself, and none ever falls.
"""

import threading
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from django.db.models import (
    Case,
    Count,
    F,
    FloatField,
    Func,
    IntegerField,
    Max,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.utils import timezone

from describer.models import Attempt

BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0)  # seconds
UNSETTLED = 1_000  # the newest: a row with a smaller id may still be uncommitted
AT_ONCE = 50_000
_LATE = timedelta(hours=1)  # by then nobody reads the reply of a call that was given up
State = Attempt.State


class AttemptKind(NamedTuple):
    """What attempts are told apart by. `bucket` counts BOUNDS that the call took longer than, -1 without a reply."""

    endpoint: str
    model: str
    state: str
    error: str
    bucket: int


@dataclass(frozen=True)
class AttemptSums:
    """Of some attempts; seconds are those with a reply."""

    attempts: int = 0
    seconds: float = 0.0
    prompt: int = 0
    completion: int = 0

    def __add__(self, other: "AttemptSums") -> "AttemptSums":
        return AttemptSums(*(sum(pair) for pair in zip(astuple(self), astuple(other), strict=True)))

    def __or__(self, other: "AttemptSums") -> "AttemptSums":
        """Return the larger of each."""
        return AttemptSums(*(max(pair) for pair in zip(astuple(self), astuple(other), strict=True)))


Table = dict[AttemptKind, AttemptSums]


class _Seconds(Func):
    """Between two times, in each database's own words: Django's would call Python for each row of SQLite."""

    output_field = FloatField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template, joiner = "(julianday(%(expressions)s)) * 86400", ") - julianday("
        return super().as_sql(compiler, connection, template=template, arg_joiner=joiner, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "EXTRACT(EPOCH FROM (%(expressions)s))::float"
        return super().as_sql(compiler, connection, template=template, arg_joiner=" - ", **context)


_TOOK = _Seconds(F("answered"), F("sent"))
_BUCKET = Case(
    When(answered=None, then=Value(-1)),
    *(When(took__lte=bound, then=Value(number)) for number, bound in enumerate(BOUNDS)),
    default=Value(len(BOUNDS)),
    output_field=IntegerField(),
)


class RunningLedger:
    """The sums so far: `settled` is the id up to which all are in `base`, but for those in `open`."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.settled = 0
        self.open: set[int] = set()
        self.base: Table = {}
        self.told: Table = {}

    def read(self) -> Table:
        """Return the sums by kind. A call that was given up, yet answered, stays counted as both."""
        with self.lock:
            self._settle()
            self._close()
            newest = Attempt.objects.filter(pk__gt=self.settled)
            now = added(
                self.base, _sums_by_kind(newest), _sums_by_kind(Attempt.objects.filter(pk__in=self.open))
            )
            self.told |= {kind: sums | self.told.get(kind, AttemptSums()) for kind, sums in now.items()}
            return dict(self.told)

    def _settle(self) -> None:
        last = Attempt.objects.aggregate(last=Max("pk"))["last"] or 0
        while self.settled < last - UNSETTLED:
            upto = min(self.settled + AT_ONCE, last - UNSETTLED)
            rows = Attempt.objects.filter(pk__gt=self.settled, pk__lte=upto)
            still = set(_may_change(rows))
            self.base = added(self.base, _sums_by_kind(rows.exclude(pk__in=still)))
            self.open |= still
            self.settled = upto

    def _close(self) -> None:
        """Add the attempts that were open and have come to their end."""
        rows = Attempt.objects.filter(pk__in=self.open)
        ended = self.open - set(_may_change(rows))
        if ended:
            self.base = added(self.base, _sums_by_kind(rows.filter(pk__in=ended)))
            self.open -= ended


def _may_change(rows: "QuerySet[Attempt]") -> "Iterable[int]":
    """Return the ids of attempts under way, or given up lately, so that a late reply may complete them."""
    given_up = Q(state=State.UNKNOWN, answered=None, sent__gt=timezone.now() - _LATE)
    return rows.filter(Q(state=State.SENT) | given_up).values_list("pk", flat=True)


def _sums_by_kind(rows: "QuerySet[Attempt]") -> Table:
    """Sum up those of these attempts that came to an end, by kind."""
    kinds = rows.exclude(state=State.SENT).annotate(took=_TOOK).annotate(bucket=_BUCKET).order_by()
    columns = ("endpoint", "model_asked", "state", "error_code", "bucket")
    sums = kinds.values_list(*columns).annotate(
        Count("pk"), Sum("took"), Sum("prompt_tokens"), Sum("completion_tokens")
    )
    return {AttemptKind(*row[:5]): AttemptSums(*(total or 0 for total in row[5:])) for row in sums}


def added(*tables: Table) -> Table:
    total: Table = {}
    for table in tables:
        for kind, sums in table.items():
            total[kind] = total.get(kind, AttemptSums()) + sums
    return total


ledger = RunningLedger()
