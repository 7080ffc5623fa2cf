"""The site behind https, with the nginx of deploy/."""

import http.client
import ssl
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
import requests

from tests.images.pictures import photo
from tests.outside.first_account import begin
from tests.servers import free_port, nginx_server
from tests.site import ADMIN, Site

pytestmark = pytest.mark.site
MIB = 2**20


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("nginx")


@contextmanager
def site_behind_nginx(folder, **options):
    """The address that people know, and the site behind it, which believes what this nginx tells it."""
    port = free_port()
    with nginx_server(folder, f"127.0.0.1:{port}") as outer:
        variables = {"PORT": str(port), "ALLOWED_HOSTS": "localhost,127.0.0.1", "CSRF_TRUSTED_ORIGINS": outer}
        with Site(folder / "data", TRUSTED_PROXIES="1", **options | variables) as site:
            yield outer, site


@pytest.fixture(scope="module")
def address(folder):
    with site_behind_nginx(folder) as (outer, _):
        yield outer


@pytest.fixture
def person(folder, address):
    """The admin, logged in over https."""
    session = requests.Session()
    session.trust_env = False  # the machine's own certificates would come before this one
    session.verify = str(folder / "site.pem")
    session.get(f"{address}/login/", timeout=10)
    fields = ADMIN | {"csrfmiddlewaretoken": session.cookies["csrftoken"]}
    answer = session.post(f"{address}/login/", data=fields, headers={"Referer": address}, timeout=10)
    assert answer.url == f"{address}/"
    yield session
    session.close()


def test_a_login_over_https_holds_and_its_cookies_go_over_https_alone(person, address):
    assert person.get(f"{address}/history/", timeout=10).ok
    assert all(cookie.secure for cookie in person.cookies)


def test_a_wrong_password_is_counted_by_the_visitors_address_whatever_he_claims(person, folder, address):
    with requests.Session() as guesser:
        guesser.trust_env = False
        guesser.verify = str(folder / "site.pem")
        guesser.get(f"{address}/login/", timeout=10)
        token = guesser.cookies["csrftoken"]
        fields = {"username": "nobody", "password": "wrong", "csrfmiddlewaretoken": token}
        for number in range(11):
            claim = {"Referer": address, "X-Forwarded-For": f"192.0.2.{number}"}
            answer = guesser.post(f"{address}/login/", data=fields, headers=claim, timeout=10)
    assert answer.status_code == 429


def test_a_page_hears_at_once_of_what_happens(person, address):
    with person.get(f"{address}/live/", stream=True, timeout=15) as stream:
        lines = stream.iter_lines(chunk_size=1, decode_unicode=True)
        assert next(lines).startswith(":")
        fields = {"question": "Heard?", "csrfmiddlewaretoken": person.cookies["csrftoken"]}
        files = {"image": ("a.jpg", photo(64, 48))}
        asked = person.post(f"{address}/", data=fields, files=files, headers={"Referer": address}, timeout=30)
        assert asked.ok
        told = next(line for line in lines if "done" in line)
    assert told.startswith("data: ")


def test_a_file_that_is_too_large_is_refused_by_the_site_in_words(person, address):
    began = time.monotonic()
    large = {"image": ("large.jpg", photo(64, 48) + bytes(60 * MIB))}
    answer = person.post(f"{address}/images/", files=large, headers={"Referer": address}, timeout=30)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "image_too_large")
    assert time.monotonic() - began < 20


def test_fe07_a_strangers_file_is_refused_by_the_site_in_words(folder, address):
    answer = requests.post(
        f"{address}/api/descriptions",
        files={"image": ("large.jpg", photo(64, 48) + bytes(20 * MIB))},
        verify=str(folder / "site.pem"),
        timeout=30,
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "missing_api_key")


@pytest.mark.parametrize(("size", "by"), [(255 * MIB, "application/json"), (300 * MIB, "text/html")])
def test_a_request_that_is_too_large_is_refused_before_it_is_sent(folder, address, size, by):
    where = urlsplit(address)
    trusted = ssl.create_default_context(cafile=str(folder / "site.pem"))
    connection = http.client.HTTPSConnection(where.hostname, where.port, timeout=10, context=trusted)
    form = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(size)}
    connection.request("POST", "/api/descriptions", headers=form)
    answer = connection.getresponse()
    assert (answer.status, answer.headers.get_content_type()) == (413, by)
    connection.close()


def test_what_is_for_the_machines_own_watchers_is_not_shown_outside(person, address):
    assert person.get(f"{address}/metrics", timeout=10).status_code == 404
    assert person.get(f"{address}/readyz", timeout=10).status_code == 404
    assert person.get(f"{address}/healthz", timeout=10).ok


def test_fe18_the_first_account_of_a_site_behind_it_needs_the_code_and_nothing_else(tmp_path):
    with site_behind_nginx(tmp_path, admin=False) as (outer, site):
        trusted = str(tmp_path / "site.pem")
        assert begin(outer, "AAAA-AAAA-AAAA-AAAA", verify=trusted).status_code == 403
        assert begin(outer, site.first_code, verify=trusted).status_code == 302
