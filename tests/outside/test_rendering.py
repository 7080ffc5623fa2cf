"""Answers and requests made to hurt, as they are shown: nobody else waits for them, and memory stays flat."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from statistics import quantiles

import pytest
import requests

from tests.answers.shapes import SHAPES
from tests.endpoint import ScriptedEndpoint, answer
from tests.images.pictures import photo
from tests.site import Site

pytestmark = pytest.mark.site
WILD = [shape(1200) for shape in SHAPES.values()]
WILD_ONES = cycle(WILD)
LONG = "A paragraph of **many** words, and one more.\n\n" * 2200  # 100 kB
EVE = {"username": "eve", "password": "staple-correct-9"}
MADE = f"from describer.models import User; User.objects.create_user({EVE['username']!r}, password={EVE['password']!r})"


def played(call):
    """Each ask gets the next wild answer; one that asks for many, long ones."""
    if call.body.get("n"):
        return answer(LONG, n=call.body["n"])
    return answer(next(WILD_ONES))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with ScriptedEndpoint(models=["m"]) as endpoint:
        endpoint.rule(played)
        variables = {"VISION_BASE_URL": endpoint.url, "VISION_MODEL": "m", "VISION_API_KEY": "sk"}
        with Site(tmp_path_factory.mktemp("rendering"), **variables) as started:
            started.manage("shell", "-c", MADE)
            yield started


@pytest.fixture(scope="module")
def owner(site):
    return site.login()


def seconds(person, address):
    began = time.monotonic()
    assert person.get(address, timeout=60).status_code == 200
    return time.monotonic() - began


def test_fa10_nobody_waits_for_anothers_wild_answers(site, owner):
    eve = site.login(**EVE)
    rows = [site.ask(photo(64, 48))["id"] for _ in WILD]
    for row in rows:
        site.finished(row)
    took = []
    with ThreadPoolExecutor(2) as pool:
        addresses = [f"{site.url}/", *[f"{site.url}/descriptions/{row}/" for row in rows]]
        shown = [pool.submit(seconds, owner, address) for address in addresses]
        while not all(one.done() for one in shown):
            took.append(seconds(eve, f"{site.url}/history/"))
    assert quantiles(took, n=20)[-1] < 0.5, "alone on two processors it is under 0.2"
    assert max(one.result() for one in shown) < 5


def test_fe02_a_page_with_a_hundred_long_answers_is_quick(site, owner):
    body = {"model": "m", "n": 128, "messages": [{"role": "user", "content": "Many?"}]}
    reply = requests.post(f"{site.url}/v1/chat/completions", json=body, headers=site.bearer, timeout=60)
    row = reply.headers["x-description-id"]
    assert len(reply.json()["choices"]) == 128
    for path in (f"/descriptions/{row}/", "/", "/history/"):
        assert seconds(owner, site.url + path) < 5, path


def memory_of(process):
    """The most memory that a process has had, in MiB, since it was last asked to forget."""
    with open(f"/proc/{process}/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def test_fe02_a_call_of_thirty_megabytes_is_shown_in_little_memory(site, owner):
    body = {"model": "m", "messages": [{"role": "user", "content": "word " * 6_000_000}]}
    reply = requests.post(f"{site.url}/v1/chat/completions", json=body, headers=site.bearer, timeout=120)
    row = reply.headers["x-description-id"]
    seconds(owner, f"{site.url}/usage/")
    process = site.process.pid
    with open(f"/proc/{process}/clear_refs", "w") as forget:
        forget.write("5")
    before = memory_of(process)
    for path in (f"/descriptions/{row}/", "/", "/history/", f"/descriptions/{row}/text/messages/"):
        page = owner.get(site.url + path, timeout=60)
        assert page.status_code == 200 and len(page.content) < 400_000, path
    assert memory_of(process) - before < 250
    with owner.get(f"{site.url}/descriptions/{row}/text/messages/?plain", stream=True, timeout=60) as whole:
        assert sum(map(len, whole.iter_content(2**20))) > 30_000_000
    assert memory_of(process) - before < 250
