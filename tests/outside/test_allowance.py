"""What one person may upload, and that others are not touched by it (FE28)."""

from contextlib import ExitStack

import pytest
import requests

from tests import wire
from tests.images.pictures import photo
from tests.outside.people import EVE, MALLORY, post
from tests.outside.v1.world import data_url, fault, world_of_people

pytestmark = pytest.mark.site
MIB = 2**20
UPLOADS = 5
VARIABLES = {
    "UPLOADS_PER_HOUR": str(UPLOADS),
    "UPLOAD_BYTES_PER_HOUR": str(3 * MIB),
    "UPLOAD_MAX_BYTES": str(2 * MIB),
    "UPLOAD_SILENCE_SECONDS": "5",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with world_of_people(tmp_path_factory.mktemp("allowance"), **VARIABLES) as opened:
        yield opened


def sent_to_tray(world, person, data):
    return post(world.site, person, "/images/", files={"image": ("new.jpg", data)})


def by_script(world, who, *pictures):
    files = [("image", ("new.jpg", data)) for data in pictures]
    address = f"{world.site.url}/api/descriptions/each"
    return requests.post(address, headers=world.people[who], files=files, data={"question": "?"}, timeout=30)


def told(reply, code="upload_limit"):
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["type"]) == (429, code, "rate_limit_error")
    assert 0 < int(reply.headers["retry-after"]) <= 3600
    return error["message"]


def test_fe28_pictures_above_a_persons_limit_are_refused_in_words_by_page_and_script(world):
    owner = world.site.login()
    kept = [sent_to_tray(world, owner, photo(64 + number, 48)) for number in range(UPLOADS - 2)]
    assert {reply.status_code for reply in kept} == {201}
    assert "5 pictures an hour" in told(by_script(world, "admin", *(photo(90 + n, 48) for n in range(3))))
    assert by_script(world, "admin", photo(80, 48), photo(81, 48)).status_code == 202
    assert "5 pictures an hour" in told(sent_to_tray(world, owner, photo(99, 48)))
    page = post(
        world.site, owner, "/", data={"question": "One more?"}, files={"image": ("a.jpg", photo(98, 48))}
    )
    assert page.status_code == 429
    assert int(page.headers["retry-after"]) > 0
    assert "5 pictures an hour" in page.text and "One more?" in page.text
    key = f"Authorization: {world.people['admin']['Authorization']}"
    unsent = wire.form("POST /api/descriptions", f"Content-Length: {MIB}", key)
    answer = wire.exchange(world.site, unsent)
    assert (answer.status, answer.error["code"]) == (429, "upload_limit")
    named = {"question": "Kept ones?", "picture": str(kept[0].json()["id"])}
    assert post(world.site, owner, "/", data=named).status_code == 302
    assert by_script(world, "eve", photo(64, 48)).status_code == 202


def test_fe28_so_are_bytes(world):
    hers = world.site.login(**EVE)
    large = [photo(70 + number, 48) + bytes(int(1.4 * MIB)) for number in range(3)]
    assert [sent_to_tray(world, hers, data).status_code for data in large[:2]] == [201, 201]
    assert "3.0" in told(sent_to_tray(world, hers, large[2]))


def test_fe28_at_v1_pictures_count_that_are_new(world):
    key = world.people["mallory"]["Authorization"].partition(" ")[2]
    for _ in range(2):
        for number in range(UPLOADS):
            assert world.post("New?", data_url(photo(64 + number, 48)), send={"key": key}).ok
    refused = fault(
        world.post("New?", data_url(photo(99, 48)), send={"key": key}), 429, "upload_limit", "image"
    )
    assert "5 pictures an hour" in refused["message"]


def test_fe28_what_lies_here_of_one_person_at_once_is_bounded(world):
    person = world.person("carol")
    head = wire.form(
        "POST /api/descriptions", f"Content-Length: {2 * MIB - 1}", f"Authorization: Bearer {person}"
    )
    with ExitStack() as stack:
        several = [stack.enter_context(wire.connected(world.site)) for _ in range(6)]
        for connection in several:
            wire.sent(connection, [head, wire.file_head("never.jpg"), bytes(int(1.9 * MIB))])
        answers = [wire.received(connection) for connection in several]
    found = {(answer.status, answer.error["code"]) for answer in answers}
    assert found == {(408, "request_timeout"), (429, "too_many_uploads")}
    assert sum(answer.status == 408 for answer in answers) == 4
    theirs = world.site.login(**MALLORY)
    assert theirs.get(f"{world.site.url}/", timeout=10).ok
    again = requests.post(
        f"{world.site.url}/api/descriptions",
        headers={"Authorization": f"Bearer {person}"},
        files={"image": ("a.jpg", photo(64, 48))},
        data={"question": "Free again?"},
        timeout=30,
    )
    assert again.status_code == 202
