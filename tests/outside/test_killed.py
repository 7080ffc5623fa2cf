"""kill -9 between every two steps of the pipeline (P01 to P05), embedded and distributed; and SIGTERM (P06).

An ask is held at each step from outside, all at once; then the process that runs them is killed, and started again.
"""

import http.client
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
import requests

from tests.endpoint import ScriptedEndpoint, answer, held, raw
from tests.images.pictures import photo
from tests.outside.cluster import QUICK, asking
from tests.outside.database import Database
from tests.site import Site, Worker, until
from tests.steps import completion, encoded, response

pytestmark = pytest.mark.site

# The step at which the kill came -> what the ask's attempts came to, and how many calls the endpoint counted.
STEPS = {
    "before the claim": (["answered"], 1),
    "after the claim, before sent": (["answered"], 1),
    "while sent is written": (["answered"], 1),
    "after sent, before a byte left": (["unknown", "answered"], 1),
    "after the bytes left, before the reply": (["unknown", "answered"], 2),
    "after the reply, before it is recorded": (["answered"], 1),  # it lies on disk
    "after it is recorded": (["answered"], 1),
}
HELD_AT_ONCE = len(STEPS) - 2  # all but the first and the last hold a slot


class Embedded:
    """One process is web and worker."""

    def __init__(self, site, endpoint):
        self.site, self.endpoint, self.rows = site, endpoint, Database(site)

    def kill(self):
        self.site.kill()

    def stop(self):
        return self.site.stop(15)

    def start(self):
        self.site.start()


class Distributed:
    """The worker is killed; the web goes on."""

    def __init__(self, site, endpoint, worker):
        self.site, self.endpoint, self.rows, self.worker = site, endpoint, Database(site), worker

    def kill(self):
        self.worker.kill()

    def stop(self):
        return self.worker.stop(15)

    def start(self):
        self.worker.start()


@pytest.fixture(scope="module", params=["embedded", "distributed"])
def mode(request, tmp_path_factory):
    folder, slots = tmp_path_factory.mktemp(request.param), {"WORKER_CONCURRENCY": str(HELD_AT_ONCE)}
    with ExitStack() as stack:
        # Every connection is closed after its answer, so that each call needs one of its own.
        scripted = stack.enter_context(ScriptedEndpoint(default=once(completion())))
        scripted.models_step = once({"data": [{"id": "scripted-model"}]})
        if request.param == "embedded":
            site = stack.enter_context(Site(folder, **(QUICK | asking(scripted) | slots)))
            yield Embedded(site, scripted)
        else:
            cluster = request.getfixturevalue("cluster")
            site = stack.enter_context(cluster.site(folder, scripted, **slots))
            yield Distributed(site, scripted, stack.enter_context(Worker(site)))


def once(body):
    """This answer, and no other on its connection."""
    return raw(response(200, {"Content-Type": "application/json", "Connection": "close"}, encoded(body)))


@contextmanager
def as_fifo(path: Path):
    """The file is a FIFO meanwhile: whoever opens it hangs until it is fed. Yields a function that feeds it."""
    content = path.read_bytes()
    path.unlink()
    os.mkfifo(path)
    yield lambda: path.write_bytes(content)
    path.unlink()
    path.write_bytes(content)


@pytest.fixture(scope="module")
def killed(mode):
    """The descriptions after the kill and the next start, by the step at which each was held."""
    site, scripted, rows = mode.site, mode.endpoint, mode.rows
    pictures = [photo(64 + number, 48) for number in range(3)]
    gates = {step: threading.Event() for step in list(STEPS)[4:6]}

    def holds(call):
        return next((held(gate, answer()) for step, gate in gates.items() if asked(call, step)), None)

    def ask(step, picture=pictures[2]):
        made[step] = site.ask(picture, question=f"Held {step}?")["id"]
        return made[step]

    made = {}
    scripted.rule(holds)
    before, claimed, sending, unsent, flying, replied, recorded = STEPS
    ask("first", pictures[0]), ask("second", pictures[1]), ask(recorded)
    for number in made.values():
        site.finished(number)
    copies = [site.data / "media" / name for (name,) in rows.rows(COPIES)][:2]
    for step in (flying, replied):
        ask(step)
    until(lambda: scripted.in_flight == 2, "two calls are at the endpoint")
    with as_fifo(copies[0]), as_fifo(copies[1]) as feed, scripted.deaf():
        ask(claimed, pictures[0]), ask(sending, pictures[1]), ask(unsent)
        until(
            lambda: {rows.status(made[step]) for step in (claimed, sending)} == {"running"},
            "both are claimed",
        )
        until(lambda: rows.attempts().get(made[unsent]) == ["sent"], "it is written as sent")
        ask(before)
        with rows.locked():
            feed()
            gates[replied].set()
            until(lambda: scripted.in_flight == 1, "the reply is written")
            until(lambda: list((site.data / "held").glob("*/*.json")), "it is held, on disk too")
            if rows.url:
                until(
                    lambda: rows.waiters(),
                    "who writes first waits for the database, and the others behind it",
                )
            mode.kill()
    for gate in gates.values():
        gate.set()
    mode.start()
    return {step: site.finished(made[step]) for step in STEPS}


