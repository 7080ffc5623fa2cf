"""A completion of the sandbox: the body that an endpoint would answer with."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from describer.chat import ParameterError, read_parameters
from describer.chat.tokens import PER_MESSAGE, picture_tokens, text_tokens
from describer.images import ImageError
from describer.sandbox.measure import Measures, measured
from describer.sandbox.orders import without_orders
from describer.sandbox.prompt import Sent, pictures_of, question_of, texts_of
from describer.sandbox.words import FIRST, LAST, paragraph

_MOST_QUESTION = 300
_LIMIT, _NEWER_LIMIT = "max_tokens", "max_completion_tokens"
_LINK = "is a link, and the sandbox opens no links"


class SandboxRefusal(Exception):
    """A request that any endpoint would refuse with status 400; `param` is the parameter at fault, if one is."""

    def __init__(self, message: str, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param


def completion(body: Mapping[str, Any], model: str, *, empty: bool = False) -> dict[str, Any]:
    """The body of a chat completion. Raises Refused."""
    if not texts_of(body) and not pictures_of(body):
        raise SandboxRefusal("There are no messages.")
    parameters = _parameters(body)
    sent = pictures_of(body)
    measures = [_measures(one, number) for number, one in enumerate(sent, 1)]
    number = parameters.get("n", 1)
    texts = ["" if empty else _answer_text(body, measures, place, number) for place in range(1, number + 1)]
    choices = [_choice(index, text, parameters) for index, text in enumerate(texts)]
    return {
        "id": "chatcmpl-" + hashlib.sha256(repr(texts).encode()).hexdigest()[:24],
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": choices,
        "usage": _answer_usage(body, sent, measures, choices),
    }


def _measures(sent: Sent, number: int) -> Measures | None:
    if sent.data is None:
        return None
    if not sent.data:
        raise SandboxRefusal(
            f"Invalid image: picture {number} carries no base64 data.", "invalid_image_format"
        )
    try:
        return measured(sent.data, f"picture {number}")
    except ImageError as error:
        raise SandboxRefusal(f"Invalid image: {error.message}", "invalid_image_format") from error


def _parameters(body: Mapping[str, Any]) -> dict[str, Any]:
    """What was set; the newer name of the limit is read as the older one, by whose rules it goes, and wins over it."""
    newer = body.get(_NEWER_LIMIT)
    try:
        return read_parameters(body if newer is None else {**body, _LIMIT: newer}, as_json=True)
    except ParameterError as error:
        param = _NEWER_LIMIT if error.param == _LIMIT and newer is not None else error.param
        raise SandboxRefusal(error.message, error.code, param) from error


def _answer_text(body: Mapping[str, Any], measures: list[Measures | None], place: int, number: int) -> str:
    question = without_orders(question_of(body))
    if _wants_json(body):
        pictures = [asdict(one) if one else None for one in measures]
        return json.dumps(
            {"note": FIRST, "answer": place, "question": question, "pictures": pictures}, ensure_ascii=False
        )
    paragraphs = [FIRST]
    if number > 1:
        paragraphs.append(f"This is answer {place} of {number}; a measurement comes out the same each time.")
    if question:
        paragraphs.append(f"You asked: “{_short(question)}”")
    paragraphs += _pictures(measures)
    return "\n\n".join([*paragraphs, LAST])


def _wants_json(body: Mapping[str, Any]) -> bool:
    wanted = body.get("response_format")
    return isinstance(wanted, dict) and wanted.get("type") in {"json_object", "json_schema"}


def _short(question: str) -> str:
    return question if len(question) <= _MOST_QUESTION else question[: _MOST_QUESTION - 1].rstrip() + "…"


def _pictures(measures: list[Measures | None]) -> list[str]:
    if not measures:
        return ["There was no picture to measure."]
    if len(measures) == 1:
        return [paragraph(measures[0], "The picture") if measures[0] else f"The picture {_LINK}."]
    subjects = [f"**Picture {number}**" for number in range(1, len(measures) + 1)]
    pairs = zip(measures, subjects, strict=True)
    return [paragraph(one, subject) if one else f"{subject} {_LINK}." for one, subject in pairs]


def _choice(index: int, text: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    stop = parameters.get("stop", [])
    text = _stopped(text, [stop] if isinstance(stop, str) else stop)
    kept = _cut(text, parameters.get(_LIMIT))
    message = {"role": "assistant", "content": kept}
    return {"index": index, "message": message, "finish_reason": "stop" if kept == text else "length"}


def _stopped(text: str, stops: list[str]) -> str:
    places = [text.find(one) for one in stops if one]
    return text[: min((place for place in places if place >= 0), default=len(text))]


def _cut(text: str, most: int | None) -> str:
    """The longest beginning of a text that has at most so many tokens."""
    if most is None or text_tokens(text) <= most:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if text_tokens(text[:middle]) <= most else (low, middle - 1)
    return text[:low]


def _answer_usage(
    body: Mapping[str, Any], sent: list[Sent], measures: list[Measures | None], choices: list[dict[str, Any]]
) -> dict[str, int]:
    prompt = sum(text_tokens(text) + PER_MESSAGE for text in texts_of(body))
    prompt += sum(
        picture_tokens(one.width, one.height, given.detail) if one else 0
        for given, one in zip(sent, measures, strict=True)
    )
    written = sum(text_tokens(choice["message"]["content"]) for choice in choices)
    return {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}
