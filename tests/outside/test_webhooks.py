"""Webhooks the whole way: a site as it is started, a receiver that is slow, down or inside, and a kill -9 between."""

import json
import threading

import pytest

from tests.gallery import INSIDE, Gallery
from tests.images.pictures import photo
from tests.site import Site, until
from tests.steps import held, reply
from tests.webhooks.conftest import is_signed, told

pytestmark = pytest.mark.site
TAKEN = reply(204, b"")


@pytest.fixture(scope="module")
def receiver():
    with Gallery() as opened:
        opened.shows("/taken", TAKEN)
        yield opened


@pytest.fixture(scope="module")
def down():
    """The port of a receiver that is not there."""
    with Gallery() as closed:
        pass
    return closed.port


@pytest.fixture(scope="module")
def site(tmp_path_factory, receiver, down):
    opened = {"WEBHOOK_PORTS": f"{receiver.port},{down}", "WEBHOOK_NETWORKS": f"{receiver.host}/32"}
    with Site(tmp_path_factory.mktemp("webhooks"), **opened) as started:
        yield started


def call(site, method, path, **json_body):
    options = {"json": json_body} if json_body else {}
    reply = site.session.request(method, site.url + path, headers=site.bearer, timeout=30, **options)
    assert reply.ok, reply.text
    return reply.json() if reply.content else None


@pytest.fixture
def webhook(site):
    """What makes one; all are removed at the end."""
    yield lambda url: call(site, "POST", "/api/webhooks", url=url)
    for one in call(site, "GET", "/api/webhooks")["items"]:
        call(site, "DELETE", f"/api/webhooks/{one['id']}")


def deliveries(site, webhook):
    return call(site, "GET", f"/api/webhooks/{webhook['id']}/deliveries")["items"]


def delivered(site, webhook):
    """The one delivery, once it is delivered."""

    def arrived():
        (one,) = deliveries(site, webhook) or [{"state": "none"}]
        return one if one["state"] == "delivered" else None

    return until(arrived, "it is delivered")


def test_an_answer_is_told_once_and_signed(site, receiver, webhook):
    made = webhook(receiver.at("/taken"))
    asked = site.ask(photo(64, 48))
    one = delivered(site, made)
    assert (one["description_id"], one["tries"], one["http_status"]) == (asked["id"], 1, 204)
    (heard,) = receiver.calls
    assert is_signed(heard, made["secret"])
    said, answer = told(heard), site.description(asked["id"])
    assert said["delivery"] == one["id"]
    url = said["description"].pop("url")
    assert said["description"] == {name: answer[name] for name in said["description"]}
    assert call(site, "GET", url) == answer


@pytest.fixture
def killed(site, receiver, down, webhook):
    """A delivery that was under way when the site was killed, and one whose receiver was down; both can be taken now."""
    gate = threading.Event()
    receiver.calls.clear()
    receiver.shows("/taken", held(gate, TAKEN))
    slow, gone = webhook(receiver.at("/taken")), webhook(f"http://{receiver.host}:{down}/taken")
    site.ask(photo(64, 48))
    until(lambda: receiver.calls, "one is under way")
    until(lambda: (deliveries(site, gone) or [{"error": ""}])[0]["error"], "the other has failed")
    site.kill()
    gate.set()
    receiver.shows("/taken", TAKEN)
    with Gallery(receiver.host, down) as up:
        up.shows("/taken", TAKEN)
        site.start()
        yield slow, gone, up


def test_what_was_under_way_or_failed_when_it_was_killed_is_delivered(site, receiver, killed):
    slow, gone, up = killed
    assert delivered(site, slow)["tries"] == 2
    assert delivered(site, gone)["tries"] >= 2
    # The one that was sent before the kill came twice, and is known by its number.
    assert [told(heard)["delivery"] for heard in receiver.calls] == [deliveries(site, slow)[0]["id"]] * 2
    assert len(up.calls) == 1
    assert is_signed(up.calls[0], gone["secret"])


def test_a01_a21_nothing_inside_is_ever_connected_to(site, receiver, webhook):
    with Gallery(INSIDE, receiver.port) as inside:
        hosts = [INSIDE, "127.2", "0x7f000002", f"[::ffff:{INSIDE}]"]
        made = [webhook(inside.at("/taken", host)) for host in hosts]
        site.ask(photo(64, 48))
        for one in made:
            error = until(lambda one=one: (deliveries(site, one) or [{}])[0].get("error"), "it was refused")
            assert "lead to a public address" in error
        assert inside.connections == 0


def test_the_secret_is_shown_once_and_in_no_log(site, receiver, webhook):
    made = webhook(receiver.at("/taken"))
    listed = json.dumps(call(site, "GET", "/api/webhooks"))
    assert made["secret"] not in listed
    assert made["secret"] not in "".join(site.log)
