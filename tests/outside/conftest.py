"""One site with people, and with things of the admin's that are as hostile as words can be; started once."""

import pytest

from tests.endpoint import ScriptedEndpoint, answer, error, rate_limited
from tests.images.pictures import photo
from tests.outside.cluster import Cluster
from tests.outside.people import EVE, EVIL, SCRIPT, SECRET, with_people
from tests.servers import Postgres, Redis
from tests.site import Site


def played(call):
    """How the endpoint answers, by the question."""
    asked = str(call.body["messages"])
    if "Failing?" in asked:
        return error(400, f"Not for {SECRET}, sent as Bearer {SECRET}. {EVIL}", code=SCRIPT)
    return rate_limited(60) if "Later?" in asked else None


@pytest.fixture(scope="session")
def people_site(tmp_path_factory):
    """`people` are the API keys of all, by name; `row` is an answered description of the admin's."""
    with ScriptedEndpoint(models=["m", SCRIPT]) as endpoint:
        endpoint.default = answer(EVIL, refusal=EVIL, reasoning_content=EVIL)
        endpoint.rule(played)
        variables = {"VISION_BASE_URL": endpoint.url, "VISION_MODEL": "m", "VISION_API_KEY": SECRET}
        with Site(tmp_path_factory.mktemp("people"), QUEUED_PER_PERSON="3", **variables) as started:
            started.people = with_people(started)
            started.row = started.finished(started.ask(photo(64, 48), question=EVIL, user=EVIL)["id"])
            yield started


@pytest.fixture(scope="session")
def cluster():
    """One Redis and one PostgreSQL for all sites of the distributed kind; a test that stops one starts it again."""
    with Redis() as redis, Postgres() as postgres:
        yield Cluster(redis, postgres)


@pytest.fixture(scope="module")
def owner(site):
    """The admin, logged in, whose things are attacked."""
    return site.login()


@pytest.fixture(scope="module")
def eve(site):
    """A stranger, logged in."""
    return site.login(**EVE)
