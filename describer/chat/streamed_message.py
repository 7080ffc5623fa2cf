"""The message of one choice of a stream, put together piece by piece."""

from typing import Any

from describer.chat.completion import TEXT_PARTS
from describer.chat.pieces import Pieces
from describer.chat.stream_weight import StreamWeight
from describer.lib.lenient_json import as_count, as_dict, as_list, as_text
from describer.lib.limits import KEPT_FIELDS, TOOL_CALLS

_JOINED = ("content", "reasoning_content", "reasoning", "thinking", "refusal")
_LONGEST_ID = 255


class StreamedToolCall:
    """A tool call in the making: arguments come in pieces."""

    def __init__(self, weight: StreamWeight) -> None:
        self.weight = weight
        self.fields: dict[str, Any] = {}
        self.function: dict[str, Any] = {}
        self.arguments = Pieces()

    def add(self, delta: dict[str, Any]) -> None:
        function = as_dict(delta.get("function"))
        for fields, members in ((self.fields, delta), (self.function, function)):
            for key, value in members.items():
                if key not in ("function", "arguments") and value not in (None, ""):
                    self.weight.fields(fields, key, value, keep_first=True)
        arguments = function.get("arguments")
        if isinstance(arguments, str):
            self.weight.words(arguments)
            self.arguments.add(arguments)

    def body(self) -> dict[str, Any]:
        return {**self.fields, "function": {**self.function, "arguments": self.arguments.text()}}


class Message:
    """The message of one choice in the making."""

    def __init__(self, weight: StreamWeight | None = None) -> None:
        self.weight = weight or StreamWeight()
        self.texts: dict[str, Pieces] = {}
        self.parts: list[Any] = []
        self.lists: dict[str, list[Any]] = {}
        self.fields: dict[str, Any] = {"role": "assistant"}
        self.calls: list[StreamedToolCall] = []
        self.named_calls: dict[tuple[str, Any], StreamedToolCall] = {}

    def add(self, delta: dict[str, Any]) -> None:
        for key, value in delta.items():
            if key == "tool_calls":
                self.add_calls(as_list(value))
            elif key in _JOINED and isinstance(value, str):
                self.add_text(key, value)
            elif key == "content":
                self.add_parts(as_list(value))
            elif isinstance(value, list):
                self.add_entries(key, value)
            elif value is not None:
                self.weight.fields(self.fields, key, value)

    @property
    def has_text(self) -> bool:
        """Tell whether any words of the answer have come."""
        return "content" in self.texts and self.texts["content"].length > 0

    def add_text(self, key: str, text: str) -> None:
        self.weight.words(text)
        if key not in self.texts:
            self.texts[key] = Pieces()
        self.texts[key].add(text)

    def add_entries(self, key: str, values: list[Any]) -> None:
        if key in self.lists or len(self.lists) < KEPT_FIELDS:
            self.weight.entries(values)
            self.lists.setdefault(key, []).extend(values)

    def add_parts(self, parts: list[Any]) -> None:
        for part in parts:
            text = as_dict(part).get("text")
            if isinstance(text, str) and as_dict(part).get("type") in TEXT_PARTS:
                self.add_text("content", text)
            else:
                self.weight.entries([part])
                self.parts.append(part)

    def add_calls(self, deltas: list[Any]) -> None:
        for delta in deltas:
            if isinstance(delta, dict) and (call := self.call_of(delta)):
                call.add(delta)

    def call_of(self, delta: dict[str, Any]) -> StreamedToolCall | None:
        """Find a call by its index, without an index by its id; with neither the last call goes on.

        None for one more than there can be.
        """
        index, name = as_count(delta.get("index")), as_text(delta.get("id"), _LONGEST_ID)
        if index is None and not name and self.calls:
            return self.calls[-1]
        place: tuple[str, Any] = ("index", index) if index is not None else ("id", name)
        call = self.named_calls.get(place)
        if call is None and len(self.calls) < TOOL_CALLS:
            call = StreamedToolCall(self.weight)
            self.calls.append(call)
            self.named_calls[place] = call
            if name:
                self.named_calls.setdefault(("id", name), call)
        return call

    def body(self) -> dict[str, Any]:
        texts = {key: pieces.text() for key, pieces in self.texts.items()}
        body = {**self.fields, **self.lists, "content": None, **texts}
        if self.parts:
            body["content"] = list(self.parts)
            if texts.get("content"):
                body["content"].insert(0, {"type": "text", "text": texts["content"]})
        if self.calls:
            body["tool_calls"] = [call.body() for call in self.calls]
        return body
