"""A site that logs all it can, and what nobody shall find in that."""

import time
import uuid

import pytest
import requests

from tests.chat.conftest import KEY
from tests.endpoint import ScriptedEndpoint, answer, error
from tests.images.pictures import photo
from tests.site import ADMIN, Site, until

pytestmark = pytest.mark.site

QUESTION = "A question that is nobody else's"
NOTHING_LISTENS = "http://127.0.0.1:9/v1"


@pytest.fixture
def told(tmp_path):
    """The log of a site at DEBUG that was used in all ways, and what was typed into it or came of it."""
    with ScriptedEndpoint(default=answer("An answer that is nobody else's.")) as endpoint:
        secrets = {
            "VISION_API_KEY": KEY,
            "SECRET_KEY": "s" * 20 + uuid.uuid4().hex,
            "METRICS_TOKEN": uuid.uuid4().hex,
        }
        with Site(tmp_path, VISION_BASE_URL=endpoint.url, LOG_LEVEL="DEBUG", **secrets) as site:
            words = [*secrets.values(), ADMIN["password"], *used(site, endpoint)]
            site.stop()
            yield "".join(site.log), words


def used(site: Site, endpoint: ScriptedEndpoint) -> list[str]:
    """Use the site in all ways; return all that was typed or made."""
    typed = ["a-wrong-password-of-tests", "a name of a key", QUESTION, "dsc_a-wrong-key", "secret-path"]
    with site.login() as person:
        token = person.cookies["csrftoken"]
        headers = {"X-CSRFToken": token, "Referer": site.url}
        person.post(
            f"{site.url}/login/", {"username": "admin", "password": typed[0]}, headers=headers, timeout=10
        )
        files = {"image": ("a.jpg", photo(32, 32))}
        picture = person.post(f"{site.url}/images/", files=files, headers=headers, timeout=10).json()["id"]
        asked = {"question": QUESTION, "picture": picture, "token": uuid.uuid4().hex}
        person.post(f"{site.url}/", asked, headers=headers, timeout=10)
        cookies = [token, person.cookies["sessionid"]]
    made = site.finished(site.ask(photo(64, 48), question=QUESTION)["id"])
    endpoint.then(error(500, "Words of an error"), error(401, f"Bearer {KEY} is no key", "invalid_api_key"))
    body = {"model": "scripted-model", "messages": [{"role": "user", "content": QUESTION}]}
    for key in (site.bearer["Authorization"], f"Bearer {typed[3]}"):
        address = f"{site.url}/v1/chat/completions"
        requests.post(address, json=body, headers={"Authorization": key}, timeout=30)
    hook = {"url": f"https://example.org/{typed[4]}"}
    secret = requests.post(f"{site.url}/api/webhooks", json=hook, headers=site.bearer, timeout=10).json()[
        "secret"
    ]
    words = made["choices"][0]["content"]
    return [*typed, *cookies, site.key, site.new_key(typed[1]), secret, words]


def test_fe27_no_secret_and_no_word_of_a_person_is_in_the_log_at_any_level(told):
    log, words = told
    assert "attempt 1:" in log
    assert len(words) == 15 and [word for word in words if word and word in log] == []
    assert "INSERT" not in log and "SELECT" not in log


def test_fe26_an_endpoint_that_is_away_costs_one_line_a_minute(tmp_path):
    variables = {"VISION_BASE_URL": NOTHING_LISTENS, "VISION_MODEL": "m"}
    with Site(tmp_path, **variables) as site:
        began = time.monotonic()
        for _ in range(20):
            site.ask(photo(32, 32), question="Away?")
        rows = until(lambda: tried(site, 20), "many calls were tried")
        lines = [line for line in site.log if "attempt" in line]
        assert len(rows) and 1 <= len(lines) <= 1 + (time.monotonic() - began) // 60
        assert "connection_failed" in lines[0]


def tried(site: Site, count: int) -> list[object]:
    """The attempts so far, once they are so many."""
    listed = requests.get(f"{site.url}/api/descriptions", headers=site.bearer, timeout=10).json()["items"]
    rows = [
        requests.get(f"{site.url}/api/descriptions/{row['id']}", headers=site.bearer, timeout=10).json()
        for row in listed
    ]
    attempts = [attempt for row in rows for attempt in row["attempts"]]
    return attempts if len(attempts) >= count else []
