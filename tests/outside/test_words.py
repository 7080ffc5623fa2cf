"""Words that would be more than words: scripts, NUL, odd charsets, floods, forged log lines (X)."""

import re
import time
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import pytest
import requests

from tests import wire
from tests.images.pictures import photo
from tests.outside.markup import faults
from tests.outside.people import EVIL, SCRIPT, SECRET, changed, guess, post
from tests.outside.routes import ROUTES, its_address

pytestmark = pytest.mark.site
POLICY = (
    "default-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)


@pytest.fixture(scope="module")
def site(people_site):
    return people_site


@pytest.mark.parametrize(
    "markup",
    [
        SCRIPT, '<img src="https://evil.example">', '<a href="javascript:x">', '<p onclick="x">', '<p style="x">', "<iframe>",
        '<script src="//evil.example/x.js">', '<link href="https://evil.example/x.css">', '<a href="data:text/html,x">',
    ],
)  # fmt: skip
def test_the_reader_of_markup_sees_what_a_browser_would_do(markup):
    assert faults(f"<p>{markup}</p>")


@pytest.mark.parametrize(
    ("path", "options", "status"),
    [
        ("/", {}, 200), ("/login/", {}, 302), ("/no-such-page/", {}, 404), ("/api/nothing", {}, 404), ("/healthz", {}, 200),
        ("/readyz", {}, 200), ("/metrics", {}, 403), ("/static/css/site.css", {}, 200), ("/static/none.css", {}, 404), ("/live/", {}, 200),
        ("/admin/", {}, 200), ("/api/docs", {}, 200), ("/images/1/", {}, 200), ("/images/1/thumbnail/", {}, 200),
        ("/history", {}, 301), ("/", {"headers": {"Host": "evil.example"}}, 400), ("/", {"method": "POST"}, 403),
        ("/images/", {"method": "POST"}, 403), ("/", {"method": "PUT"}, 403), ("/images/", {}, 200),
        ("/login/", {"method": "POST", "headers": {"Content-Length": str(2**40)}}, 413),
        ("/", {"headers": {"X": "x" * 300_000}}, 431), ("/%ff", {}, 404),
    ],
)  # fmt: skip
def test_x10_x15_headers_are_on_every_reply(site, owner, path, options, status):
    ready = requests.Request(options.get("method", "GET"), site.url, cookies=owner.cookies).prepare()
    ready.headers.update(options.get("headers", {}))
    ready.url = site.url + path
    with owner.send(ready, timeout=10, stream=True, allow_redirects=False) as reply:
        headers = reply.headers
    assert reply.status_code == status
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "same-origin"
    policy = headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY" and "unsafe" not in policy and "http" not in policy
    assert all(rule in policy for rule in POLICY) or "default-src 'none'; sandbox" in policy


TINY = {"model": "m", "messages": [{"role": "user", "content": "Hello?"}]}


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/v1/models", {}, 200), ("GET", "/v1/models", {"headers": {"Authorization": ""}}, 401),
        ("GET", "/v1/nowhere", {}, 404), ("OPTIONS", "/v1/models", {}, 204), ("DELETE", "/v1/models", {}, 405),
        ("POST", "/v1/chat/completions", {"json": {}}, 400), ("POST", "/v1/chat/completions", {"json": TINY}, 200),
        ("POST", "/v1/chat/completions", {"json": TINY | {"stream": True}}, 200),
        ("POST", "/v1/chat/completions", {"headers": {"Content-Length": str(2**40)}}, 413),
        ("GET", "/v1", {}, 404), ("GET", "/chat/completions", {}, 404), ("GET", "/api/openapi.json", {}, 200),
        ("GET", "/api/descriptions.csv", {}, 200), ("GET", "/healthz", {}, 200), ("GET", "/readyz", {}, 200),
        ("GET", "/static/css/site.css", {}, 200), ("GET", "/favicon.ico", {}, 302), ("GET", "/live/", {}, 401),
    ],
)  # fmt: skip
def test_fe20_headers_are_on_every_reply_to_a_program_too(site, method, path, options, status):
    ready = requests.Request(method, site.url + path, json=options.get("json"), headers=site.bearer).prepare()
    ready.headers.update(options.get("headers", {}))
    with (
        requests.Session() as program,
        program.send(ready, timeout=20, stream=True, allow_redirects=False) as reply,
    ):
        headers = reply.headers
    assert reply.status_code == status
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert all(rule in headers["Content-Security-Policy"] for rule in POLICY)


def test_x20_x21_what_strangers_wrote_is_text_on_every_page(site, owner):
    failed = site.finished(site.ask(photo(64, 48), question=f"Failing? {EVIL}")["id"])
    assert failed["status"] == "failed"
    named = {"image": (f"{SCRIPT}.jpg", photo(70, 48))}
    assert post(site, owner, "/", data={"question": EVIL}, files=named).status_code == 302
    assert post(site, owner, "/account/keys/", data={"name": SCRIPT}).status_code == 201
    whole = [
        name
        for name, route in ROUTES.items()
        if not re.search("{(rest|url)}|logout|docs|json|/r/|thumbnail", route)
    ]
    pages = {name: owner.get(its_address(site, name), timeout=10, stream=name == "live") for name in whole}
    pages |= {path: owner.get(site.url + path, timeout=10) for path in (
        f"/descriptions/{failed['id']}/", f"/admin/describer/description/{failed['id']}/change/", f"/?from={failed['id']}",
        f"/history/?q={SCRIPT}&model={SCRIPT}&of={SCRIPT}", f"/usage/?by={SCRIPT}&on={SCRIPT}", f"/{SCRIPT}/",
        "/admin/describer/description/?q=" + SCRIPT, f"/login/?next=/{SCRIPT}")}  # fmt: skip
    shown = {
        name: page.text for name, page in pages.items() if "html" in page.headers.get("Content-Type", "")
    }
    assert len(shown) > 30
    assert {name: found for name, page in shown.items() if (found := faults(page))} == {}
    assert sum("alert(1)" in unescape(page) for page in shown.values()) > 8
    assert "evil.example" in shown["description"]


