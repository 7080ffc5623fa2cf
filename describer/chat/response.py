"""From what came over the wire to a Reply or a ChatError: the body is judged before its label.

A usable choice is an answer and an error is an error, whatever the status and the content type say.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

from describer.answers.reading import read_answer
from describer.chat.address import shown_address
from describer.chat.completion import Completion, CompletionChoice, Reply, read_completion
from describer.chat.error_classes import Case, error_of_case, standing_for
from describer.chat.error_text import ErrorText, clean_words, error_in, is_page, phrase, wait_in
from describer.chat.errors import (
    BadAnswer,
    Billed,
    ChatError,
    ConnectionLost,
    ContentFiltered,
    EmptyAnswer,
    Evidence,
    Redirected,
    StreamCut,
)
from describer.chat.events import is_stream
from describer.chat.stream import Assembly, assembled
from describer.lib.lenient_json import TooDeep, loads
from describer.lib.limits import HEADER_CHARACTERS, SEEN_CHARACTERS, WAIT_SECONDS
from describer.lib.masks import masked, masked_values

_MOST_LIMITS = 20
_REQUEST_IDS = ("x-request-id", "request-id", "x-oneapi-request-id")
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"


@dataclass(frozen=True)
class EndpointResponse:
    """One HTTP response, read to its end. `sent_bytes` is the size of the request, `asked_model` whom it was for.

    `key` is kept out of all texts.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes | bytearray = field(repr=False)
    seconds: float = 0.0
    sent_bytes: int = 0
    asked_model: str = ""
    key: str = field(default="", repr=False)

    @cached_property
    def text(self) -> str:
        text = masked(self.body.decode("utf-8-sig", "replace"), self.key)
        if isinstance(self.body, bytearray):
            self.body.clear()  # a large one is not held beside its text
        return text

    def json(self) -> Any:
        """Return the JSON value of the body, without the key in any spelling. Raises ValueError."""
        value = loads(self.text)
        if "\\" in self.text:
            return masked_values(value, self.key)
        return value

    @cached_property
    def lowered(self) -> dict[str, str]:
        return {name.lower(): value[:HEADER_CHARACTERS] for name, value in self.headers.items()}

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    @property
    def request_id(self) -> str:
        ids = filter(None, map(self.lowered.get, _REQUEST_IDS))
        return clean_words(next(ids, ""), self.key)[:100]

    @property
    def limits(self) -> dict[str, str]:
        """Return the rate limits that the endpoint told of, by header name."""
        names = [name for name in self.lowered if name.startswith("x-ratelimit-")][:_MOST_LIMITS]
        return {masked(name, self.key)[:60]: clean_words(self.lowered[name], self.key)[:60] for name in names}

    @property
    def retry_after(self) -> float | None:
        """Return the seconds to wait, as far as they can be waited for; None for nothing, 0, the past and nonsense."""
        milliseconds = _as_seconds(self.lowered.get("retry-after-ms", ""))
        if milliseconds:
            return milliseconds / 1000
        return _as_seconds(self.lowered.get("retry-after", ""))


def _as_seconds(value: str) -> float | None:
    text = value.strip()
    try:
        seconds = float(text) if re.fullmatch(r"\d{1,15}(\.\d{1,9})?", text) else _until(text)
    except (ValueError, OverflowError, TypeError):
        return None
    return min(seconds, WAIT_SECONDS) if seconds > 0 else None


def _until(date: str) -> float:
    at = parsedate_to_datetime(date)
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return (at - datetime.now(UTC)).total_seconds()


def read_reply(answer: EndpointResponse) -> Reply:
    """Read a whole response. Raises a ChatError, and nothing else, where it holds no usable answer."""
    if is_stream(answer.text):
        return read_stream(answer, assembled(answer.text.encode(), answer.key))
    body, fault = _parse_body(answer)
    if fault:
        raise unreadable_body(answer, fault)
    return _read_body(answer, body)


def _parse_body(answer: EndpointResponse) -> tuple[Any, str]:
    """Return the JSON value of a body, or the sentence that says why there is none."""
    try:
        return answer.json(), ""
    except TooDeep:
        return None, "The endpoint's answer is nested too deep to be read."
    except ValueError:
        if _begins_like_json(answer.text):
            return None, "The endpoint's answer is broken JSON."
        return None, BadAnswer.sentence


def _begins_like_json(text: str) -> bool:
    return text[:SEEN_CHARACTERS].lstrip().startswith(("{", "["))


def _read_body(answer: EndpointResponse, body: Any) -> Reply:
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    reply = _reply_of(answer, body) if isinstance(body, dict) else None
    if reply and any(map(_usable, reply.completion.choices)):
        return reply
    error_text = error_in(body, failed=not answer.succeeded)
    if error_text is not None or not answer.succeeded:
        raise refusal(answer, error_text or ErrorText())
    if reply is None or not _is_completion(reply.raw):
        raise unreadable_body(answer, reply=reply)
    raise _empty(answer, reply)


def read_stream(answer: EndpointResponse, assembly: Assembly, broken: ChatError | None = None) -> Reply:
    """Read an event stream, asked for or not. `broken` is what cut it short, None when it came to its end."""
    if assembly.fault and not assembly.whole:
        broken = BadAnswer(assembly.fault, _evidence_of(answer, ErrorText()))
    if assembly.whole or not (broken or assembly.has_text):
        return _read_whole_stream(answer, assembly, broken)
    if assembly.error is None and not assembly.has_text:
        raise broken or ConnectionLost("", _evidence_of(answer, ErrorText()))
    reply = _reply_of(answer, assembly.body())
    if assembly.error is not None:
        error_text = error_in(assembly.error, failed=False) or ErrorText()
        raise _partial(refusal(answer, error_text), reply)
    if broken and (broken.code == "timeout" or assembly.fault):
        raise _partial(broken, reply)
    raise StreamCut("", _evidence_of(answer, ErrorText(), reply))


