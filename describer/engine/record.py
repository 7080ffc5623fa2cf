"""What a call came to, as an outcome: the ledger's line, what becomes of the row, the answers. `store` writes it down."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from django.db import DatabaseError, InterfaceError

from describer.answers.reading import read_answer
from describer.chat import (
    ChatError,
    CompletionChoice,
    Reply,
    Usage,
    completed,
    estimate,
    kept_call,
    kept_usage,
    text_of,
    usage_in,
)
from describer.db.clock import clock
from describer.db.connections import release
from describer.engine import queue, store
from describer.engine.endpoints import adaptations
from describer.engine.outcome import Outcome
from describer.engine.queue import Run, Verdict
from describer.lib.log_rate import LogRate
from describer.models import Attempt, Description, Flag, Status
from describer.models.choice import flags_of

logger = logging.getLogger(__name__)

# Of failures that will be tried again: an endpoint that is away fails a thousand asks eight times each.
_FAILURES = LogRate()

_FLAGS_OF_ERRORS = {"content_filtered": Flag.REFUSED, "empty_answer": Flag.EMPTY}
BROKEN_OFF = ("connection_lost", "stream_cut", "timeout")


def answer(run: Run, attempt: Attempt, reply: Reply) -> None:
    """Record the whole answer with its usage. The attempt is completed even if the run lost its row: it was paid."""
    line = _usage_of(run, reply) | {"answered": clock.now(), "billed": Attempt.Billed.YES}
    words = _words_of(run, reply, line)
    ends = {"waiting_reason": "", "flags": _flags(run, attempt, reply)}
    _write_down(run, attempt, Outcome(Attempt.State.ANSWERED, line, Status.DONE, ends, **words))
    endpoint = run.description.endpoint
    _adjust(partial(queue.widen, endpoint))
    if endpoint.paused_code:
        _adjust(partial(queue.note_false_alarm, endpoint))
        _adjust(partial(queue.open_endpoint, endpoint))


def error(run: Run, attempt: Attempt, error: ChatError, *, again: bool) -> None:
    """Record what went wrong. The row waits, or fails, or (again) is asked at once with a changed parameter.

    Judged once and not with each try to write: judging reads the row's tries, which the first try has raised in memory.
    """
    outcome = Outcome(_state_of(error), _line_of(run, error))
    if not again:
        outcome = _judged(run, attempt, error, outcome)
    _write_down(run, attempt, outcome, comes_again=error.retryable)
    endpoint = run.description.endpoint
    if error.teaches and not endpoint.is_sandbox:
        _adjust(partial(adaptations.learn, run.description, error))
    if error.slows and not endpoint.is_sandbox:
        seconds = error.retry_after or queue.backoff(attempt.number)
        _adjust(partial(queue.narrow, endpoint, attempt, seconds))


def _write_down(run: Run, attempt: Attempt, outcome: Outcome, *, comes_again: bool = False) -> None:
    """Write the outcome down, and tell the log of it once, however often it had to be written."""
    store.write_down(run, attempt, outcome)
    others = ""
    if comes_again:
        left_out = _FAILURES.left_out(attempt.endpoint)
        if left_out is None:
            return
        if left_out:
            others = f"; {left_out:,} other failures of {attempt.endpoint} since the last line like this"
    tokens = "?" if attempt.total_tokens is None else attempt.total_tokens
    logger.info(
        "attempt %s: %s %s, %s tokens, billed: %s, %.2f s%s",
        attempt.number,
        attempt.state,
        attempt.error_code or attempt.http_status,
        tokens,
        attempt.billed,
        attempt.seconds or 0,
        others,
        extra={"description": run.description.pk, "request_id": attempt.request_id},
    )


def _adjust(change: Callable[[], object]) -> None:
    """Change what is known of the endpoint; the reply is written already, so a database that is away costs nothing more."""
    try:
        change()
    except (DatabaseError, InterfaceError) as error:
        logger.warning("what a call told of its endpoint is not noted: %s", error)
        release()


def _judged(run: Run, attempt: Attempt, error: ChatError, outcome: Outcome) -> Outcome:
    """Add to the outcome of an error what becomes of the row, and the words that came all the same."""
    verdict = queue.judge(run.description, error, attempt.number)
    status, ends = _end_of(run, error, verdict)
    if status == Status.FAILED:
        ends["flags"] = _flags(run, attempt, error.reply) | _FLAGS_OF_ERRORS.get(error.code, 0)
    words: dict[str, Any] = {}
    if error.reply is not None:
        words = _words_of(run, error.reply, outcome.line)
    # The sandbox refuses when a question tells it to: one person's try must not hold up the others.
    if error.pauses and not run.description.endpoint.is_sandbox:
        words["pauses"] = error.code
    return replace(outcome, status=status, ends=ends, **words)


def _line_of(run: Run, error: ChatError) -> dict[str, Any]:
    """Return the columns that an error fills, beside those of a reply that came all the same."""
    of_reply: dict[str, Any] = {}
    if error.reply is not None:
        of_reply = _usage_of(run, error.reply)
    return of_reply | {
        "answered": clock.now(),
        "error_code": error.code,
        "error_message": error.message,
        "http_status": error.http_status,
        "request_id": error.request_id[:200],
        "billed": error.billed,
    }


def _flags(run: Run, attempt: Attempt, reply: Reply | None) -> int:
    """Return what lists can be narrowed to: what is odd about the answer that counts, and whether it was asked otherwise."""
    flags = 0
    if attempt.changed:
        flags |= Flag.CHANGED
    for choice in reply.completion.choices if reply else ():
        if choice.index == run.description.kept:
            flags |= flags_of(choice)
    return int(flags)


def _went_ahead(run: Run) -> bool:
    """Tell whether this ask was sent to see whether a paused endpoint answers again: meeting the error is no failure."""
    return run.description.endpoint.probing == run.description.pk


def _end_of(run: Run, error: ChatError, verdict: Verdict) -> tuple[Status, dict[str, Any]]:
    """Return the state in which the row waits, or fails, as the queue has judged the error, and its columns."""
    if error.pauses and _went_ahead(run):
        queue.confirm_pause(run.description.endpoint)
        return Status.WAITING, {"waiting_reason": queue.pause_reason(run.description.endpoint)}
    if verdict.waits:
        due = {"not_before": verdict.not_before, "waiting_reason": verdict.message}
        return Status.WAITING, {"tries": verdict.tries} | due
    message = verdict.message + _listed_name(run.description, error)
    failure = {"error_code": error.code, "error_message": message, "waiting_reason": ""}
    return Status.FAILED, {"tries": verdict.tries} | failure


def _listed_name(description: Description, error: ChatError) -> str:
    """Return a sentence with the name that the endpoint lists, where it refused one that is close."""
    listed = description.endpoint.listed(description.model)
    if error.code != "model_not_found" or listed in ("", description.model):
        return ""
    return f" It lists {listed}."


def _state_of(error: ChatError) -> Attempt.State:
    """Tell answered (a whole 2xx came, readable or not) from refused (another reply, or no connection) and unknown."""
    if error.http_status is None:
        return Attempt.State.REFUSED if error.billed == "no" else Attempt.State.UNKNOWN
    if not 200 <= error.http_status < 300:
        return Attempt.State.REFUSED
    if error.code in BROKEN_OFF:
        return Attempt.State.UNKNOWN
    return Attempt.State.ANSWERED


def _usage_of(run: Run, reply: Reply) -> dict[str, Any]:
    """Return the columns that a whole reply fills. Not reported is null beside an estimate; unknown is never 0.

    Zeros stay as reported, with an estimate beside them: a call is priced by it.
    """
    completion = reply.completion
    values: dict[str, Any] = {
        "http_status": reply.http_status,
        "request_id": reply.request_id[:200],
        "model_answered": (completion.model or "")[:200],
        "raw_usage": kept_usage(usage_in(reply.raw)),
    }
    if completion.usage is not None:
        values |= completion.usage.counts
        if not completion.usage.is_zero:
            return values
    copies = [shown.sent_copy for shown in run.description.shown_pictures if shown.sent_copy]
    estimated = estimate(
        earlier=_sent_texts(run),
        sizes=[(copy.width, copy.height) for copy in copies],
        answers=[choice.content or "" for choice in completion.choices],
        more=run.earlier_tokens,
    )
    return values | {"estimated_usage": estimated.counts}


def _sent_texts(run: Run) -> list[str]:
    """Return all the words that the model was sent."""
    if run.transcript:
        return [text_of(message) for message in run.transcript.messages]
    return [run.description.system_prompt, run.description.question]


def _words_of(run: Run, reply: Reply, line: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers; for a caller of our own endpoint also the body that the caller is given."""
    choices = tuple(map(_columns_of, reply.completion.choices))
    body = None
    if run.transcript:
        body = _given_body(run, reply, line)
    return {"choices": choices, "body": body}


def _columns_of(choice: CompletionChoice) -> dict[str, Any]:
    """Return the columns of an answer, which is read here once: where its text lies in what was written, and of what shape."""
    read = read_answer(choice.content or "")
    return {
        "index": choice.index,
        "content": choice.content,
        "text_begin": read.begin,
        "text_end": read.end,
        "shape": read.shape,
        "finish_reason": (choice.finish_reason or "")[:100] or None,
        "refusal": choice.refusal,
        "tool_calls": [kept_call(call) for call in choice.tool_calls],
        "reasoning": choice.reasoning,
    }


def _given_body(run: Run, reply: Reply, line: Mapping[str, Any]) -> dict[str, Any]:
    """Return the endpoint's body as a caller of ours is given it: what the contract requires is filled in."""
    usage = None
    if "estimated_usage" in line and "total_tokens" not in line:
        usage = Usage(**line["estimated_usage"], estimated=True)
    return completed(reply.raw, name=f"chatcmpl-{run.description.pk}", estimate=usage)
