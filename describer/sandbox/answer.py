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
from describer.sandbox.prompt import Sent, answers_in, pictures_of, question_of, texts_of
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
    """Make the body of a chat completion. Raises SandboxRefusal."""
    if not texts_of(body) and not pictures_of(body):
        raise SandboxRefusal("There are no messages.")
    parameters = _parameters(body)
    sent = pictures_of(body)
    measures = [_measures(picture, number) for number, picture in enumerate(sent, 1)]
    number = parameters.get("n", 1)
    texts = [""] * number
    if not empty:
        texts = [_answer_text(body, measures, place, number) for place in range(1, number + 1)]
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
    """Measure a picture; None where it came as a link. Raises SandboxRefusal where it is no picture."""
    if sent.data is None:
        return None
    if not sent.data:
        message = f"Invalid image: picture {number} carries no base64 data."
        raise SandboxRefusal(message, "invalid_image_format")
    try:
        return measured(sent.data, f"picture {number}")
    except ImageError as error:
        raise SandboxRefusal(f"Invalid image: {error.message}", "invalid_image_format") from error


def _parameters(body: Mapping[str, Any]) -> dict[str, Any]:
    """Read the parameters that a request sets. Raises SandboxRefusal.

    The newer name of the limit is read as the older name, by whose rules the limit goes, and wins over it.
    """
    newer = body.get(_NEWER_LIMIT)
    if newer is not None:
        body = {**body, _LIMIT: newer}
    try:
        return read_parameters(body, as_json=True)
    except ParameterError as error:
        param = error.param
        if param == _LIMIT and newer is not None:
            param = _NEWER_LIMIT
        raise SandboxRefusal(error.message, error.code, param) from error


def _answer_text(body: Mapping[str, Any], measures: list[Measures | None], place: int, number: int) -> str:
    question = without_orders(question_of(body))
    if _wants_json(body):
        pictures = [picture and asdict(picture) for picture in measures]
        answer = {"note": FIRST, "answer": place, "question": question, "pictures": pictures}
        return json.dumps(answer, ensure_ascii=False)
    paragraphs = [FIRST]
    if number > 1:
        paragraphs.append(f"This is answer {place} of {number}; a measurement comes out the same each time.")
    if question:
        paragraphs.append(f"You asked: “{_short(question)}”")
    if earlier := answers_in(body):
        paragraphs.append(_earlier(earlier))
    paragraphs += _pictures(measures)
    return "\n\n".join([*paragraphs, LAST])


def _wants_json(body: Mapping[str, Any]) -> bool:
    wanted = body.get("response_format")
    return isinstance(wanted, dict) and wanted.get("type") in {"json_object", "json_schema"}


def _short(question: str) -> str:
    if len(question) <= _MOST_QUESTION:
        return question
    return question[: _MOST_QUESTION - 1].rstrip() + "…"


def _earlier(answers: int) -> str:
    if answers == 1:
        return "It came with one earlier answer, which the sandbox does not read."
    return f"It came with {answers} earlier answers, which the sandbox does not read."


def _pictures(measures: list[Measures | None]) -> list[str]:
    if not measures:
        return ["There was no picture to measure."]
    if len(measures) == 1:
        return [_picture(measures[0], "The picture")]
    return [_picture(picture, f"**Picture {number}**") for number, picture in enumerate(measures, 1)]


def _picture(measures: Measures | None, subject: str) -> str:
    if measures is None:
        return f"{subject} {_LINK}."
    return paragraph(measures, subject)


def _choice(index: int, text: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    stops = parameters.get("stop", [])
    if isinstance(stops, str):
        stops = [stops]
    text = _stopped(text, stops)
    kept = _cut(text, parameters.get(_LIMIT))
    message = {"role": "assistant", "content": kept}
    reason = "stop" if kept == text else "length"
    return {"index": index, "message": message, "finish_reason": reason}


def _stopped(text: str, stops: list[str]) -> str:
    """Return the part of a text before the first of the stops."""
    places = [text.find(stop) for stop in stops if stop]
    end = min((place for place in places if place >= 0), default=len(text))
    return text[:end]


def _cut(text: str, most: int | None) -> str:
    """Return the longest beginning of a text that has at most so many tokens."""
    if most is None or text_tokens(text) <= most:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text_tokens(text[:middle]) <= most:
            low = middle
        else:
            high = middle - 1
    return text[:low]


def _answer_usage(
    body: Mapping[str, Any], sent: list[Sent], measures: list[Measures | None], choices: list[dict[str, Any]]
) -> dict[str, int]:
    prompt = sum(text_tokens(text) + PER_MESSAGE for text in texts_of(body))
    for picture, measure in zip(sent, measures, strict=True):
        if measure:
            prompt += picture_tokens(measure.width, measure.height, picture.detail)
    written = sum(text_tokens(choice["message"]["content"]) for choice in choices)
    return {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}
