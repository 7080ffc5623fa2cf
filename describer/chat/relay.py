"""A completion on its way to our own caller: as a stream of chunks, or in one piece.

An endpoint's chunks go on as they came, as soon as they came. Only what the contract asks for is put right: one id
throughout, the role first, usage in one chunk at the end for those who asked for it, and [DONE] after all is recorded.
Nothing goes on before the first words: until then a failed call can still be made again, or told by its status.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from describer.chat.completion import Usage
from describer.chat.key_mask import KeyMask
from describer.chat.listener import Listener
from describer.chat.stream import choices_of, delta_of, index_of
from describer.chat.streamed_message import Message
from describer.lib.lenient_json import as_count, as_dict, as_list
from describer.lib.limits import CHOICES, HELD_FRAMES

_CHUNK = "chat.completion.chunk"
_DONE_FRAME = b"data: [DONE]\n\n"
_Send = Callable[[bytes], None]


def frame(data: str) -> bytes:
    """Return one event, without `id:` or `retry:` lines and empty data: these break the official client."""
    return f"data: {data}\n\n".encode("utf-8", "replace")


def dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Relay(Listener):
    """Hands an endpoint's chunks to `send`, and keeps what is needed to record them.

    `name` is the id of a completion whose endpoint gives it none; with `usage` the caller asked for it.
    """

    def __init__(self, send: _Send, *, name: str, usage: bool) -> None:
        self.send, self.name, self.usage = send, name, usage
        self.begun = False
        super().__init__("")

    def restart(self, key: str) -> None:
        """Begin another call; nothing of the call before has gone on.

        `key` is the endpoint's, kept out of all texts.
        """
        super().restart(key)
        self.mask = KeyMask(key)
        self.held: list[bytes] = []
        self.seen: set[int] = set()
        self.top: dict[str, Any] = {}
        self.last: dict[str, Any] | None = None

    def hand_on(self, text: str, chunk: dict[str, Any]) -> None:
        choices = choices_of(chunk)
        if not choices:
            if chunk.get("usage") is not None:
                self.last = chunk
            return
        if not self.top:
            self.top = self.top_of(chunk)
        changes = self.changes(chunk, choices)
        if changes or "\n" in text:
            text = dumped({**chunk, **changes})
        self.put(frame(text), _says_something(choices))

    def top_of(self, chunk: Mapping[str, Any]) -> dict[str, Any]:
        """Return what every chunk begins with."""
        name, created = chunk.get("id"), as_count(chunk.get("created"))
        if not isinstance(name, str) or not name:
            name = self.name
        if created is None:
            created = int(time.time())
        return {"id": name, "object": _CHUNK, "created": created, "model": chunk.get("model") or ""}

    def changes(self, chunk: dict[str, Any], choices: list[dict[str, Any]]) -> dict[str, Any]:
        """Return what is put right in a chunk; usually nothing."""
        changed = {name: self.top[name] for name in ("id", "object") if chunk.get(name) != self.top[name]}
        if type(chunk.get("created")) is not int:
            changed["created"] = self.top["created"]
        if chunk.get("usage") is not None:
            changed["usage"] = None
        put_right = [self.choice(choice, number) for number, choice in enumerate(choices)]
        if put_right != choices:
            changed["choices"] = put_right
        return changed

    def choice(self, raw: dict[str, Any], number: int) -> dict[str, Any]:
        """Return a choice with an index, a delta, and, when it is the first of its index, a role."""
        index = index_of(raw, number)
        first = index not in self.seen and len(self.seen) < CHOICES
        if first:
            self.seen.add(index)
        delta = raw.get("delta")
        if not isinstance(delta, dict):
            delta = delta_of(raw, Message())
        if index in self.seen:
            delta = self.mask.delta(index, delta, last=bool(raw.get("finish_reason")))
        if first and not delta.get("role"):
            delta = {"role": "assistant", **delta}
        if delta is raw.get("delta") and raw.get("index") == index:
            return raw
        kept = {key: value for key, value in raw.items() if key not in ("message", "text")}
        return {**kept, "index": index, "delta": delta}

    def put(self, data: bytes, says_something: bool) -> None:
        if self.begun:
            self.send(data)
            return
        if says_something or len(self.held) < HELD_FRAMES:
            self.held.append(data)
        if says_something:
            self.flush()

    def flush(self) -> None:
        self.begun = True
        for data in self.held:
            self.send(data)
        self.held = []

    def finish(self, raw: Mapping[str, Any], usage: Mapping[str, Any] | None) -> None:
        """Send the rest once all is recorded.

        This is what was held, what came in one piece, usage if the caller asked for it, and the end.
        """
        if not self.top:
            self.top = self.top_of(raw)
            self.held = [frame(dumped(chunk)) for chunk in _chunks_of(raw, self.top)]
        self.flush()
        self.let_go()
        if self.usage and usage is not None:
            counted = {**(self.last or {}), **self.top, "choices": [], "usage": usage}
            self.send(frame(dumped(counted)))
        self.send(_DONE_FRAME)

    def let_go(self) -> None:
        """Send what was held back of words that looked like the beginning of the key, and were not."""
        for index, delta in self.mask.rests():
            choice = {"index": index, "delta": delta, "finish_reason": None}
            self.put(frame(dumped({**self.top, "choices": [choice]})), True)

    def fail(self, error: Mapping[str, Any]) -> None:
        """Send what went wrong, and no [DONE].

        A client that overlooks the error must not take the text for whole.
        """
        self.send(frame(dumped({"error": error})))


def _says_something(choices: list[dict[str, Any]]) -> bool:
    """Tell whether there is more to the choices of a chunk than a role."""
    for choice in choices:
        if choice.get("finish_reason") or choice.get("text"):
            return True
        delta = as_dict(choice.get("delta")) or as_dict(choice.get("message"))
        if any(value for key, value in delta.items() if key != "role"):
            return True
    return False


def _chunks_of(raw: Mapping[str, Any], top: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Cut a completion that came in one piece into chunks: for each choice its message, then its end."""
    beside = {key: value for key, value in raw.items() if key not in ("choices", "usage")}
    for number, choice in enumerate(choices_of(raw)):
        for streamed in _beginning_and_end(choice, number):
            yield {**beside, **top, "choices": [streamed]}


