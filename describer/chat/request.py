"""The body of a completion as callers send it to our own endpoint: judged, taken apart, and else left as it came.

Nothing is added or put right but the pictures: their addresses are taken out of the messages, in order, so that each can
be kept, and sent on as the copy that suits the endpoint. What is not ours to judge goes through for the endpoint to judge.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from describer.chat.parameters import Detail
from describer.chat.parse_parameters import NOT_PARAMETERS, ParameterError, read_parameters
from describer.lib.lenient_json import DEEPEST, clean, storable

MOST_MESSAGES = 10_000
MOST_VALUES = 500_000  # each takes some 100 bytes once it is read; 32 MB of `[],` would take a gigabyte
ROLES = ("system", "developer", "user", "assistant", "tool", "function")
DETAILS = tuple(Detail.__args__)  # type: ignore[attr-defined]
PLACE = "picture:"
TEXT = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'


@dataclass
class PicturePart:
    """A picture of a request: where it stands there, and its address, a data URL or a link, until it is taken."""

    param: str
    url: str = field(repr=False)

    def take(self) -> str:
        """The address; given up here, so that no picture is held as text for longer than needed."""
        url, self.url = self.url, ""
        return url


@dataclass
class ChatRequest:
    """A request that passed. In `messages` the address of each picture is "picture:0", "picture:1", ..."""

    model: str
    messages: list[dict[str, Any]]
    pictures: list[PicturePart]
    parameters: dict[str, Any]

    @property
    def streams(self) -> bool:
        return bool(self.parameters.get("stream"))

    @property
    def wants_usage(self) -> bool:
        """Whether the caller of a stream asked for its usage."""
        options = self.parameters.get("stream_options")
        return isinstance(options, dict) and bool(options.get("include_usage"))

    @property
    def question(self) -> str:
        """The text of the last user message, or of the last one of all."""
        asked = [message for message in self.messages if message["role"] == "user"] or self.messages
        return text_of(asked[-1])

    @property
    def system_prompt(self) -> str:
        told = [text_of(message) for message in self.messages if message["role"] in ("system", "developer")]
        return "\n\n".join(filter(None, told))


def text_of(message: dict[str, Any]) -> str:
    """The words of a message, its parts one below the other."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    texts = [part.get("text") for part in content or () if part["type"] == "text"]
    return "\n".join(filter(None, texts))


def read_request(body: bytes) -> ChatRequest:
    """A request by its body. Raises ParameterError with the code and the place of what is wrong."""
    given = read_object(body)
    model = given.get("model")
    if model is None or model == "":
        raise ParameterError("model", "Name a model.", "missing_required_parameter")
    if not isinstance(model, str):
        raise ParameterError("model", "The model is a text.", "invalid_type")
    messages = read_messages(given.get("messages"))
    pictures = list(pictures_in(messages))
    options = {name: value for name, value in given.items() if name not in NOT_PARAMETERS}
    parameters = read_parameters(options, as_json=True, keep_unknown=True)
    return ChatRequest(clean(model), storable(messages), pictures, parameters)


