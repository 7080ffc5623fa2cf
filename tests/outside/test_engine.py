"""The engine as a whole, with processes killed and endpoints that push back. Each test starts a site of its own."""

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.endpoint import answer, held, rate_limited
from tests.images.pictures import photo
from tests.site import Site, until

pytestmark = pytest.mark.site
PICTURE = photo(640, 480)


@pytest.fixture
def site(tmp_path, endpoint):
    variables = {
        "VISION_BASE_URL": endpoint.url,
        "VISION_API_KEY": "sk-test",
        "VISION_MODEL": "scripted-model",
    }
    with Site(tmp_path / "data", **variables) as started:
        yield started


def submit(site, count):
    assert site.bearer
    with ThreadPoolExecutor(8) as pool:
        return [
            made["id"]
            for made in pool.map(lambda n: site.ask(PICTURE, question=f"Number {n}?"), range(count))
        ]


def ended(site, ids):
    return [site.finished(number, 60) for number in ids]


def test_p04_all_asks_survive_a_kill_and_cut_calls_are_marked_as_perhaps_billed(site, endpoint):
    endpoint.default = answer("Slow.", delay=1.5)
    ids = submit(site, 20)
    until(lambda: endpoint.in_flight == 20, "20 calls are in flight")
    site.kill()
    endpoint.default = answer("After all.")
    site.start()
    described = ended(site, ids)
    attempts = [attempt for one in described for attempt in one["attempts"]]
    assert {one["status"] for one in described} == {"done"}
    assert len(endpoint.calls) == len(attempts)
    cut = [attempt for attempt in attempts if attempt["state"] == "unknown"]
    assert len(cut) == 20
    assert {attempt["billed"] for attempt in cut} == {"unknown"}
    page = site.login().get(f"{site.url}/descriptions/{ids[0]}/", timeout=10).text
    assert "may have been billed" in page


def test_n40_twenty_asks_told_to_wait_two_seconds_wait_and_are_done(site, endpoint):
    met = {}

    def first_is_refused(call):
        question = str(call.body["messages"])
        met.setdefault(question, []).append(call.at)
        return rate_limited(2) if len(met[question]) == 1 else None

    endpoint.rule(first_is_refused)
    described = ended(site, submit(site, 20))
    assert {one["status"] for one in described} == {"done"}
    assert sum(len(one["attempts"]) for one in described) == len(endpoint.calls) == 40
    assert all(second - first >= 2 for first, second in met.values())
    assert {one["attempts"][0]["billed"] for one in described} == {"no"}


def test_sixty_four_asks_are_in_flight_at_once(site, endpoint):
    gate = threading.Event()
    endpoint.default = held(gate, answer("All at once."))
    ids = submit(site, 64)
    until(lambda: endpoint.in_flight == 64, "64 are in flight at once")
    opened = time.monotonic()
    gate.set()
    assert {one["status"] for one in ended(site, ids)} == {"done"}
    assert time.monotonic() - opened < 20
    assert len(endpoint.calls) == 64


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGHUP])
def test_p06_ff19_told_to_stop_it_finishes_what_is_in_flight_and_exits_with_zero(site, endpoint, told):
    endpoint.default = answer("Finished.", delay=1)
    ids = submit(site, 8)
    until(lambda: endpoint.in_flight == 8, "8 calls are in flight")
    site.process.send_signal(told)
    assert site.gone(40) == 0
    site.start()
    described = ended(site, ids)
    assert [len(one["attempts"]) for one in described] == [1] * 8
    assert len(endpoint.calls) == 8


def test_p07_told_twice_it_leaves_at_once(site, endpoint):
    endpoint.default = answer("Too late.", delay=20)
    ids = submit(site, 1)
    until(lambda: endpoint.in_flight == 1, "a call is in flight")
    site.process.send_signal(signal.SIGTERM)

    def told_again() -> bool:
        site.process.send_signal(signal.SIGTERM)
        return site.process.poll() is not None

    until(told_again, "it leaves", seconds=10, step=0.5)
    site.gone(5)
    endpoint.default = answer("Again.")
    site.start()
    assert [one["state"] for one in ended(site, ids)[0]["attempts"]] == ["unknown", "answered"]


def test_g16_told_to_stop_as_soon_as_it_speaks_it_ends_with_zero(tmp_path):
    early = Site(tmp_path / "early", begun=False)
    early.start(healthy=False)
    assert early.stop(10) == 0


def test_a_cancelled_ask_keeps_the_usage_of_its_call(site, endpoint):
    released = threading.Event()
    endpoint.default = held(released, answer("Unwanted.", usage=(10, 5, 15)))
    number = submit(site, 1)[0]
    until(lambda: endpoint.in_flight == 1, "the call is in flight")
    person = site.login()
    token = person.cookies["csrftoken"]
    address = f"{site.url}/descriptions/{number}/cancel/"
    person.post(address, data={"csrfmiddlewaretoken": token}, headers={"Referer": site.url}, timeout=10)
    assert site.description(number)["status"] == "cancelled"
    released.set()
    attempt = until(
        lambda: next(
            (one for one in site.description(number)["attempts"] if one["state"] == "answered"), None
        ),
        "the call is accounted for",
    )
    assert attempt["usage"]["total_tokens"] == 15
    assert site.description(number)["choices"] == []


def test_p18_a_second_site_on_the_same_folder_says_so_and_ends(site):
    second = Site(site.data)
    with pytest.raises(RuntimeError, match="Another Describer runs on"):
        second.start()
    second.gone(10)


def test_a_taken_port_is_said_in_one_sentence(site, tmp_path):
    second = Site(tmp_path / "other", PORT=site.url.rpartition(":")[2])
    with pytest.raises(RuntimeError, match=r"Port \d+ on 127.0.0.1 cannot be used"):
        second.start()
    second.gone(10)
