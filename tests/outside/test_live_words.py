"""Words of answers on open pages while they come, and when the worker that reads them is killed, on Redis and PostgreSQL."""

import statistics
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.endpoint import ScriptedEndpoint, chunks, sse
from tests.outside.database import Database
from tests.site import Worker, until
from tests.steps import around, chunk, stamps
from tests.watching import OpenPage, ask_on_page, first_words

pytestmark = pytest.mark.site

PAGES = 50
SOON = 0.15  # seconds from the endpoint's first byte to a page; a quiet machine takes a fiftieth of it
USAGE = (9, 12, 21)


@pytest.fixture(scope="module")
def scripted():
    with ScriptedEndpoint() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def site(tmp_path_factory, scripted, cluster):
    folder = tmp_path_factory.mktemp("live-words")
    with cluster.site(folder, scripted, VISION_STREAM_PAGES="true", LIVE_STREAMS_PER_PERSON="60") as started:
        yield started


@pytest.fixture
def worker(site):
    with Worker(site) as started:
        yield started


@pytest.fixture(scope="module")
def person(site):
    with site.login() as session:
        yield session


@contextmanager
def pages(site, person, count):
    opened = [OpenPage(site, person) for _ in range(count)]
    try:
        yield opened
    finally:
        for page in opened:
            page.close()


def when(gate, data):
    def said():
        gate.wait(60)
        return data

    return said


def test_the_first_word_is_on_the_page_soon_after_the_endpoint_said_it(site, scripted, person, worker):
    spans = []
    with pages(site, person, 1) as (page,):
        for number in range(6):
            scripted.then(sse(*stamps(5), interval=0.12, usage=USAGE))
            spans.append(first_words(site, person, page, f"Soon {number}?"))
    median = statistics.median(spans[1:])  # the first one opens connections
    print(f"first word on the page after {median * 1000:.1f} ms, the slowest {max(spans) * 1000:.1f} ms")
    assert median < SOON


def test_fifty_pages_at_once_each_get_the_words(site, scripted, person, worker):
    gate = threading.Event()
    words = [chunk({"content": f"{n} "}) for n in range(20)]
    scripted.then(sse(*around([*words, when(gate, chunk({"content": "end."}))], USAGE), interval=0.02))
    with pages(site, person, PAGES) as opened, ThreadPoolExecutor(PAGES) as threads:
        number = ask_on_page(site, person, "Many?")
        texts = [threads.submit(page.text, number) for page in opened]
        until(lambda: kept(site, number).endswith("19"), "all but the end came")
        gate.set()
        heard = [text.result(60)[0] for text in texts]
    whole = " ".join(map(str, range(20)))
    assert len(heard) == PAGES and all(text.startswith(whole) for text in heard)
    assert site.finished(number)["choices"][0]["content"] == f"{whole} end."


def kept(site, number):
    rows = Database(site).rows(f"SELECT text FROM describer_streamedwords WHERE description_id = {number}")
    return rows[0][0] if rows else ""


def shown(site, person, number):
    return person.get(f"{site.url}/descriptions/{number}/words/", timeout=30).text


def test_a_worker_that_is_killed_in_the_middle_leaves_words_and_an_unknown_call(site, scripted, person):
    gate, again = threading.Event(), threading.Event()
    scripted.then(
        sse(*around([chunk({"content": "Two "}), when(gate, chunk({"content": "boats."}))], USAGE)),
        sse(when(again, chunk({"role": "assistant"})), *chunks("Three boats.")),
    )
    with Worker(site) as first:
        number = ask_on_page(site, person, "Killed?")
        until(lambda: kept(site, number) == "Two", "what came is kept")
        first.kill()
    try:
        assert ">Two</div>" in shown(site, person, number), "no process is needed to show it"
        with Worker(site):
            until(lambda: Database(site).attempts()[number][0] == "unknown", "the call is given up", 60)
            until(
                lambda: len(scripted.calls) and len(Database(site).attempts()[number]) == 2,
                "it is asked again",
                60,
            )
            page = shown(site, person, number)
            assert "What came before it broke off:" in page and ">Two</div>" in page
            assert "One call broke off and may have been billed all the same." in page
            again.set()
            ended = site.finished(number, 60)
            assert ended["choices"][0]["content"] == "Three boats."
            assert [attempt["state"] for attempt in ended["attempts"]] == ["unknown", "answered"]
    finally:
        gate.set()
        again.set()
    assert kept(site, number) == ""
    page = shown(site, person, number)
    assert "before it broke off" not in page and "Three boats." in page
