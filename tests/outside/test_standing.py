"""What is open by a session or a key ends soon after it (FE23). The site looks each second here, else every twenty."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.endpoint import answer, held
from tests.outside.people import EVE
from tests.outside.v1.world import ROLELESS, TOP, USAGE, fault, paused, world_of_people
from tests.site import until

pytestmark = pytest.mark.site
NEW = "another-staple-7"
SOON = 15  # seconds, on a busy machine


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    variables = {"STANDING_SECONDS": "1", "ENDPOINT_CONCURRENCY": "1"}
    with world_of_people(tmp_path_factory.mktemp("standing"), **variables) as opened:
        assert opened.post("Warm?").ok
        yield opened


def posted(world, person, path, **fields):
    fields["csrfmiddlewaretoken"] = person.cookies["csrftoken"]
    headers = {"Referer": world.site.url}
    assert person.post(world.site.url + path, data=fields, headers=headers, timeout=10).ok


def log_out(world, person):
    posted(world, person, "/logout/")


def set_password_elsewhere(world, person):
    with world.site.login(**EVE) as other:
        new = {"old_password": EVE["password"], "new_password1": NEW, "new_password2": NEW}
        posted(world, other, "/account/password/", **new)
        old = {"old_password": NEW, "new_password1": EVE["password"], "new_password2": EVE["password"]}
        posted(world, other, "/account/password/", **old)


def disable(world, person):
    world.rows.do("UPDATE describer_user SET is_active = 0 WHERE username = 'eve'")


def end_session(world, person):
    key = person.cookies["sessionid"]
    world.rows.do(f"UPDATE django_session SET expire_date = '2020-01-01' WHERE session_key = '{key}'")


@pytest.fixture
def active(world):
    yield
    world.rows.do("UPDATE describer_user SET is_active = 1")


@pytest.mark.usefixtures("active")
@pytest.mark.parametrize("end", [log_out, set_password_elsewhere, disable, end_session])
def test_fe23_a_pages_stream_ends_soon_after_its_session_and_no_others_does(world, end):
    hers, his = world.site.login(**EVE), world.site.login()
    address = f"{world.site.url}/live/"
    with (
        hers.get(address, stream=True, timeout=60) as over,
        his.get(address, stream=True, timeout=60) as lasts,
        ThreadPoolExecutor() as threads,
    ):
        lines = lasts.iter_lines(chunk_size=1)
        assert next(lines) == b": open"
        read = threads.submit(lambda: [line for line in over.iter_lines(chunk_size=1) if line])
        began = time.monotonic()
        end(world, hers)
        assert read.result(60)[0] == b": open"
        assert time.monotonic() - began < SOON
        world.site.ask(b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")  # fmt: skip
        assert b"id" in next(line for line in lines if line.startswith(b"data:"))
    assert hers.get(address, timeout=10).status_code == 401


def revoke(world, key):
    world.rows.do(f"UPDATE describer_apikey SET revoked = created WHERE prefix = '{key[:12]}'")


def expire(world, key):
    world.rows.do(f"UPDATE describer_apikey SET expires = '2020-01-01' WHERE prefix = '{key[:12]}'")


ENDS = {"revoked": revoke, "expired": expire}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_fe23_a_stream_ends_soon_after_its_key_and_is_recorded_to_its_end(world, end):
    gate, key, question = threading.Event(), world.site.new_key(), f"Midway, {end.__name__}?"
    usage = TOP | {"choices": [], "usage": USAGE}
    world.plays(question, paused(gate, *ROLELESS[:3], usage, "[DONE]"))
    try:
        with world.post(question, stream=True, send={"stream": True, "key": key}) as got:
            lines = got.iter_lines(chunk_size=1, decode_unicode=True)
            assert "Two " in next(lines)
            end(world, key)
            began = time.monotonic()
            rest = [line for line in lines if line and not line.startswith(":")]
        assert time.monotonic() - began < SOON
        told = json.loads(rest[-1].removeprefix("data: "))["error"]
        assert (told["code"], told["type"]) == ("invalid_api_key", "authentication_error")
    finally:
        gate.set()
    row = world.ended(question)
    assert (row["status"], row["choices"][0]["content"]) == ("done", "Two boats.")
    assert row["usage"]["total_tokens"] == 21


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_fe23_so_do_calls_that_wait_for_their_answer_or_for_their_turn(world, end):
    gate, key = threading.Event(), world.site.new_key()
    sent, in_line = f"Sent, {end.__name__}?", f"In line, {end.__name__}?"
    world.plays(sent, held(gate, answer("After all.")))
    try:
        first = world.later(sent, send={"key": key})
        until(lambda: world.sent(sent), "it is sent on")
        second = world.later(in_line, send={"key": key})
        end(world, key)
        began = time.monotonic()
        for call in (first, second):
            fault(call.result(60), 401, "invalid_api_key")
        assert time.monotonic() - began < SOON
    finally:
        gate.set()
    row = world.ended(sent)
    assert (row["status"], row["choices"][0]["content"]) == ("done", "After all.")
    assert world.post("Another's?").ok
    assert world.sent(in_line) == []
