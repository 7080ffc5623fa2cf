"""Usage: tokens, asks and failures by day, model, person and key. Read from the roll-up alone, so a year is quick."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from describer.db.row_id import read_row_id
from describer.ledger.totals import COUNTS, Breakdown, Totals, totals
from describer.models import ApiKey, Attempt, User
from describer.models.endpoint import SANDBOX
from describer.web.chart import Chart, Tokens, chart
from describer.web.current_user import current_user
from describer.web.period import DAY, KINDS, Period, day_of, period


@dataclass
class UsageRow(Totals):
    """A line of a table: a model, a person or a key, where its history is, and its share of all tokens in percent."""

    name: str = ""
    href: str = ""
    share: int = 0

    @classmethod
    def of(cls, name: str, href: str, sums: Totals) -> "UsageRow":
        """Make the line of these sums."""
        row = cls(name=name, href=href)
        row.add(sums)
        return row


@dataclass(frozen=True)
class UsageView:
    """What is looked at: a period of one person's usage, or (admins) of everybody's; of one key, if `key` is not 0."""

    user: User
    period: Period
    everybody: bool
    key: int = 0

    @property
    def whose(self) -> dict[str, int]:
        """Return what the rows of the roll-up and of the ledger are narrowed by."""
        narrowed = {}
        if not self.everybody:
            narrowed["owner"] = self.user.pk
        if self.key:
            narrowed["key"] = self.key
        return narrowed

    @property
    def keys(self) -> dict[int, str]:
        """Return the names of the keys that may be named here."""
        keys = ApiKey.objects.all() if self.everybody else ApiKey.objects.filter(user=self.user)
        return dict(keys.values_list("pk", "name"))

    def totals(self, *by: str) -> Breakdown:
        """Sum up the period."""
        return totals(self.period.first, self.period.last, *by, **self.whose)

    def totals_before(self) -> Breakdown:
        """Sum up the period that this one is compared with."""
        first, last = self.period.before
        return totals(first, last, **self.whose)

    def history(self, **query: str) -> str:
        """Return the query string of the history of what is looked at."""
        values: dict[str, str] = {}
        if self.everybody:
            values["of"] = "everybody"
        if self.key:
            values["key"] = str(self.key)
        return urlencode(values | query)

    def query(self, **changes: str) -> str:
        """Return the query string of this page with changes, "?" first."""
        of = "everybody" if self.everybody else ""
        values = {"period": self.period.kind, "of": of, "key": str(self.key or "")} | changes
        return "?" + urlencode({name: value for name, value in values.items() if value})


@login_required
def usage(request: HttpRequest) -> HttpResponse:
    """Show the page; `?period=week|month|year&on=2026-01-31&key=3`, for admins also `&of=everybody`."""
    user, today = current_user(request), timezone.localdate()
    kind = request.GET.get("period", "")
    if kind not in KINDS:
        kind = "month"
    span = period(kind, day_of(request.GET.get("on", ""), today), today)
    everybody = user.is_superuser and request.GET.get("of") == "everybody"
    view = UsageView(user, span, everybody, read_row_id(request.GET.get("key")))
    return render(request, "usage.html", _links(view, today) | _figures(view))


def _links(view: UsageView, today: date) -> dict[str, Any]:
    """Return the other periods and views that the page leads to."""
    later = view.period.later(today)
    context: dict[str, Any] = {
        "view": view,
        "kinds": [(name, title, view.query(period=name)) for name, title in KINDS.items()],
        "earlier": view.query(on=view.period.earlier.isoformat()),
        "later": view.query(on=later.isoformat()) if later else "",
        "toggle": view.query(of="" if view.everybody else "everybody"),
        "one_key": None,
    }
    if view.key:
        context["one_key"] = (view.keys.get(view.key, "one key"), view.query(key=""))
    return context


def _figures(view: UsageView) -> dict[str, Any]:
    """Return the sums, the chart and the tables.

    Whoever has only tried the sandbox yet sees the sandbox, named as what it is; else it stands apart.
    """
    now, before = view.totals("day", "model"), view.totals_before()
    sandbox_only = now.is_sandbox_only and not before.groups
    groups, total, was = now.groups, now.total, before.total
    if sandbox_only:
        groups, total, was = now.sandbox_groups, now.sandbox, before.sandbox
    return {
        "total": total,
        "has_cost": total.known_cost is not None,
        "changes": _changes(total, was, view.period.than),
        "maybe_billed": 0 if sandbox_only else _maybe_billed(view),
        "chart": _chart(view.period, groups),
        "models": _by_model(view, groups, total),
        "tables": _usage_tables(view),
        "sandbox": None if sandbox_only else _sandbox(view, now.sandbox),
        "sandbox_only": sandbox_only,
        "is_empty": now.is_empty and before.is_empty,
    }


def _changes(now: Totals, was: Totals, than: str) -> dict[str, str]:
    return {name: change(getattr(now, name), getattr(was, name), than) for name in (*COUNTS, "cost")}


def change(now: int | Decimal, was: int | Decimal, than: str) -> str:
    """Say how much more or less it is: "12 % more than in October"; "" where there is nothing to compare."""
    if not was:
        return ""
    percent = round(abs(Decimal(now) - Decimal(was)) * 100 / Decimal(was))
    if not percent:
        return f"as many as {than.removeprefix('than ')}"
    direction = "more" if now > was else "less"
    return f"{percent:,} % {direction} {than}"


def _chart(span: Period, groups: Mapping[Any, Totals]) -> Chart:
    days: dict[date, Tokens] = defaultdict(Tokens)
    for (day, _), sums in groups.items():
        days[day] += Tokens(sums.total_tokens, sums.prompt_tokens, sums.completion_tokens)
    return chart(span, days)


def _by_model(view: UsageView, groups: Mapping[Any, Totals], total: Totals) -> list[UsageRow]:
    models: dict[str, UsageRow] = {}
    for (_, model), sums in groups.items():
        models.setdefault(model, UsageRow(name=model, href=view.history(model=model))).add(sums)
    return _ranked(models.values(), total.total_tokens)


def _sandbox(view: UsageView, sums: Totals) -> UsageRow | None:
    if not sums.attempts:
        return None
    return UsageRow.of(SANDBOX, view.history(model=SANDBOX), sums)


def _usage_tables(view: UsageView) -> list[tuple[str, list[UsageRow]]]:
    """List by person, for an admin who looks at everybody's; by key, where there are any. The sandbox is left out."""
    tables = []
    if view.everybody:
        names = dict(User.objects.values_list("pk", "username"))
        tables.append(("Person", _by(view, "owner", names, "somebody who is gone", "person")))
    if not view.key and (keys := view.keys):
        names = keys | {0: "No key (pages)"}
        tables.append(("API key", _by(view, "key", names, "a key that is gone", "key")))
    return [(title, rows) for title, rows in tables if rows]


