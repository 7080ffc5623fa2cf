"""The site with its pictures in a bucket: nothing else changes, and a bucket that is away costs time and no ask."""

import threading

import pytest
import requests

from tests.endpoint import ScriptedEndpoint, answer
from tests.images.pictures import photo
from tests.outside.people import post
from tests.servers import S3Server
from tests.site import Site, until
from tests.steps import held

pytestmark = pytest.mark.site
PICTURE = photo(640, 480)
AWAY = "storage of pictures cannot be reached"


@pytest.fixture(scope="module")
def bucket():
    with S3Server() as started:
        yield started


@pytest.fixture(scope="module")
def scripted():
    with ScriptedEndpoint() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def site(tmp_path_factory, bucket, scripted):
    """One call at a time, so that an ask can be held back by the one before it."""
    variables = bucket.variables | {"VISION_BASE_URL": scripted.url, "VISION_MODEL": "m"}
    with Site(tmp_path_factory.mktemp("bucket"), WORKER_CONCURRENCY="1", **variables) as started:
        yield started


@pytest.fixture(scope="module")
def owner(site):
    return site.login()


@pytest.fixture(scope="module")
def described(site):
    return site.finished(site.ask(PICTURE, question="First?")["id"])


@pytest.fixture
def away(bucket):
    """The bucket does not answer."""
    bucket.stop()
    yield
    bucket.start()


def addresses(described):
    image = described["images"][0]["id"]
    return [f"/images/{image}/{what}" for what in ("", "thumbnail/", "sent/")] + [
        f"/descriptions/{described['id']}/sent/0/"
    ]


def test_an_ask_is_answered_and_its_files_lie_in_the_bucket_alone(site, bucket, described):
    assert described["status"] == "done"
    assert {key.partition("/")[0] for key in bucket.names()} == {"originals", "thumbnails", "sent"}
    assert not (site.data / "media").exists()


def test_x05_pictures_come_through_the_site_and_never_by_an_address_of_the_bucket(
    site, owner, bucket, described
):
    for address in addresses(described):
        shown = owner.get(site.url + address, allow_redirects=False, timeout=10)
        assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/jpeg")
        assert shown.headers["Cache-Control"].startswith("private")
        assert int(shown.headers["Content-Length"]) == len(shown.content)
        assert requests.get(site.url + address, allow_redirects=False, timeout=10).status_code == 302
    assert owner.get(f"{site.url}{addresses(described)[0]}", timeout=10).content == PICTURE
    for page in ("/", "/history/", f"/descriptions/{described['id']}/"):
        assert str(bucket.port) not in owner.get(site.url + page, timeout=10).text


def test_an_upload_while_the_bucket_is_away_is_refused_in_words_and_leaves_nothing(
    site, owner, described, away
):
    files = {"image": ("new.jpg", photo(50, 40))}
    asked = requests.post(
        f"{site.url}/api/descriptions", headers=site.bearer, files=files, data={"question": "?"}, timeout=30
    )
    assert (asked.status_code, asked.json()["error"]["code"]) == (503, "storage_away")
    assert asked.headers["Retry-After"]
    assert post(site, owner, "/images/", files=files).json()["error"]["code"] == "storage_away"
    page = post(site, owner, "/", data={"question": "Room?"}, files=files)
    assert page.status_code == 503
    assert AWAY in page.text
    listed = requests.get(f"{site.url}/api/descriptions", headers=site.bearer, timeout=10).json()["items"]
    assert [one["id"] for one in listed] == [described["id"]]


def test_pages_stay_while_the_bucket_is_away_and_pictures_say_so(site, owner, described, away):
    for address in addresses(described):
        shown = owner.get(site.url + address, timeout=30)
        assert (shown.status_code, shown.headers["Retry-After"]) == (503, "5")
        assert AWAY in shown.text
    for page in ("/", "/history/", f"/descriptions/{described['id']}/"):
        assert owner.get(site.url + page, timeout=10).status_code == 200


def test_an_ask_whose_pictures_cannot_be_read_now_waits_and_is_answered_later(
    site, bucket, scripted, described
):
    gate = threading.Event()
    scripted.then(held(gate, answer("Before.")))
    before = site.ask(PICTURE, question="Before?")["id"]
    until(lambda: scripted.in_flight, "the first is in flight")
    number = site.ask(PICTURE, question="Held up?")["id"]
    bucket.stop()
    gate.set()
    try:
        assert site.finished(before)["status"] == "done"
        until(lambda: site.description(number)["status"] == "waiting", "it waits")
    finally:
        bucket.start()
    done = site.finished(number)
    assert (done["status"], len(done["attempts"])) == ("done", 1)
