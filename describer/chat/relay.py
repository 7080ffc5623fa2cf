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
from describer.chat.error_text import masked
from describer.chat.events import Events
from describer.chat.stream import Assembly, Message, delta_of, frames
from describer.lib.lenient_json import as_count, as_dict, as_list

CHUNK = "chat.completion.chunk"
DONE_FRAME = b"data: [DONE]\n\n"
Send = Callable[[bytes], None]


def frame(data: str) -> bytes:
    """One event. Never an `id:` or `retry:` line, never empty data: those break the official client."""
    return f"data: {data}\n\n".encode("utf-8", "replace")


def dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Relay:
    """Hands an endpoint's chunks to `send`, and keeps what is needed to record them.

    `name` is the id of a completion whose endpoint gives it none; with `usage` the caller asked for it.
    """

    def __init__(self, send: Send, *, name: str, usage: bool) -> None:
        self.send, self.name, self.usage = send, name, usage
        self.begun = False
        self.restart("")

    def restart(self, key: str) -> None:
        """Another call begins; nothing of the one before has gone on. `key` is the endpoint's, kept out of all texts."""
        self.key = key
        self.events, self.assembly = Events(), Assembly()
        self.heard = False
        self.held: list[bytes] = []
        self.seen: set[int] = set()
        self.top: dict[str, Any] = {}
        self.last: dict[str, Any] | None = None

    def feed(self, piece: bytes, *, last: bool = False) -> None:
        """A piece of the body as it came."""
        for name, data in self.events.feed(piece, last=last):
            self.heard = True
            for text in frames(data):
                text = masked(text, self.key)
                chunk = self.assembly.take(text, name)
                if chunk is not None and self.assembly.error is None:
                    self.hand_on(text, chunk)

    def hand_on(self, text: str, chunk: dict[str, Any]) -> None:
        choices = [one for one in as_list(chunk.get("choices")) if isinstance(one, dict)]
        if not choices:
            self.last = chunk if chunk.get("usage") is not None else self.last
            return
        self.top = self.top or self.top_of(chunk)
        changes = self.changes(chunk, choices)
        if changes or "\n" in text:
            text = dumped({**chunk, **changes})
        self.put(frame(text), says_something(choices))

    def top_of(self, chunk: Mapping[str, Any]) -> dict[str, Any]:
        """What every chunk begins with."""
        name, created = chunk.get("id"), as_count(chunk.get("created"))
        return {
            "id": name if isinstance(name, str) and name else self.name,
            "object": CHUNK,
            "created": int(time.time()) if created is None else created,
            "model": chunk.get("model") or "",
        }

    def changes(self, chunk: dict[str, Any], choices: list[dict[str, Any]]) -> dict[str, Any]:
        """What is put right in a chunk; usually nothing."""
        changed = {
            name: self.top[name] for name in ("id", "object", "created") if not self.stands(chunk, name)
        }
        if chunk.get("usage") is not None:
            changed["usage"] = None
        put_right = [self.choice(one, number) for number, one in enumerate(choices)]
        return changed | ({"choices": put_right} if put_right != choices else {})

    def stands(self, chunk: Mapping[str, Any], name: str) -> bool:
        return chunk.get(name) == self.top[name] if name != "created" else type(chunk.get(name)) is int

    def choice(self, raw: dict[str, Any], number: int) -> dict[str, Any]:
        """A choice with an index, a delta, and, when it is the first of its index, a role."""
        index = as_count(raw.get("index"))
        index = number if index is None else index
        first = index not in self.seen
        self.seen.add(index)
        delta = raw["delta"] if isinstance(raw.get("delta"), dict) else delta_of(raw, Message())
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
        self.held.append(data)
        if says_something:
            self.flush()

    def flush(self) -> None:
        self.begun = True
        for data in self.held:
            self.send(data)
        self.held = []

    def finish(self, raw: Mapping[str, Any], usage: Mapping[str, Any] | None) -> None:
        """All is recorded: what was held, what came in one piece, usage if it was asked for, and the end."""
        if not self.top:
            self.top = self.top_of(raw)
            self.held = [frame(dumped(chunk)) for chunk in chunks_of(raw, self.top)]
        self.flush()
        if self.usage and usage is not None:
            self.send(frame(dumped({**(self.last or {}), **self.top, "choices": [], "usage": usage})))
        self.send(DONE_FRAME)

    def fail(self, error: Mapping[str, Any]) -> None:
        """What went wrong, and no [DONE]: a client that overlooks the error must not take the text for whole."""
        self.send(frame(dumped({"error": error})))


def says_something(choices: list[dict[str, Any]]) -> bool:
    """Whether there is more to it than a role."""
    for one in choices:
        delta = as_dict(one.get("delta")) or as_dict(one.get("message"))
        if (
            one.get("finish_reason")
            or one.get("text")
            or any(value for key, value in delta.items() if key != "role")
        ):
            return True
    return False


def chunks_of(raw: Mapping[str, Any], top: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A completion that came in one piece, as chunks: for each choice its message, then its end."""
    beside = {key: value for key, value in raw.items() if key not in ("choices", "usage")}
    for number, choice in enumerate(one for one in as_list(raw.get("choices")) if isinstance(one, dict)):
        index = as_count(choice.get("index"))
        place = {"index": number if index is None else index}
        message = {"role": "assistant", **as_dict(choice.get("message"))}
        if calls := as_list(message.get("tool_calls")):
            message["tool_calls"] = [{"index": at, **as_dict(call)} for at, call in enumerate(calls)]
        rest = {
            key: value for key, value in choice.items() if key not in ("index", "message", "finish_reason")
        }
        begins = {**place, "delta": message, **rest, "finish_reason": None}
        ends: dict[str, Any] = {**place, "delta": {}, "finish_reason": choice.get("finish_reason") or "stop"}
        for one in (begins, ends):
            yield {**beside, **top, "choices": [one]}


def completed(raw: Mapping[str, Any], *, name: str, estimate: Usage | None) -> dict[str, Any]:
    """The endpoint's body as it came, with what the contract requires filled in where it was left out."""
    body = dict(raw)
    body["id"] = raw.get("id") or name
    body["object"] = raw.get("object") or "chat.completion"
    body["created"] = int(time.time()) if raw.get("created") is None else raw["created"]
    if estimate is not None:
        body["usage"] = {**estimate.counts, "estimated": True}
    return body
