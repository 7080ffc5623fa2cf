"""The story of one description: claim -> prepare -> ask -> record.

    claim     the first queued row is ours under a lease (queue)
    prepare   the pictures as the model is sent them (links are fetched), and the body of the request
    ask       an attempt is written as `sent`, then the bytes leave; no transaction or connection is held meanwhile
    record    the attempt is completed in the ledger, its day's usage with it; the row ends, or waits for another try

A worker killed between `sent` and the record leaves the attempt open: the sweep makes it `unknown`, and the page says
that this call may have been billed. That window is the only one in which a call can be paid twice.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

from django.conf import settings

from describer.chat import (
    Amendment,
    ChatError,
    RequestBody,
    Turn,
    amended,
    encode_body,
    put_back,
    redacted,
    request_body,
)
from describer.chat.listener import Listener
from describer.chat.messages import Shown
from describer.db.connections import released
from describer.db.group_commit import group_commit
from describer.engine import events, live_words, queue, record, store
from describer.engine.conversation import Earlier, earlier_of
from describer.engine.endpoints import adaptations
from describer.engine.endpoints.adaptations import AdaptedCall
from describer.engine.endpoints.client import client, target
from describer.engine.prepare import (
    ImageMissing,
    body_bytes,
    conversation_too_large,
    pictures_of_turns,
    placeholders,
    tokens_in,
)
from describer.engine.queue import Run, Waiter
from describer.errors import Refusal
from describer.images import MemoryShort
from describer.lib.log_context import log_context
from describer.media.site_fault import words_of_fault
from describer.models import Attempt, Description, Status, Transcript
from describer.models.transcript import transcript_of

_INSTRUCTING = ("system", "developer")
_LATER = "rate_limited"
AMENDMENTS = 3  # parameters that one run will change for a model before it gives up


def run_next() -> bool:
    """Claim one description and process it; False when there was nothing to claim."""
    run = queue.process.claim()
    if run is None:
        return False
    try:
        events.publish(run.description)
        process(run)
    except BaseException:
        queue.leave(run)
        raise
    finally:
        queue.process.leases.drop(run.token)
    return True


@log_context(lambda run: run.description.pk)
def process(run: Run) -> None:
    """See a claimed description through to its end, or to its next wait."""
    description = run.description
    if not run.waiter and (reason := queue.must_wait(description)):
        store.end(run, Status.WAITING, waiting_reason=reason)
        return
    call = adaptations.call_for(description)
    for left in reversed(range(1 + AMENDMENTS)):
        body = _prepare(run, call)
        if body is None:
            return
        amendment = _ask(run, call, body, may_amend=left > 0)
        if amendment is None:
            return
        call = adaptations.remember(description, call, amendment)


def process_inline(run: Run, waiter: Waiter) -> None:
    """Process a run that `waiter` waits for in this process: its waits are slept through, until nobody waits any more."""
    try:
        while True:
            if run.description.status == Status.RUNNING:
                process(run)
            if run.description.status != Status.WAITING or not queue.wait_inline(run, waiter):
                break
        if run.description.status == Status.WAITING:
            _end_unwaited(run, waiter)
        elif run.description.status == Status.CANCELLED:
            run.description.release(
                run.token
            )  # while it waited: its place at the endpoint is somebody else's now
    except BaseException:
        queue.leave(run)
        raise
    finally:
        queue.process.leases.drop(run.token)


def _prepare(run: Run, call: AdaptedCall) -> RequestBody | None:
    """Make the body of the request; None when there is none and the run ended."""
    description = run.description
    try:
        earlier = earlier_of(description)
        shown = pictures_of_turns(description, earlier)
        run.earlier_tokens = tokens_in(earlier)
        run.pictures = sum(map(len, shown))
        body = encode_body(_request(description, run.transcript, shown, call, earlier))
        if earlier and body.size > body_bytes(description):
            raise conversation_too_large(description)
        return body
    except (ImageMissing, Refusal, ChatError) as error:
        store.end(run, Status.FAILED, error_code=error.code, error_message=error.message)
    except (OSError, MemoryError, MemoryShort) as error:
        verdict = queue.put_off(description, words_of_fault(error))
        store.end(run, Status.WAITING, waiting_reason=verdict.message, not_before=verdict.not_before)
    return None


def _ask(run: Run, call: AdaptedCall, body: RequestBody, *, may_amend: bool) -> Amendment | None:
    """Make one attempt and record it. Answers a change to make when the model refused a parameter: that was free."""
    attempt = _write_sent(run, call)
    if attempt is None:
        return None
    waiter = run.waiter
    run.is_calling = run.called = True
    try:
        with released(), _hearer(run, call) as hearer:
            reply = client().complete(target(run.description.endpoint), body, hearer)
    except ChatError as error:
        amendment = _amendment(run.description, error, call) if may_amend else None
        if waiter:
            waiter.error = error
            error.retryable = error.retryable and not waiter.has_words
        record.error(run, attempt, error, again=amendment is not None)
        run.is_calling = False
        return amendment
    record.answer(run, attempt, reply)
    run.is_calling = False
    return None


def _hearer(run: Run, call: AdaptedCall) -> AbstractContextManager[Listener | None]:
    """Return who hears the call's stream: a caller of ours, or whoever looks at a page; nobody, where none is asked for."""
    if run.waiter:
        return nullcontext(run.waiter.relay)
    if call.streams:
        return live_words.board.shown(run)
    return nullcontext()


