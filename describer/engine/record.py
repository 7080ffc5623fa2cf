"""Writing down what a call came to: the ledger's line, its day's usage, and the row, in one transaction."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError

from describer.chat import ChatError, Reply, Usage, completed, estimate, text_of
from describer.db.connections import release
from describer.db.group_commit import group_commit
from describer.engine import events, queue
from describer.engine.queue import Run, Verdict
from describer.ledger import rollup
from describer.models import Attempt, Choice, Status

logger = logging.getLogger(__name__)

HOLD_SECONDS = 1.0  # between two tries to write down a reply while the database is away
BROKEN_OFF = ("connection_lost", "stream_cut", "timeout")


def answer(run: Run, attempt: Attempt, reply: Reply) -> None:
    """Record the whole answer with its usage. The attempt is completed even if the run lost its row: it was paid."""
    _held(lambda: _record_answer(run, attempt, reply))


def error(run: Run, attempt: Attempt, error: ChatError, *, again: bool) -> None:
    """Record what went wrong. The row waits, or fails, or (again) is asked at once with a changed parameter.

    Judged once and not with each try to write: judging reads the row's tries, which the first try has raised in memory.
    """
    verdict = None if again else queue.judge(run.description, error, attempt.number)
    _held(lambda: _record_error(run, attempt, error, verdict))


def end(run: Run, status: Status, **values: Any) -> bool:
    """End or interrupt the run; a run without its row only gives up the lease, which answers False."""
    if run.waiter and status == Status.WAITING:
        moved = run.description.wait_inline(run.token, **values)
    else:
        moved = run.description.run_to(run.token, status, **values)
    if moved:
        events.publish(run.description)
    else:
        run.description.release(run.token)
    return moved


def _record_answer(run: Run, attempt: Attempt, reply: Reply) -> None:
    endpoint = run.description.endpoint
    group_commit(lambda: _store_answer(run, attempt, reply), rollup.order_of(attempt))
    queue.widen(endpoint)
    if endpoint.paused_code:
        queue.open_endpoint(endpoint)


def _store_answer(run: Run, attempt: Attempt, reply: Reply) -> None:
    _complete(run, attempt, Attempt.State.ANSWERED, reply, billed=Attempt.Billed.YES)
    if end(run, Status.DONE, waiting_reason=""):
        _write_choices(run, attempt, reply)


def _record_error(run: Run, attempt: Attempt, error: ChatError, verdict: Verdict | None) -> None:
    group_commit(lambda: _store_error(run, attempt, error, verdict), rollup.order_of(attempt))
    endpoint = run.description.endpoint
    if error.slows and not endpoint.is_sandbox:
        queue.narrow(endpoint, attempt, error.retry_after or queue.backoff(attempt.number))


def _store_error(run: Run, attempt: Attempt, error: ChatError, verdict: Verdict | None) -> None:
    _complete(
        run,
        attempt,
        _state_of(error),
        error.reply,
        error_code=error.code,
        error_message=error.message,
        http_status=error.http_status,
        request_id=error.request_id[:200],
        billed=error.billed,
    )
    if verdict is None:
        return
    moved = _end_by(run, error, verdict)
    if moved and error.reply is not None:
        _write_choices(run, attempt, error.reply)
    # The sandbox refuses when a question tells it to: one person's try must not hold up the others.
    if error.pauses and not run.description.endpoint.is_sandbox:
        queue.pause_endpoint(run.description.endpoint, error.code)


def _went_ahead(run: Run) -> bool:
    """Tell whether this ask was sent to see whether a paused endpoint answers again: meeting the error is no failure."""
    return run.description.endpoint.probing == run.description.pk


def _end_by(run: Run, error: ChatError, verdict: Verdict) -> bool:
    """Let the row wait, or fail, as the queue has judged the error; False when the run had lost the row."""
    if error.pauses and _went_ahead(run):
        return end(run, Status.WAITING, waiting_reason=queue.pause_reason(run.description.endpoint))
    if verdict.waits:
        due = {"not_before": verdict.not_before, "waiting_reason": verdict.message}
        return end(run, Status.WAITING, tries=verdict.tries, **due)
    failure = {"error_code": error.code, "error_message": verdict.message, "waiting_reason": ""}
    return end(run, Status.FAILED, tries=verdict.tries, **failure)


def _state_of(error: ChatError) -> Attempt.State:
    """Tell answered (a whole 2xx came, readable or not) from refused (another reply, or no connection) and unknown."""
    if error.http_status is None:
        return Attempt.State.REFUSED if error.billed == "no" else Attempt.State.UNKNOWN
    if not 200 <= error.http_status < 300:
        return Attempt.State.REFUSED
    if error.code in BROKEN_OFF:
        return Attempt.State.UNKNOWN
    return Attempt.State.ANSWERED


def _complete(run: Run, attempt: Attempt, state: Attempt.State, reply: Reply | None, **values: Any) -> None:
    """Complete the ledger's line and roll it up into its day, in the caller's transaction."""
    of_reply = _usage_of(run, reply) if reply else {}
    before = attempt.complete(state, **of_reply | values)
    if before is None:
        return
    rollup.roll_up(attempt, before)
    tokens = "?" if attempt.total_tokens is None else attempt.total_tokens
    logger.info(
        "attempt %s: %s %s, %s tokens, billed: %s, %.2f s",
        attempt.number,
        state,
        attempt.error_code or attempt.http_status,
        tokens,
        attempt.billed,
        attempt.seconds or 0,
        extra={"description": run.description.pk, "request_id": attempt.request_id},
    )


def _usage_of(run: Run, reply: Reply) -> dict[str, Any]:
    """Return the columns that a whole reply fills. Not reported is null beside an estimate; unknown is never 0."""
    completion = reply.completion
    values: dict[str, Any] = {
        "http_status": reply.http_status,
        "request_id": reply.request_id[:200],
        "model_answered": (completion.model or "")[:200],
        "raw_usage": reply.raw.get("usage"),
    }
    if completion.usage is not None:
        return values | completion.usage.counts
    copies = [shown.sent_copy for shown in run.description.shown_pictures if shown.sent_copy]
    estimated = estimate(
        earlier=_sent_texts(run),
        sizes=[(copy.width, copy.height) for copy in copies],
        answers=[choice.content or "" for choice in completion.choices],
    )
    return values | {"estimated_usage": estimated.counts}


def _sent_texts(run: Run) -> list[str]:
    """Return all the words that the model was sent."""
    if run.transcript:
        return [text_of(message) for message in run.transcript.messages]
    return [run.description.system_prompt, run.description.question]


def _write_choices(run: Run, attempt: Attempt, reply: Reply) -> None:
    """Write the answers; for a caller of our own endpoint also the body that the caller is given."""
    if run.transcript:
        run.transcript.note_answer(_given_body(run, attempt, reply))
    if attempt.number > 1:
        run.description.choices.all().delete()  # of an attempt before, that came with some text
    for choice in reply.completion.choices:
        Choice(
            description=run.description,
            index=choice.index,
            content=choice.content,
            finish_reason=(choice.finish_reason or "")[:100] or None,
            refusal=choice.refusal,
            tool_calls=choice.tool_calls,
            reasoning=choice.reasoning,
        ).keep()


def _given_body(run: Run, attempt: Attempt, reply: Reply) -> dict[str, Any]:
    """Return the endpoint's body as a caller of ours is given it: what the contract requires is filled in."""
    usage = None
    if attempt.estimated_usage and not attempt.usage:
        usage = Usage(**attempt.estimated_usage, estimated=True)
    return completed(reply.raw, name=f"chatcmpl-{run.description.pk}", estimate=usage)


def _held(record: Callable[[], None]) -> None:
    """Write a reply down. While the database is away or locked, or its disk is full, the paid reply is held."""
    if _written(record):
        return
    with queue.process.leases.unable_to_write():
        while not _written(record):
            time.sleep(HOLD_SECONDS)


def _written(record: Callable[[], None]) -> bool:
    try:
        record()
    except (OperationalError, InterfaceError) as error:
        logger.warning("a reply is held until the database takes it: %s", error)
        release()
        return False
    return True
