"""Chunks of a streamed completion, put together to the body that an answer in one piece would have had.

bytes -> Events (events.py) -> Assembly -> body. Text is kept in pieces until the end: adding to a string for each
chunk would cost the square of its length.
"""

from collections.abc import Mapping
from typing import Any

from describer.chat.completion import usage_in
from describer.chat.errors import BadAnswer
from describer.chat.events import Events
from describer.chat.stream_weight import StreamWeight
from describer.chat.streamed_message import Message
from describer.lib.json_weight import json_elements
from describer.lib.lenient_json import as_count, as_dict, as_list, loads
from describer.lib.limits import CHOICES, REPLY_ELEMENTS
from describer.lib.masks import masked_values

_DONE = "[DONE]"
_PIECE = 65_536


class Assembly:
    """Chunks in, body out. `error` is the error frame that ended it, `done` says that [DONE] came, `fault` that a piece was broken.

    What adds to it raises BadAnswer when more would be kept than a reply may hold. The endpoint's `key` is in no body.
    """

    def __init__(self, key: str = "") -> None:
        self.key, self.weight = key, StreamWeight()
        self.top: dict[str, Any] = {}
        self.usage: Any = None
        self.messages: dict[int, Message] = {}
        self.beside: dict[int, dict[str, Any]] = {}
        self.logprobs: dict[int, list[Any]] = {}
        self.done = False
        self.error: dict[str, Any] | None = None
        self.fault = ""

    def add(self, name: str, data: str, *, cut: bool = False) -> None:
        """Take one event. What is no JSON (a relay's ping) is left out; nothing counts after the end."""
        for text in frames(data):
            self.take(text, name, cut=cut)

    @property
    def is_over(self) -> bool:
        """Tell whether nothing that comes now counts: the server said [DONE], or sent a chunk that cannot be read."""
        return self.done or bool(self.fault)

    def take(self, text: str, name: str = "", *, cut: bool = False) -> dict[str, Any] | None:
        """Take one frame; return the chunk that it was, None for all else and for all after the end.

        `cut` says that its end may be missing, since the connection ended. Of a whole one that looks like a chunk and cannot
        be read words are lost: it ends the stream.
        """
        if self.is_over or self.error:
            return None
        _check_size(text)
        if text.strip() == _DONE:
            self.done = True
        elif (chunk := _event_json(text)) is not None:
            self.merge(chunk, name)
            return chunk
        elif name == "error" and text:
            self.error = {"error": text}
        elif text.lstrip().startswith("{") and not cut:
            self.fault = "A piece of the endpoint's stream is broken JSON; what had come until then is kept."
        return None

    def merge(self, chunk: dict[str, Any], name: str = "") -> None:
        if chunk.get("error"):
            self.error = chunk
            return
        if name == "error" and not chunk.get("choices"):
            self.error = {"error": chunk}
            return
        self.merge_top(chunk)
        for position, raw in enumerate(as_list(chunk.get("choices"))):
            if isinstance(raw, dict):
                self.merge_choice(raw, position)

    def merge_top(self, chunk: dict[str, Any]) -> None:
        """Keep the first id and time of all chunks, and the last of everything else."""
        for key, value in chunk.items():
            if key in ("choices", "usage") or value in (None, "") or self.top.get(key) == value:
                continue
            if key in ("id", "created"):
                self.weight.fields(self.top, key, value, keep_first=True)
            else:
                self.weight.fields(self.top, key, value)
        usage = usage_in(chunk)
        if usage is not None:
            self.usage = usage

    def merge_choice(self, raw: dict[str, Any], position: int) -> None:
        index = index_of(raw, position)
        if index not in self.messages and len(self.messages) >= CHOICES:
            return
        message = self.messages.get(index)
        if message is None:
            message = self.messages[index] = Message(self.weight)
        message.add(delta_of(raw, message))
        chances = as_list(as_dict(raw.get("logprobs")).get("content"))
        if chances:
            self.weight.entries(chances)
        self.logprobs.setdefault(index, []).extend(chances)
        beside = self.beside.setdefault(index, {"finish_reason": None})
        for key, value in raw.items():
            if value is not None and key not in _TAKEN:
                self.weight.fields(beside, key, value)

    @property
    def has_text(self) -> bool:
        """Tell whether any of an answer's text, or of a tool call, has come."""
        messages = self.messages.values()
        return any(message.calls or message.has_text for message in messages)

    @property
    def whole(self) -> bool:
        """Tell whether the server ended the stream: by [DONE], or a finish_reason for each choice."""
        finished = [beside["finish_reason"] is not None for beside in self.beside.values()]
        return self.done or (bool(finished) and all(finished))

    def body(self) -> dict[str, Any]:
        """Return a chat.completion, with the error beside what had come where an error frame ended it."""
        return as_dict(masked_values(self._body(), self.key))

    def _body(self) -> dict[str, Any]:
        choices = [self.choice(index) for index in sorted(self.messages)]
        body = {**self.top, "object": "chat.completion", "choices": choices}
        if self.usage is not None:
            body["usage"] = self.usage
        if self.error is not None:
            body.update(self.error)
        return body

    def choice(self, index: int) -> dict[str, Any]:
        choice = {"index": index, "message": self.messages[index].body()}
        if self.logprobs[index]:
            choice["logprobs"] = {"content": self.logprobs[index]}
        return {**choice, **self.beside[index]}


_TAKEN = ("index", "delta", "message", "text", "usage", "logprobs")


def assembled(body: bytes, key: str = "") -> Assembly:
    """Put a whole event stream together; its body's `choices` is empty where the stream held none."""
    assembly, events = Assembly(key), Events()
    for start in range(0, len(body), _PIECE):
        for name, data in events.feed(body[start : start + _PIECE]):
            assembly.add(name, data)
    for name, data in events.feed(b"", last=True):
        assembly.add(name, data, cut=True)
    return assembly


def _check_size(text: str) -> None:
    """Raise BadAnswer for an event that holds more than a reply may."""
    if len(text) > REPLY_ELEMENTS and json_elements(text.encode("utf-8", "replace")) > REPLY_ELEMENTS:
        raise BadAnswer(f"The endpoint's answer holds more than {REPLY_ELEMENTS:,} values.")


def frames(data: str) -> list[str]:
    """Return one event; or its lines, where a relay left out the blank lines between events."""
    if "\n" not in data:
        return [data]
    lines = data.split("\n")
    if all(_is_event(line) for line in lines if line):
        return lines
    return [data]


def _is_event(line: str) -> bool:
    return line.strip() == _DONE or _event_json(line) is not None


def _event_json(text: str) -> dict[str, Any] | None:
    try:
        event = loads(text)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def choices_of(chunk: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the choices of a chunk, or of a completion."""
    return [choice for choice in as_list(chunk.get("choices")) if isinstance(choice, dict)]


def index_of(raw: Mapping[str, Any], position: int) -> int:
    """Return the index of a choice, its position where it has none."""
    index = as_count(raw.get("index"))
    return position if index is None else index


def delta_of(raw: dict[str, Any], message: Message) -> dict[str, Any]:
    """Return the delta of a choice.

    A whole message counts only where nothing had come before, for some relays repeat it at the end.
    """
    if isinstance(raw.get("delta"), dict):
        return as_dict(raw["delta"])
    if not isinstance(raw.get("message"), dict):
        return {"content": raw.get("text")}
    if message.has_text:
        return {}
    return as_dict(raw["message"])