def _read_whole_stream(answer: EndpointResponse, assembly: Assembly, broken: ChatError | None) -> Reply:
    if assembly.error is None and not assembly.whole:
        raise broken or ConnectionLost("", _evidence_of(answer, ErrorText()))
    return _read_body(answer, assembly.body())


def _partial(error: ChatError, reply: Reply) -> ChatError:
    """Mark an error as one after some of the text: it may be billed, and is not asked again by itself."""
    error.reply, error.billed, error.retryable = reply, "unknown", False
    return error


def _reply_of(answer: EndpointResponse, raw: dict[str, Any]) -> Reply:
    completion = read_completion(raw)
    return Reply(completion, raw, answer.status, answer.request_id, answer.seconds, answer.limits)


def _usable(choice: CompletionChoice) -> bool:
    """Tell whether there is something to show: visible text beyond thought, a refusal, or a tool call."""
    return bool(_visible(choice.content) or _visible(choice.refusal) or choice.tool_calls)


def _visible(text: str | None) -> str:
    """Return what is to be seen of a text, without thoughts and special tokens at its edges."""
    return read_answer(text or "").text[:SEEN_CHARACTERS].strip().strip(_INVISIBLE).strip()


def _is_completion(raw: Mapping[str, Any]) -> bool:
    return (
        "choices" in raw
        or isinstance(raw.get("usage"), dict)
        or str(raw.get("object")).startswith("chat.completion")
    )


def _paid(completion: Completion) -> Billed:
    """Tell whether a whole reply was paid: it was when it holds choices, or usage above 0."""
    counted = completion.usage is not None and not completion.usage.is_zero
    return "yes" if completion.choices or counted else "unknown"


def _empty(answer: EndpointResponse, reply: Reply) -> ChatError:
    """Return the error of a completion without a usable choice; what it holds is recorded all the same."""
    evidence, billed = _evidence_of(answer, ErrorText(), reply), _paid(reply.completion)
    choices = reply.completion.choices
    if choices and all(choice.reading == "filter" for choice in choices):
        taken = "A content filter of the endpoint took the answer away."
        return ContentFiltered(taken, evidence, billed=billed)
    if any(choice.reasoning or read_answer(choice.content or "").thoughts for choice in choices):
        return EmptyAnswer("It thought, but wrote no answer; raise the token limit.", evidence, billed=billed)
    if choices and all(choice.reading == "broken" for choice in choices):
        return EmptyAnswer("The endpoint broke off before it wrote an answer.", evidence, billed=billed)
    return EmptyAnswer("", evidence, billed=billed)


def unreadable_body(answer: EndpointResponse, sentence: str = "", reply: Reply | None = None) -> ChatError:
    """Return the error of a body that is no completion: by status, else bad_answer; a web page is free."""
    error_text = ErrorText()
    if not _begins_like_json(answer.text):
        error_text = ErrorText(message=answer.text)
    if not answer.succeeded:
        return refusal(answer, error_text)
    evidence = _evidence_of(answer, error_text, reply)
    if is_page(answer.text):
        page = "This address answered with a web page; check the base URL."
        return BadAnswer(page, evidence, billed="no")
    return BadAnswer(sentence, evidence, billed=_paid(reply.completion) if reply else "unknown")


def refusal(answer: EndpointResponse, error_text: ErrorText) -> ChatError:
    """Return the error of a status that is no success, or of an error object under any status."""
    if 300 <= answer.status < 400:
        return _redirect(answer)
    if is_page(error_text.message):
        title = clean_words(error_text.message, answer.key)
        error_text = replace(error_text, message=title, is_page=True)
    status = standing_for(answer.status, error_text)
    evidence = _evidence_of(answer, error_text)
    if not evidence.words and not answer.succeeded:
        evidence = replace(evidence, words=phrase(answer.status))
    error = error_of_case(Case(status, error_text, evidence, answer.sent_bytes, answer.asked_model))
    should_retry = answer.lowered.get("x-should-retry", "").strip().lower()
    if should_retry in ("true", "false"):
        error.retryable = should_retry == "true"
    return error


def _redirect(answer: EndpointResponse) -> ChatError:
    address = "another address"
    if place := clean_words(shown_address(answer.lowered.get("location", "")), answer.key):
        address += f" ({place})"
    sentence = f"The endpoint sent us to {address}; set the base URL to it."
    return Redirected(sentence, _evidence_of(answer, ErrorText()))


def _evidence_of(answer: EndpointResponse, error_text: ErrorText, reply: Reply | None = None) -> Evidence:
    retry_after = answer.retry_after
    if retry_after is None and answer.status == 429:
        retry_after = wait_in(error_text.message)
    return Evidence(
        words=clean_words(error_text.message, answer.key),
        http_status=answer.status,
        param=clean_words(error_text.param, answer.key)[:100] or None,
        endpoint_code=clean_words(error_text.code, answer.key)[:100],
        retry_after=retry_after,
        request_id=answer.request_id,
        limits=answer.limits,
        reply=reply,
    )