def test_x25_nul_in_every_field_of_every_form_is_no_fault(site, owner):
    fields = ("question", "system_prompt", "model", "token", "picture", "picture_name", "drop", "preset", "sample", "together",
              "temperature", "stop", "seed", "logit_bias", "tools", "metadata", "user", "name", "theme", "next", "username",
              "password", "old_password", "new_password1", "new_password2", "of", "from", "limits", "expires", "last_day", "scopes",
              "model_names", "asks_per_minute")  # fmt: skip
    for value in ("\0", "a\0b", '["\\u0000"]', '{"\\ud800": "\\u0000"}'):
        for name in fields:
            files = {"image": ("a\0.jpg", photo(40, 40))}
            given = {"question": "Odd?", "temperature": "3"} | {name: value}
            assert post(site, owner, "/", data=given, files=files).status_code < 500, name
        every = dict.fromkeys(fields, value)
        for path in ("/login/", "/account/keys/", "/account/password/", "/theme/", "/first-visit/"):
            assert post(site, owner, path, data=every).status_code < 500, path
    asked = site.ask(photo(64, 48), question="Wh\0at\n\tis it?", system_prompt="\0")
    assert (asked["question"], asked["system_prompt"]) == ("What\n\tis it?", "")


@pytest.mark.parametrize("charset", ["hex", "idna", "undefined", "utf-16", "no-such"])
def test_x25_a_form_in_an_odd_charset_is_no_fault(site, charset):
    parts = b'--b\r\nContent-Disposition: form-data; name="question"\r\n\r\n\xff?\r\n--b--\r\n'
    kind = {"Content-Type": f"multipart/form-data; boundary=b; charset={charset}"}
    answer = requests.post(f"{site.url}/api/descriptions", headers=site.bearer | kind, data=parts, timeout=10)
    assert answer.json()["error"]["code"] == "no_image"


@pytest.mark.parametrize(
    "fields",
    [
        {"question": "x" * 10_000_000}, {"question": "x" * 200_000}, {"seed": "9" * 100_000}, {"logit_bias": "[" * 50_000},
        {"tools": '{"a":' * 50_000}, {"stop": ["x"] * 1000}, {f"p{number}": "x" for number in range(6000)},
    ],
    ids=lambda fields: next(iter(fields)),
)  # fmt: skip
def test_x26_floods_of_words_and_numbers_are_refused_in_bounded_time(site, fields):
    began = time.monotonic()
    answer = requests.post(
        f"{site.url}/api/descriptions",
        headers=site.bearer,
        files={"image": ("a.jpg", photo(32, 32))},
        data={"question": "?"} | fields,
        timeout=10,
    )
    assert answer.status_code == 400 and answer.json()["error"]["message"]
    assert time.monotonic() - began < 2


def test_x29_the_endpoints_key_is_in_no_page_log_line_file_or_title(site, owner):
    failed = site.finished(site.ask(photo(64, 48), question="Failing?")["id"])
    shown = owner.get(f"{site.url}/descriptions/{failed['id']}/", timeout=10).text
    title = Path(f"/proc/{site.process.pid}/cmdline").read_text()
    files = [path.read_bytes() for path in site.data.glob("describer.sqlite3*")]
    assert SECRET not in str(failed) + shown + title + "".join(site.log)
    assert not [content for content in files if SECRET.encode() in content]


def test_x30_a_line_break_in_words_is_no_line_of_the_log(site, eve):
    forged = "\n2026-01-01 ERROR forged: \x1b[31mline\r\u2028Two"
    name = f"filename*=UTF-8''{requests.utils.quote(forged)}.jpg"
    part = f'--b\r\nContent-Disposition: form-data; name="image"; {name}\r\n\r\n'
    body = part.encode() + photo(64, 48) + b"\r\n" + wire.field("question", forged) + wire.END
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    made = requests.post(
        f"{site.url}/api/descriptions", headers=site.bearer | kind, data=body, timeout=10
    ).json()
    assert site.finished(made["id"])["images"][0]["name"] == "2026-01-01 ERROR forged: [31mlineTwo.jpg"
    guess(site, forged)
    eve.get(f"{site.url}/{requests.utils.quote(forged)}/", timeout=10)
    assert not [line for line in site.log if line.startswith(("2026-01-01", "Two")) or "\x1b" in line]


@contextmanager
def broken(site, number):
    """While a description's row holds a day that no calendar has."""
    changed(site, f"describer_description SET created = '2026-13-45 00:00' WHERE id = {number}")
    yield
    changed(site, f"describer_description SET created = started WHERE id = {number}")


def test_x31_a_fault_of_ours_is_shown_in_our_frame_with_a_number_and_no_values(site, owner):
    number = site.finished(site.ask(photo(64, 48), question="Broken?")["id"])["id"]
    with broken(site, number):
        page = owner.get(f"{site.url}/descriptions/{number}/", timeout=10)
        told = requests.get(f"{site.url}/api/descriptions/{number}", headers=site.bearer, timeout=10)
    assert (page.status_code, told.status_code, told.json()["error"]["code"]) == (500, 500, "internal_error")
    assert not re.search("Traceback|ValueError|13-45|must be in|created", page.text + told.text)
    shown = re.search(r"\b[0-9a-f]{8}\b", page.text)
    assert [line for line in site.log if shown[0] in line]
    assert faults(page.text) == []
