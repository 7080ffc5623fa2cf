"""Odd requests and the stream of events: whatever comes over the socket, the site answers in time and goes on."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import pytest
import requests

from tests import wire
from tests.images.pictures import photo
from tests.outside.people import guess, post
from tests.outside.process import megabytes
from tests.outside.routes import ROUTES, address, its_address
from tests.site import until

pytestmark = pytest.mark.site
MIB = 2**20
NAMES = ("q", "model", "state", "status", "via", "before", "after", "from", "of", "on", "page", "by", "user", "cursor", "limit",
         "next", "o", "p", "all", "id__exact", "created__year", "owner", "sent__day", "date", "download", "_popup")  # fmt: skip
ODD = ("%00", "a%00b", "%ff%fe", "-1", "0", "9" * 20, "9" * 5000, "%F0%9F%98%80", "%0d%0aX:%20y", "%D9%A3", "2026-13-45",
       "0001-01-01", "9999-12-31", "%ED%A0%80", "'%22;--", "x" * 3000, "[]", "nan")  # fmt: skip


@pytest.fixture(scope="module")
def site(people_site):
    return people_site


def asked(site, person, method, path):
    """A request whose path is sent as it stands."""
    headers = {"X-CSRFToken": person.cookies["csrftoken"], "Referer": site.url}
    ready = requests.Request(method, site.url, headers=headers, cookies=person.cookies).prepare()
    ready.url = site.url + path
    with person.send(ready, timeout=10, stream=True, allow_redirects=False) as reply:
        return reply


BEGUN = b"POST /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5"


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"GET / HTTP/1.1\r\nX: ", b"a" * 65536),
        (b"GET / HTTP/1.1\r\n", b"X: a\r\n" * 10_000),
        (b"GET /", b"a" * 65536),
        (BEGUN + b"\r\nabcde\r\n0\r\n", b"X: a\r\n" * 10_000),
        (BEGUN + b";", b"a" * 65536),
    ],
    ids=["one header", "many headers", "address", "trailers", "chunk"],
)
def test_a_head_without_end_is_refused_at_once_and_takes_no_memory(site, begin, piece):
    before, began = megabytes(site), time.monotonic()
    with wire.connected(site) as connection:
        assert wire.sent(connection, [begin, *[piece] * 500]) < 20 * MIB
        answer = wire.received(connection)
    assert (answer.status, answer.headers["x-frame-options"]) == (431, "DENY")
    assert time.monotonic() - began < 3
    assert megabytes(site) - before < 30


def test_heads_and_cookies_as_long_as_browsers_make_them_are_read(site):
    answer = wire.exchange(
        site, wire.head("GET /login/", *[f"X-{number}: {'x' * 4000}" for number in range(12)])
    )
    assert answer.status == 200


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"\x00\x01\x02\x16\x03\r\n\r\n", 400), (b"GET / HTTP/9.9\r\n\r\n", 400), (b"BREW / HTTP/1.1\r\n\r\n", 400),
        (b"GET /login/ HTTP/1.0\r\n\r\n", 200), (wire.head("GET /\x00"), 400), (wire.head("GET /\xff"), 400),
        (wire.head("CONNECT evil.example:80"), 400), (wire.head("OPTIONS *"), 404), (wire.head("GET http://evil.example/login/"), 200),
        (wire.head("POST /login/", "Content-Length: -5"), 400), (wire.head("POST /login/", "Content-Length: 5, 6"), 400),
        (wire.head("POST /login/", "Content-Length: 5", "Transfer-Encoding: chunked"), 400),
        (wire.head("GET /", "Host: evil.example"), 400), (wire.head("GET /login/", "Cookie: =;\x7f=\xff; sessionid=\xff"), 400),
        (wire.head("GET /login/", "Cookie: ;;=; sessionid=; csrftoken=!"), 200),
        (wire.head("GET /", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: eA==", "Sec-WebSocket-Version: 13"), 302),
        (wire.head("POST /login/", "Content-Type: multipart/form-data"), 403),
        (wire.head("POST /api/descriptions", "Content-Type: multipart/form-data; boundary=\xff"), 401),
        (wire.head("GET /login/", "If-Modified-Since: never", "Range: bytes=9-1", "Accept: /;q=x", "Accept-Language: ;;q=x"), 200),
    ],
)  # fmt: skip
def test_garbage_on_the_wire_is_answered_and_never_a_fault(site, request_, status):
    seen = len(site.log)
    answer = wire.exchange(site, request_)
    assert answer.status == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not [line for line in site.log[seen:] if "Traceback" in line]


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_no_method_is_a_fault_of_any_route(site, owner, name):
    if name in ("logout", "admin:logout", "live"):
        return
    path = address(site, name, 987654).removeprefix(site.url)
    for method in ("GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "PUT", "DELETE", "POST"):
        assert asked(site, owner, method, path).status_code < 500, method


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if "{" in route])
def test_x25_no_number_is_a_fault_of_any_route(site, owner, name):
    for number in ("0", "-1", "9" * 20, "9" * 4000, "%00", "%ff", "1%0d%0aX:%20y", "%2e%2e", "\u0661"):
        path = address(site, name, requests.utils.quote(number, "%")).removeprefix(site.url)
        assert asked(site, owner, "GET", path).status_code < 500, number


@pytest.mark.parametrize(
    "name", [name for name, route in ROUTES.items() if "logout" not in route and name != "live"]
)
def test_x25_no_query_is_a_fault_of_any_route(site, owner, name):
    path = its_address(site, name).removeprefix(site.url)
    lists = (
        3 if "changelist" in name else 1
    )  # a list of the admin stops at the first name that it does not know
    for value in ODD:
        for part in range(lists):
            query = "&".join(f"{key}={value[:3000]}" for key in NAMES[part::lists])
            assert asked(site, owner, "GET", f"{path}?{query}").status_code < 500, value
    if "changelist" in name:
        for key in ("created__year", "sent__year", "owner", "id__exact", "day__gte"):
            for value in ("%00", "0", "-1", "9" * 20):
                assert asked(site, owner, "GET", f"{path}?{key}={value}").status_code < 500, (key, value)


@pytest.mark.parametrize("path", ["//evil.example", "//evil.example/%2e%2e", "/\\evil.example", "//", "/%2f/evil.example", "/history//", "/.//evil.example"])  # fmt: skip
def test_odd_paths_lead_to_nowhere_else(site, owner, path):
    reply = asked(site, owner, "GET", path)
    assert reply.status_code in (301, 404)
    assert re.match("/(?![/\\\\])", reply.headers.get("Location", "/"))


def test_x28_a_flood_of_logins_holds_up_no_page(site, owner):
    with ThreadPoolExecutor(16) as pool:
        logins = [pool.submit(guess, site, f"guessed-{number}") for number in range(32)]
        took = []
        while not all(login.done() for login in logins):
            began = time.monotonic()
            assert owner.get(f"{site.url}/history/", timeout=30).ok
            took.append(time.monotonic() - began)
    assert median(took) < 0.3


def events(stream):
    """The events of an open stream as they come."""
    lines = stream.iter_lines(chunk_size=1, decode_unicode=True)
    return (json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))


def test_live_is_for_the_logged_in(site):
    answer = requests.get(f"{site.url}/live/", timeout=10)
    assert (answer.status_code, answer.content) == (401, b"")
    assert requests.get(f"{site.url}/live/", headers=site.bearer, timeout=10).status_code == 401


def test_live_tells_everybody_of_their_own_and_of_nothing_else(site, owner, eve):
    live = f"{site.url}/live/"
    with owner.get(live, stream=True, timeout=20) as told, eve.get(live, stream=True, timeout=20) as heard:
        assert told.headers["Content-Type"].startswith("text/event-stream")
        assert (told.headers["Cache-Control"], told.headers["X-Frame-Options"]) == ("no-store", "DENY")
        hers = [event["id"] for event in [site.finished(site.ask(photo(64, 48), question="Owner's?")["id"])]]
        post(site, eve, "/", data={"question": "Eve's?"}, files={"image": ("a.jpg", photo(64, 48))})
        owners, eves = events(told), events(heard)
        first = [next(owners) for _ in range(3)]
        second = [next(eves) for _ in range(3)]
    assert {event["id"] for event in first} == set(hers)
    assert [event["status"] for event in first] == ["queued", "running", "done"]
    assert {event["id"] for event in second}.isdisjoint(hers)
    assert {frozenset(event) for event in first + second} == {frozenset({"id", "status"})}


def test_g16_open_streams_and_idle_connections_hold_no_stop_up(site, owner):
    streams = [owner.get(f"{site.url}/live/", stream=True, timeout=30) for _ in range(20)]
    idle = [wire.connected(site) for _ in range(10)]
    for connection in idle[:5]:
        connection.sendall(b"GET /history/ HTTP/1.1\r\n")
    site.session.get(f"{site.url}/healthz", timeout=5)
    began = time.monotonic()
    assert site.stop(10) == 0
    assert time.monotonic() - began < 2
    for one in (*streams, *idle):
        one.close()
    site.start()
    until(lambda: owner.get(f"{site.url}/history/", timeout=5).ok, "it is there again")
