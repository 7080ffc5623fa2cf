"""What a scripted endpoint does with one call: the steps, and the bodies they send."""

import gzip
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Json = dict[str, Any]
USAGE_KEYS = ("prompt_tokens", "completion_tokens", "total_tokens")
ABORT = struct.pack("ii", 1, 0)  # SO_LINGER on with no time: close() sends RST, not FIN


@dataclass
class Call:
    """One request as it came; header names are in lower case, `at` is time.monotonic().

    `written`: its step was played to the end, and nobody had hung up by then as far as we could tell.
    """

    path: str
    headers: dict[str, str]
    raw: bytes
    at: float
    step: "Step | None" = None
    written: bool = False

    @cached_property
    def body(self) -> Json | None:
        try:
            found = json.loads(self.raw)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None


class Wire:
    """What a step may do to the connection of its call."""

    def __init__(self, connection: socket.socket, closing: threading.Event) -> None:
        self.connection = connection
        self.closing = closing
        self.keep_open = True

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def wait(self, seconds: float) -> None:
        """Wait; ends at once when the endpoint is closed."""
        if seconds > 0:
            self.closing.wait(seconds)

    def close(self) -> None:
        self.keep_open = False

    def reset(self) -> None:
        """Answer with RST: what was sent and not yet read may be lost to the client, as in life."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
        self.keep_open = False

    def abort(self) -> None:
        """Reset at once, where nobody else will close the connection."""
        self.reset()
        self.connection.close()


@dataclass(frozen=True)
class Step:
    """How one call is met: after `delay` seconds `play(wire, call)`; `usage` is served if it ends whole."""

    name: str
    play: Callable[[Wire, Call], None]
    delay: float = 0.0
    usage: tuple[int, int, int] | None = None


def response(status: int, headers: Mapping[str, str], body: bytes, length: int | None = None) -> bytes:
    """The bytes of an HTTP/1.1 response; `length` lies about the body where a case asks for it."""
    lines = [f"HTTP/1.1 {status} {'OK' if status < 400 else 'Not OK'}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def encoded(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()


def reply(
    status: int,
    body: Any = b"",
    headers: Mapping[str, str] | None = None,
    delay: float = 0.0,
    usage: Any = None,
) -> Step:
    """Any status with any body: bytes and text as they are, all else as JSON."""
    kind = "text/plain" if isinstance(body, bytes | str) else "application/json"
    sent = response(
        status, {"Content-Type": kind, "x-request-id": "req-scripted", **(headers or {})}, encoded(body)
    )
    return Step(f"reply {status}", lambda wire, call: wire.send(sent), delay, usage)


def completion(
    text: str | None = "A picture.",
    usage: Any = (9, 12, 21),
    n: int = 1,
    finish_reason: str | None = "stop",
    model: str = "scripted-model",
    **message_fields: Any,
) -> Json:
    """The body of a good answer, to be changed and sent with reply(). usage: three numbers, a dict, or None."""
    message = {"role": "assistant", "content": text, **message_fields}
    choices = [{"index": index, "message": message, "finish_reason": finish_reason} for index in range(n)]
    body: Json = {"id": "chatcmpl-123", "object": "chat.completion", "created": 1677652288, "model": model}
    body["choices"] = choices
    if usage is not None:
        body["usage"] = (
            dict(usage) if isinstance(usage, Mapping) else dict(zip(USAGE_KEYS, usage, strict=True))
        )
    return body


def answer(
    text: str | None = "A picture.",
    usage: Any = (9, 12, 21),
    n: int = 1,
    finish_reason: str | None = "stop",
    delay: float = 0.0,
    **message_fields: Any,
) -> Step:
    """A good answer that names the model asked for; the keyword rest lands in each message."""

    def play(wire: Wire, call: Call) -> None:
        model = str((call.body or {}).get("model", "scripted-model"))
        body = completion(text, usage, n, finish_reason, model, **message_fields)
        headers = {"Content-Type": "application/json", "x-request-id": "req-scripted"}
        wire.send(response(200, headers, encoded(body)))

    served = tuple(usage.get(key, 0) for key in USAGE_KEYS) if isinstance(usage, Mapping) else usage
    return Step("answer", play, delay, served)


def error(
    status: int,
    message: str = "Something is wrong.",
    code: Any = None,
    type: str | None = "invalid_request_error",
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Step:
    body = {"error": {"message": message, "type": type, "param": param, "code": code}}
    return reply(status, body, headers)


def rate_limited(retry_after: Any = None) -> Step:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return error(429, "Rate limit reached.", "rate_limit_exceeded", "rate_limit_error", None, headers)


def html(status: int, title: str = "Bad gateway") -> Step:
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return reply(status, page, {"Content-Type": "text/html"})


def cut_json() -> Step:
    """A whole body by its length, whose JSON breaks off."""
    return reply(200, encoded(completion())[:-25], {"Content-Type": "application/json"})


def short_body() -> Step:
    """A whole JSON, but the connection closes before Content-Length is reached."""

    def play(wire: Wire, call: Call) -> None:
        body = encoded(completion())
        wire.send(response(200, {"Content-Type": "application/json"}, body, len(body) + 50))
        wire.close()

    return Step("short body", play)


def reset() -> Step:
    return Step("reset", lambda wire, call: wire.reset())


def reset_midway() -> Step:
    def play(wire: Wire, call: Call) -> None:
        body = encoded(completion())
        wire.send(response(200, {"Content-Type": "application/json"}, body)[: -len(body) // 2])
        wire.wait(0.1)
        wire.reset()

    return Step("reset midway", play)


def raw(*pieces: bytes, interval: float = 0.0) -> Step:
    """These very bytes, one network piece each, then a close."""

    def play(wire: Wire, call: Call) -> None:
        for piece in pieces:
            wire.send(piece)
            wire.wait(interval)
        wire.close()

    return Step("raw", play)


def close_silently() -> Step:
    return Step("close", lambda wire, call: wire.close())


def hang(seconds: float) -> Step:
    """Not one byte for so long, then a close."""
    return Step("hang", lambda wire, call: wire.close(), delay=seconds)


def drip(body: Any, interval: float, piece: int = 1) -> Step:
    """Headers at once, then `piece` bytes of the body every `interval` seconds."""
    data = encoded(body)

    def play(wire: Wire, call: Call) -> None:
        wire.send(response(200, {"Content-Type": "application/json"}, b"", len(data)))
        for start in range(0, len(data), piece):
            wire.wait(interval)
            if wire.closing.is_set():
                break
            wire.send(data[start : start + piece])

    return Step("drip", play)


def held_open(data: bytes, seconds: float = 60) -> Step:
    """These bytes, and then a connection that stays open."""

    def play(wire: Wire, call: Call) -> None:
        wire.send(data)
        wire.wait(seconds)
        wire.close()

    return Step("held open", play)


def event(data: Any) -> bytes:
    """One frame: dicts as `data: <json>`, bytes as they are, text as `data: <text>`; a function says it at its turn."""
    if callable(data):
        data = data()
    if isinstance(data, bytes):
        return data
    return b"data: " + encoded(data) + b"\n\n"


def chunk(delta: Json, reason: str | None = None, **fields: Any) -> Json:
    """One event of a streamed answer."""
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    top = {"id": "chatcmpl-123", "object": "chat.completion.chunk", "created": 1677652288}
    return {**top, "model": "scripted-model", "choices": [choice], **fields}


def chunks(
    text: str = "A picture.", usage: Any = (9, 12, 21), finish_reason: str | None = "stop"
) -> list[Any]:
    """The events of a good streamed answer, word by word, for sse(*chunks("A dog."))."""
    words = [word + " " for word in text.split(" ")[:-1]] + text.split(" ")[-1:]
    return around([chunk({"content": word}) for word in words], usage, finish_reason)


def stamps(count: int, usage: Any = (9, 12, 21)) -> list[Any]:
    """The events of an answer whose words are the moments when they are sent, by time.monotonic(), which is one for all
    processes of a machine."""
    return around([lambda: chunk({"content": f"{time.monotonic():.6f} "})] * count, usage)


def around(words: list[Any], usage: Any, finish_reason: str | None = "stop") -> list[Any]:
    events = [chunk({"role": "assistant"}), *words, chunk({}, finish_reason)]
    if usage is not None:
        events.append(chunk({}, choices=[], usage=dict(zip(USAGE_KEYS, usage, strict=True))))
    return [*events, "[DONE]"]


def sse(*events: Any, interval: float = 0.0, usage: Any = None, delay: float = 0.0) -> Step:
    """An event stream, chunked, one network piece per event; `usage` is what counts as served."""

    def play(wire: Wire, call: Call) -> None:
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for one in map(event, events):
            wire.send(f"{len(one):x}\r\n".encode() + one + b"\r\n")
            wire.wait(interval)
        wire.send(b"0\r\n\r\n")

    return Step("sse", play, delay, usage)


def big(size: int) -> Step:
    """A true JSON answer of about `size` bytes, sent in pieces of 64 kB without a Content-Length."""

    def play(wire: Wire, call: Call) -> None:
        start, end = encoded(completion("#")).split(b"#")
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" + start)
        for _ in range(size // 65536 + 1):
            wire.send(b"x" * 65536)
        wire.send(end)
        wire.close()

    return Step("big", play)


def gzip_bomb(unpacked: int = 64 * 1024 * 1024) -> Step:
    start, end = encoded(completion("#")).split(b"#")
    packed = gzip.compress(start + b"x" * unpacked + end, 9)
    return reply(200, packed, {"Content-Type": "application/json", "Content-Encoding": "gzip"})


def redirect(url: str, status: int = 307) -> Step:
    return reply(status, b"", {"Location": url})


def held(gate: threading.Event, step: Step) -> Step:
    """Play `step` when the gate is set (or the endpoint is closed)."""

    def play(wire: Wire, call: Call) -> None:
        while not gate.wait(0.02) and not wire.closing.is_set():
            pass
        wire.wait(step.delay)
        step.play(wire, call)

    return Step(f"held {step.name}", play, 0.0, step.usage)
