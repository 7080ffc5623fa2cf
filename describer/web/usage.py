"""Usage: tokens, asks and failures by day, model, person and key. Read from the roll-up alone, so a year is quick."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from describer.models import ApiKey, Attempt, UsageDay, User
from describer.models.endpoint import SANDBOX
from describer.web.chart import Chart, Tokens, chart
from describer.web.current_user import current_user
from describer.web.history import number
from describer.web.period import DAY, KINDS, Period, day_of, period

SUMS = ("attempts", "asks", "failed", "prompt_tokens", "completion_tokens", "total_tokens")


@dataclass
class Sums:
    """What came to pass: calls, asks, failed calls, and tokens as endpoints reported them."""

    name: str = ""
    href: str = ""
    share: int = 0
    attempts: int = 0
    asks: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0

    def add(self, row: dict[str, Any]) -> None:
        for name in SUMS:
            setattr(self, name, getattr(self, name) + row[name])

    @property
    def answered(self) -> int:
        return self.attempts - self.failed


@dataclass(frozen=True)
class UsageView:
    """What is looked at: a period of one person's usage, or (admins) of everybody's; of one key, if `key` is not 0."""

    user: User
    period: Period
    everybody: bool
    key: int = 0

    def days(self, first: date, last: date) -> QuerySet[UsageDay]:
        return UsageDay.objects.filter(day__range=(first, last), **self.whose)

    @property
    def whose(self) -> dict[str, int]:
        """What the rows of the roll-up and of the ledger are narrowed by."""
        return ({} if self.everybody else {"owner": self.user.pk}) | ({"key": self.key} if self.key else {})

    @property
    def keys(self) -> dict[int, str]:
        """The names of the keys that may be named here."""
        mine = {} if self.everybody else {"user": self.user}
        return dict(ApiKey.objects.filter(**mine).values_list("pk", "name"))

    def grouped(self, *by: str, before: bool = False) -> Iterable[dict[str, Any]]:
        """Sums of the period, or of the one before, one dictionary for each group."""
        span = self.period.before if before else (self.period.first, self.period.last)
        sums = {name: Sum(name) for name in SUMS}
        rows: Iterable[dict[str, Any]] = self.days(*span).order_by().values(*by).annotate(**sums)
        return rows

    def history(self, **query: str) -> str:
        """The query string of the history of what is looked at."""
        of = {"of": "everybody"} if self.everybody else {}
        key = {"key": str(self.key)} if self.key else {}
        return urlencode(of | key | query)

    def query(self, **changes: str) -> str:
        of = "everybody" if self.everybody else ""
        values = {"period": self.period.kind, "of": of, "key": str(self.key or "")} | changes
        return "?" + urlencode({name: value for name, value in values.items() if value})


@login_required
def usage(request: HttpRequest) -> HttpResponse:
    """The page; `?period=week|month|year&on=2026-01-31&key=3`, for admins also `&of=everybody`."""
    user, today = current_user(request), timezone.localdate()
    kind = request.GET.get("period", "")
    span = period(kind if kind in KINDS else "month", day_of(request.GET.get("on", ""), today), today)
    everybody = user.is_superuser and request.GET.get("of") == "everybody"
    view = UsageView(user, span, everybody, number(request.GET.get("key")))
    return render(request, "usage.html", _context(view, today))


def _context(view: UsageView, today: date) -> dict[str, Any]:
    rows = list(view.grouped("day", "endpoint", "model"))
    before = {row["endpoint"]: row for row in view.grouped("endpoint", before=True)}
    # Whoever has only tried the sandbox yet sees it, named as what it is; else it stands apart.
    sandbox_only = bool(rows) and all(
        endpoint == SANDBOX for endpoint in {row["endpoint"] for row in rows} | set(before)
    )
    counted = [row for row in rows if sandbox_only or row["endpoint"] != SANDBOX]
    total = _summed(counted)
    was = _summed(row for name, row in before.items() if sandbox_only or name != SANDBOX)
    return {
        "view": view,
        "kinds": [(name, words, view.query(period=name)) for name, words in KINDS.items()],
        "earlier": view.query(on=view.period.earlier.isoformat()),
        "later": view.query(on=later.isoformat()) if (later := view.period.later(today)) else "",
        "one_key": (view.keys.get(view.key, "one key"), view.query(key="")) if view.key else None,
        "toggle": view.query(of="" if view.everybody else "everybody"),
        "total": total,
        "changes": {
            name: change(getattr(total, name), getattr(was, name), view.period.than) for name in SUMS
        },
        "maybe_billed": 0 if sandbox_only else _maybe_billed(view),
        "chart": _chart(view.period, counted),
        "models": _by_model(view, counted, total),
        "tables": _usage_tables(view),
        "sandbox": None if sandbox_only else _sandbox(view, rows),
        "sandbox_only": sandbox_only,
        "is_empty": not rows and not before,
    }


def change(now: int, was: int, than: str) -> str:
    """ "12 % more than in October"; "" where there is nothing to compare."""
    if not was:
        return ""
    percent = round(abs(now - was) * 100 / was)
    if not percent:
        return f"as many as {than.removeprefix('than ')}"
    return f"{percent:,} % {'more' if now > was else 'less'} {than}"


def _summed(rows: Iterable[dict[str, Any]]) -> Sums:
    total = Sums()
    for row in rows:
        total.add(row)
    return total


def _chart(span: Period, rows: Iterable[dict[str, Any]]) -> Chart:
    days: dict[date, Tokens] = defaultdict(Tokens)
    for row in rows:
        days[row["day"]] += Tokens(row["total_tokens"], row["prompt_tokens"], row["completion_tokens"])
    return chart(span, days)


def _by_model(view: UsageView, rows: Iterable[dict[str, Any]], total: Sums) -> list[Sums]:
    models: dict[str, Sums] = {}
    for row in rows:
        name = row["model"]
        models.setdefault(name, Sums(name, view.history(model=name))).add(row)
    return _ranked(models.values(), total.total_tokens)


def _sandbox(view: UsageView, rows: Iterable[dict[str, Any]]) -> Sums | None:
    total = Sums(SANDBOX, view.history(model=SANDBOX))
    for row in rows:
        if row["endpoint"] == SANDBOX:
            total.add(row)
    return total if total.attempts else None


def _usage_tables(view: UsageView) -> list[tuple[str, list[Sums]]]:
    """By person, for an admin who looks at everybody's; by key, where there are any. The sandbox is left out."""
    tables = []
    if view.everybody:
        names = dict(User.objects.values_list("pk", "username"))
        tables.append(("Person", _by(view, "owner", names, "somebody who is gone", "person")))
    if not view.key and (keys := view.keys):
        tables.append(
            ("API key", _by(view, "key", keys | {0: "No key (pages)"}, "a key that is gone", "key"))
        )
    return [(title, rows) for title, rows in tables if rows]


