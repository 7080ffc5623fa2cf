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
from describer.chat.picture_forms import as_contract_has_it
from describer.lib.json_weight import json_elements
from describer.lib.lenient_json import as_list, clean, storable
from describer.lib.limits import MESSAGES, NESTING, REQUEST_ELEMENTS
from describer.lib.masks import values_without_api_keys

_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_DETAILS = tuple(Detail.__args__)  # type: ignore[attr-defined]
PLACE = "picture:"
_TEXT = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'


@dataclass
class PicturePart:
    """A picture of a request: where it stands there, and its address, a data URL or a link, until it is taken."""

    param: str
    url: str = field(repr=False)

    def take(self) -> str:
        """Give up the address, so that no picture is held as text for longer than needed."""
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
        """Tell whether the caller of a stream asked for its usage."""
        options = self.parameters.get("stream_options")
        return isinstance(options, dict) and bool(options.get("include_usage"))

    @property
    def question(self) -> str:
        """Return the text of the last user message, or of the last message of all."""
        asked = [message for message in self.messages if message["role"] == "user"] or self.messages
        return text_of(asked[-1])

    @property
    def system_prompt(self) -> str:
        texts = [text_of(message) for message in self.messages if message["role"] in ("system", "developer")]
        return "\n\n".join(filter(None, texts))


def text_of(message: dict[str, Any]) -> str:
    """Return the words of a message, its parts one below the other."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    texts = [part.get("text") for part in content or () if part["type"] == "text"]
    return "\n".join(filter(None, texts))


def read_request(body: bytes) -> ChatRequest:
    """Read a request by its body. Raises ParameterError with the code and the place of what is wrong."""
    members = _read_object(body)
    model = members.get("model")
    if model is None or model == "":
        raise ParameterError("model", "Name a model.", "missing_required_parameter")
    if not isinstance(model, str):
        raise ParameterError("model", "The model is a text.", "invalid_type")
    messages = _read_messages(members.get("messages"))
    pictures = list(_pictures_in(messages))
    options = {name: value for name, value in members.items() if name not in NOT_PARAMETERS}
    parameters = read_parameters(options, as_json=True, keep_unknown=True)
    messages = values_without_api_keys(storable(messages))
    return ChatRequest(clean(model), messages, pictures, values_without_api_keys(parameters))


def _read_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object in UTF-8, not nested too deep. Raises ParameterError."""
    if _may_hold_too_much(body) and json_elements(body) > REQUEST_ELEMENTS:
        raise _invalid("This request holds too many values.")
    try:
        text = body.decode("utf-8-sig")
        number = partial(_finite, text)
        members = json.loads(text, parse_float=number, parse_constant=number)
    except UnicodeDecodeError as fault:
        raise _invalid(f"The body is not UTF-8 at byte {fault.start}.") from None
    except json.JSONDecodeError as fault:
        place = f"line {fault.lineno}, column {fault.colno}"
        raise _invalid(f"The body is not JSON: {place}: {fault.msg}.") from None
    except (RecursionError, ValueError):
        sentence = f"The body is nested more than {NESTING} deep, or a number in it is too long."
        raise _invalid(sentence) from None
    if not isinstance(members, dict):
        raise _invalid("The body is not a JSON object.")
    if _too_deep(members):
        raise _invalid(f"The body is nested more than {NESTING} deep.")
    return members


def _may_hold_too_much(body: bytes) -> bool:
    """Tell it by all such signs, those in texts as well: that takes no time, and is mostly enough."""
    return len(body) > REQUEST_ELEMENTS and sum(map(body.count, (b",", b"[", b"{", b":"))) > REQUEST_ELEMENTS


def _finite(text: str, digits: str) -> float:
    """Return the number that `digits` spell in the body `text`.

    Raises JSONDecodeError, at the number's place in the text, for what is no number in JSON or too large for
    a float of ours.
    """
    if math.isfinite(number := float(digits)):
        return number
    matches = re.finditer(f"{_TEXT}|{re.escape(digits)}", text)
    start = next(match.start() for match in matches if match[0] == digits)
    raise json.JSONDecodeError(f"{digits[:20]} is no number that JSON can carry", text, start)


def _invalid(message: str) -> ParameterError:
    return ParameterError("", message, "invalid_json")


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(NESTING):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = value.values()
    return (inner for inner in value if isinstance(inner, dict | list))


