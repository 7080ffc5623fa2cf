"""A scripted server of pictures on a loopback socket of its own, and names that lead where a test wants.

with Gallery() as gallery:
    gallery.shows("/boat.jpg", reply(200, photo(64, 48)))
    ...                      # fetch gallery.at("/boat.jpg")
    assert gallery.calls[0].headers["host"] == ...
"""

import contextlib
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Self

from describer.lib.guard import PORTS, GuardedClient
from tests.endpoint import Call, Server, Step, Wire, error, raw, reply

HERE = "127.0.0.1"
INSIDE = "127.0.0.2"  # stands for an address of the inside network: on this machine, and not trusted


class Hall(Server):
    """Counts who comes in, whatever they ask."""

    def process_request(self, request: Any, client_address: Any) -> None:
        self.endpoint.connections += 1
        super().process_request(request, client_address)


class Gallery:
    """What is shown at a path is a step; elsewhere there is nothing (404)."""

    def __init__(self, host: str = HERE, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.calls: list[Call] = []
        self.connections = 0
        self.closing = threading.Event()
        self.scheme = "https" if tls else "http"
        self._steps: dict[str, Step] = {}
        self._server = Hall(self, port, tls, host)
        self.host, self.port = host, self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for connection in list(self._server.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def shows(self, path: str, step: Step) -> str:
        """Answers the address at which it is shown."""
        self._steps[path] = step
        return self.at(path)

    def at(self, path: str, host: str = "") -> str:
        return f"{self.scheme}://{host or self.host}:{self.port}{path}"

    def meet(self, method: str, call: Call, wire: Wire) -> None:
        self.calls.append(call)
        step = self._steps.get(call.path.partition("?")[0], error(404, "Nothing here."))
        with contextlib.suppress(OSError):
            wire.wait(step.delay)
            step.play(wire, call)


class Names:
    """A resolver with answers of its own: one list for each time a name is asked for, the last one for ever after."""

    def __init__(self, **known: Sequence[Sequence[str]]) -> None:
        self.known = {name.replace("_", "."): list(answers) for name, answers in known.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if host not in self.known:
            return [str(found[4][0]) for found in socket.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST)]
        answers = self.known[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]


def guarded_client(gallery: Gallery, trusted: str = f"{HERE}/32", **changes: Any) -> GuardedClient:
    """A door to one gallery: its port, and this very address of the machine."""
    networks = (ip_network(trusted),) if trusted else ()
    return GuardedClient(ports=PORTS | {gallery.port}, trusted=networks, **changes)


class Connections:
    """Every address that anything in this process connects to while the block lasts, whatever library does it."""

    def __init__(self) -> None:
        self.to: list[Any] = []
        self.counts = False
        sys.addaudithook(self.hear)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect" and self.counts:
            self.to.append(arguments[1])

    def __enter__(self) -> list[Any]:
        self.to, self.counts = [], True
        return self.to

    def __exit__(self, *_: object) -> None:
        self.counts = False


CONNECTIONS = Connections()  # one for all tests: an audit hook stays for ever


def certificate(folder: Path, *names: str) -> Path:
    """A self-signed certificate for these names with its key, in one file."""
    path = folder / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    alternatives = ",".join(f"DNS:{name}" for name in names)
    named = ["-subj", f"/CN={names[0]}", "-addext", f"subjectAltName={alternatives}", "-days", "2"]
    subprocess.run([*made, *named, "-keyout", path, "-out", f"{path}.crt"], check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


def picture(data: bytes, kind: str = "image/jpeg", **headers: str) -> Step:
    """These bytes as a picture, or as whatever `kind` calls them."""
    return reply(200, data, {"Content-Type": kind, **headers})


def endless(start: bytes = b"\xff\xd8\xff", piece: bytes = b"x" * 65536) -> Step:
    """A body without a length that never ends."""

    def play(wire: Wire, call: Call) -> None:
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nConnection: close\r\n\r\n" + start)
        while not wire.closing.is_set():
            wire.send(piece)

    return Step("endless", play)


def dripping_heads() -> Step:
    """A reply whose headers come byte by byte, with a pause after each."""
    head = b"HTTP/1.1 200 OK\r\n" + b"X-More: of these\r\n" * 50
    return raw(*(bytes([byte]) for byte in head), interval=0.05)
