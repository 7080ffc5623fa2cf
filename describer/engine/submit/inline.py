"""Asks whose caller waits in this process: born running, under a lease of ours, with no broker and no worker between."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from describer.db.group_commit import group_commit
from describer.engine import events
from describer.engine.queue import Run, Waiter
from describer.engine.queue.gate import room
from describer.engine.queue.inline_line import has_share
from describer.engine.queue.lease import new_token
from describer.engine.queue.left import settle_left
from describer.engine.queue.process import process
from describer.engine.submit.ask import Ask, given_before, row_of, transcribe
from describer.engine.submit.key_limits import check_key
from describer.engine.submit.pictures import show
from describer.engine.submit.words import filled_ask
from describer.errors import Refusal
from describer.models import Description, Endpoint, Status
from describer.models.statements import INSERT_DESCRIPTION
from describer.models.webhook import tell_webhooks
from describer.search import index

_WORDS_KEPT = 1000  # characters of a refused ask
_CROWDED = "Its endpoint takes no more calls at the moment."


def submit_inline(ask: Ask, waiter: Waiter) -> Run | Description:
    """Begin a run of ours, or return the description that this token gave before.

    Raises Refusal, and then nothing was made.

    The ask was judged by those who read it. Run it by `pipeline.process_inline`.
    """
    check_open()
    if known := known_inline(ask):
        return known
    endpoint = ask.endpoint or Endpoint.default()
    ask = filled_ask(replace(ask, model=ask.model or endpoint.model), ask.pictures)
    check_key(ask.key, ask.model)
    try:
        run = group_commit(lambda: _create_inline(ask, endpoint, waiter))
    except IntegrityError:
        if known := known_inline(ask):  # two sends of one token at once: the other one was quicker
            return known
        raise
    process.leases.take(run.token, run.description.pk)
    return run


def check_open() -> None:
    """Raise Refusal while this process takes no asks: it is stopping, or cannot write down what it paid for."""
    if not process.leases.takes_more:
        message = "The site is being restarted or cannot write just now; try again in a few seconds."
        raise Refusal(message, code="unavailable", status=503, retry_after=5)


def record_refusal(ask: Ask, refusal: Refusal) -> Description | None:
    """Record an ask that its key or a budget did not allow: failed, and nothing was sent.

    It gets a line alone, without pictures, messages and parameters: a script that asks too often, again and again, would
    fill the disk. None for one more of too many in a minute, which are counted.
    """
    if ask.key and not ask.key.note_refusal():
        return None
    endpoint = ask.endpoint or Endpoint.default()
    question, system_prompt = ask.question[:_WORDS_KEPT], ask.system_prompt[:_WORDS_KEPT]
    line = replace(
        ask, token=None, parameters={}, pictures=(), question=question, system_prompt=system_prompt
    )
    row = row_of(line, endpoint, status=Status.FAILED, finished=timezone.now())
    row.error_code, row.error_message = refusal.code, refusal.message

    def born() -> Description:
        INSERT_DESCRIPTION(row)
        tell_webhooks(row)
        transcribe(row, line, messages=())
        index.write_newborn([row])
        return row

    return group_commit(born)


def known_inline(ask: Ask) -> Description | None:
    """Return what this token gave before; None, to be asked anew, if that ended without an answer or any cost."""
    if process.left:
        settle_left()  # this very ask may be among them
    known = given_before(ask)
    if not known:
        return None
    row = known[0]
    ended = row.status in (Status.FAILED, Status.CANCELLED)
    if ended and not row.may_be_billed():
        Description.objects.filter(pk=row.pk).update(submit_token=None)
        return None
    return row


def _create_inline(ask: Ask, endpoint: Endpoint, waiter: Waiter) -> Run:
    token = new_token()
    submit_hash = ""
    if ask.token or ask.body_hash:  # of a call, also without a key of its own: it may come again all the same
        submit_hash = ask.hash
    row = row_of(ask, endpoint, **_state(ask, endpoint), lease_token=token, submit_hash=submit_hash)
    # This machine's clock: the first heartbeat, within seconds, sets the end by the database's.
    row.lease_until = row.created + timedelta(seconds=settings.LEASE_SECONDS)
    INSERT_DESCRIPTION(row)
    show([row], [ask.pictures])
    transcript = transcribe(row, ask)
    index.write_newborn([row])
    events.publish(row)
    return Run(row, token, waiter, transcript)


def _state(ask: Ask, endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.is_free or _may_begin(ask, endpoint):
        return {"status": Status.RUNNING, "started": timezone.now()}
    return {"status": Status.WAITING, "waiting_reason": _CROWDED}


def _may_begin(ask: Ask, endpoint: Endpoint) -> bool:
    """Tell whether a limited endpoint takes one call more, nobody waits for it here, and it is within a person's share."""
    if not process.inline_line.is_first(endpoint.pk, ask.owner.pk) or not room(endpoint, 1):
        return False
    return not ask.via.policy.holds_connection or has_share(endpoint, ask.owner.pk)
