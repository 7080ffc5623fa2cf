"""Writing an outcome into the rows; while the database takes none, holding the paid reply, on disk too."""

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from describer.db.connections import release
from describer.db.group_commit import group_commit
from describer.db.unavailable import is_unavailable
from describer.engine import events, journal, queue
from describer.engine.outcome import NOT_STORED, Outcome
from describer.engine.queue import Run
from describer.ledger import rollup
from describer.ledger.costs import cost_columns
from describer.ledger.prices import prices
from describer.models import Attempt, Choice, Status, StreamedWords
from describer.search import index

logger = logging.getLogger(__name__)

HOLD_SECONDS = 1.0  # between two tries to write down a reply while the database is away
# Twice as it came: a row that is deleted at this moment refuses its answer once.
_FORMS = (Outcome.unchanged, Outcome.unchanged, Outcome.fitted, Outcome.without_words)


def write_down(run: Run, attempt: Attempt, outcome: Outcome) -> None:
    """Write an outcome in the simplest form that the database needs; while it takes none, hold it and take no more asks.

    An outcome that no form can save stays in the journal, and its ask fails once: it is never asked again by itself.
    """
    with journal.guarded(journal.Entry(run, attempt, outcome)) as entry:
        try:
            _hold(entry)
        except Exception:
            logger.exception("a reply cannot be written at all; it stays in the journal")
            entry.refuse()
            end(run, Status.FAILED, waiting_reason="", **NOT_STORED)


def _hold(entry: journal.Entry) -> None:
    if is_written(entry):
        return
    with queue.process.leases.unable_to_write():
        while not is_written(entry):
            time.sleep(HOLD_SECONDS)


def is_written(entry: journal.Entry) -> bool:
    """Write an entry in the first form that the database takes; False while the database takes nothing.

    Raises what the database says to the last form.
    """
    for number, form in enumerate(_FORMS):
        try:
            group_commit(partial(_store, entry, form), rollup.order_of(entry.attempt))
        except Exception as error:
            release()
            if is_unavailable(error):
                logger.warning("a reply is held until the database takes it: %s", error)
                return False
            if form is _FORMS[-1]:
                raise
            if number:
                logger.error("the database refuses a reply as it is: %s", error)
                entry.refuse()
        else:
            return True
    raise AssertionError("unreachable: the last form is written or raises")


def _store(entry: journal.Entry, form: Callable[[Outcome], Outcome]) -> None:
    """Complete the ledger's line and roll it up into its day; then the row, and the answers if the run still had its row.

    What the call costs is looked up here and not with the outcome: a reply is held while the database is away.
    Runs in the caller's transaction, and may run again from its beginning: a write that shared it may have failed.
    """
    run, attempt, outcome = entry.run, entry.attempt, form(entry.outcome)
    cost = cost_columns(attempt, outcome.line, prices.since(attempt.sent))
    before = attempt.complete(outcome.state, **outcome.line, **cost)
    if before is not None:
        rollup.roll_up(attempt, before)
    if outcome.status is None:
        return
    if end(run, outcome.status, **outcome.ends):
        _write_choices(run, attempt, outcome)
    if outcome.pauses:
        queue.pause_endpoint(run.description.endpoint, outcome.pauses, run.description.pk)


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


def _write_choices(run: Run, attempt: Attempt, outcome: Outcome) -> None:
    """Write the answers of the call, in place of those of a call before that came with some text."""
    if run.transcript and outcome.body is not None:
        run.transcript.note_answer(outcome.body)
    if attempt.number > 1 and outcome.choices:
        run.description.choices.all().delete()
    if outcome.choices and (run.has_streamed or attempt.number > 1) and run.description.policy.is_watched:
        StreamedWords.forget(run.description.pk)
    choices = [Choice(description=run.description, **columns) for columns in outcome.choices]
    for choice in choices:
        choice.keep()
    if choices:
        kept = run.description.kept
        index.write_answer(run.description, next((one for one in choices if one.index == kept), None))
