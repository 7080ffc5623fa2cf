"""What the network does to a call (N01 to N07, N21 to N31, N44, I26, I50, I66, O27, R10)."""

import io
import logging
import os
import socket
import ssl
import subprocess
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from describer.chat.client import Client, Target
from describer.chat.errors import ChatError
from describer.chat.schema import Picture, request_body
from tests.chat.conftest import KEY, Line
from tests.endpoint import (
    ScriptedEndpoint,
    Step,
    Wire,
    answer,
    big,
    close_silently,
    completion,
    cut_json,
    drip,
    error,
    gzip_bomb,
    hang,
    held,
    raw,
    reply,
    reset,
    reset_midway,
    response,
    short_body,
)
from tests.shortage import no_handles
from tests.steps import encoded

LOST = ("connection_lost", True, "unknown")
FAILED = ("connection_failed", True, "no")
TIMEOUT = ("timeout", True, "unknown")


def facts(error: ChatError) -> tuple[str, bool, str]:
    return error.code, error.retryable, error.billed


def test_n01_an_unknown_name_is_told_with_the_name(line: Line) -> None:
    found = line.within(base_url="http://no-such-host.invalid/v1").fail()

    assert facts(found) == FAILED
    assert found.message == "The address no-such-host.invalid is not known."


def test_n02_a_refused_connection_costs_nothing(line: Line) -> None:
    line.endpoint.close()
    found = line.fail()

    assert facts(found) == FAILED
    assert f"127.0.0.1:{line.endpoint.port} refuses the connection" in found.message


