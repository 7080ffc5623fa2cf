"""HTTP by hand: what no client library would send, over a socket of its own."""

import json
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.site import Site

BOUNDARY = "b"
END = f"--{BOUNDARY}--\r\n".encode()


@dataclass(frozen=True)
class Reply:
    """One reply as it came; header names in lower case. Status 0: the connection was closed without a reply."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def error(self) -> dict[str, Any]:
        """What the JSON of an error says."""
        told: dict[str, Any] = json.loads(self.body)["error"]
        return told


def connected(site: Site, seconds: float = 30) -> socket.socket:
    host, _, port = site.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=seconds)


def received(connection: socket.socket) -> Reply:
    """What the site says until it closes; what it had said before a reset counts."""
    pieces = []
    try:
        while piece := connection.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    named = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in named}
    return Reply(int(first.split(" ")[1]) if first else 0, headers, body)


def sent(connection: socket.socket, pieces: Iterable[bytes]) -> int:
    """Send until all is sent or the other side has had enough; answers how many bytes it took."""
    count = 0
    try:
        for piece in pieces:
            connection.sendall(piece)
            count += len(piece)
    except (BrokenPipeError, ConnectionResetError):
        pass
    return count


def exchange(site: Site, data: bytes, seconds: float = 30) -> Reply:
    """Send these bytes and read to the end."""
    with connected(site, seconds) as connection:
        sent(connection, [data])
        return received(connection)


def head(line: str, *headers: str) -> bytes:
    """A request's head, told to close the connection after the reply."""
    return "\r\n".join(
        [f"{line} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *headers, "", ""]
    ).encode()


def form(line: str, *headers: str) -> bytes:
    """The head of a multipart form; how its length is told is for `headers` to say."""
    return head(line, f"Content-Type: multipart/form-data; boundary={BOUNDARY}", *headers)


def field(name: str, value: str) -> bytes:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def file_head(name: str) -> bytes:
    """How a file of a form begins; its bytes follow, then a line end."""
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n\r\n'.encode()


def chunk(data: bytes) -> bytes:
    """A piece of a body with `Transfer-Encoding: chunked`."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"