def read_object(body: bytes) -> dict[str, Any]:
    """A JSON object in UTF-8, not nested too deep. Raises ParameterError."""
    if len(body) > MOST_VALUES and sum(map(body.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise invalid("This request holds too many values.")
    try:
        text = body.decode("utf-8-sig")
        number = partial(finite, text)
        given = json.loads(text, parse_float=number, parse_constant=number)
    except UnicodeDecodeError as fault:
        raise invalid(f"The body is not UTF-8 at byte {fault.start}.") from None
    except json.JSONDecodeError as fault:
        raise invalid(
            f"The body is not JSON: line {fault.lineno}, column {fault.colno}: {fault.msg}."
        ) from None
    except (RecursionError, ValueError):
        raise invalid(
            f"The body is nested more than {DEEPEST} deep, or a number in it is too long."
        ) from None
    if not isinstance(given, dict):
        raise invalid("The body is not a JSON object.")
    if too_deep(given):
        raise invalid(f"The body is nested more than {DEEPEST} deep.")
    return given


def finite(text: str, digits: str) -> float:
    """Raises JSONDecodeError, at its place in the text, for what is no number in JSON or too large for one of ours."""
    if math.isfinite(number := float(digits)):
        return number
    found = (one for one in re.finditer(f"{TEXT}|{re.escape(digits)}", text) if one[0] == digits)
    raise json.JSONDecodeError(f"{digits[:20]} is no number that JSON can carry", text, next(found).start())


def invalid(message: str) -> ParameterError:
    return ParameterError("", message, "invalid_json")


def too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for one in level for inner in inside(one)]
        if not level:
            return False
    return True


def inside(value: Any) -> Iterator[Any]:
    within = value.values() if isinstance(value, dict) else value
    return (one for one in within if isinstance(one, dict | list))


def read_messages(given: Any) -> list[dict[str, Any]]:
    if given is None:
        raise ParameterError("messages", "Send at least one message.", "missing_required_parameter")
    if not isinstance(given, list):
        raise ParameterError("messages", "Messages is a list.", "invalid_type")
    if not given:
        raise ParameterError("messages", "Send at least one message.", "empty_array")
    if len(given) > MOST_MESSAGES:
        raise ParameterError("messages", f"At most {MOST_MESSAGES:,} messages.", "invalid_value")
    for number, message in enumerate(given):
        check_message(message, f"messages[{number}]")
    return given


def check_message(message: Any, param: str) -> None:
    if not isinstance(message, dict):
        raise ParameterError(param, "A message is an object.", "invalid_type")
    if message.get("role") not in ROLES:
        raise ParameterError(f"{param}.role", f"A role is one of {', '.join(ROLES)}.", "invalid_value")
    content = message.get("content")
    if isinstance(content, str) or (content is None and calls_instead(message)):
        return
    if not isinstance(content, list) or not content:
        words = "The content is a text, or a list of parts that is not empty."
        raise ParameterError(f"{param}.content", words, "invalid_value")
    for number, part in enumerate(content):
        check_part(part, f"{param}.content[{number}]")


def calls_instead(message: dict[str, Any]) -> bool:
    """Whether an answer of before called a tool, or declined, and so has no words."""
    says = ("tool_calls", "function_call", "refusal", "audio")
    return message["role"] == "assistant" and any(message.get(name) for name in says)


def check_part(part: Any, param: str) -> None:
    if not isinstance(part, dict) or not isinstance(part.get("type"), str):
        raise ParameterError(f"{param}.type", "A part is an object with a type.", "invalid_value")
    if part["type"] == "text" and not isinstance(part.get("text"), str):
        raise ParameterError(f"{param}.text", "A part of type text has a text.", "invalid_value")
    if part["type"] == "image_url":
        check_picture(part.get("image_url"), f"{param}.image_url")


def check_picture(given: Any, param: str) -> None:
    if isinstance(given, str) and given:
        return
    if not isinstance(given, dict) or not isinstance(given.get("url"), str) or not given["url"]:
        raise ParameterError(f"{param}.url", "A picture is a data URL or a link.", "invalid_value")
    if given.get("detail") not in (None, *DETAILS):
        raise ParameterError(f"{param}.detail", "Detail is one of auto, low, high.", "invalid_value")


def pictures_in(messages: list[dict[str, Any]]) -> Iterator[PicturePart]:
    """Each picture of the messages, in order; its place takes the address' place."""
    count = 0
    for number, message in enumerate(messages):
        content = message.get("content")
        for position, part in enumerate(content if isinstance(content, list) else ()):
            if part["type"] == "image_url":
                yield PicturePart(
                    f"messages[{number}].content[{position}].image_url.url", taken_out(part, count)
                )
                count += 1


def taken_out(part: dict[str, Any], position: int) -> str:
    """The address of a picture part, which may be a bare text; put in the shape that the contract has."""
    given = part["image_url"]
    if isinstance(given, str):
        part["image_url"] = {"url": f"{PLACE}{position}"}
        return given
    url: str = given["url"]
    given["url"] = f"{PLACE}{position}"
    if given.get("detail") is None:
        given.pop("detail", None)
    return url


def put_back(messages: list[dict[str, Any]], urls: list[str]) -> list[dict[str, Any]]:
    """The same messages with these addresses of their pictures, by position; the given ones stay as they are."""
    return [with_urls(message, urls) for message in messages]


def with_urls(message: dict[str, Any], urls: list[str]) -> dict[str, Any]:
    content = message.get("content")
    if not isinstance(content, list):
        return message
    return {**message, "content": [with_url(part, urls) for part in content]}


def with_url(part: dict[str, Any], urls: list[str]) -> dict[str, Any]:
    if part["type"] != "image_url":
        return part
    picture = part["image_url"]
    return {**part, "image_url": {**picture, "url": urls[int(picture["url"].removeprefix(PLACE))]}}
