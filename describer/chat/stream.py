"""Chunks of a streamed completion, put together to the body that an answer in one piece would have had.

bytes -> Events (events.py) -> Assembly -> body. Text is kept in pieces until the end: adding to a string for each
chunk would cost the square of its length.
"""

from collections.abc import Mapping
from typing import Any

from describer.chat.completion import MOST_CHOICES, TEXT_PARTS
from describer.chat.events import Events
from describer.lib.lenient_json import as_count, as_dict, as_list, loads

_DONE = "[DONE]"
_JOINED = ("content", "reasoning_content", "reasoning", "thinking", "refusal")
_MOST_CALLS = 128


class _StreamedToolCall:
    """A tool call in the making: arguments come in pieces."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self.function: dict[str, Any] = {}
        self.arguments: list[str] = []

    def add(self, delta: dict[str, Any]) -> None:
        function = as_dict(delta.get("function"))
        for fields, members in ((self.fields, delta), (self.function, function)):
            for key, value in members.items():
                if key not in ("function", "arguments") and value not in (None, ""):
                    fields.setdefault(key, value)
        if isinstance(function.get("arguments"), str):
            self.arguments.append(function["arguments"])

    def body(self) -> dict[str, Any]:
        return {**self.fields, "function": {**self.function, "arguments": "".join(self.arguments)}}


class Message:
    """The message of one choice in the making."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.parts: list[Any] = []
        self.lists: dict[str, list[Any]] = {}
        self.fields: dict[str, Any] = {"role": "assistant"}
        self.calls: list[_StreamedToolCall] = []

    def add(self, delta: dict[str, Any]) -> None:
        for key, value in delta.items():
            if key == "tool_calls":
                self.add_calls(as_list(value))
            elif key in _JOINED and isinstance(value, str):
                self.texts.setdefault(key, []).append(value)
            elif key == "content":
                self.add_parts(as_list(value))
            elif isinstance(value, list):
                self.lists.setdefault(key, []).extend(value)
            elif value is not None:
                self.fields[key] = value

    def add_parts(self, parts: list[Any]) -> None:
        for part in parts:
            text = as_dict(part).get("text")
            if isinstance(text, str) and as_dict(part).get("type") in TEXT_PARTS:
                self.texts.setdefault("content", []).append(text)
            else:
                self.parts.append(part)

    def add_calls(self, deltas: list[Any]) -> None:
        for delta in deltas:
            if isinstance(delta, dict) and len(self.calls) < _MOST_CALLS:
                self.call_of(delta).add(delta)

    def call_of(self, delta: dict[str, Any]) -> _StreamedToolCall:
        """Find a call by its index, without an index by its id; with neither the last call goes on."""
        key, wanted = "index", as_count(delta.get("index"))
        if wanted is None:
            key, wanted = "id", delta.get("id")
        if key == "id" and not wanted and self.calls:
            return self.calls[-1]
        for call in self.calls:
            if call.fields.get(key) == wanted:
                return call
        self.calls.append(_StreamedToolCall())
        return self.calls[-1]

    def body(self) -> dict[str, Any]:
        texts = {key: "".join(pieces) for key, pieces in self.texts.items()}
        body = {**self.fields, **self.lists, "content": None, **texts}
        if self.parts:
            body["content"] = list(self.parts)
            if texts.get("content"):
                body["content"].insert(0, {"type": "text", "text": texts["content"]})
        if self.calls:
            body["tool_calls"] = [call.body() for call in self.calls]
        return body


class Assembly:
    """Chunks in, body out. `error` is the error frame that ended it, `done` says that [DONE] came."""

    def __init__(self) -> None:
        self.top: dict[str, Any] = {}
        self.usage: Any = None
        self.messages: dict[int, Message] = {}
        self.beside: dict[int, dict[str, Any]] = {}
        self.logprobs: dict[int, list[Any]] = {}
        self.done = False
        self.error: dict[str, Any] | None = None

    def add(self, name: str, data: str) -> None:
        """Take one event. What is no JSON (a relay's ping) is left out; nothing counts after the end."""
        for text in frames(data):
            self.take(text, name)

    def take(self, text: str, name: str = "") -> dict[str, Any] | None:
        """Take one frame; return the chunk that it was, None for all else and for all after the end."""
        if self.done or self.error:
            return None
        if text.strip() == _DONE:
            self.done = True
        elif (chunk := _event_json(text)) is not None:
            self.merge(chunk, name)
            return chunk
        elif name == "error" and text:
            self.error = {"error": text}
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
            if key in ("choices", "usage") or value in (None, ""):
                continue
            if key in ("id", "created"):
                self.top.setdefault(key, value)
            else:
                self.top[key] = value
        if chunk.get("usage") is not None:
            self.usage = chunk["usage"]

    def merge_choice(self, raw: dict[str, Any], position: int) -> None:
        index = index_of(raw, position)
        if index not in self.messages and len(self.messages) >= MOST_CHOICES:
            return
        message = self.messages.setdefault(index, Message())
        message.add(delta_of(raw, message))
        if raw.get("usage") is not None:
            self.usage = raw["usage"]
        self.logprobs.setdefault(index, []).extend(as_list(as_dict(raw.get("logprobs")).get("content")))
        kept = {key: value for key, value in raw.items() if key not in _TAKEN and value is not None}
        self.beside.setdefault(index, {"finish_reason": None}).update(kept)

    @property
    def has_text(self) -> bool:
        """Tell whether any of an answer's text, or of a tool call, has come."""
        messages = self.messages.values()
        return any(message.calls or any(message.texts.get("content", ())) for message in messages)

    @property
    def whole(self) -> bool:
        """Tell whether the server ended the stream: by [DONE], or a finish_reason for each choice."""
        finished = [beside["finish_reason"] is not None for beside in self.beside.values()]
        return self.done or (bool(finished) and all(finished))

    def body(self) -> dict[str, Any]:
        """Return a chat.completion, with the error beside what had come where an error frame ended it."""
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


def assembled(body: bytes) -> Assembly:
    """Put a whole event stream together; its body's `choices` is empty where the stream held none."""
    assembly = Assembly()
    for name, data in Events().feed(body, last=True):
        assembly.add(name, data)
    return assembly


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
    if message.texts.get("content"):
        return {}
    return as_dict(raw["message"])
