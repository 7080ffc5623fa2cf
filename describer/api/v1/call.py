"""One call at our own endpoint, from its headers and body to its reply; all of it in one thread of a pool."""

import asyncio
import json
import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from typing import Any, TypeVar

from django.conf import settings
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from describer.api.v1.channel import Channel
from describer.api.v1.errors import failure, reply_to
from describer.api.v1.parse_request import asked_of, endpoint_of, kept, opened
from describer.chat import ChatRequest, Relay
from describer.engine.pipeline import process_inline
from describer.engine.queue import Run, Waiter
from describer.engine.submit import Ask, Refusal, check_open, known_inline, record_refusal, submit_inline
from describer.lib import log_context as about
from describer.models import ApiKey, Description, Scope, Via
from describer.models.transcript import transcript_of

logger = logging.getLogger(__name__)
Response = TypeVar("Response", bound=HttpResponseBase)

POOL = ThreadPoolExecutor(settings.ENDPOINT_CONCURRENCY, "call")
MOST_IN_LINE = 4 * settings.ENDPOINT_CONCURRENCY  # calls that wait for a thread or are under way
READERS = threading.BoundedSemaphore(4)
LONGEST_TOKEN = 255
LOOK_SECONDS = 0.1
RECORDED = ("rate_limit_exceeded", "budget_exceeded")


class EndpointCall:
    """A call. `streams` is known once its body was read, `description` once it has a row; `is_replayed`: it had one before."""

    in_line = 0  # of all calls; changed in the event loop alone

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.headers: Mapping[str, str] = request.headers
        self.request_id = self.headers.get("X-Request-Id", "")
        self.channel = Channel()
        self.waiter = Waiter()
        self.streams = False
        self.description: Description | None = None
        self.is_replayed = False
        self.end = self.channel.loop.time() + settings.VISION_TIMEOUTS["whole_call"]

    @property
    def left(self) -> float:
        """How many more seconds its caller waits for the first words."""
        return self.end - self.channel.loop.time()

    def begin(self) -> "asyncio.Future[HttpResponse]":
        """Hand it to a thread."""
        EndpointCall.in_line += 1
        future: Future[HttpResponse] = POOL.submit(self.run)
        waited_for = asyncio.wrap_future(future)
        waited_for.add_done_callback(self._ended)
        return waited_for

    def _ended(self, _: Any) -> None:
        EndpointCall.in_line -= 1
        self.channel.news.set()

    def run(self) -> HttpResponse:
        """The reply. Of a stream that went well it is empty: its frames went through the channel."""
        token = about.request_id.set(self.request_id)
        close_old_connections()
        try:
            response = self._answered()
        except Exception as raised:
            response = self._failed(raised)
        finally:
            close_old_connections()
            about.request_id.reset(token)
        return self.marked(response)

    def _failed(self, raised: Exception) -> HttpResponse:
        """The reply to what was raised. What went wrong within a run may have been paid: no client shall repeat it unasked."""
        response = reply_to(self.request, raised)
        if self.description and not (self.is_replayed or isinstance(raised, Refusal)):
            response["X-Should-Retry"] = "false"
        return response

    def marked(self, response: Response) -> Response:
        """The same reply, saying whose it is."""
        if self.description:
            response["X-Description-Id"] = str(self.description.pk)
        if self.is_replayed:
            response["Idempotent-Replayed"] = "true"
        return response

    def _answered(self) -> HttpResponse:
        if self.waiter.over.is_set():
            return HttpResponse()  # hung up while it stood in line: nothing was begun
        found = self._begun()
        if isinstance(found, Description):
            return self._given_again(found)
        self._is(found.description)
        process_inline(found, self.waiter)
        if self.waiter.hung_up and (transcript := transcript_of(found.description)):
            transcript.note_gone()
        return self._reply(found.description)

    def _begun(self) -> Run | Description:
        """A run of ours, or the description that the same key and body gave before. What was read is given up here."""
        key = opened(self.headers.get("Authorization", ""), Scope.ASK)
        check_open()
        with READERS:
            body = self.request.read()  # not before its turn: a thousand in line would hold 32 GB
            asked = asked_of(body)
            token = self._token()
            body_hash = sha256(body).hexdigest() if token else ""
            del body
        endpoint = endpoint_of(asked.model, key)
        self.streams = asked.streams
        if asked.streams:
            self.waiter.relay = Relay(self.channel.put, name="", usage=asked.wants_usage)
        ask = self._ask(key, asked, token, body_hash)
        if known := known_inline(ask):
            return known
        return self._submitted(
            replace(ask, pictures=kept(key.user, asked.pictures, endpoint), endpoint=endpoint)
        )

    def _submitted(self, ask: Ask) -> Run | Description:
        try:
            return submit_inline(ask, self.waiter)
        except Refusal as refusal:
            if refusal.code in RECORDED:
                self.description = record_refusal(ask, refusal)
            raise

    def _ask(self, key: ApiKey, asked: ChatRequest, token: str | None, body_hash: str) -> Ask:
        """The ask without its pictures."""
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

    def _token(self) -> str | None:
        token = self.headers.get("Idempotency-Key", "").strip()
        if len(token) > LONGEST_TOKEN:
            words = f"An Idempotency-Key has at most {LONGEST_TOKEN} characters."
            raise Refusal(words, code="invalid_value", param="Idempotency-Key")
        return token or None

    def _retries(self) -> int:
        """How often the caller's client says that it tried before."""
        told = self.headers.get("X-Stainless-Retry-Count", "")
        return min(int(told), 32_767) if told.isdecimal() and len(told) < 6 else 0

    def _is(self, description: Description) -> None:
        self.description = description
        if self.waiter.relay:
            self.waiter.relay.name = f"chatcmpl-{description.pk}"

    def _given_again(self, description: Description) -> HttpResponse:
        """What the same key and body gave before; one that is under way is waited for."""
        self._is(description)
        self.is_replayed = True
        while not description.is_final and not self.waiter.over.wait(LOOK_SECONDS):
            description.reread("status")
            close_old_connections()
        known = Description.objects.select_related("transcript").filter(pk=description.pk).first()
        return self._reply(known or description)

    def _reply(self, description: Description) -> HttpResponse:
        """The endpoint's body as it came, also where it holds no words; else the error."""
        if not description.is_final:  # it lost its lease: somebody else ended it
            description.reread()
        transcript = transcript_of(description)
        whole = description.error_code in ("", "empty_answer", "content_filtered")
        if transcript is None or transcript.answer is None or not whole:
            return failure(description, self.waiter.error)
        answer: dict[str, Any] = transcript.answer
        if self.waiter.relay:
            self.waiter.relay.finish(answer, answer.get("usage"))
            return HttpResponse()
        return json_response(answer)


def json_response(answer: Any, **options: Any) -> HttpResponse:
    """JSON as UTF-8, not escaped."""
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(text.encode("utf-8", "replace"), content_type="application/json", **options)
