"""The system page: what the site stands on, its workers, queue, endpoints and last errors, as they are now."""

import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import django
from django.conf import settings
from django.contrib import admin
from django.db.models import Max
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from describer import __version__
from describer.admin.words import NONE, short
from describer.db import version
from describer.engine import queue
from describer.models import Attempt, Endpoint
from describer.ops.monitoring.checks import free_bytes, problems
from describer.ops.monitoring.engine import Depth, Engine, engine, state
from describer.templatetags.figures import ago, grouped, seconds, size

_CHECK_SECONDS = 2.0  # a person waits
_ERRORS = 20
_LOOKED_AT = 10_000  # the newest attempts; errors older than these are in the list of attempts
Cell = Any


@dataclass(frozen=True)
class Table:
    """What is shown as one table; `empty` is said where there are no rows."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    empty: str = ""


def system(request: HttpRequest) -> TemplateResponse:
    """Show the page to all of the staff; endpoints and errors to those who may see their lists."""
    context = admin.site.each_context(request) | {"title": "System", "tables": list(_system_tables(request))}
    return TemplateResponse(request, "admin/system.html", context)


def _system_tables(request: HttpRequest) -> Iterator[Table]:
    now = engine()
    yield _parts()
    yield _workers(now)
    yield _queue(now)
    if request.user.has_perm("describer.view_endpoint"):
        yield _endpoints(now)
    if request.user.has_perm("describer.view_attempt"):
        yield _errors()
    yield _versions()


def _parts() -> Table:
    wrong = problems(_CHECK_SECONDS)
    broker = "Redis" if settings.REDIS_URL else "within the site"
    storage = str(settings.DATA_DIR / "media")
    if settings.S3_BUCKET:
        storage = f"bucket {settings.S3_BUCKET}"
    parts = {
        "database": f"{version.database_name()}, {size(version.database_size())}",
        "broker": broker,
        "storage": storage,
        "disk": f"{size(free_bytes())} free in {settings.DATA_DIR}",
        "worker": NONE,
        "migrations": NONE,
    }
    rows = [(name.capitalize(), wrong.get(name, "is there"), what) for name, what in parts.items()]
    return Table("What it stands on", ("part", "state", "what it is"), rows)


def _workers(now: Engine) -> Table:
    rows = [
        (
            worker.name,
            worker.version,
            ago(worker.beat),
            ago(worker.started),
            grouped(worker.running),
            grouped(worker.slots),
        )
        for worker in now.workers
    ]
    columns = ("worker", "version", "heartbeat", "started", "running", "slots")
    return Table("Workers", columns, rows, "No worker has had a heartbeat lately: asks wait for one.")


def _queue(now: Engine) -> Table:
    rows = [
        (
            depth.lane.capitalize(),
            grouped(depth.queued),
            grouped(depth.waiting),
            grouped(depth.running),
            _oldest(depth),
        )
        for depth in now.depths
    ]
    rows.append(("Calls in flight", "", "", grouped(now.calls), ""))
    return Table("Queue", ("lane", "queued", "waiting", "running", "oldest waits for"), rows)


def _oldest(depth: Depth) -> str:
    if depth.queued or depth.waiting:
        return seconds(depth.oldest)
    return NONE


def _endpoints(now: Engine) -> Table:
    rows = []
    for endpoint in now.endpoints:
        url = reverse("admin:describer_endpoint_change", args=[endpoint.pk])
        name = format_html('<a href="{}">{}</a>', url, endpoint.name)
        rows.append(
            (
                name,
                state(endpoint),
                queue.pause_reason(endpoint) or NONE,
                ago(endpoint.paused_since) or NONE,
                _width(endpoint),
                ago(endpoint.gate_opens) or NONE,
            )
        )
    columns = ("endpoint", "state", "why", "paused", "calls at once", "gate opens")
    return Table("Endpoints", columns, rows)


def _width(endpoint: Endpoint) -> str:
    if endpoint.gate_width is None:
        return NONE
    return grouped(int(endpoint.gate_width))


def _errors() -> Table:
    last = Attempt.objects.aggregate(last=Max("pk"))["last"] or 0
    newest = Attempt.objects.filter(pk__gt=last - _LOOKED_AT).exclude(error_code="").order_by("-pk")
    rows = []
    for attempt in newest[:_ERRORS]:
        url = reverse("admin:describer_attempt_change", args=[attempt.pk])
        time = format_html('<a href="{}">{}</a>', url, ago(attempt.sent))
        rows.append((time, attempt.error_code, short(attempt.error_message), attempt.endpoint))
    return Table("Last errors", ("when", "code", "message", "endpoint"), rows, "None of late.")


def _versions() -> Table:
    rows = [
        ("Describer", __version__),
        ("Django", django.get_version()),
        ("Python", platform.python_version()),
        ("Migrations", version.mismatch() or "all applied"),
    ]
    return Table("Versions", ("program", "version"), rows)
