"""The same site on Redis and PostgreSQL, with a worker of its own."""

import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
import requests

from tests import callers
from tests.endpoint import ScriptedEndpoint, answer, error, held
from tests.gallery import Gallery
from tests.images.pictures import photo
from tests.outside.cluster import QUICK
from tests.outside.database import Database
from tests.site import ROOT, Worker, until

pytestmark = pytest.mark.site


@pytest.fixture(scope="module")
def scripted():
    with ScriptedEndpoint() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def gallery():
    with Gallery() as opened:
        yield opened


@pytest.fixture(scope="module")
def site(tmp_path_factory, scripted, cluster, gallery):
    folder = tmp_path_factory.mktemp("distributed")
    opened = {"IMAGE_LINK_PORTS": str(gallery.port), "IMAGE_LINK_NETWORKS": f"{gallery.host}/32"}
    with cluster.site(folder, scripted, **opened) as started, Worker(started):
        yield started


def test_an_ask_is_answered_by_a_worker_process(site, scripted):
    scripted.then(answer("Far away.", usage=(10, 5, 15)))
    described = site.finished(site.ask(photo(64, 48))["id"])
    assert described["choices"][0]["content"] == "Far away."
    assert described["usage"]["total_tokens"] == 15


def test_the_table_of_asks_is_vacuumed_often(site):
    with psycopg.connect(site.environment["DATABASE_URL"]) as database:
        options = database.execute(
            "SELECT reloptions FROM pg_class WHERE relname = 'describer_description'"
        ).fetchone()
    assert options == (["autovacuum_vacuum_scale_factor=0.02"],)


def test_pages_and_readiness_work_there_too(site):
    person = site.login()
    for page in ("/", "/history/", "/usage/", "/account/", "/admin/describer/attempt/", "/admin/system/"):
        assert person.get(f"{site.url}{page}", timeout=10).status_code == 200, page
    until(lambda: person.get(f"{site.url}/readyz", timeout=10).ok, "it is ready")


def test_a_page_hears_of_what_a_worker_did(site):
    person = site.login()
    with person.get(f"{site.url}/live/", stream=True, timeout=15) as stream:
        lines = stream.iter_lines(chunk_size=1, decode_unicode=True)
        assert next(lines).startswith(":")
        number = site.ask(photo(64, 48), question="Heard?")["id"]
        told = next(line for line in lines if f'"id": {number}' in line and "done" in line)
    assert told.startswith("data: ")


def test_x25_nul_in_a_question_or_a_search_is_no_fault(site):
    described = site.ask(photo(64, 48), question="Wh\x00at?")
    assert described["question"] == "What?"
    person = site.login()
    assert person.get(f"{site.url}/history/?model=a%00b&status=%00", timeout=10).status_code < 500


def test_x25_nul_in_a_form_or_a_list_of_the_admin_is_no_fault(site):
    person = site.login()
    token = {"csrfmiddlewaretoken": person.cookies["csrftoken"]}
    files = {"image": ("a\0.jpg", photo(64, 48))}
    for name in ("question", "token", "picture", "picture_name", "model", "system_prompt", "user", "stop"):
        fields = token | {"question": "Odd?"} | {name: "a\0b"}
        assert person.post(f"{site.url}/", data=fields, files=files, timeout=10).status_code < 500, name
    for query in ("owner=99999999999999999999", "created__year=0", "model=%00", "q=%00"):
        where = f"{site.url}/admin/describer/description/?{query}"
        assert person.get(where, timeout=10).status_code < 500, query


LISTS = (
    "/history/", "/usage/", "/", "/account/", "/login/", "/admin/describer/description/", "/admin/describer/user/1/change/",
    "/api/descriptions", "/api/descriptions.csv", "/api/descriptions.jsonl", "/api/usage", "/v1/models", "/live/none/",
)  # fmt: skip
NAMES = ("model", "user", "key", "page", "status", "cursor", "q", "from", "_to_field", "next", "x%00")


