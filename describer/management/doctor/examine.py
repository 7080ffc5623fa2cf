"""What `manage.py doctor` looks at: each answers findings, in words, with the way to mend what is wrong."""

import ssl
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.db import Error, connection
from django.db.models import Max
from django.utils import timezone

from describer.chat import ChatError
from describer.checks import TAG
from describer.db import version
from describer.engine import queue
from describer.engine.endpoints.client import client, target
from describer.management.doctor.findings import NOTE, OK, WRONG, Finding, Findings
from describer.management.doctor.keeping import the_database, the_search, the_storage
from describer.models import Description, Endpoint, Worker
from describer.models.endpoint import FIRST
from describer.ops.monitoring import checks

_CLOCKS_APART = 5.0  # seconds
_NO_LIST = (404, 405, 501)


def the_settings() -> Findings:
    """Tell what the site's own checks say at its start, and what is allowed but seldom meant."""
    messages = run_checks(tags=[TAG])
    for message in messages:
        mark = WRONG if message.level >= ERROR else NOTE
        yield Finding(mark, message.msg, str(message.hint or ""))
    odd = [*_hosts(), *_odd()]
    yield from odd
    if not messages and not odd:
        yield Finding(OK, "nothing is odd")


def _hosts() -> Findings:
    named = set(settings.ALLOWED_HOSTS) - set(settings.LOOPBACK_HOSTS)
    origins = settings.CSRF_TRUSTED_ORIGINS
    for origin in origins:
        if "://" not in origin:
            yield Finding(WRONG, f"CSRF_TRUSTED_ORIGINS: {origin} has no scheme", f"write https://{origin}")
        elif urlsplit(origin).hostname not in named | {"localhost", "127.0.0.1"} and "*" not in named:
            yield Finding(WRONG, f"{origin} is trusted, but ALLOWED_HOSTS does not name its host", "name it")
    if named and not settings.SERVED_BY_HTTPS:
        yield Finding(
            NOTE,
            "others reach the site, and no https origin is named: passwords and cookies travel in the clear",
            "put a proxy with https before it and set CSRF_TRUSTED_ORIGINS=https://its-name",
        )
    if settings.SERVED_BY_HTTPS and not settings.TRUSTED_PROXIES:
        yield Finding(
            NOTE,
            "https is served by a proxy, and TRUSTED_PROXIES is 0: all people seem to come from its address",
            "set TRUSTED_PROXIES to the number of your proxies",
        )


def _odd() -> Findings:
    if settings.DEBUG:
        yield Finding(WRONG, "DEBUG is on: pages show the program's insides to everybody", "unset DEBUG")
    if settings.REDIS_URL and version.is_local():
        yield Finding(
            NOTE,
            "REDIS_URL is set without DATABASE_URL: workers of other machines cannot reach an SQLite file",
            "set DATABASE_URL to a PostgreSQL",
        )


def the_broker() -> Findings:
    if not settings.REDIS_URL:
        yield Finding(OK, "within the site")
    elif why := checks.broker():
        yield Finding(WRONG, f"Redis {why}", "start it, or mend REDIS_URL; asks are kept meanwhile")
    else:
        yield Finding(OK, "Redis answers")


def the_endpoint() -> Findings:
    """Ask the endpoint for its models, with the environment's key, and its row's headers where the database is there."""
    if not settings.VISION_BASE_URL:
        yield Finding(OK, "the sandbox: no model is asked", "set VISION_API_KEY or VISION_BASE_URL for one")
        return
    where = settings.VISION_BASE_URL
    endpoint = Endpoint(name=FIRST, base_url=where, settings=_stored_settings())
    asked = replace(target(endpoint), connect=5, first_byte=8, between_bytes=8, whole_call=12)
    try:
        names = client().models(asked)
    except ChatError as error:
        yield _unlisted(where, error)
    else:
        yield _model(where, names)


def _stored_settings() -> Any:
    """Return what an admin has set for the endpoint, such as headers; nothing where the database cannot be read."""
    try:
        return Endpoint.objects.filter(name=FIRST).values_list("settings", flat=True).first() or {}
    except (Error, OSError):
        return {}


