"""The transport: requests to `sandbox://` are answered here, in the wire format of chat completions.

Words in the question ask for delay and faults, for trying how the pages show them:

| in the question | what comes |
|---|---|
| `[delay 2s]`, `[delay 500ms]` | the answer, that much later, at most 30 s |
| `[fail 429]` | that status, 400 to 599, with an error in the body (429 and 503 with `Retry-After: 1`) |
| `[empty]` | a whole reply whose answer has no text |
| `[cut]` | a reply whose connection is lost in the middle |

Usage is counted by the rules of `describer.chat.tokens`; total = prompt + completion.
"""

import hashlib
import io
import json
import time
from collections.abc import Mapping
from typing import Any

import requests
import urllib3
from requests.adapters import BaseAdapter

from describer.lib.lenient_json import as_dict
from describer.sandbox.answer import SandboxRefusal, completion
from describer.sandbox.orders import Orders, orders_in
from describer.sandbox.prompt import question_of
from describer.sandbox.stream import events

SANDBOX_MODEL = "sandbox"
_MODELS = {
    "object": "list",
    "data": [{"id": SANDBOX_MODEL, "object": "model", "created": 0, "owned_by": "describer"}],
}
_REASONS = {
    400: ("The sandbox was told to refuse this request.", "invalid_request_error", None),
    401: ("The sandbox was told to refuse the key.", "authentication_error", "invalid_api_key"),
    402: ("The sandbox was told that the credit is used up.", "insufficient_quota", "insufficient_quota"),
    403: ("The sandbox was told to forbid this.", "permission_error", None),
    404: (
        "The sandbox was told that it does not know the model.",
        "invalid_request_error",
        "model_not_found",
    ),
    429: ("The sandbox was told that it is asked too often.", "rate_limit_error", "rate_limit_exceeded"),
    503: ("The sandbox was told that it is overloaded.", "overloaded_error", None),
}

_Timeout = float | tuple[float | None, float | None] | None


class SandboxAdapter(BaseAdapter):
    """Answers `GET .../models` and `POST .../chat/completions` without a network; safe to share between threads."""

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: _Timeout = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Answer a prepared request, with a body still to be read. Raises ReadTimeout as a network would."""
        path = (request.url or "").partition("?")[0].rstrip("/")
        if request.method == "GET" and path.endswith("/models"):
            return _json(request, 200, _MODELS)
        if request.method == "POST" and path.endswith("/chat/completions"):
            return _asked(request, timeout)
        message = "The sandbox has /models and /chat/completions only."
        return _error_response(request, 404, message, "invalid_request_error", None)

    def close(self) -> None:
        """Do nothing: nothing is held."""


def _asked(request: requests.PreparedRequest, timeout: _Timeout) -> requests.Response:
    sent: Any = request.body
    if hasattr(sent, "read"):
        request.body = sent.read()  # once, as a network would
    body = _body(request)
    orders = orders_in(question_of(body))
    _wait(orders.delay, timeout, request)
    if orders.fail:
        usual = (f"The sandbox was told to answer {orders.fail}.", "server_error", None)
        reason = _REASONS.get(orders.fail, usual)
        return _error_response(request, orders.fail, *reason)
    try:
        answer = completion(body, SANDBOX_MODEL, empty=orders.empty)
    except SandboxRefusal as refusal:
        return _error_response(
            request, 400, refusal.message, "invalid_request_error", refusal.code, refusal.param
        )
    if body.get("stream"):
        return _response(request, 200, events(body, answer), "text/event-stream", orders)
    return _json(request, 200, answer, orders)


def _body(request: requests.PreparedRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body or b"")
    except ValueError:
        return {}
    return as_dict(body)


def _wait(seconds: float, timeout: _Timeout, request: requests.PreparedRequest) -> None:
    """Wait as the question asks. Raises ReadTimeout where the client's patience is shorter."""
    patience = timeout[1] if isinstance(timeout, tuple) else timeout
    if patience is not None and seconds > patience:
        time.sleep(patience)
        raise requests.exceptions.ReadTimeout("the sandbox was told to wait longer", request=request)
    time.sleep(seconds)


def _error_response(
    request: requests.PreparedRequest,
    status: int,
    message: str,
    kind: str,
    code: str | None,
    param: str | None = None,
) -> requests.Response:
    error = {"message": message, "type": kind, "param": param, "code": code}
    return _json(request, status, {"error": error})


def _json(
    request: requests.PreparedRequest, status: int, body: Mapping[str, Any], orders: Orders | None = None
) -> requests.Response:
    encoded = json.dumps(body, ensure_ascii=False).encode()
    return _response(request, status, encoded, "application/json", orders)


def _response(
    request: requests.PreparedRequest, status: int, body: bytes, kind: str, orders: Orders | None = None
) -> requests.Response:
    headers = {"Content-Type": kind, "Content-Length": str(len(body)), "x-request-id": _request_id(request)}
    if status in (429, 503):
        headers["Retry-After"] = "1"
    sent = body
    if orders and orders.cut:
        sent = body[: len(body) // 2]
    response = requests.Response()
    response.raw = urllib3.HTTPResponse(
        io.BytesIO(sent), headers, status, preload_content=False, request_method=request.method
    )
    response.status_code = status
    response.headers.update(headers)
    response.encoding = "utf-8"
    response.url = request.url or ""
    response.request = request
    return response


def _request_id(request: requests.PreparedRequest) -> str:
    body = request.body or b""
    if isinstance(body, str):
        body = body.encode()
    return "sandbox-" + hashlib.sha256(body).hexdigest()[:16]