def _by(view: UsageView, column: str, names: dict[int, str], unknown: str, param: str) -> list[UsageRow]:
    breakdown = view.totals(column)
    rows = []
    for row_id, sums in breakdown.groups.items():
        href = view.history(**{param: str(row_id)}) if row_id else ""
        rows.append(UsageRow.of(names.get(row_id, unknown), href, sums))
    return _ranked(rows, breakdown.total.total_tokens)


def _ranked(rows: Iterable[UsageRow], total: int) -> list[UsageRow]:
    """Put the most tokens first, and give each row its share in percent."""
    ranked = sorted(rows, key=lambda row: (-row.total_tokens, -row.asks, row.name))
    if total:
        for row in ranked:
            row.share = round(row.total_tokens * 100 / total)
    return ranked


def _maybe_billed(view: UsageView) -> int:
    """Count the calls that were sent and may be on the bill, or not; the roll-up does not hold them."""
    start, end = (
        timezone.make_aware(datetime.combine(day, time()))
        for day in (view.period.first, view.period.last + DAY)
    )
    calls = Attempt.objects.filter(sent__gte=start, sent__lt=end, billed=Attempt.Billed.UNKNOWN, **view.whose)
    return calls.exclude(state=Attempt.State.SENT).exclude(endpoint=SANDBOX).count()
