"""Pausing an endpoint that cannot answer until somebody mends it: asks wait with the reason instead of failing."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from describer.db.clock import clock
from describer.engine.queue.doorbell import ring
from describer.models import Description, Endpoint, Status

_FALSE_ALARMS = 3
_CREDIBLE = timedelta(minutes=1)
_REASONS = {
    "bad_key": "The endpoint refused the site's key; an admin must mend it.",
    "forbidden": "The endpoint forbids this site's key to ask; an admin must mend it.",
    "no_credit": "The endpoint's account has no credit left; an admin must mend it.",
}


def pause_reason(endpoint: Endpoint) -> str:
    """Say why asks of a paused endpoint wait; "" when the endpoint is open."""
    return _REASONS.get(endpoint.paused_code, endpoint.paused_code)


def pause_endpoint(endpoint: Endpoint, code: str, by: int) -> None:
    """Pause the endpoint on the word of an ask's error (by the description's number), and let what is queued for it wait."""
    probe = clock.now() + timedelta(seconds=settings.PROBE_SECONDS)
    with transaction.atomic():
        if not _is_believed(endpoint, by):
            return
        endpoint.pause(code, probe)
        queued = Description.objects.filter(endpoint=endpoint, status=Status.QUEUED)
        queued.update(status=Status.WAITING, waiting_reason=_REASONS.get(code, code), not_before=None)


def _is_believed(endpoint: Endpoint, by: int) -> bool:
    """Tell whether one ask's word is enough: after three false alarms in a row it takes another ask's, within a minute."""
    fresh = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if fresh.false_alarms < _FALSE_ALARMS:
        return True
    now = clock.now()
    is_another = fresh.accuser not in (0, by)
    if is_another and fresh.accused and abs(now - fresh.accused) < _CREDIBLE:
        return True
    Endpoint.objects.filter(pk=endpoint.pk).update(accuser=by, accused=now)
    return False


def confirm_pause(endpoint: Endpoint) -> None:
    """Note that a probe found a paused endpoint as it was said to be."""
    Endpoint.objects.filter(pk=endpoint.pk).update(false_alarms=0)


def note_false_alarm(endpoint: Endpoint) -> None:
    """Note that a probe found a paused endpoint answering: what one ask had met was its own."""
    Endpoint.objects.filter(pk=endpoint.pk, false_alarms__lt=_FALSE_ALARMS).update(
        false_alarms=F("false_alarms") + 1, accuser=0
    )


def open_endpoint(endpoint: Endpoint) -> bool:
    """Open the endpoint again, queue what waited for it, and ring; False when it was open already."""
    with transaction.atomic():
        opened = endpoint.open()
        rows = _queue_waiting(endpoint) if opened else 0
    if rows:
        ring(rows)
    return opened


def _queue_waiting(endpoint: Endpoint) -> int:
    """Move all that waits for this endpoint to open from waiting to queued, with the turns it had."""
    return _waiting_for(endpoint).update(status=Status.QUEUED, waiting_reason="")


def _waiting_for(endpoint: Endpoint) -> "QuerySet[Description]":
    """Return what waits until the endpoint is open again.

    Asks under a lease are not among them: their caller waits elsewhere, and for the gate.
    """
    waiting = Description.objects.filter(endpoint=endpoint, status=Status.WAITING, not_before=None)
    return waiting.filter(lease_token="")


def send_ahead(endpoint: Endpoint) -> bool:
    """Queue the oldest ask that waits for a paused endpoint, to see whether it answers again; the others wait on."""
    waiting = _waiting_for(endpoint)
    with transaction.atomic():
        first = waiting.order_by("id").first()
        if first is None:
            return False
        Endpoint.objects.filter(pk=endpoint.pk).update(probing=first.pk)
        queued = waiting.filter(pk=first.pk).update(status=Status.QUEUED, waiting_reason="")
    ring(queued)
    return bool(queued)


def must_wait(description: Description) -> str:
    """Say why a claimed ask may not go to its endpoint now; "" when that is open, or this ask goes ahead."""
    endpoint = description.endpoint
    if endpoint.probing == description.pk:
        return ""
    return pause_reason(endpoint)