@pytest.mark.parametrize("path", LISTS)
def test_fe08_no_value_of_a_query_is_a_fault_of_any_list(site, path):
    with site.login() as person:
        for name in NAMES:
            for value in ("%00", "a%00b", "9" * 20, "%ed%a0%80", "%ff"):
                address = f"{site.url}{path}?{name}={value}"
                options = {"timeout": 20, "allow_redirects": False, "headers": {}}
                if path.startswith(("/api", "/v1")):
                    options["headers"] = site.bearer
                assert person.get(address, **options).status_code < 500, address


def test_fe08_nul_in_a_query_is_as_if_it_were_not_there(site):
    with site.login() as person:
        site.finished(site.ask(photo(64, 48), question="Filtered?")["id"])
        plain = person.get(f"{site.url}/api/descriptions?limit=1", headers=site.bearer, timeout=10).json()
        odd = person.get(
            f"{site.url}/api/descriptions?model=%00&user=%00&li%00mit=1", headers=site.bearer, timeout=10
        )
        assert odd.json()["items"] == plain["items"]


@pytest.mark.parametrize(
    "cookie", [r'sessionid="\000"', r'sessionid="a\000b"', r'messages="\000"', r'x="\000"']
)
def test_fe08_a_cookie_with_nul_is_none_of_ours(site, cookie):
    for path in ("/", "/login/", "/history/", "/live/", "/admin/", "/usage/"):
        answer = requests.get(
            site.url + path, headers={"Cookie": cookie}, timeout=10, allow_redirects=False, stream=True
        )
        answer.close()
        assert answer.status_code < 500, path
    large = {"data": {"question": "x" * 100_000}, "headers": {"Cookie": cookie}, "timeout": 10}
    assert requests.post(f"{site.url}/", **large).status_code in (401, 403)


def test_fe08_an_address_with_nul_does_not_exist(site):
    with site.login() as person:
        for path in ("/descriptions/1%00/", "/%00", "/history%00/", "/met%00rics", "/static/css/site.css%00"):
            assert person.get(site.url + path, timeout=10).status_code == 404, path
        assert (
            person.get(f"{site.url}/admin/describer/user/1%00/change/", timeout=10).url
            == f"{site.url}/admin/"
        )
        unknown = person.get(f"{site.url}/v1/models/a%00b", headers=site.bearer, timeout=10)
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")


def test_pages_that_are_not_there_beside_the_stream_keep_no_connection(site):
    person = site.login()
    began = time.monotonic()
    for _ in range(20):
        assert person.get(f"{site.url}/live/nothing", timeout=40).status_code == 404
    assert person.get(f"{site.url}/history/", timeout=40).ok
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGHUP])
def test_p06_ff19_a_worker_told_to_stop_leaves_in_time_and_hands_back_what_it_holds(
    tmp_path, endpoint, cluster, told
):
    endpoint.default = answer("Too slow.", delay=30)
    with cluster.site(tmp_path, endpoint, GRACE_SECONDS="1") as site:
        with Worker(site) as worker:
            ids = [site.ask(photo(64, 48), question=f"Slow {number}?")["id"] for number in range(6)]
            until(lambda: endpoint.in_flight == len(ids), "all are in flight")
            worker.process.send_signal(told)
            assert worker.process.wait(40) == 0
        held = [site.description(number) for number in ids]
        assert {one["status"] for one in held} == {"queued"}
        assert {one["attempts"][0]["state"] for one in held} == {"unknown"}
        endpoint.default = answer("In time.")
        with Worker(site):
            assert {site.finished(number)["status"] for number in ids} == {"done"}


