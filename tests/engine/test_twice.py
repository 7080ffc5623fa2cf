"""Every write that is handed to the group commit can run twice: a write that fails beside it undoes its first run.

Each test puts a real write of the engine in line with a write that fails after it, so that both share a transaction:
the real one runs, is rolled back with the other, and runs again in a transaction of its own.
"""

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connections

from describer.db.group_commit import group_commit
from describer.engine import queue
from describer.engine.pipeline import process, process_inline
from describer.engine.queue import Waiter
from describer.engine.queue.sweep import hand_back
from describer.engine.submit import Ask, AskImage, AskLink, Refusal, keep_image, record_refusal, submit_inline
from describer.models import (
    Attempt,
    Choice,
    Description,
    DescriptionImage,
    DescriptionLink,
    Endpoint,
    Transcript,
    UsageDay,
    Via,
    Webhook,
    WebhookDelivery,
)
from tests.endpoint import answer, close_silently, error, rate_limited
from tests.images.pictures import photo
from tests.rows import make_description
from tests.site import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("asked_endpoint")]

AFTER_ALL = (date.max,)
MESSAGES = ({"role": "user", "content": "What is it?"},)


class Undone(Exception):
    """What the failing write raises."""


def written():
    """Return what the database holds, as the transaction sees it that looks."""
    return {
        "asks": sorted(Description.objects.values_list("status", "calls", "error_code")),
        "attempts": sorted(Attempt.objects.values_list("number", "state", "error_code", "total_tokens")),
        "days": sorted(UsageDay.objects.values_list("attempts", "asks", "failed", "total_tokens")),
        "choices": sorted(Choice.objects.values_list("index", "content")),
        "answers": [row.answer is not None for row in Transcript.objects.all()],
        "pictures": DescriptionImage.objects.count(),
        "links": DescriptionLink.objects.count(),
        "told": WebhookDelivery.objects.count(),
        "paused": Endpoint.objects.exclude(paused_code="").count(),
    }


class Companion:
    """A write that fails, in the transaction of whatever is written next, and after it."""

    def __init__(self, pool):
        self.pool = pool
        self.looks = []
        self.outcome = None

    def stand_by(self):
        """Keep the line busy until the next write and the failing one both stand in it."""
        leads = threading.Event()
        self.pool.submit(self._within, lambda: group_commit(lambda: self._wait_for_both(leads)))
        leads.wait(10)
        self.outcome = self.pool.submit(self._within, lambda: group_commit(self._fail, AFTER_ALL))

    def rolled_back(self):
        """Return what was written in the transaction that was rolled back; the second run wrote the same."""
        assert isinstance(self.outcome.exception(10), Undone)
        undone, committed = self.looks
        assert committed == undone
        return undone

    def _wait_for_both(self, leads):
        leads.set()
        until(lambda: len(group_commit.line) == 2, "both writes stand in line", step=0.002)

    def _fail(self):
        self.looks.append(written())
        raise Undone

    def _within(self, call):
        try:
            return call()
        finally:
            connections.close_all()


@pytest.fixture
def companion():
    with ThreadPoolExecutor(2) as pool:
        yield Companion(pool)


@pytest.fixture(autouse=True)
def webhook(alice):
    return Webhook.issue(alice, "http://hooks.example/")


@pytest.fixture
def picture(alice):
    return AskImage(keep_image(alice, io.BytesIO(photo(64, 48)), "boat.jpg"), "boat.jpg")


@pytest.fixture
def held():
    """Runs of this process, which are dropped with the test."""
    runs = []
    yield lambda run: runs.append(run) or run
    for run in runs:
        queue.process.leases.drop(run.token)


@pytest.fixture
def meeting(endpoint, companion):
    """Lets the next call come to `step`; what it comes to is written beside the write that fails."""

    def meet(step, meanwhile=lambda: None):
        def met(_):
            if companion.outcome:
                return None
            meanwhile()
            connections.close_all()
            companion.stand_by()
            return step

        endpoint.rule(met)

    return meet


@pytest.fixture
def claimed(alice, held):
    """Makes a description and claims it."""

    def claim(**values):
        make_description(alice, **values)
        return held(queue.process.claim())

    return claim


@pytest.fixture
def called(alice, held):
    """Makes a run of a call at our own endpoint."""

    def call(waiter, *pictures):
        ask = Ask(alice, "What is it?", pictures, Via.ENDPOINT, messages=MESSAGES, together=True)
        return held(submit_inline(ask, waiter))

    return call


def test_an_answer(claimed, meeting, companion):
    meeting(answer("Two boats.", usage=(100, 20, 120), n=2))
    process(claimed())
    assert (
        companion.rolled_back()
        == written()
        == {
            "asks": [("done", 1, "")],
            "attempts": [(1, "answered", "", 120)],
            "days": [(1, 1, 0, 120)],
            "choices": [(0, "Two boats."), (1, "Two boats.")],
            "answers": [],
            "pictures": 0,
            "links": 0,
            "told": 1,
            "paused": 0,
        }
    )