def test_n03_plain_http_where_tls_is_expected(line: Line) -> None:
    found = line.within(base_url=line.endpoint.url.replace("http:", "https:")).fail()

    assert facts(found) == FAILED
    assert "does not speak TLS" in found.message
    assert found.retry_after == 30


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one file."""
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    named = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    subprocess.run([*made, *named, "-keyout", path, "-out", f"{path}.crt"], check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


@pytest.fixture
def secure(certificate: Path) -> ScriptedEndpoint:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return ScriptedEndpoint(tls=context)


@pytest.mark.process
def test_n03_a_certificate_nobody_trusts_is_told(line: Line, secure: ScriptedEndpoint) -> None:
    with secure:
        found = line.within(base_url=secure.url).fail()

    assert facts(found) == FAILED
    assert "The certificate of 127.0.0.1" in found.message
    assert "self-signed" in found.message
    assert secure.calls == []


@pytest.mark.process
def test_n03_a_ca_file_makes_it_trusted(line: Line, secure: ScriptedEndpoint, certificate: Path) -> None:
    with secure:
        trusting = line.within(base_url=secure.url, ca_file=str(certificate))
        assert trusting.ask().completion.choices[0].content == "A picture."
        assert trusting.ask().completion.choices[0].content == "A picture."


def test_n03_an_end_within_the_handshake_costs_nothing(line: Line) -> None:
    def greet_and_reset(server: socket.socket) -> None:
        connection, _ = server.accept()
        connection.recv(1)
        Wire(connection, threading.Event()).abort()

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        pool.submit(greet_and_reset, server)
        found = line.within(base_url=f"https://127.0.0.1:{server.getsockname()[1]}").fail()

    assert facts(found) == FAILED


def test_n05_no_first_byte_in_time(line: Line) -> None:
    started = time.monotonic()

    assert facts(line.within(first_byte=0.2).fail(hang(5))) == TIMEOUT
    assert time.monotonic() - started < 2


def test_n05_silence_between_bytes(line: Line) -> None:
    quiet = line.within(first_byte=5, between_bytes=0.2)
    started = time.monotonic()

    assert facts(quiet.fail(drip(completion(), 5, 50))) == TIMEOUT
    assert time.monotonic() - started < 2


def test_o27_n05_the_first_byte_may_take_longer_than_the_gap_between_bytes(line: Line) -> None:
    assert line.within(first_byte=5, between_bytes=0.1).ask(answer(delay=0.4)).http_status == 200


def test_n06_drips_end_at_the_time_of_the_whole_call(line: Line) -> None:
    started = time.monotonic()

    assert facts(line.within(whole_call=0.5).fail(drip(completion(), 0.05))) == TIMEOUT
    assert 0.4 < time.monotonic() - started < 2


def test_n06_dripping_headers_do_too(line: Line) -> None:
    headers = [bytes([one]) for one in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200]
    started = time.monotonic()

    assert facts(line.within(whole_call=0.5).fail(raw(*headers, interval=0.05))) == TIMEOUT
    assert time.monotonic() - started < 2


def test_n07_nothing_is_sent_twice_when_a_pooled_connection_breaks(line: Line) -> None:
    line.ask()

    assert facts(line.fail(close_silently())) == LOST
    assert len(line.endpoint.calls) == 2


def test_n07_a_pooled_connection_that_was_closed_before_is_not_used(line: Line) -> None:
    line.ask(raw(response(200, {}, encoded(completion()))))
    line.endpoint.wait_for_disconnect()

    assert line.ask().http_status == 200


@pytest.mark.parametrize("step", [reset(), close_silently()])
def test_i50_n21_n22_an_end_before_a_byte_of_reply(line: Line, step: Step) -> None:
    assert facts(line.fail(step)) == LOST


@pytest.mark.parametrize("step", [reset_midway(), short_body()])
def test_i26_n23_n24_a_body_that_is_not_whole(line: Line, step: Step) -> None:
    found = line.fail(step)

    assert facts(found) == LOST
    assert (found.http_status, found.request_id) in ((200, ""), (None, ""))


def test_i26_the_last_chunk_is_missing(line: Line) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = encoded(completion())

    assert facts(line.fail(raw(head, f"{len(body):x}\r\n".encode() + body + b"\r\n"))) == LOST


def test_i26_n25_n26_a_whole_body_with_broken_json(line: Line) -> None:
    assert facts(line.fail(cut_json())) == ("bad_answer", False, "unknown")


def test_a_status_of_refusal_counts_though_its_body_is_cut(line: Line) -> None:
    body = encoded({"error": {"message": "Slow down."}})

    found = line.fail(raw(response(429, {"Retry-After": "2"}, body, len(body) + 9)))
    assert (found.code, found.retry_after) == ("rate_limited", 2.0)


@pytest.mark.parametrize("step", [big(8_000_000), gzip_bomb(64_000_000)])
def test_n29_n30_i66_a_reply_without_end_is_cut(line: Line, step: Step) -> None:
    found = line.within(max_reply_bytes=1_000_000).fail(step)

    assert facts(found) == ("bad_answer", False, "unknown")
    assert "larger than 1.0 MB" in found.message


def test_n29_the_connection_is_dropped(line: Line) -> None:
    line.within(max_reply_bytes=100_000).fail(big(50_000_000))

    assert line.ask().http_status == 200
    line.endpoint.close()
    assert line.endpoint.answered == 1


def test_n30_a_small_packed_reply_is_unpacked(line: Line) -> None:
    found = line.ask(gzip_bomb(1000)).completion.choices[0]

    assert found.content == "x" * 1000


def test_n30_what_cannot_be_unpacked_cannot_be_read(line: Line) -> None:
    found = line.fail(reply(200, b"no gzip at all", {"Content-Encoding": "gzip"}))

    assert facts(found) == ("bad_answer", False, "unknown")


def test_n31_small_pieces_over_a_while_are_an_answer(line: Line) -> None:
    assert line.ask(drip(completion("A dog."), 0.01, 10)).completion.choices[0].content == "A dog."


def test_n44_a_login_of_netrc_never_overrides_our_key(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password theirs\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    line.ask()
    line.within(api_key="").ask()

    assert line.endpoint.calls[0].headers["authorization"] == f"Bearer {KEY}"
    assert "authorization" not in line.endpoint.calls[1].headers


def test_n44_a_proxy_is_used_for_the_endpoint(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{line.endpoint.port}")
    line.within(base_url="http://endpoint.invalid/v1").ask()

    assert line.endpoint.calls[0].path == "http://endpoint.invalid/v1/chat/completions"


def test_n44_but_not_where_no_proxy_says_so(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    assert line.ask().http_status == 200


def test_a_proxy_that_lets_nobody_through_is_told(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{line.endpoint.port}")
    found = line.within(base_url="https://endpoint.invalid/v1").fail()

    assert facts(found) == FAILED
    assert "The proxy" in found.message


def test_a_broken_base_url_is_not_tried_again(line: Line) -> None:
    for base in ("", "http://[::1", "gopher://endpoint.invalid"):
        assert facts(line.within(base_url=base).fail()) == ("connection_failed", False, "no")


@pytest.mark.parametrize("key", ["sk-\nnew-line", "sk-schlüssel", "sk-\x00"])
def test_a_key_that_no_header_can_carry_is_told_without_it(line: Line, key: str) -> None:
    found = line.within(api_key=key).fail()

    assert facts(found) == ("bad_key", False, "no")
    assert key not in found.message
    assert line.endpoint.calls == []


def test_a_value_that_json_cannot_carry_is_not_sent(line: Line) -> None:
    assert line.fail(temperature=float("nan")).code == "bad_request"
    assert line.endpoint.calls == []


def test_no_cookie_of_the_endpoint_comes_back_to_it(line: Line) -> None:
    line.ask(reply(200, completion(), {"Set-Cookie": "who=me"}))
    line.ask()

    assert "cookie" not in line.endpoint.calls[1].headers


def test_sixty_four_threads_share_one_client(endpoint: ScriptedEndpoint) -> None:
    gate = threading.Event()
    endpoint.rule(lambda call: held(gate, answer(str((call.body or {})["seed"]))))
    client = Client(pool_size=64)

    def ask(seed: int) -> str | None:
        return (
            client.complete(Target(endpoint.url), {"model": "m", "seed": seed}).completion.choices[0].content
        )

    with ThreadPoolExecutor(64) as pool:
        asked = [pool.submit(ask, seed) for seed in range(64)]
        together = endpoint.wait_for_calls(64)
        gate.set()
        assert [one.result() for one in asked] == [str(seed) for seed in range(64)]
    client.close()
    assert together


def test_another_transport_can_be_mounted() -> None:
    class Here(requests.adapters.BaseAdapter):
        def send(self, request: requests.PreparedRequest, **settings: object) -> requests.Response:  # type: ignore[override]
            found = requests.Response()
            found.status_code, found.raw = 200, io.BytesIO(encoded(completion("No model.")))
            return found

        def close(self) -> None:
            pass

    client = Client(adapters={"sandbox://": Here()})
    found = client.complete(Target("sandbox://here"), {"model": "sandbox"})
    client.close()

    assert found.completion.choices[0].content == "No model."


@pytest.mark.parametrize("step", [reset(), error(401, f"Bad key {KEY}"), cut_json(), hang(5), short_body()])
def test_r10_key_and_picture_are_in_no_log_and_no_traceback(
    line: Line, step: Step, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    body = request_body(model="m", question="q", pictures=[Picture(os.urandom(3000), "image/png")])
    found = line.within(first_byte=0.3).fail(step, **body)

    told = (
        "".join(traceback.format_exception(found))
        + caplog.text
        + repr(line.target)
        + repr(found)
        + str(vars(found))
    )
    assert KEY not in told
    assert body["messages"][0]["content"][1]["image_url"]["url"][30:90] not in told
    assert (found.__cause__, found.__context__) == (None, None)


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_ff04_a_call_for_which_no_socket_is_left_is_free_and_not_the_endpoints_fault(
    line: Line, host: str
) -> None:
    away = line.within(base_url=line.target.base_url.replace("127.0.0.1", host))
    with no_handles():
        found = away.fail()

    assert facts(found) == ("out_of_handles", True, "no")
    assert not (found.pauses or found.slows)
    assert "cannot be reached" not in found.message
