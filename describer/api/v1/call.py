"""One call at our own endpoint, from its headers and body to its reply; all of it in one thread of a pool."""

import asyncio
import json
import logging
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from hashlib import sha256
from typing import Any, ClassVar, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from describer.api.auth import found, key_unknown, secret_in
from describer.api.callers import Callers, KnownCaller
from describer.api.idempotency_key import read_idempotency_key
from describer.api.v1.channel import Channel
from describer.api.v1.errors import failure, reply_to
from describer.api.v1.parse_request import allowed, asked_of, endpoint_of, kept, opened
from describer.chat import ChatRequest, Relay
from describer.chat.request import PicturePart
from describer.db.connections import borrowed
from describer.engine.pipeline import process_inline
from describer.engine.queue import Run, Waiter
from describer.engine.standing import standing
from describer.engine.submit import (
    Ask,
    Refusal,
    check_found_out,
    check_open,
    check_rate,
    check_words,
    known_inline,
    record_refusal,
    submit_inline,
)
from describer.lib.fair_threads import FairThreads, share_of
from describer.lib.log_context import request_id
from describer.models import ApiKey, Description, Endpoint, Scope, Via
from describer.models.transcript import transcript_of

logger = logging.getLogger(__name__)
_Response = TypeVar("_Response", bound=HttpResponseBase)

_PLACES = settings.ENDPOINT_CONCURRENCY
_POOL = FairThreads(_PLACES, share_of(_PLACES, settings.PERSON_SHARE_PERCENT), "call")
_EACH_IN_LINE = 4 * _PLACES  # calls of one person that wait for a thread or are under way
_MOST_IN_LINE = 2 * _EACH_IN_LINE  # of all; the body of each lies in memory or in a file
_READERS = threading.BoundedSemaphore(4)
_LOOK_SECONDS = 0.1
_BROKE_OFF = Refusal(
    "The site could not see this call to its end; it may have been billed. Its history says what became of it.",
    code="internal_error",
    status=500,
)
_RECORDED = ("rate_limit_exceeded", "budget_exceeded")


def _line_full(what: str) -> Refusal:
    message = f"{what} are under way here; try again in a few seconds."
    return Refusal(message, code="queue_full", status=429, retry_after=5)


def _caller_of(authorization: str) -> KnownCaller:
    key = allowed(found(secret_in(authorization)), Scope.ASK)
    return KnownCaller(key.user_id, key.pk)


callers = Callers(_caller_of)