def _write_sent(run: Run, call: AdaptedCall) -> Attempt | None:
    """Commit the attempt's row before a byte leaves; None when the run lost its lease or was cancelled."""
    description = run.description
    if run.waiter and run.waiter.over.is_set():
        store.end(run, Status.CANCELLED)
        return None
    attempt = Attempt(
        description=description.pk,
        owner=description.owner_id,
        key=description.key_id or 0,
        endpoint=description.endpoint.name,
        model_asked=description.model,
        number=description.calls + 1,
        changed=list(call.changed),
        pictures=run.pictures,
    )
    if not group_commit(lambda: _begin(run, attempt)):
        description.release(run.token)
        return None
    description.calls = attempt.number
    return attempt


def _begin(run: Run, attempt: Attempt) -> bool:
    begins = run.description.begin_call(run.token)
    if begins:
        attempt.send()
    return begins


def _amendment(description: Description, error: ChatError, call: AdaptedCall) -> Amendment | None:
    """Return the change that mends a refused parameter, as far as the ask's way in lets parameters be left out."""
    amendment = amended(error, call.parameters)
    if amendment is None:
        return None
    if amendment.kind == "dropped" and not adaptations.may_drop(description, amendment.param):
        return None
    also = tuple(param for param in amendment.also if adaptations.may_drop(description, param))
    return replace(amendment, also=also)


def _end_unwaited(run: Run, waiter: Waiter) -> None:
    """End a run whose caller waits no more for the next call.

    One who was told to come later has failed; of one who is gone it is cancelled if nothing was sent, else failed as the last
    call.
    """
    reason = run.description.waiting_reason
    if not run.description.resume(run.token):
        return
    if waiter.later is not None:
        store.end(run, Status.FAILED, error_code=_LATER, error_message=_told_later(waiter, reason))
    elif waiter.error is None:
        store.end(run, Status.CANCELLED)
    else:
        failure = {"error_code": waiter.error.code, "error_message": waiter.error.message}
        store.end(run, Status.FAILED, **failure)


def _told_later(waiter: Waiter, reason: str) -> str:
    most = settings.ENDPOINT_WAIT_SECONDS
    if waiter.error:
        reason = waiter.error.message
    how = "ask again later, or for a stream, which hears that it waits"
    return f"{reason} A call that asks for no stream waits {most} s for its turn at most: {how}."


def request_of(description: Description) -> dict[str, Any]:
    """Return the request as the model is asked, with the pictures' bytes left out; for showing it.

    Of a follow-up, what it goes on from is as it stands now. Raises Refusal where some of that is gone.
    """
    call = adaptations.call_for(description)
    earlier = earlier_of(description)
    shown = placeholders(description, earlier)
    return dict(redacted(_request(description, transcript_of(description), shown, call, earlier)))


def _request(
    description: Description,
    transcript: Transcript | None,
    shown: Sequence[Sequence[Shown]],
    call: AdaptedCall,
    earlier: Sequence[Earlier] = (),
) -> dict[str, Any]:
    """Return the request: of a call at our own endpoint the messages as they came, else question and system prompt.

    `shown` are the pictures of each earlier turn, and last the description's own.
    """
    if transcript:
        messages = put_back(transcript.messages, [picture.data_url for picture in shown[-1]])
        return {"model": description.model, "messages": messages, **call.parameters}
    opening, turns = _turns(earlier, shown)
    return request_body(
        model=description.model,
        question=description.question,
        system_prompt=description.system_prompt,
        pictures=shown[-1],
        parameters=call.parameters,
        opening=opening,
        earlier=turns,
    )


def _turns(
    earlier: Sequence[Earlier], shown: Sequence[Sequence[Shown]]
) -> tuple[list[dict[str, Any]], list[Turn]]:
    """Return a conversation as it is sent again: the messages of a call that it began with, if it did, and its turns.

    The system prompt is the follow-up's own, so that of the call is left out.
    """
    opening: list[dict[str, Any]] = []
    turns = []
    for before, pictures in zip(earlier, shown, strict=False):
        transcript = transcript_of(before.row)
        if not transcript:
            turns.append(Turn(before.row.question, before.answer, pictures))
            continue
        messages = put_back(transcript.messages, [picture.data_url for picture in pictures])
        opening += [message for message in messages if message["role"] not in _INSTRUCTING]
        opening.append({"role": "assistant", "content": before.answer})
    return opening, turns
