"""The same site on Redis and PostgreSQL, with a worker of its own."""

import pytest

from tests.endpoint import ScriptedEndpoint, answer
from tests.images.pictures import photo
from tests.servers import postgres_server, redis_server
from tests.site import Site, Worker, until

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("outside")]


@pytest.fixture(scope="module")
def scripted():
    with ScriptedEndpoint() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def site(tmp_path_factory, scripted):
    data = tmp_path_factory.mktemp("distributed")
    with redis_server() as redis, postgres_server() as postgres:
        variables = {"REDIS_URL": redis, "DATABASE_URL": postgres, "VISION_BASE_URL": scripted.url}
        variables |= {"VISION_MODEL": "scripted-model", "VISION_API_KEY": "sk-test"}
        with Site(data, **variables) as started, Worker(started):
            yield started


def test_an_ask_is_answered_by_a_worker_process(site, scripted):
    scripted.then(answer("Far away.", usage=(10, 5, 15)))
    described = site.finished(site.ask(photo(64, 48))["id"])
    assert described["choices"][0]["content"] == "Far away."
    assert described["usage"]["total_tokens"] == 15


def test_pages_and_readiness_work_there_too(site):
    person = site.login()
    for page in ("/", "/history/", "/usage/", "/account/", "/admin/describer/attempt/"):
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
