"""A site, the scripted endpoint behind it, and whoever calls the site's own endpoint, /v1."""

import base64
import hashlib
import json
import secrets
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.endpoint import ScriptedEndpoint
from tests.images.pictures import photo
from tests.outside.cluster import asking
from tests.outside.database import Database
from tests.outside.people import with_people
from tests.site import Site, until
from tests.steps import Call, Json, Step, Wire, encoded

PATH = "/v1/chat/completions"
MODEL = "scripted-model"
MIB = 2**20
PHOTO = photo(64, 48)
TOP = {"id": "chatcmpl-9", "object": "chat.completion.chunk", "created": 7, "model": MODEL}
USAGE = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}
WITH_USAGE: Json = {"stream_options": {"include_usage": True}}
WHOLE_AND_STREAM = pytest.mark.parametrize("body", [{}, {"stream": True}], ids=["whole", "stream"])
NO_MORE = {"x-should-retry": "false"}  # of an endpoint: the site shall not try it again
CALM = """UPDATE describer_endpoint SET paused_code = '', paused_since = NULL, next_probe = NULL, gate_opens = NULL,
 gate_width = NULL, gate_threshold = NULL, gate_narrowed = NULL"""


def said(text: str, *pictures: str, role: str = "user") -> Json:
    """A message; pictures are data URLs or links."""
    if not pictures:
        return {"role": role, "content": text}
    parts: list[Json] = [{"type": "image_url", "image_url": {"url": url}} for url in pictures]
    return {"role": role, "content": [{"type": "text", "text": text}, *parts]}


def data_url(picture: bytes, kind: str = "image/jpeg") -> str:
    return f"data:{kind};base64,{base64.b64encode(picture).decode()}"


def asked(call: Call) -> str:
    """The question that the endpoint was sent."""
    content = (call.body or {})["messages"][-1]["content"]
    return str(content if isinstance(content, str) else content[0]["text"])


def events(text: str) -> list[Any]:
    """The events of a stream, each in one `data:` line, as JSON; [DONE] as it is."""
    found = [block for block in text.split("\n\n") if block]
    lines = [line for block in found for line in block.split("\n") if line and not line.startswith(":")]
    assert all(line.startswith("data: {") or line == "data: [DONE]" for line in lines), lines
    return [line[6:] if line == "data: [DONE]" else json.loads(line[6:]) for line in lines]


def text_of(chunks: list[Any]) -> str:
    """The words of a stream's events."""
    choices = [choice for chunk in chunks if chunk != "[DONE]" for choice in chunk["choices"]]
    return "".join(choice["delta"].get("content") or "" for choice in choices)


def chunk(delta: Json, index: int = 0, finish_reason: str | None = None, **more: Any) -> Json:
    """A chunk of the endpoint's stream."""
    return TOP | {"choices": [{"index": index, "delta": delta, "finish_reason": finish_reason}]} | more


def finished(**more: Any) -> Json:
    """The chunk that says why an answer ends."""
    return chunk({}, finish_reason="stop", **more)


def framed(event: Any) -> bytes:
    """An event as it goes over the wire."""
    return b"data: " + encoded(event) + b"\n\n"


def paused(gate: threading.Event, first: Any, *others: Any) -> Step:
    """A stream that sends its first event, and the others when the gate is set."""

    def play(wire: Wire, call: Call) -> None:
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        wire.send(framed(first))
        while not gate.wait(0.02) and not wire.closing.is_set():
            pass
        wire.send(b"".join(map(framed, others)))
        wire.close()

    return Step("paused", play)


ROLELESS = (chunk({"content": "Two "}), chunk({"content": "boats."}), finished(), "[DONE]")  # says no role


