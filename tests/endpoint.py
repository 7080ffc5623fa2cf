"""A scripted chat completions server on a real loopback socket.

    with ScriptedEndpoint() as endpoint:
        endpoint.then(rate_limited(1), answer("A dog.", usage=(1010, 7, 1017)))
        ...                      # point the site at endpoint.url
        assert len(endpoint.calls) == 2

Each POST that ends in /chat/completions takes one step: from the rules, else from the queue in order of
arrival, else the default. `python -m tests.endpoint --delay 1 --port 0` runs one by itself and prints its
url as the first line.
"""

import argparse
import contextlib
import signal
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.steps import (
    USAGE_KEYS,
    Call,
    Json,
    Step,
    Wire,
    answer,
    big,
    chunks,
    close_silently,
    completion,
    cut_json,
    drip,
    error,
    event,
    gzip_bomb,
    hang,
    held,
    held_open,
    html,
    rate_limited,
    raw,
    redirect,
    reply,
    reset,
    reset_midway,
    response,
    short_body,
    sse,
    stamps,
)

__all__ = [
    "Call",
    "Json",
    "ScriptedEndpoint",
    "Step",
    "USAGE_KEYS",
    "Wire",
    "answer",
    "big",
    "chunks",
    "close_silently",
    "completion",
    "cut_json",
    "drip",
    "error",
    "event",
    "gzip_bomb",
    "hang",
    "held",
    "held_open",
    "html",
    "rate_limited",
    "raw",
    "redirect",
    "reply",
    "reset",
    "reset_midway",
    "response",
    "short_body",
    "sse",
    "stamps",
]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Server"

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def do_GET(self) -> None:
        self.meet(b"")

    def do_POST(self) -> None:
        self.meet(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def meet(self, raw: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call(self.path, headers, raw, time.monotonic())
        wire = Wire(self.connection, self.server.endpoint.closing)
        self.server.endpoint.meet(self.command, call, wire)
        self.close_connection = not wire.keep_open or wire.closing.is_set()

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, endpoint: Any, port: int, tls: ssl.SSLContext | None, host: str = "127.0.0.1") -> None:
        super().__init__((host, port), Handler)
        self.endpoint = endpoint
        self.connections: set[socket.socket] = set()
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close without the shutdown() of the standard library, whose FIN would come before a RST."""
        self.close_request(request)
        self.connections.discard(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@dataclass
class ScriptedEndpoint:
    """See the module. `models` None makes GET /models a 404; `models_step` answers it with any step.

    `pages` are JSON that GET answers at other paths, made when they are asked for.
    """

    port: int = 0
    default: Step = field(default_factory=answer)
    models: list[str] | None = field(default_factory=lambda: ["scripted-model"])
    models_step: Step | None = None
    tls: ssl.SSLContext | None = None
    keep_calls: bool = True
    pages: dict[str, Callable[[], Json]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.calls: list[Call] = []
        self.model_calls: list[Call] = []
        self.other_calls: list[Call] = []
        self.in_flight = 0
        self.max_in_flight = 0
        self.answered = 0
        self.closing = threading.Event()
        self._served = [0, 0, 0]
        self._queue: deque[Step] = deque()
        self._rules: list[Callable[[Call], Step | None]] = []
        self._changed = threading.Condition()
        self._server = Server(self, self.port, self.tls)
        self.port = self._server.server_address[1]
        self._listen()

    def _listen(self) -> None:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}/v1"

    @property
    def served(self) -> dict[str, int]:
        """The tokens of all answers that were written whole."""
        return dict(zip(USAGE_KEYS, self._served, strict=True))

    def then(self, *steps: Step) -> Self:
        self._queue.extend(steps)
        return self

    def rule(self, function: Callable[[Call], Step | None]) -> Self:
        """Ask `function(call)` before the queue; a Step is played, None goes on."""
        self._rules.append(function)
        return self

    def wait_for_calls(self, number: int, timeout: float = 10.0) -> bool:
        """Block until so many calls came; False if they did not come in time."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.calls) >= number, timeout)

    def wait_for_disconnect(self, timeout: float = 10.0) -> bool:
        """Block until no connection is open; False if one stays."""
        deadline = time.monotonic() + timeout
        while self._server.connections and time.monotonic() < deadline:
            time.sleep(0.005)
        return not self._server.connections

    @contextmanager
    def deaf(self) -> Iterator[None]:
        """No new connection is taken meanwhile: whoever connects hangs before a byte left. Open ones go on."""
        self._server.shutdown()
        self._thread.join()
        with ExitStack() as crowd:
            # More than the backlog takes: the kernel then drops the next one's SYN.
            for _ in range(self._server.request_queue_size + 8):
                one = crowd.enter_context(socket.socket())
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", self.port))
            yield
        self._listen()

    def meet(self, method: str, call: Call, wire: Wire) -> None:
        path = call.path.partition("?")[0].rstrip("/")
        if method == "POST" and path.endswith("/chat/completions"):
            self._ask(call, wire)
        elif method == "GET" and path.endswith("/models"):
            self.model_calls.append(call)
            (self.models_step or self._list()).play(wire, call)
        elif method == "GET" and path in self.pages:
            reply(200, self.pages[path]()).play(wire, call)
        else:
            self.other_calls.append(call)
            error(404, f"Unknown request URL: {method} {path}.", "unknown_url").play(wire, call)

    def _list(self) -> Step:
        if self.models is None:
            return error(404, "Not found.")
        listed = [
            {"id": name, "object": "model", "created": 1, "owned_by": "scripted"} for name in self.models
        ]
        return reply(200, {"object": "list", "data": listed})

    def _ask(self, call: Call, wire: Wire) -> None:
        """Count first and take back what could not be written: a client that has its answer finds it counted."""
        step = self._begin(call)
        try:
            wire.wait(step.delay)
            self._count(step, 1)
            call.written = True
            step.play(wire, call)
        except OSError:
            call.written = False
            self._count(step, -1)
            wire.close()
        finally:
            with self._changed:
                self.in_flight -= 1

    def _begin(self, call: Call) -> Step:
        with self._changed:
            found: Iterable[Step | None] = (rule(call) for rule in self._rules)
            step = next((one for one in found if one), None)
            call.step = step or (self._queue.popleft() if self._queue else self.default)
            self.in_flight += 1
            self.max_in_flight = max(self.max_in_flight, self.in_flight)
            if self.keep_calls:
                self.calls.append(call)
            self._changed.notify_all()
            return call.step

    def _count(self, step: Step, sign: int) -> None:
        with self._changed:
            self.answered += sign
            if step.usage:
                self._served = [
                    held + sign * more for held, more in zip(self._served, step.usage, strict=True)
                ]

    def close(self) -> None:
        """Stop listening, end all waits and cut all connections."""
        if self.closing.is_set():
            return
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for connection in list(self._server.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.wait_for_disconnect(5)


PIECES = 10  # of a streamed answer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.endpoint")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--interval", type=float, default=0.0, help="seconds between the pieces of a stream")
    options = parser.parse_args()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    usage = (9, 12, 21)
    whole = reply(200, completion(), delay=options.delay, usage=usage)
    streamed = sse(*stamps(PIECES), interval=options.interval, usage=usage, delay=options.delay)
    with ScriptedEndpoint(port=options.port, default=whole, keep_calls=False) as endpoint:
        # Reading the whole body as JSON would cost more than all the rest of a call.
        endpoint.rule(lambda call: streamed if b'"stream"' in call.raw else None)
        print(endpoint.url, flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