def _unlisted(where: str, error: ChatError) -> Finding:
    what = f"{where}: {error.message}"
    if error.http_status in _NO_LIST:
        return _without_list(where, error.http_status)
    if error.pauses:
        mend = "mend VISION_API_KEY"
        if settings.VISION_HEADERS:
            mend += " or VISION_HEADERS"
        return Finding(WRONG, what, mend)
    return Finding(WRONG, what, "mend VISION_BASE_URL, or start the server")


def _without_list(where: str, status: int) -> Finding:
    """Many servers have no list of models: that is no fault where a model is named. A wrong address looks the same."""
    what = f"{where} answers, and has no list of models (GET /models: {status})"
    if not settings.VISION_MODEL:
        return Finding(WRONG, what, "set VISION_MODEL to the model to ask; or mend VISION_BASE_URL")
    return Finding(
        NOTE, f"{what}; {settings.VISION_MODEL} is asked", "if asks fail as well, mend VISION_BASE_URL"
    )


def _model(where: str, names: list[str]) -> Finding:
    model = settings.VISION_MODEL
    some = ", ".join(names[:5]) or "none"
    if not model and not names:
        return Finding(WRONG, f"{where} lists no model, and VISION_MODEL names none", "set VISION_MODEL")
    if model and names and model not in names:
        what = f"{where} does not list {model}; it lists {some}"
        return Finding(WRONG, what, "set VISION_MODEL to one of them")
    return Finding(OK, f"{where} answers; the model is {model or names[0]}")


def the_pauses() -> Findings:
    for endpoint in Endpoint.objects.exclude(paused_code=""):
        mend = "mend it; the site looks each minute, and a restart opens it, too"
        yield Finding(WRONG, f"{endpoint} is paused: {queue.pause_reason(endpoint)}", mend)


def the_workers() -> Findings:
    alive = list(Worker.objects.alive().order_by("name"))
    for worker in alive:
        what = f"{worker.name}, version {worker.version}"
        if worker.slots:
            yield Finding(OK, f"{what}, {worker.running} of {worker.slots} slots taken")
        else:
            mend = "run all parts of the site in one version"
            yield Finding(WRONG, f"{what}, takes no asks: the database is of another version", mend)
    if alive:
        return
    if settings.REDIS_URL:
        yield Finding(WRONG, "none has had a heartbeat lately", "start `celery -A vision_site worker`")
    else:
        yield Finding(NOTE, "none: the site does not run", "start it by `manage.py up`")


def the_clock() -> Findings:
    now = timezone.now()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            apart = (cursor.fetchone()[0] - now).total_seconds()
    else:
        newest = Description.objects.aggregate(newest=Max("created"))["newest"] or now
        apart = max(0.0, (newest - now).total_seconds())
    if abs(apart) > _CLOCKS_APART:
        way = "behind" if apart > 0 else "ahead of"
        what = f"this machine's clock is {abs(round(apart))} s {way} the database's"
        yield Finding(WRONG, what, "let NTP set the clocks of all machines")
    else:
        yield Finding(OK, f"{now:%Y-%m-%d %H:%M:%S} UTC")


def the_ca_file() -> Findings:
    path = settings.VISION_CA_FILE
    if not path:
        yield Finding(OK, "the system's")
        return
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        reason = getattr(error, "strerror", None) or "it holds no certificate"
        what = f"VISION_CA_FILE {path} cannot be used: {reason}"
        yield Finding(WRONG, what, "name a file of PEM certificates")
    else:
        yield Finding(OK, path)


ANYWAY: dict[str, Callable[[], Findings]] = {
    "settings": the_settings,
    "database": the_database,
    "broker": the_broker,
    "storage": the_storage,
    "endpoint": the_endpoint,
    "certificates": the_ca_file,
}
BY_ROWS: dict[str, Callable[[], Findings]] = {
    "pauses": the_pauses,
    "workers": the_workers,
    "clock": the_clock,
    "search": the_search,
}
