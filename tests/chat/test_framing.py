"""Where a reply ends, and what may come before it."""

import pytest

from describer.lib import deadline
from tests.chat.conftest import Line
from tests.endpoint import completion, raw, reply
from tests.steps import Call, Step, Wire, encoded

BODY = encoded(completion("A dog."))
SIZE = len(BODY)


def headed(*lines: str, status: str = "200 OK", body: bytes = BODY) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body


def chunked(body: bytes) -> bytes:
    return f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    "lines",
    [
        (f"Content-Length: {SIZE}", "Content-Length: 5"),
        (f"Content-Length: {SIZE}, 5",),
        (f"Content-Length: +{SIZE}",),
        (f"Content-Length: -{SIZE}",),
        (f"Content-Length: {SIZE:#x}",),
        ("Content-Length: \u0661",),
        ("Content-Length: 9" + "9" * 30,),
        ("Content-Length: ",),
        (f"Content-Length: {SIZE},",),
        (f"Content-Length : {SIZE}",),
        ("no header at all", f"Content-Length: {SIZE}"),
        ("Transfer-Encoding: gzip, chunked",),
        ("Transfer-Encoding: identity", f"Content-Length: {SIZE}"),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", f"Content-Length: {SIZE}"),
    ],
    ids=str,
)
@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized"])
def test_fe22_a_reply_with_two_ends_or_none_is_a_lost_connection(
    line: Line, lines: tuple[str, ...], status: str
) -> None:
    found = line.fail(raw(headed(*lines, status=status)))
    assert (found.code, found.billed, found.pauses) == ("connection_lost", "unknown", False)


@pytest.mark.parametrize(
    "lines",
    [
        (f"Content-Length: {SIZE}", f"Content-Length: {SIZE}"),
        (f"Content-Length: {SIZE}, {SIZE}",),
        (f"Content-Length:  {SIZE} ",),
        ("Connection: close",),
    ],
)
def test_fe22_an_end_that_is_told_twice_is_one(line: Line, lines: tuple[str, ...]) -> None:
    assert line.ask(raw(headed(*lines))).completion.choices[0].content == "A dog."


def test_fe22_a_connection_goes_on_after_a_length_told_twice(line: Line) -> None:
    both = f"Content-Length: {SIZE}, {SIZE}"
    told = Step("told twice", lambda wire, call: wire.send(headed(both)))
    assert line.ask(told).completion.choices[0].content == "A dog."
    assert line.ask(told).completion.choices[0].content == "A dog."


@pytest.mark.parametrize("status", ["100 Continue", "102 Processing", "103 Early Hints", "199 Whatever"])
@pytest.mark.parametrize("count", [1, 20])
def test_fe22_interim_replies_are_passed_over(line: Line, status: str, count: int) -> None:
    hints = headed("Link: </style.css>; rel=preload", "Content-Length: 7", status=status, body=b"") * count
    plain = headed(f"Content-Length: {SIZE}", "Connection: close")
    coded = headed("Transfer-Encoding: chunked", "Connection: close", body=chunked(BODY))
    for last in (plain, coded):
        assert line.ask(raw(hints + last)).completion.choices[0].content == "A dog."
        assert line.ask(raw(hints, last, interval=0.05)).completion.choices[0].content == "A dog."
    assert len(line.endpoint.calls) == 4


def test_fe22_interim_replies_without_end_are_a_lost_connection(line: Line) -> None:
    hints = headed(status="103 Early Hints", body=b"") * 50
    found = line.fail(raw(hints + headed(f"Content-Length: {SIZE}")))
    assert (found.code, found.billed) == ("connection_lost", "unknown")


def test_fe22_a_refused_key_after_interim_replies_is_a_refused_key(line: Line) -> None:
    hints = headed(status="103 Early Hints", body=b"")
    body = encoded({"error": {"message": "Incorrect API key", "code": "invalid_api_key"}})
    refused = headed(
        f"Content-Length: {len(body)}", "Connection: close", status="401 Unauthorized", body=body
    )
    assert line.fail(raw(hints + refused)).code == "bad_key"
    assert line.ask(reply(200, completion())).http_status == 200


def test_fe26_a_connection_is_used_for_a_minute_at_most(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    ports: list[int] = []

    def noting(wire: Wire, call: Call) -> None:
        ports.append(wire.connection.getpeername()[1])
        reply(200, completion()).play(wire, call)

    step = Step("noting", noting)
    line.ask(step)
    line.ask(step)
    monkeypatch.setattr(deadline, "CONNECTION_SECONDS", 0.0)  # from the next connection on
    line.client.close()
    line.ask(step)
    line.ask(step)
    first, second, third, fourth = ports
    assert first == second and len({second, third, fourth}) == 3