def _read_messages(messages: Any) -> list[dict[str, Any]]:
    if messages is None:
        raise ParameterError("messages", "Send at least one message.", "missing_required_parameter")
    if not isinstance(messages, list):
        raise ParameterError("messages", "Messages is a list.", "invalid_type")
    if not messages:
        raise ParameterError("messages", "Send at least one message.", "empty_array")
    if len(messages) > MESSAGES:
        raise ParameterError("messages", f"At most {MESSAGES:,} messages.", "invalid_value")
    for number, message in enumerate(messages):
        _check_message(message, f"messages[{number}]")
    return messages


def _check_message(message: Any, param: str) -> None:
    if not isinstance(message, dict):
        raise ParameterError(param, "A message is an object.", "invalid_type")
    if message.get("role") not in _ROLES:
        raise ParameterError(f"{param}.role", f"A role is one of {', '.join(_ROLES)}.", "invalid_value")
    content = message.get("content")
    if isinstance(content, str) or (content in (None, []) and _calls_instead(message)):
        return
    if not isinstance(content, list) or not content:
        sentence = "The content is a text, or a list of parts that is not empty."
        raise ParameterError(f"{param}.content", sentence, "invalid_value")
    for number, part in enumerate(content):
        content[number] = part = as_contract_has_it(part)
        _check_part(part, f"{param}.content[{number}]")


def _calls_instead(message: dict[str, Any]) -> bool:
    """Tell whether an answer of before called a tool, or declined, and so has no words."""
    says = ("tool_calls", "function_call", "refusal", "audio")
    return message["role"] == "assistant" and any(message.get(name) for name in says)


def _check_part(part: Any, param: str) -> None:
    if not isinstance(part, dict) or not isinstance(part.get("type"), str):
        raise ParameterError(f"{param}.type", "A part is an object with a type.", "invalid_value")
    if part["type"] == "text" and not isinstance(part.get("text"), str):
        raise ParameterError(f"{param}.text", "A part of type text has a text.", "invalid_value")
    if part["type"] == "image_url":
        _check_picture(part.get("image_url"), f"{param}.image_url")


def _check_picture(picture: Any, param: str) -> None:
    if isinstance(picture, str) and picture:
        return
    if not isinstance(picture, dict) or not isinstance(picture.get("url"), str) or not picture["url"]:
        raise ParameterError(f"{param}.url", "A picture is a data URL or a link.", "invalid_value")
    if picture.get("detail") not in (None, "", *_DETAILS):
        raise ParameterError(f"{param}.detail", "Detail is one of auto, low, high.", "invalid_value")


def _pictures_in(messages: list[dict[str, Any]]) -> Iterator[PicturePart]:
    """Yield each picture of the messages, in order; its number takes the place of its address."""
    count = 0
    for number, message in enumerate(messages):
        for position, part in enumerate(as_list(message.get("content"))):
            if part["type"] == "image_url":
                param = f"messages[{number}].content[{position}].image_url.url"
                yield PicturePart(param, _taken_out(part, count))
                count += 1


def _taken_out(part: dict[str, Any], position: int) -> str:
    """Take the address out of a picture part; a bare text is put in the shape that the contract has."""
    picture = part["image_url"]
    if isinstance(picture, str):
        part["image_url"] = {"url": f"{PLACE}{position}"}
        return picture
    url: str = picture["url"]
    picture["url"] = f"{PLACE}{position}"
    if not picture.get("detail"):
        picture.pop("detail", None)
    return url


def put_back(messages: list[dict[str, Any]], urls: list[str]) -> list[dict[str, Any]]:
    """Return the messages with these addresses of their pictures, by position; `messages` stay as is."""
    return [_with_urls(message, urls) for message in messages]


def _with_urls(message: dict[str, Any], urls: list[str]) -> dict[str, Any]:
    content = message.get("content")
    if not isinstance(content, list):
        return message
    return {**message, "content": [_with_url(part, urls) for part in content]}


def _with_url(part: dict[str, Any], urls: list[str]) -> dict[str, Any]:
    if part["type"] != "image_url":
        return part
    picture = part["image_url"]
    return {**part, "image_url": {**picture, "url": urls[int(picture["url"].removeprefix(PLACE))]}}