class EndpointCall:
    """A call of somebody's client.

    `streams` is known once the body was read, `description` once the call has a row; `is_replayed`: the call
    had its row before. `cut_off`: its key has ended, so that nothing is handed on any more; what was sent is recorded.
    """

    in_line: ClassVar[Counter[int]] = Counter()  # all calls, by their people; changed in the event loop alone

    def __init__(self, request: HttpRequest, caller: KnownCaller) -> None:
        self.request = request
        self.person, self.key = caller.person, caller.key
        self.headers: Mapping[str, str] = request.headers
        self.request_id = self.headers.get("X-Request-Id", "")
        self.channel = Channel()
        self.waiter = Waiter()
        self.streams = False
        self.run_begun: Run | None = None
        self.description: Description | None = None
        self.is_replayed = False
        self.cut_off: Refusal | None = None
        self.open = ExitStack()
        self.end = self.channel.loop.time() + settings.VISION_TIMEOUTS["whole_call"]

    @property
    def left(self) -> float:
        """Return how many more seconds the caller waits for the first words."""
        return self.end - self.channel.loop.time()

    def begin(self) -> "asyncio.Future[HttpResponse]":
        """Hand the call to a thread, at once or in its person's turn. Raises Refusal where the line is full."""
        if self.in_line[self.person] >= _EACH_IN_LINE:
            raise _line_full("Too many calls of yours")
        self.in_line[self.person] += 1
        self.open.enter_context(standing.held(self.key, self.cut))
        waited_for = asyncio.wrap_future(_POOL.submit(self.person, self.run))
        waited_for.add_done_callback(self._ended)
        return waited_for

    def cut(self) -> None:
        """Hand nothing on any more: the key has ended. To be called from any thread."""
        self.cut_off = key_unknown()
        self.waiter.over.set()
        self.channel.wake()

    @classmethod
    def check_line(cls) -> None:
        """Raise Refusal where the line of all is full: before a key is looked at, since that would make work."""
        if cls.in_line.total() >= _MOST_IN_LINE:
            raise _line_full("Too many calls")

    def _ended(self, _: Any) -> None:
        self.in_line[self.person] -= 1
        if not self.in_line[self.person]:
            del self.in_line[self.person]
        self.open.close()
        self.channel.news.set()

    def run(self) -> HttpResponse:
        """Return the reply; of a stream that went well it is empty: its frames went through the channel."""
        token = request_id.set(self.request_id)
        try:
            with borrowed():
                response = self._answered()
        except Exception as raised:
            response = self._failed(raised)
        finally:
            request_id.reset(token)
        return self.marked(response)

    def _failed(self, raised: Exception) -> HttpResponse:
        """Return the reply to what was raised.

        What went wrong within a run may have been paid: no client shall repeat it unasked.
        """
        if not isinstance(raised, Refusal) and self.run_begun and self.run_begun.called:
            response = reply_to(self.request, _BROKE_OFF)
            response["X-Should-Retry"] = "false"
            logger.error("a call broke off after it had been sent", exc_info=raised)
            return response
        return reply_to(self.request, raised)

    def marked(self, response: _Response) -> _Response:
        """Return the same reply, with headers that say whose it is."""
        if self.description:
            response["X-Description-Id"] = str(self.description.pk)
        if self.is_replayed:
            response["Idempotent-Replayed"] = "true"
        return response

    def _answered(self) -> HttpResponse:
        if self.waiter.over.is_set():
            return HttpResponse()  # hung up while it stood in line: nothing was begun
        run = self._begun()
        if isinstance(run, Description):
            return self._given_again(run)
        self._is(run.description)
        self.run_begun = run
        process_inline(run, self.waiter)
        if self.waiter.hung_up:
            self.note_gone()
        return self._reply(run.description)

    def hang_up(self) -> None:
        """Note that the caller is gone: while the call runs, or, where that has just ended, beside it."""
        self.waiter.hang_up()
        if self.run_begun:
            _POOL.submit(self.person, self.note_gone)

    def note_gone(self) -> None:
        """Write down that the caller hung up before the answer was whole."""
        with borrowed():
            if self.run_begun and (transcript := transcript_of(self.run_begun.description)):
                transcript.note_gone()

    def _begun(self) -> Run | Description:
        """Return a run of ours, or the description that the same key and body gave before.

        What was read of the body is given up here.
        """
        key = opened(self.headers.get("Authorization", ""), Scope.ASK)
        check_open()
        with _READERS:
            body = self.request.read()  # not before its turn: a thousand in line would hold 32 GB
            asked = asked_of(body)
            token = read_idempotency_key(self.headers)
            body_hash = sha256(body).hexdigest()
            del body
        endpoint = endpoint_of(asked.model, key)
        check_found_out(endpoint, asked.model, len(asked.pictures))
        self.streams = asked.streams
        if asked.streams:
            self.waiter.relay = Relay(self.channel.put, name="", usage=asked.wants_usage)
        else:
            self.waiter.patience = settings.ENDPOINT_WAIT_SECONDS
        ask = self._ask(key, asked, token, body_hash)
        check_words(key, ask.parameters, ask.messages)
        if known := known_inline(ask):
            return known
        return self._submitted(key, replace(ask, endpoint=endpoint), asked.pictures)

    def _submitted(self, key: ApiKey, ask: Ask, parts: Sequence[PicturePart]) -> Run | Description:
        try:
            check_rate(key)
            pictures = kept(key.user, parts, ask.endpoint or Endpoint.default())
            return submit_inline(replace(ask, pictures=pictures), self.waiter)
        except Refusal as refusal:
            if refusal.code in _RECORDED:
                self.description = record_refusal(ask, refusal)
            raise

    def _ask(self, key: ApiKey, asked: ChatRequest, token: str | None, body_hash: str) -> Ask:
        """Return the ask without its pictures."""
        return Ask(
            owner=key.user,
            key=key,
            via=Via.ENDPOINT,
            question=asked.question.replace("\x00", "")[: settings.QUESTION_MAX_CHARACTERS],
            system_prompt=asked.system_prompt.replace("\x00", "")[: settings.QUESTION_MAX_CHARACTERS],
            model=asked.model,
            messages=asked.messages,
            pictures=(),
            parameters=asked.parameters,
            together=True,
            token=token,
            body_hash=body_hash,
            request_id=self.request_id,
            client_retries=self._retries(),
        )

    def _retries(self) -> int:
        """Return how often the caller's client says that it tried before."""
        count = self.headers.get("X-Stainless-Retry-Count", "")
        if count.isdecimal() and len(count) < 6:
            return min(int(count), 32_767)
        return 0

    def _is(self, description: Description) -> None:
        self.description = description
        if self.waiter.relay:
            self.waiter.relay.name = f"chatcmpl-{description.pk}"

    def _given_again(self, description: Description) -> HttpResponse:
        """Return what the same key and body gave before, waiting for an ask that is under way."""
        self._is(description)
        self.is_replayed = True
        while not description.is_final and not self.waiter.over.wait(_LOOK_SECONDS):
            with borrowed():
                description.reread("status")
        known = Description.objects.select_related("transcript").filter(pk=description.pk).first()
        return self._reply(known or description)

    def _reply(self, description: Description) -> HttpResponse:
        """Return the endpoint's body as it came, also where it holds no words; else the error."""
        if not description.is_final:  # it lost its lease: somebody else ended it
            description.reread()
        transcript = transcript_of(description)
        whole = description.error_code in ("", "empty_answer", "content_filtered")
        if transcript is None or transcript.answer is None or not whole:
            return failure(description, self.waiter.error, self.waiter.later)
        answer: dict[str, Any] = transcript.answer
        if self.waiter.relay:
            self.waiter.relay.finish(answer, answer.get("usage"))
            return HttpResponse()
        return json_response(answer)


def json_response(answer: Any, **options: Any) -> HttpResponse:
    """Return JSON as UTF-8, not escaped."""
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(text.encode("utf-8", "replace"), content_type="application/json", **options)
