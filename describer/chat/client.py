"""One call to an endpoint, over a pool of connections that all threads share."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import BaseAdapter

from describer.chat.address import chat_url, models_url
from describer.chat.body import RequestBody, encode
from describer.chat.completion import Reply
from describer.chat.errors import BadAnswer, BadKey, BadRequest, ChatError, ConnectionFailed
from describer.chat.listener import Listener
from describer.chat.listing import model_ids
from describer.chat.reply_body import ReplyBody
from describer.chat.response import EndpointResponse, read_reply, read_stream
from describer.chat.session import Session
from describer.chat.transport_errors import RAISED, transport_error
from describer.lib.deadline import Deadline
from describer.lib.limits import ERROR_BYTES, REPLY_BYTES, WIRE_BYTES
from describer.lib.masks import one_key

_PIECE = 65536


@dataclass(frozen=True)
class Target:
    """An endpoint to call: times in seconds, sizes in bytes. Without a key no Authorization header is sent.

    `headers` go with each call; `secret_headers`, too, and their values are kept out of all texts as the key is.
    """

    base_url: str
    api_key: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    secret_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    connect: float = 10
    first_byte: float = 300
    between_bytes: float = 120
    whole_call: float = 600
    ca_file: str | None = None
    max_reply_bytes: int = REPLY_BYTES


class Client:
    """Makes calls; safe to share between threads. `adapters` maps URL prefixes to transports of their own."""

    def __init__(self, pool_size: int = 64, adapters: Mapping[str, BaseAdapter] | None = None) -> None:
        self.session = Session(pool_size, adapters or {})

    def close(self) -> None:
        self.session.close()

    def complete(
        self, target: Target, body: Mapping[str, Any] | RequestBody, hearer: Listener | None = None
    ) -> Reply:
        """Ask for a completion. Raises a ChatError, and nothing else, where no usable answer came.

        `body` may be encoded already. A stream is handed to `hearer` as it comes; an answer in one piece,
        although a stream was asked for, is not.
        """
        streams = hearer is not None
        if not isinstance(body, RequestBody):
            streams = streams or bool(body.get("stream"))
            body = encode_body(body)
        headers = {"Content-Type": "application/json"}
        if streams:
            headers["Accept"] = "application/json, text/event-stream"
        listener = hearer or Listener("")
        listener.restart(_secrets_of(target))
        answer, broken = self.call(target, "POST", chat_url, body, headers, listener)
        if listener.heard:
            return read_stream(answer, listener.assembly, broken)
        if broken is None or answer.status >= 400:
            return read_reply(answer)
        raise broken

    def models(self, target: Target) -> list[str]:
        """Return the ids of the endpoint's models, in its order. Raises a ChatError, and nothing else."""
        answer, broken = self.call(target, "GET", models_url, None, {}, Listener(""))
        if broken is not None and answer.status < 400:
            raise broken
        return model_ids(answer)

    def call(
        self,
        target: Target,
        method: str,
        address: Callable[[str], str],
        sent: RequestBody | None,
        headers: dict[str, str],
        listener: Listener,
    ) -> tuple[EndpointResponse, ChatError | None]:
        """Return what came, and the error that cut it short if any. Raises ChatError where nothing came."""
        url, key = _url_of(target, address), _key_of(target)
        deadline = Deadline(target.first_byte, target.between_bytes, target.whole_call, WIRE_BYTES)
        started = time.monotonic()
        with deadline.running():
            response = self.send(target, method, url, sent, headers, key, deadline)
            with response:
                body, broken = _read(response, target.max_reply_bytes, listener)
        seconds = time.monotonic() - started
        answer = EndpointResponse(
            response.status_code,
            response.headers,
            body,
            seconds,
            sent_bytes=len(sent or ()),
            asked_model=sent.model if sent else "",
            key=_secrets_of(target),
        )
        if broken is not None:
            broken.http_status, broken.request_id = answer.status, answer.request_id
        return answer, broken

    def send(
        self,
        target: Target,
        method: str,
        url: str,
        sent: RequestBody | None,
        headers: dict[str, str],
        key: str,
        deadline: Deadline,
    ) -> requests.Response:
        """Send a request and return the response with its body still to be read.

        The error is raised outside the handler: chained, it would carry the request, and the key in its headers.
        """
        try:
            proxies, bundle = self.session.around(url)
            whole = {**target.headers, **target.secret_headers, **headers}
            request = self.session.prepared(method, url, whole, key)
            if sent is not None:
                request.body = sent  # type: ignore[assignment]
                request.headers["Content-Length"] = str(len(sent))
            return self.session.send(
                request,
                timeout=(target.connect, target.first_byte),
                proxies=proxies,
                verify=target.ca_file or bundle,
                allow_redirects=False,
                stream=True,
            )
        except RAISED as error:
            fault = transport_error(error, urlsplit(url).netloc, deadline.sent)
        raise fault


def encode_body(body: Mapping[str, Any]) -> RequestBody:
    """Return the bytes to send. Raises a ChatError where JSON cannot carry a value."""
    try:
        return RequestBody(encode(body), str(body.get("model") or ""))
    except (ValueError, RecursionError):
        sentence = "The request holds a value that JSON cannot carry."
    raise BadRequest(sentence)


def _url_of(target: Target, address: Callable[[str], str]) -> str:
    try:
        return address(target.base_url)
    except ValueError as error:
        sentence = str(error)
    raise ConnectionFailed(sentence, retryable=False)


def _key_of(target: Target) -> str:
    key = target.api_key.strip()
    if not (key.isascii() and key.isprintable()):
        raise BadKey("The endpoint's key holds characters that no header can carry; set it again.")
    return key


def _secrets_of(target: Target) -> str:
    """Return all that is kept out of texts, as one key; of "Bearer abc" also what stands behind the blank."""
    values = target.secret_headers.values()
    return one_key([_key_of(target), *values, *(value.rpartition(" ")[2] for value in values)])


def _read(
    response: requests.Response, most: int, listener: Listener
) -> tuple[bytes | bytearray, ChatError | None]:
    """Return the body as far as it came, unpacked, and what cut it short; a stream is the listener's.

    Of what is more than anybody reads there is nothing; of an error the beginning, which has its words.
    """
    body = ReplyBody(most, listener)
    try:
        for piece in _pieces_of(response):
            body.add(piece)
            if listener.assembly.is_over:  # some servers leave the connection open; it is dropped
                break
        body.end()
    except BadAnswer as fault:
        if response.status_code < 400:
            return b"", fault
        return body.data[:ERROR_BYTES], fault
    except RAISED as error:
        return body.data, transport_error(error, sent=True)
    return body.data, None


def _pieces_of(response: requests.Response) -> Iterator[bytes]:
    """Yield what is there, at most 64 kB at a time: requests' own iterators wait until a piece is full."""
    raw = response.raw
    if not isinstance(raw, urllib3.response.BaseHTTPResponse):
        yield from response.iter_content(_PIECE)
        return
    while piece := raw.read1(_PIECE, decode_content=True):
        yield piece