class World:
    """`plays` says how the endpoint answers a question; `post` asks it at the site's own endpoint."""

    def __init__(self, site: Site, endpoint: ScriptedEndpoint) -> None:
        self.site, self.endpoint = site, endpoint
        self.rows = Database(site)
        self.steps: dict[str, deque[Step]] = {}
        self.people: dict[
            str, dict[str, str]
        ] = {}  # headers with a key, by name; only where there are people
        self.threads = ThreadPoolExecutor(32)
        self.apart: set[str] = set()  # what is asked in threads, beside whatever is tested
        endpoint.rule(self._step)

    def _step(self, call: Call) -> Step | None:
        steps = self.steps.get(asked(call))
        return (steps.popleft() if len(steps) > 1 else steps[0]) if steps else None

    def plays(self, question: str, *steps: Step) -> None:
        """One step for each call; the last one for ever after."""
        self.steps[question] = deque(steps)

    def sent(self, question: str) -> list[Call]:
        """The calls with this question that reached the endpoint."""
        return [call for call in self.endpoint.calls if asked(call) == question]

    def body(self, question: str, *pictures: str, **more: Any) -> Json:
        return {"model": MODEL, "messages": [said(question, *pictures)]} | more

    def headers(self, key: str | None = None, **more: str) -> dict[str, str]:
        bearer = {"Authorization": f"Bearer {key}"} if key else self.site.bearer
        return bearer | {"Content-Type": "application/json"} | more

    def send(
        self, data: Any, *, key: str | None = None, path: str = PATH, stream: bool = False, **more: str
    ) -> requests.Response:
        """These very bytes; the keyword rest are headers, "_" in their names for "-"."""
        headers = self.headers(key, **{name.replace("_", "-"): value for name, value in more.items()})
        return requests.post(self.site.url + path, data, headers=headers, timeout=60, stream=stream)

    def post(
        self, question: str, *pictures: str, send: dict[str, Any] | None = None, **more: Any
    ) -> requests.Response:
        return self.send(json.dumps(self.body(question, *pictures, **more)).encode(), **(send or {}))

    def streamed(self, question: str, **body: Any) -> requests.Response:
        """The whole reply to a call for a stream."""
        return self.post(question, stream=True, **body)

    def begun(self, question: str, **body: Any) -> requests.Response:
        """The reply to a call for a stream, which its reader takes as it comes."""
        return self.post(question, stream=True, send={"stream": True}, **body)

    def later(self, question: str, *pictures: str, **more: Any) -> "Future[requests.Response]":
        """The same, in a thread of its own."""
        self.apart.add(question)
        return self.threads.submit(self.post, question, *pictures, **more)

    def row(self, reply: requests.Response) -> Json:
        """The description that a reply names, through the API."""
        return self.site.description(int(reply.headers["x-description-id"]))

    def found(self, question: str) -> Json | None:
        """The newest description with this question."""
        address = f"{self.site.url}/api/descriptions"
        query = {"q": question, "via": "endpoint", "limit": "100"}
        items = requests.get(address, query, headers=self.site.bearer, timeout=30).json()["items"]
        return next((item for item in items if item["question"] == question), None)

    def ended(self, question: str) -> Json:
        """The same, once it is at its end."""

        def at_its_end() -> Json | None:
            row = self.found(question)
            return row if row and row["status"] in ("done", "failed", "cancelled") else None

        row: Json = until(at_its_end, f"{question} ends")
        return row

    def key(self, name: str, username: str = "admin", **limits: Any) -> str:
        """A new key with these limits; its secret."""
        secret = f"dsc_{secrets.token_urlsafe(32)}"
        columns = {"scopes": ["ask", "read"], "model_names": []} | limits
        values = {
            "name": name,
            "prefix": secret[:12],
            "hash": hashlib.sha256(secret.encode()).hexdigest(),
            "created": "2026-01-01 00:00:00",
            "minute_asks": 0,
            **{
                key: json.dumps(value) if isinstance(value, list) else value for key, value in columns.items()
            },
        }
        shown = ", ".join(f"'{value}'" for value in values.values())
        user = f"(SELECT id FROM describer_user WHERE username = '{username}')"
        self.rows.do(f"INSERT INTO describer_apikey ({', '.join(values)}, user_id) VALUES ({shown}, {user})")
        return secret

    def person(self, username: str) -> str:
        """A new person; the secret of their key."""
        self.rows.do(
            f"""INSERT INTO describer_user (username, password, is_superuser, is_staff, is_active, first_name, last_name,
            email, date_joined) VALUES ('{username}', '!', 0, 0, 1, '', '', '', '2026-01-01 00:00:00')"""
        )
        return self.key(f"of {username}", username)

    def count(self) -> int:
        """How many descriptions there are, but for those asked in threads."""
        questions = [row[0] for row in self.rows.rows("SELECT question FROM describer_description")]
        return sum(question not in self.apart for question in questions)

    def calls(self) -> int:
        """How many calls reached the endpoint, but for those asked in threads."""
        return sum(asked(call) not in self.apart for call in self.endpoint.calls)

    @contextmanager
    def limited(self, calls: int | str) -> Iterator[None]:
        """Meanwhile only so many calls may be under way at once."""
        self.set_default("settings", f'{{"max_in_flight": {calls}}}')
        yield
        self.set_default("settings", "{}")

    @contextmanager
    def learning(self) -> Iterator[None]:
        """What is learned of the endpoint meanwhile is forgotten."""
        yield
        self.set_default("learned", "{}")

    def default(self, column: str) -> Any:
        """What the default endpoint's row holds in this column."""
        return self.rows.rows(f"SELECT {column} FROM describer_endpoint WHERE is_default")[0][0]

    def set_default(self, column: str, value: str) -> None:
        self.rows.do(f"UPDATE describer_endpoint SET {column} = '{value}' WHERE is_default")

    def age_models(self) -> None:
        """As if the list of models were a minute old: a call renews it, the site's own round does not yet."""
        fetched = datetime.now(UTC) - timedelta(minutes=1)
        self.set_default("models_fetched", f"{fetched:%Y-%m-%d %H:%M:%S}")

    def calm(self) -> None:
        """As if the endpoint had never refused its key, or told us to come later."""
        self.rows.do(CALM)