def test_ff08_a_heartbeat_passes_over_a_row_that_somebody_writes(site, scripted):
    gate = threading.Event()
    scripted.then(*[held(gate, answer()) for _ in range(2)])
    ids = [site.ask(photo(64, 48), question=f"Beat {number}?")["id"] for number in range(2)]
    until(lambda: scripted.in_flight == 2, "both are at the endpoint")
    rows = Database(site)
    lease = "SELECT lease_until FROM describer_description WHERE id = {}"
    try:
        with psycopg.connect(site.environment["DATABASE_URL"]) as beside:
            beside.execute("SELECT 1 FROM describer_description WHERE id = %s FOR UPDATE", [ids[0]])
            before = [rows.rows(lease.format(number))[0][0] for number in ids]
            until(lambda: rows.rows(lease.format(ids[1]))[0][0] > before[1], "the other lease is extended")
            assert rows.rows(lease.format(ids[0]))[0][0] == before[0]
        until(lambda: rows.rows(lease.format(ids[0]))[0][0] > before[0], "then this one is, too")
    finally:
        gate.set()
    assert [len(site.finished(number)["attempts"]) for number in ids] == [1, 1]


def test_far_more_asks_are_under_way_than_a_pool_has_connections(site, scripted, tmp_path):
    """Those who wait for others to write hold none: else the one who writes would wait for theirs."""
    (tmp_path / "one.jpg").write_bytes(photo(64, 48))
    before = len(scripted.calls)
    command = [sys.executable, "-m", "tests.bench.fill", "300", str(tmp_path / "one.jpg")]
    subprocess.run(command, cwd=ROOT, env=site.environment, check=True)
    left = {"status": "running", "limit": 1}, {"status": "queued", "limit": 1}
    until(lambda: len(scripted.calls) - before >= 300, "all are asked", seconds=20)
    until(lambda: not any(listed(site, of) for of in left), "all are at their end", seconds=20)
    assert len(scripted.calls) - before == 300


def listed(site, of):
    address = f"{site.url}/api/descriptions"
    return site.session.get(address, params=of, headers=site.bearer, timeout=10).json()["items"]


def lease_end(site, question):
    """The end of the lease of the call with this question, or None."""
    with psycopg.connect(site.environment["DATABASE_URL"]) as database:
        row = database.execute(
            "SELECT lease_until FROM describer_description WHERE question = %s", [question]
        ).fetchone()
    return row and row[0]


def test_a_web_process_keeps_the_lease_of_a_call_though_it_is_no_worker(site, scripted):
    gate = threading.Event()
    scripted.then(held(gate, answer("After long thought.")))
    with ThreadPoolExecutor() as pool:
        called = pool.submit(callers.call, site, [callers.request(photo(64, 48), "Held for long?")])
        first = until(lambda: lease_end(site, "Held for long?"), "it is under way")
        longer = first + timedelta(seconds=2 * float(QUICK["LEASE_SECONDS"]))
        until(lambda: lease_end(site, "Held for long?") > longer, "its lease was extended again and again")
        gate.set()
        (reply,) = called.result()
    assert (reply.status, reply.json["choices"][0]["message"]["content"]) == (200, "After long thought.")


def test_many_callers_share_the_few_connections_of_a_web_process(site, scripted):
    many = callers.call(
        site, [callers.request(photo(64, 48), f"Caller {n}?", stream=n % 2 == 0) for n in range(60)]
    )
    assert [reply.status for reply in many] == [200] * 60


def test_callers_whose_links_are_slow_hold_no_connection_meanwhile(site, gallery):
    gate = threading.Event()
    bodies = [callers.request(None, f"Link {n}?") for n in range(20)]
    for n, body in enumerate(bodies):
        url = gallery.shows(f"/slow-{n}.jpg", held(gate, error(404, "Gone.")))
        body["messages"][0]["content"].append({"type": "image_url", "image_url": {"url": url}})
    with ThreadPoolExecutor() as pool:
        called = pool.submit(callers.call, site, bodies)
        until(lambda: len(gallery.calls) >= 20, "all links are followed at once")
        assert listed(site, {"limit": 1})
        gate.set()
        assert {reply.status for reply in called.result()} == {400}
