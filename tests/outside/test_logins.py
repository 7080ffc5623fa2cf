"""Logins behind proxies and under a flood: who guesses waits, and the owner gets in."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.servers import bare_nginx, free_port
from tests.site import ADMIN, Site

pytestmark = pytest.mark.site
WAYS = {"adding": "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"}
FLOOD = 200
RIGHT = {"name": ADMIN["username"], "password": ADMIN["password"]}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """It believes one proxy."""
    folder, port = tmp_path_factory.mktemp("logins"), free_port()
    with Site(folder / "data", PORT=str(port), TRUSTED_PROXIES="1") as started:
        yield started


@pytest.fixture(scope="module")
def adding(site, tmp_path_factory):
    """The address of an nginx that adds the visitor's address, 127.0.0.1, to what the visitor claims."""
    behind = site.url.removeprefix("http://")
    with bare_nginx(tmp_path_factory.mktemp("adding"), behind, WAYS) as outer:
        yield outer["adding"]


def log_in(address, name, password, chain):
    """Send a login form as a visitor who claims this chain of addresses; answers its status and the seconds it took."""
    with requests.Session() as visitor:
        visitor.get(f"{address}/login/", timeout=60)
        token = visitor.cookies["csrftoken"]
        fields = {"username": name, "password": password, "csrfmiddlewaretoken": token}
        headers = {"Referer": address, "X-Forwarded-For": chain}
        began = time.monotonic()
        answer = visitor.post(
            f"{address}/login/", data=fields, headers=headers, timeout=120, allow_redirects=False
        )
        return answer.status_code, time.monotonic() - began


def test_fe09_behind_a_proxy_that_adds_to_a_forged_chain_guesses_are_counted_and_the_owner_gets_in(
    site, adding
):
    name, right = ADMIN["username"], ADMIN["password"]
    guesses = [log_in(adding, name, "wrong", f"198.51.100.{number}")[0] for number in range(12)]
    assert guesses == [200] * 9 + [429] * 3
    assert log_in(site.url, name, right, "127.0.0.1")[0] == 429  # the very address that nginx saw
    assert log_in(site.url, name, right, "192.0.2.1")[0] == 302


def test_fe09_right_logins_are_quick_while_very_many_wrong_ones_come_at_once(site):
    elsewhere, shared = "192.0.2.2", "203.0.113.7"
    assert log_in(site.url, **RIGHT, chain=shared)[0] == 302

    def guess(number):
        name = (f"somebody {number}", RIGHT["name"])[number % 2]
        return log_in(site.url, name, "wrong", "203.0.113.8" if number % 2 else shared)[0]

    with ThreadPoolExecutor(FLOOD) as strangers:
        flood = [strangers.submit(guess, number) for number in range(FLOOD)]
        answers = [log_in(site.url, **RIGHT, chain=chain) for chain in (elsewhere, shared) * 2]
        statuses = [one.result() for one in flood]
    assert [status for status, _ in answers] == [302] * 4
    assert max(seconds for _, seconds in answers) < 10
    assert set(statuses) == {200, 429}
    assert requests.get(f"{site.url}/healthz", timeout=5).ok