def test_an_answer_to_a_call_at_our_own_endpoint(called, meeting, companion):
    meeting(answer("A boat.", usage=(100, 20, 120)))
    waiter = Waiter()
    process_inline(called(waiter), waiter)
    rows = companion.rolled_back()
    assert rows == written()
    assert (rows["asks"], rows["answers"], rows["choices"]) == (
        [("done", 1, "")],
        [True],
        [(0, "A boat.")],
    )
    assert (rows["days"], rows["told"]) == ([(1, 1, 0, 120)], 1)


def test_an_answer_to_an_ask_that_was_cancelled(claimed, meeting, companion):
    run = claimed()
    meeting(answer("A boat.", usage=(100, 20, 120)), meanwhile=lambda: Description.objects.get().cancel())
    process(run)
    rows = companion.rolled_back()
    assert rows == written()
    assert (rows["asks"], rows["attempts"]) == ([("cancelled", 1, "")], [(1, "answered", "", 120)])
    assert (rows["days"], rows["choices"], rows["told"]) == ([(1, 1, 0, 120)], [], 1)


def test_an_answer_to_an_attempt_that_was_given_up(claimed, meeting, companion):
    run = claimed()
    meeting(
        answer("A boat.", usage=(100, 20, 120)), meanwhile=lambda: hand_back({run.description.pk: run.token})
    )
    process(run)
    rows = companion.rolled_back()
    assert rows == written()
    assert (rows["asks"], rows["attempts"]) == ([("queued", 1, "")], [(1, "answered", "", 120)])
    assert (rows["days"], rows["told"]) == ([(1, 1, 0, 120)], 0)


@pytest.mark.parametrize(
    ("step", "ask", "attempt", "told", "paused"),
    [
        (error(400, "No."), ("failed", 1, "bad_request"), "refused", 1, 0),
        (error(500, "No."), ("waiting", 1, ""), "refused", 0, 0),
        (rate_limited(1), ("waiting", 1, ""), "refused", 0, 0),
        (close_silently(), ("waiting", 1, ""), "unknown", 0, 0),
        (error(401, "No."), ("failed", 1, "bad_key"), "refused", 1, 1),
    ],
    ids=["final", "passing", "later", "no reply", "refused key"],
)
def test_an_error(claimed, meeting, companion, step, ask, attempt, told, paused):
    meeting(step)
    process(claimed())
    rows = companion.rolled_back()
    assert rows == written()
    assert rows["asks"] == [ask]
    assert [state for _, state, _, _ in rows["attempts"]] == [attempt]
    assert (rows["days"], rows["told"], rows["paused"]) == ([(1, 1, 1, 0)], told, paused)


def test_the_try_of_an_error_is_counted_once(claimed, meeting):
    meeting(error(500, "No."))
    process(claimed())
    assert Description.objects.get().tries == 1


def test_a_parameter_that_was_refused(claimed, meeting, companion):
    meeting(error(400, "Unsupported parameter: 'temperature'", "unsupported_parameter", param="temperature"))
    process(claimed(parameters={"temperature": 0.5}))
    rows = companion.rolled_back()
    assert (rows["asks"], rows["days"], rows["told"]) == ([("running", 1, "")], [(1, 1, 1, 0)], 0)
    rows = written()
    assert (rows["asks"], rows["days"], rows["told"]) == ([("done", 2, "")], [(2, 1, 1, 21)], 1)


def test_the_begin_of_a_call(claimed, companion, endpoint):
    run = claimed()
    companion.stand_by()
    process(run)
    rows = companion.rolled_back()
    assert (rows["asks"], rows["attempts"]) == ([("running", 1, "")], [(1, "sent", "", None)])
    assert (written()["asks"], written()["days"]) == ([("done", 1, "")], [(1, 1, 0, 21)])
    assert len(endpoint.calls) == 1


def test_an_inline_birth(called, companion, picture):
    companion.stand_by()
    run = called(Waiter(), picture, AskLink("http://pictures.example/boat.jpg"))
    rows = companion.rolled_back()
    assert rows == written()
    assert (rows["asks"], rows["answers"]) == ([("running", 0, "")], [False])
    assert (rows["pictures"], rows["links"], rows["told"]) == (1, 1, 0)
    row = Description.objects.get()
    assert (row.pk, row.lease_token) == (run.description.pk, run.token)
    assert [shown.image for shown in row.shown_pictures] == [picture.image]
    assert row.transcript == run.transcript


def test_the_record_of_a_refusal(alice, companion, picture):
    companion.stand_by()
    ask = Ask(alice, "What is it?", [picture], Via.ENDPOINT, messages=MESSAGES, together=True)
    row = record_refusal(ask, Refusal("Not this model.", code="permission_denied"))
    rows = companion.rolled_back()
    assert rows == written()
    assert (rows["asks"], rows["answers"]) == ([("failed", 0, "permission_denied")], [False])
    assert (rows["pictures"], rows["attempts"], rows["days"], rows["told"]) == (0, [], [], 1)
    assert Description.objects.get() == row