def _by(view: UsageView, field: str, names: dict[int, str], unknown: str, param: str) -> list[Sums]:
    groups: dict[int, Sums] = {}
    for row in view.grouped(field, "endpoint"):
        if row["endpoint"] == SANDBOX:
            continue
        number = row[field]
        href = view.history(**{param: str(number)}) if number else ""
        groups.setdefault(number, Sums(names.get(number, unknown), href)).add(row)
    return _ranked(groups.values(), sum(group.total_tokens for group in groups.values()))


def _ranked(groups: Iterable[Sums], total: int) -> list[Sums]:
    """The most tokens first, each with its share in percent."""
    ranked = sorted(groups, key=lambda one: (-one.total_tokens, -one.asks, one.name))
    for one in ranked:
        one.share = round(one.total_tokens * 100 / total) if total else 0
    return ranked


def _maybe_billed(view: UsageView) -> int:
    """Calls that were sent and of which nobody knows whether they are on the bill; the roll-up does not hold them."""
    start, end = (
        timezone.make_aware(datetime.combine(day, time()))
        for day in (view.period.first, view.period.last + DAY)
    )
    calls = Attempt.objects.filter(sent__gte=start, sent__lt=end, billed=Attempt.Billed.UNKNOWN, **view.whose)
    return calls.exclude(state=Attempt.State.SENT).exclude(endpoint=SANDBOX).count()