COPIES = """
    SELECT copy.file FROM describer_sentcopy AS copy
    JOIN describer_descriptionimage AS shown ON shown.sent_copy_id = copy.id ORDER BY shown.description_id
"""


def asked(call, step):
    return f"Held {step}?" in str(call.body["messages"])


@pytest.mark.parametrize("step", STEPS)
def test_p02_to_p05_what_was_killed_is_done_and_unknown_only_where_it_may_have_been_paid(killed, mode, step):
    described, (states, calls) = killed[step], STEPS[step]
    assert described["status"] == "done"
    assert [attempt["state"] for attempt in described["attempts"]] == states
    assert len([call for call in mode.endpoint.calls if asked(call, step)]) == calls


def test_the_ledger_of_what_was_killed_agrees_with_its_days_and_with_what_was_answered(mode, killed):
    states = [state for states in mode.rows.attempts().values() for state in states]
    assert "sent" not in states
    assert mode.rows.tokens() == (states.count("answered") * 21, states.count("answered") * 21)


def prepared(site, picture, **headers):
    """An ask as its client sends it, and the bytes of its body."""
    request = requests.Request(
        "POST",
        f"{site.url}/api/descriptions",
        headers=site.bearer | headers,
        files={"image": ("picture.jpg", picture)},
        data={"question": "Killed?"},
    ).prepare()
    return request.headers, request.body


@contextmanager
def sending(site, headers, body):
    """A client that sends this much of a request, and never reads the answer."""
    with closing(http.client.HTTPConnection("127.0.0.1", int(site.url.rpartition(":")[2]))) as client:
        client.request("POST", "/api/descriptions", body=iter([body]), headers=headers)
        yield


IMAGES, ASKS = "SELECT count(*) FROM describer_image", "SELECT count(*) FROM describer_description"
TOKEN = {"Idempotency-Key": "killed-web"}


@pytest.fixture(scope="module")
def web_killed(mode):
    """Web killed while one upload was half there, and between another ask's commit and its answer."""
    site, count = mode.site, lambda what: mode.rows.rows(what)[0][0]
    headers, body = prepared(site, photo(640, 480))
    whole = prepared(site, photo(64, 48), **TOKEN)
    before = count(IMAGES), files(site), count(ASKS)
    with sending(site, headers, body[: len(body) // 2]), sending(site, *whole):
        until(lambda: count(ASKS) > before[2], "the ask is committed")
        site.kill()
    site.start()
    return before, (count(IMAGES), files(site), count(ASKS))


def test_p01_web_killed_during_an_upload_leaves_neither_row_nor_file(web_killed):
    before, after = web_killed
    assert after[:2] == before[:2]


def files(site):
    return sorted(path for path in (site.data / "media").rglob("*") if path.is_file())


def test_p02_web_killed_between_commit_and_answer_has_the_ask_and_the_resend_finds_it(mode, web_killed):
    before, after = web_killed
    again = mode.site.ask(photo(64, 48), "Killed?", headers=TOKEN)
    assert mode.site.finished(again["id"])["status"] == "done"
    assert mode.rows.rows(ASKS)[0][0] == after[2] == before[2] + 1


def test_p06_told_to_stop_under_load_it_leaves_in_time_and_no_call_is_open(mode):
    site, scripted, rows = mode.site, mode.endpoint, mode.rows
    gate = threading.Event()
    scripted.default = held(gate, answer("Busy.", delay=0.5))
    before, attempts = len(scripted.calls), len(sum(rows.attempts().values(), []))
    numbers = [site.ask(photo(64, 48), f"Load {number}?")["id"] for number in range(30)]
    until(lambda: scripted.in_flight == HELD_AT_ONCE, "it is in the midst of them")
    with ThreadPoolExecutor() as pool:
        status = pool.submit(mode.stop)
        gate.set()
        assert status.result() == 0
    states = [rows.attempts().get(number, []) for number in numbers]
    assert {state for states in states for state in states} == {"answered"}
    assert len(scripted.calls) - before == len(sum(rows.attempts().values(), [])) - attempts < len(numbers)
    mode.start()
    assert {len(site.finished(number)["attempts"]) for number in numbers} == {1}
    assert len(scripted.calls) - before == len(numbers)
