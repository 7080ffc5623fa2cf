"""Writing down what a call came to: the ledger's line, its day's usage, and the row, in one transaction."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections

from describer.chat import ChatError, Reply, Usage, completed, estimate, text_of
from describer.db.group_commit import group_commit
from describer.engine import events as live
from describer.engine import queue
from describer.engine.queue import Run
from describer.ledger import rollup as usage
from describer.models import Attempt, Choice, Description, Status
from describer.models.transcript import transcript_of

logger = logging.getLogger(__name__)

HOLD_SECONDS = 1.0  # between two tries to write down a reply while the database is away


def answer(run: Run, attempt: Attempt, reply: Reply) -> None:
    """The whole answer with its usage. The attempt is completed even if the run lost its row: it was paid."""
    _held(lambda: _record_answer(run, attempt, reply))


def error(run: Run, attempt: Attempt, error: ChatError, *, again: bool) -> None:
    """What went wrong. The row waits, or fails, or (again) is asked at once with a changed parameter."""
    _held(lambda: _record_error(run, attempt, error, again))


def end(run: Run, status: Status, **values: Any) -> bool:
    """End or interrupt the run; a run without its row only gives up the lease."""
    if run.waiter and status == Status.WAITING:
        moved = run.description.wait_inline(run.token, **values)
    else:
        moved = run.description.run_to(run.token, status, **values)
    if moved:
        live.publish(run.description)
    else:
        run.description.release(run.token)
    return moved


def _record_answer(run: Run, attempt: Attempt, reply: Reply) -> None:
    group_commit(lambda: _store_answer(run, attempt, reply), usage.order_of(attempt))
    queue.widen(run.description.endpoint)
    if run.description.endpoint.paused_code:
        queue.open_endpoint(run.description.endpoint)


def _store_answer(run: Run, attempt: Attempt, reply: Reply) -> None:
    _complete(attempt, Attempt.State.ANSWERED, run.description, reply, billed=Attempt.Billed.YES)
    if end(run, Status.DONE, waiting_reason=""):
        _write_choices(run.description, reply, attempt)


def _record_error(run: Run, attempt: Attempt, error: ChatError, again: bool) -> None:
    values = {
        "error_code": error.code,
        "error_message": error.message,
        "http_status": error.http_status,
        "request_id": error.request_id[:200],
        "billed": error.billed,
    }
    group_commit(lambda: _store_error(run, attempt, error, again, values), usage.order_of(attempt))
    if error.slows and not run.description.endpoint.is_sandbox:
        seconds = error.retry_after or queue.backoff(attempt.number)
        queue.narrow(run.description.endpoint, attempt, seconds)


def _store_error(run: Run, attempt: Attempt, error: ChatError, again: bool, values: dict[str, Any]) -> None:
    _complete(attempt, _state_of(error), run.description, error.reply, **values)
    if again:
        return
    moved = _judged(run, attempt, error)
    if moved and error.reply is not None:
        _write_choices(run.description, error.reply, attempt)
    # The sandbox refuses when a question tells it to: one person's try must not hold up the others.
    if error.pauses and not run.description.endpoint.is_sandbox:
        queue.pause_endpoint(run.description.endpoint, error.code)


def _went_ahead(run: Run) -> bool:
    """Whether this ask was sent to see whether a paused endpoint answers again: meeting the error is no failure of it."""
    return run.description.endpoint.probing == run.description.pk


def _judged(run: Run, attempt: Attempt, error: ChatError) -> bool:
    if error.pauses and _went_ahead(run):
        return end(run, Status.WAITING, waiting_reason=queue.pause_reason(run.description.endpoint))
    verdict = queue.judge(run.description, error, attempt.number)
    if verdict.waits:
        due = {"not_before": verdict.not_before, "waiting_reason": verdict.message}
        return end(run, Status.WAITING, tries=verdict.tries, **due)
    failure = {"error_code": error.code, "error_message": verdict.message, "waiting_reason": ""}
    return end(run, Status.FAILED, tries=verdict.tries, **failure)


def _state_of(error: ChatError) -> Attempt.State:
    """answered: a whole 2xx came, readable or not; refused: any other reply, or no connection; unknown: all between."""
    if error.http_status is None:
        return Attempt.State.REFUSED if error.billed == "no" else Attempt.State.UNKNOWN
    whole = 200 <= error.http_status < 300 and error.code not in ("connection_lost", "stream_cut", "timeout")
    if whole:
        return Attempt.State.ANSWERED
    return Attempt.State.UNKNOWN if 200 <= error.http_status < 300 else Attempt.State.REFUSED


def _complete(
    attempt: Attempt, state: Attempt.State, description: Description, reply: Reply | None, **values: Any
) -> None:
    """Complete the ledger's line and roll it up into its day, in the caller's transaction."""
    before = attempt.complete(state, **(_usage_of(description, reply) if reply else {}) | values)
    if before is None:
        return
    usage.roll_up(attempt, before)
    tokens = "?" if attempt.total_tokens is None else attempt.total_tokens
    logger.info(
        "attempt %s: %s %s, %s tokens, billed: %s, %.2f s",
        attempt.number,
        state,
        attempt.error_code or attempt.http_status,
        tokens,
        attempt.billed,
        attempt.seconds or 0,
        extra={"description": description.pk, "request_id": attempt.request_id},
    )


def _usage_of(description: Description, reply: Reply) -> dict[str, Any]:
    """The columns that a whole reply fills. Not reported is null beside an estimate of ours; unknown is never 0."""
    completion, reported = reply.completion, reply.completion.usage
    values: dict[str, Any] = {
        "http_status": reply.http_status,
        "request_id": reply.request_id[:200],
        "model_answered": (completion.model or "")[:200],
        "raw_usage": reply.raw.get("usage"),
    }
    if reported is None:
        answers = [choice.content or "" for choice in completion.choices]
        ours = estimate(
            earlier=_sent_texts(description),
            sizes=[
                (shown.sent_copy.width, shown.sent_copy.height)
                for shown in description.images
                if shown.sent_copy
            ],
            answers=answers,
        )
        return values | {"estimated_usage": ours.counts}
    return values | reported.counts


def _sent_texts(description: Description) -> list[str]:
    """All the words that the model was sent."""
    if transcript := transcript_of(description):
        return [text_of(message) for message in transcript.messages]
    return [description.system_prompt, description.question]


def _write_choices(description: Description, reply: Reply, attempt: Attempt) -> None:
    """The answers; for a caller of our own endpoint also the body that they are given."""
    if transcript := transcript_of(description):
        transcript.note_answer(given_body(description, reply, attempt))
    if attempt.number > 1:
        description.choices.all().delete()  # of an attempt before, that came with some text
    for choice in reply.completion.choices:
        Choice(
            description=description,
            index=choice.index,
            content=choice.content,
            finish_reason=(choice.finish_reason or "")[:100] or None,
            refusal=choice.refusal,
            tool_calls=choice.tool_calls,
            reasoning=choice.reasoning,
        ).keep()


def given_body(description: Description, reply: Reply, attempt: Attempt) -> dict[str, Any]:
    """The endpoint's body as a caller of ours is given it: what the contract requires is filled in where it is missing."""
    counts = attempt.estimated_usage
    estimate = Usage(**counts, estimated=True) if counts and not attempt.usage else None
    return completed(reply.raw, name=f"chatcmpl-{description.pk}", estimate=estimate)


def _held(record: Callable[[], None]) -> None:
    """Write a reply down. While the database is away or locked, or its disk is full, the paid reply is held."""
    if _written(record):
        return
    with queue.leases.unable_to_write():
        while not _written(record):
            time.sleep(HOLD_SECONDS)


def _written(record: Callable[[], None]) -> bool:
    try:
        record()
    except (OperationalError, InterfaceError) as error:
        logger.warning("a reply is held until the database takes it: %s", error)
        close_old_connections()
        return False
    return True
