"""Forms in chunks, whose length nobody told: of a pipe, a stream, a proxy that passes chunks on (FD02)."""

import gzip

import pytest
import requests

from tests import wire
from tests.images.pictures import photo
from tests.outside.process import megabytes
from tests.site import ADMIN, Site, until

pytestmark = pytest.mark.site
MIB = 2**20
CHUNKED = "Transfer-Encoding: chunked"
URLENCODED = "application/x-www-form-urlencoded"
FORM = [wire.field("question", "What?"), wire.file_head("a.jpg"), photo(64, 48), b"\r\n", wire.END]
SMALL = [bytes([byte]) for byte in b"".join(FORM)]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with Site(tmp_path_factory.mktemp("chunked") / "data") as started:
        yield started


def in_chunks(pieces):
    return b"".join(map(wire.chunk, pieces)) + wire.chunk(b"")


def key(site):
    return f"Authorization: {site.bearer['Authorization']}"


def posted(person, site, path, pieces, kind=f"multipart/form-data; boundary={wire.BOUNDARY}"):
    """A form of a page, sent by this person piece by piece."""
    headers = {"X-CSRFToken": person.cookies["csrftoken"], "Referer": site.url, "Content-Type": kind}
    return person.post(site.url + path, data=iter(pieces), headers=headers, allow_redirects=False, timeout=30)


@pytest.mark.parametrize("pieces", [FORM, SMALL], ids=["pieces", "bytes"])
@pytest.mark.parametrize("path", ["/api/descriptions", "/api/descriptions/each"])
def test_fd02_a_script_asks_by_a_form_in_chunks(site, path, pieces):
    answer = wire.exchange(site, wire.form(f"POST {path}", CHUNKED, key(site)) + in_chunks(pieces))
    assert answer.status == 202, answer.text
    told = requests.get(f"{site.url}/api/descriptions?limit=1", headers=site.bearer, timeout=30).json()
    made = site.finished(told["items"][0]["id"])
    assert (made["question"], made["images"][0]["name"], made["status"]) == ("What?", "a.jpg", "done")


def test_fd02_pages_take_forms_in_chunks(site, owner):
    shown = posted(owner, site, "/images/", FORM[1:])
    assert shown.status_code < 300 and '"a.jpg"' in shown.text, shown.text
    anew = [wire.field("question", "What else?"), *FORM[1:]]  # what was asked before would be offered
    asked = posted(owner, site, "/", anew)
    assert asked.status_code == 302, asked.text
    made = posted(owner, site, "/account/keys/", [b"name=in", b"+chunks"], URLENCODED)
    assert made.status_code == 201 and "in chunks" in made.text


def test_fd02_a_login_in_chunks_logs_in(site):
    person = requests.Session()
    person.get(f"{site.url}/login/", timeout=10)
    fields = [f"{name}={value}&".encode() for name, value in ADMIN.items()]
    assert posted(person, site, "/login/", fields, URLENCODED).status_code == 302
    assert person.get(f"{site.url}/history/", timeout=10).url.endswith("/history/")


def test_fd02_words_in_chunks_are_as_long_as_others_may_be(site):
    long = b"question=" + bytes(6 * MIB).replace(b"\0", b"x")
    line = wire.head("POST /api/descriptions", CHUNKED, f"Content-Type: {URLENCODED}", key(site))
    answer = wire.exchange(site, line + in_chunks([long]))
    assert answer.error["code"] == "request_too_large"
    before = megabytes(site, "VmHWM")
    answer = wire.exchange(site, line + in_chunks([long] * 35))
    assert answer.error["code"] == "request_too_large"
    assert megabytes(site, "VmHWM") - before < 100


def test_fd02_a_form_in_chunks_that_breaks_off_asks_nothing(site):
    newest = f"{site.url}/api/descriptions?limit=1"
    before = requests.get(newest, headers=site.bearer, timeout=30).json()
    with wire.connected(site) as connection:
        connection.sendall(wire.form("POST /api/descriptions", CHUNKED, key(site)))
        connection.sendall(
            b"".join(map(wire.chunk, FORM))
        )  # all but the last chunk, which says that it is all
    half = wire.form("POST /api/descriptions", CHUNKED, key(site)) + in_chunks(FORM[:3])
    assert wire.exchange(site, half).status == 400
    until(lambda: requests.get(f"{site.url}/healthz", timeout=10).ok, "the site goes on")
    assert requests.get(newest, headers=site.bearer, timeout=30).json() == before


@pytest.mark.parametrize("kind", ["Multipart/Form-Data; Boundary=b", 'multipart/form-data;boundary="b"'])
def test_fd02_a_forms_kind_is_known_however_it_is_written(site, kind):
    line = wire.head("POST /api/descriptions", CHUNKED, f"Content-Type: {kind}", key(site))
    assert wire.exchange(site, line + in_chunks(FORM)).status == 202


@pytest.mark.parametrize("coding", ["Content-Encoding: gzip", "Transfer-Encoding: gzip, chunked"])
@pytest.mark.parametrize("path", ["/api/descriptions", "/v1/chat/completions"])
def test_fd02_what_is_packed_is_refused_in_words(site, path, coding):
    headers = {coding, key(site)}
    if "chunked" not in coding:
        headers.add(CHUNKED)
    packed = in_chunks([gzip.compress(b"".join(FORM))])
    answer = wire.exchange(site, wire.form(f"POST {path}", *headers) + packed)
    assert (answer.status, answer.error["code"]) == (415, "unsupported_media_type")
    assert "not packed" in answer.error["message"]


def test_fd02_two_ways_to_tell_a_length_are_refused(site):
    both = wire.form("POST /api/descriptions", CHUNKED, "Content-Length: 7", key(site))
    assert wire.exchange(site, both + in_chunks(FORM)).status == 400
