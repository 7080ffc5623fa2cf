"""Many callers of our own endpoint at once, over sockets of their own in one event loop; some hang up."""

import asyncio
import json
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.site import Site

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What one caller got; status 0 for one who hung up before anything came."""

    status: int
    body: bytes
    seconds: float

    @property
    def json(self) -> Json:
        answer: Json = json.loads(self.body)
        return answer


def request(
    picture: bytes | None, question: str = "What is it?", model: str = "scripted-model", **fields: Any
) -> Json:
    """The body of a call about one picture, or about none."""
    parts: list[Json] = [{"type": "text", "text": question}]
    if picture:
        url = f"data:image/jpeg;base64,{b64encode(picture).decode()}"
        parts.append({"type": "image_url", "image_url": {"url": url}})
    return {"model": model, "messages": [{"role": "user", "content": parts}], **fields}


def call(
    site: Site, bodies: list[Json], patience: Callable[[int], float | None] = lambda _: None
) -> list[Answer]:
    """All of these at once. `patience` tells after how many seconds the caller of a number hangs up."""

    async def all_of_them() -> list[Answer]:
        callers = (one_call(site, json.dumps(body).encode(), patience(n)) for n, body in enumerate(bodies))
        return await asyncio.gather(*callers)

    site.bearer  # noqa: B018  its key is made before the clock runs
    return asyncio.run(all_of_them())


async def one_call(site: Site, body: bytes, patience: float | None) -> Answer:
    started = time.monotonic()
    host, _, port = site.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request_head(site.key, len(body)) + body)
    try:
        came = await asyncio.wait_for(reader.read(-1), patience)
    except TimeoutError:
        came = b""
    writer.transport.abort()
    head, _, rest = came.partition(b"\r\n\r\n")
    status = int(head.split(b" ")[1]) if head else 0
    return Answer(status, rest, time.monotonic() - started)


def request_head(key: str, length: int) -> bytes:
    lines = [
        "POST /v1/chat/completions HTTP/1.1",
        "Host: 127.0.0.1",
        "Connection: close",
        f"Authorization: Bearer {key}",
        "Content-Type: application/json",
        f"Content-Length: {length}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()
