"""Our own endpoint under many callers: all at once, hanging up, and beside people and scripts."""

import random
import re
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import callers
from tests.endpoint import ScriptedEndpoint, answer, chunks, held, sse
from tests.images.pictures import photo
from tests.outside.database import Database
from tests.outside.process import megabytes, seconds_of_work, sockets, threads
from tests.site import Site, until

pytestmark = pytest.mark.site
AT_ONCE, HANG_UPS = 200, 500
PICTURE = photo(1000, 700)
SMALL = photo(64, 48)
WORDS = chunks("A dog runs along the beach.", usage=(100, 7, 107))


@pytest.fixture(scope="module")
def upstream():
    with ScriptedEndpoint(keep_calls=False) as started:
        yield started


@pytest.fixture(scope="module")
def site(upstream, tmp_path_factory):
    variables = {"VISION_BASE_URL": upstream.url, "VISION_MODEL": "scripted-model"}
    with Site(tmp_path_factory.mktemp("callers"), **variables) as started:
        yield started


def asked(site, sql):
    """What the database says, looked at beside the site."""
    database = sqlite3.connect(site.data / "describer.sqlite3")
    try:
        return database.execute(sql).fetchall()
    finally:
        database.close()


def count(site, sql):
    return asked(site, sql)[0][0]


def by_hand(site, question):
    """A person asks on the page."""
    person = site.login()
    token = re.search(r'name="token" value="([^"]+)"', person.get(f"{site.url}/", timeout=10).text)[1]
    fields = {"question": question, "token": token, "csrfmiddlewaretoken": person.cookies["csrftoken"]}
    files = {"image": ("picture.jpg", SMALL)}
    reply = person.post(f"{site.url}/", data=fields, files=files, headers={"Referer": site.url}, timeout=10)
    assert reply.ok, reply.text


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])
def test_two_hundred_callers_are_served_at_once_by_one_process_in_bounded_memory(site, upstream, streams):
    gate = threading.Event()
    step = sse(*WORDS, usage=(100, 7, 107)) if streams else answer(usage=(100, 7, 107))
    upstream.default = held(gate, step)
    held_at_once = []

    def open_gate():
        until(lambda: upstream.in_flight == AT_ONCE, "all are on their way at once", 60)
        held_at_once.append(megabytes(site))
        gate.set()

    opener = threading.Thread(target=open_gate)
    opener.start()
    answers = callers.call(site, [callers.request(PICTURE, stream=streams)] * AT_ONCE)
    opener.join()
    assert {one.status for one in answers} == {200}
    assert all((b"[DONE]" in one.body) == streams for one in answers)
    assert held_at_once[0] < 450


def test_whoever_hangs_up_is_in_the_ledger_and_leaves_nothing_behind(site, upstream):
    chance = random.Random(5)
    before = sum(upstream.served.values())
    calls, threads_before = upstream.answered, threads(site)
    attempts = count(site, "SELECT count(*) FROM describer_attempt")
    upstream.default = answer(delay=0.5, usage=(100, 7, 107))
    streamed = sse(*WORDS, interval=0.05, usage=(100, 7, 107))
    upstream.rule(lambda call: streamed if b'"stream":true' in call.raw else None)
    bodies = [callers.request(SMALL, f"Number {n}?", stream=n % 2 == 0) for n in range(HANG_UPS)]
    answers = callers.call(site, bodies, patience=lambda n: chance.uniform(0, 4))
    left = "SELECT count(*) FROM describer_description WHERE lease_token <> '' OR status IN ('running', 'waiting')"
    until(lambda: count(site, left) == 0, "nothing is under way any more", 10)
    new = count(site, "SELECT count(*) FROM describer_attempt") - attempts
    assert new == upstream.answered - calls, "each call that was made, and no other, is in the ledger"
    tokens = count(site, f"SELECT sum(total_tokens) FROM describer_attempt WHERE id > {attempts}")
    assert tokens * 2 == sum(upstream.served.values()) - before, (
        "to the token, also of those nobody waited for"
    )
    assert count(site, "SELECT count(*) FROM describer_attempt WHERE state <> 'answered'") == 0
    gone = count(site, "SELECT count(*) FROM describer_transcript WHERE client_gone")
    assert gone > 0 and sum(one.status == 200 for one in answers) > 0
    assert threads(site) <= max(threads_before, 10) + 256
    until(lambda: sockets(site) < 300, "the callers' connections are closed", 10)


def test_people_scripts_and_callers_share_one_ledger_that_is_right_to_the_token(site, upstream):
    before, first = upstream.served, count(site, "SELECT coalesce(max(id), 0) FROM describer_attempt")
    upstream.default = answer(usage=(30, 4, 34))
    asks = [site.ask(SMALL, question=f"By a script {n}?") for n in range(5)]
    by_hand(site, "By hand?")
    bodies = [callers.request(SMALL, f"Called {n}?", stream=n % 3 == 0) for n in range(20)]
    callers.call(site, bodies, patience=lambda n: 0.02 if n % 5 == 0 else None)
    for ask in asks:
        site.finished(ask["id"])
    left = "SELECT count(*) FROM describer_description WHERE finished IS NULL OR lease_token <> ''"
    until(lambda: count(site, left) == 0, "nothing is under way any more", 10)
    assert (
        count(site, "SELECT count(*) FROM describer_description WHERE via = 'page' AND status = 'done'") == 1
    )
    rows = asked(
        site,
        "SELECT sum(prompt_tokens), sum(completion_tokens), sum(total_tokens) FROM describer_attempt"
        f" WHERE id > {first}",
    )[0]
    after = upstream.served
    assert rows == tuple(after[name] - before[name] for name in after)
    days = asked(
        site, "SELECT sum(prompt_tokens), sum(completion_tokens), sum(total_tokens) FROM describer_usageday"
    )
    whole = asked(
        site, "SELECT sum(prompt_tokens), sum(completion_tokens), sum(total_tokens) FROM describer_attempt"
    )
    assert days == whole == [tuple(after.values())]


def share_of_a_processor(site):
    began, used = time.monotonic(), seconds_of_work(site)
    time.sleep(0.5)  # a span to measure in
    return (seconds_of_work(site) - used) / (time.monotonic() - began)


def test_callers_that_wait_for_room_cost_little(site, upstream):
    gate = threading.Event()
    upstream.default = held(gate, answer())
    limited = "UPDATE describer_endpoint SET settings = '{}'"
    waiting = "SELECT count(*) FROM describer_description WHERE status = 'waiting'"
    rows = Database(site)
    with ThreadPoolExecutor() as pool:
        rows.do(limited.format('{"max_in_flight": 1}'))
        called = pool.submit(callers.call, site, [callers.request(None, f"Wait {n}?") for n in range(100)])
        try:
            until(lambda: count(site, waiting) == 99, "all but one wait", 30)
            share = min(share_of_a_processor(site) for _ in range(4))  # others can only make a span dearer
        finally:
            rows.do(limited.format("{}"))
            gate.set()
        assert {reply.status for reply in called.result()} == {200}
    assert share < 0.6