def expect(
    world: World,
    status: int,
    code: str,
    param: str | None = None,
    kind: str = "",
    *,
    data: bytes | None = None,
    send: dict[str, Any] | None = None,
    **body: Any,
) -> Json:
    """The error of a call which is refused before anything is sent on or written down."""
    rows, calls = world.count(), world.calls()
    if data is None:
        data = json.dumps({"model": MODEL, "messages": [said("Refused?")]} | body).encode()
    reply = world.send(data, **(send or {}))
    error = fault(reply, status, code, param, kind)
    assert "x-description-id" not in reply.headers
    assert (world.count(), world.calls()) == (rows, calls)
    return error


def fault(reply: requests.Response, status: int, code: str, param: str | None = None, kind: str = "") -> Json:
    """The error of a reply, which has this status, code and param, the one shape and the headers of every answer."""
    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/json"), reply.text
    error: Json = reply.json()["error"]
    assert sorted(reply.json()) == ["error"]
    assert sorted(error) == ["code", "message", "param", "type"]
    assert (error["code"], error["param"]) == (code, param), error
    assert error["type"] == (kind or KINDS.get(status) or "server_error")
    assert error["message"]
    assert reply.headers["x-request-id"]
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["access-control-allow-origin"] == "*"
    return error


KINDS = dict.fromkeys((400, 405, 408, 413, 415, 422), "invalid_request_error") | {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


@contextmanager
def world_of_people(folder: Path, **variables: Any) -> Iterator[World]:
    """A world of its own, with Eve and Mallory in it beside the admin."""
    with ScriptedEndpoint() as endpoint, Site(folder, **(asking(endpoint) | variables)) as site:
        world = World(site, endpoint)
        world.people = with_people(site)
        yield world
