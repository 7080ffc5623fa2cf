"""The way to the endpoints: one pooled client per process, and what is learned of an endpoint by asking it."""

import logging
from dataclasses import replace
from datetime import timedelta
from functools import cache

from django.conf import settings

from describer.chat import ChatError, Client, Target
from describer.db.clock import clock
from describer.lib.log_rate import LogRate
from describer.models import Endpoint
from describer.models.endpoint import FIRST
from describer.sandbox import SandboxAdapter

logger = logging.getLogger(__name__)

_MODELS_KEEP = timedelta(hours=1)
_MODELS_AGAIN = timedelta(minutes=1)
_FAILURES = LogRate()


@cache
def client() -> Client:
    """Return the client of this process, its pool as large as the calls in flight.

    The sandbox answers without a network.
    """
    size = max(settings.WORKER_CONCURRENCY, settings.ENDPOINT_CONCURRENCY)
    return Client(pool_size=size, adapters={"sandbox://": SandboxAdapter()})


def target(endpoint: Endpoint) -> Target:
    """Return where to ask, how long to wait, and by which key and headers: the first endpoint alone has the environment's."""
    key, secret_headers = "", {}
    if endpoint.name == FIRST:
        key, secret_headers = settings.VISION_API_KEY, settings.VISION_HEADERS
    return Target(
        base_url=endpoint.base_url,
        api_key=key,
        headers=endpoint.headers,
        secret_headers=secret_headers,
        ca_file=settings.VISION_CA_FILE or None,
        **settings.VISION_TIMEOUTS,
    )


def refresh_models(endpoint: Endpoint, keep: timedelta = _MODELS_KEEP, seconds: float | None = None) -> None:
    """Ask the endpoint for its models when the list is missing or older than `keep`. No list is no fault.

    With `seconds` somebody waits for the list, and so long at most.
    """
    now = clock.now()
    if endpoint.models_fetched and abs(now - endpoint.models_fetched) < keep:
        return
    try:
        asked = target(endpoint)
        names = client().models(replace(asked, whole_call=seconds or asked.whole_call))
    except ChatError as error:
        if _FAILURES.left_out(endpoint.pk) is not None:
            logger.info("endpoint %s lists no models: %s", endpoint, error.code)
        Endpoint.objects.filter(pk=endpoint.pk).update(models_fetched=now - _MODELS_KEEP + _MODELS_AGAIN)
        return
    Endpoint.objects.filter(pk=endpoint.pk).update(model_names=names, models_fetched=now)


def answers_again(endpoint: Endpoint) -> bool | None:
    """Tell by its list of models whether a paused endpoint takes the key again; None when the list cannot tell."""
    if endpoint.paused_code == "no_credit":
        return None  # the list is free everywhere
    try:
        client().models(target(endpoint))
    except ChatError as error:
        if error.http_status and not (error.pauses or error.retryable):
            return None
        return False
    return True