def _beginning_and_end(choice: Mapping[str, Any], number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a whole choice as a stream sends it: the message and what stands beside it, then the reason."""
    index = index_of(choice, number)
    own = ("index", "message", "finish_reason")
    beside = {key: value for key, value in choice.items() if key not in own}
    beginning = {"index": index, "delta": _whole_delta(choice), **beside, "finish_reason": None}
    end: dict[str, Any] = {
        "index": index,
        "delta": {},
        "finish_reason": choice.get("finish_reason") or "stop",
    }
    return beginning, end


def _whole_delta(choice: Mapping[str, Any]) -> dict[str, Any]:
    """Return the message of a choice as a delta: with a role, and with a number for each tool call."""
    delta = {"role": "assistant", **as_dict(choice.get("message"))}
    calls = as_list(delta.get("tool_calls"))
    if calls:
        delta["tool_calls"] = [{"index": number, **as_dict(call)} for number, call in enumerate(calls)]
    return delta


def completed(raw: Mapping[str, Any], *, name: str, estimate: Usage | None) -> dict[str, Any]:
    """Return the endpoint's body as it came, and fill in what the contract requires where it was left out."""
    body = dict(raw)
    body["id"] = raw.get("id") or name
    body["object"] = raw.get("object") or "chat.completion"
    if raw.get("created") is None:
        body["created"] = int(time.time())
    if estimate is not None:
        body["usage"] = {**estimate.counts, "estimated": True}
    return body
