"""The story of one description: claim -> prepare -> ask -> record.

    claim     the first queued row is ours under a lease (queue)
    prepare   the pictures as the model is sent them (links are fetched), and the body of the request
    ask       an attempt is written as `sent`, then the bytes leave; no transaction or connection is held meanwhile
    record    the attempt is completed in the ledger, its day's usage with it; the row ends, or waits for another try

A worker killed between `sent` and the record leaves the attempt open: the sweep makes it `unknown`, and the page says
that this call may have been billed. That window is the only one in which a call can be paid twice.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db import close_old_connections

from describer.chat import (
    Amendment,
    ChatError,
    RequestBody,
    amended,
    encode_body,
    put_back,
    redacted,
    request_body,
)
from describer.chat.messages import Shown
from describer.db.group_commit import group_commit
from describer.engine import events as live
from describer.engine import queue, record
from describer.engine.endpoints import adaptations as learned
from describer.engine.endpoints.adaptations import AdaptedCall
from describer.engine.endpoints.client import client, target
from describer.engine.prepare import ImageMissing, pictures, placeholders
from describer.engine.queue import Run, Waiter
from describer.errors import Refusal
from describer.lib.log_context import log_context
from describer.media.storage import StorageAway
from describer.models import Attempt, Description, Status
from describer.models.transcript import transcript_of

AMENDMENTS = 3  # parameters that one run will change for a model before it gives up


def run_next() -> bool:
    """Claim one description and see it through; False when there was nothing to claim."""
    run = queue.claim()
    if run is None:
        return False
    try:
        live.publish(run.description)
        process(run)
    finally:
        queue.leases.drop(run.token)
    return True


@log_context(lambda run: run.description.pk)
def process(run: Run) -> None:
    """From a claimed description to its end, or to its next wait."""
    description = run.description
    if not run.waiter and (reason := queue.must_wait(description)):
        record.end(run, Status.WAITING, waiting_reason=reason)
        return
    call = learned.call_for(description)
    for left in reversed(range(1 + AMENDMENTS)):
        body = _prepare_body(run, call)
        amendment = _ask(run, call, body, may_amend=left > 0) if body else None
        if amendment is None:
            return
        call = learned.remember(description, call, amendment)


def _prepare_body(run: Run, call: AdaptedCall) -> RequestBody | None:
    """The body of the request, or None when there is none and the run ended."""
    description = run.description
    try:
        return encode_body(_request(description, pictures(description), call))
    except (ImageMissing, Refusal, ChatError) as error:
        record.end(run, Status.FAILED, error_code=error.code, error_message=error.message)
    except StorageAway as error:
        verdict = queue.put_off(description, error.message)
        record.end(run, Status.WAITING, waiting_reason=verdict.message, not_before=verdict.not_before)
    return None


def process_inline(run: Run, waiter: Waiter) -> None:
    """A run that `caller` waits for in this process: its waits are slept through, and it ends when nobody waits any more."""
    try:
        while True:
            if run.description.status == Status.RUNNING:
                process(run)
            if run.description.status != Status.WAITING or not queue.wait_inline(run, waiter):
                break
        if run.description.status == Status.WAITING:
            _leave(run, waiter)
    finally:
        queue.leases.drop(run.token)


def _leave(run: Run, waiter: Waiter) -> None:
    """The caller is gone before the next call: what was never sent is cancelled, else it fails as the last call did."""
    if not run.description.resume(run.token):
        return
    if waiter.error is None:
        record.end(run, Status.CANCELLED)
    else:
        failure = {"error_code": waiter.error.code, "error_message": waiter.error.message}
        record.end(run, Status.FAILED, **failure)


def request_of(description: Description) -> dict[str, Any]:
    """The request as the model is asked, with the pictures' bytes left out; for showing it."""
    return dict(redacted(_request(description, placeholders(description), learned.call_for(description))))


def _request(description: Description, seen: Sequence[Shown], call: AdaptedCall) -> dict[str, Any]:
    if transcript := transcript_of(description):
        messages = put_back(transcript.messages, [picture.data_url for picture in seen])
        return {"model": description.model, "messages": messages, **call.parameters}
    return request_body(
        model=description.model,
        question=description.question,
        system_prompt=description.system_prompt,
        pictures=seen,
        parameters=call.parameters,
    )


def _ask(run: Run, call: AdaptedCall, body: RequestBody, *, may_amend: bool) -> Amendment | None:
    """One attempt, recorded. Answers a change to make when the model refused a parameter: that refusal was free."""
    attempt = _write_sent(run, call)
    if attempt is None:
        return None
    close_old_connections()
    waiter = run.waiter
    try:
        reply = client().complete(target(run.description.endpoint), body, waiter.relay if waiter else None)
    except ChatError as error:
        amendment = _amendment(run.description, error, call) if may_amend else None
        if waiter:
            waiter.error = error
            error.retryable = error.retryable and not waiter.has_words
        record.error(run, attempt, error, again=amendment is not None)
        return amendment
    record.answer(run, attempt, reply)
    return None


def _amendment(description: Description, error: ChatError, call: AdaptedCall) -> Amendment | None:
    found = amended(error, call.parameters)
    if found is None or (found.kind == "dropped" and not learned.may_drop(description, found.param)):
        return None
    return replace(found, also=tuple(param for param in found.also if learned.may_drop(description, param)))


def _write_sent(run: Run, call: AdaptedCall) -> Attempt | None:
    """The attempt's row, committed before a byte leaves; None when the run lost its lease or was cancelled."""
    description = run.description
    if run.waiter and run.waiter.over.is_set():
        record.end(run, Status.CANCELLED)
        return None
    attempt = Attempt(
        description=description.pk,
        owner=description.owner_id,
        key=description.key_id or 0,
        endpoint=description.endpoint.name,
        model_asked=description.model,
        number=description.calls + 1,
        changed=list(call.changed),
    )
    if not group_commit(lambda: _begins(run, attempt)):
        description.release(run.token)
        return None
    description.calls = attempt.number
    return attempt


def _begins(run: Run, attempt: Attempt) -> bool:
    begins = run.description.begin_call(run.token)
    if begins:
        attempt.send()
    return begins
