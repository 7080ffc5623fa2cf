"""One site for all cases of /v1, with a scripted endpoint and a gallery; what is slow begins with it, in threads."""

import threading
import time
from dataclasses import replace

import pytest

from tests.endpoint import ScriptedEndpoint, answer, chunks, close_silently, error, hang, held, sse
from tests.gallery import INSIDE, Gallery, picture
from tests.images.pictures import photo
from tests.outside.cluster import asking
from tests.outside.people import SECRET
from tests.outside.v1.world import NO_MORE, PHOTO, World
from tests.site import Site, until


@pytest.fixture(scope="session")
def gallery():
    with Gallery() as opened:
        opened.shows("/boat.jpg", picture(photo(300, 200)))
        yield opened


@pytest.fixture(scope="session")
def inside(gallery):
    """A server that links may not lead to, at the same port."""
    with Gallery(INSIDE, gallery.port) as opened:
        yield opened


@pytest.fixture(scope="session")
def started(tmp_path_factory, gallery):
    """The world, and the replies to come of its slow calls."""
    opened = {"IMAGE_LINK_PORTS": str(gallery.port), "IMAGE_LINK_NETWORKS": f"{gallery.host}/32"}
    variables = {"UPLOAD_SILENCE_SECONDS": "2", "VISION_API_KEY": SECRET} | opened
    folder, names = tmp_path_factory.mktemp("v1"), ["scripted-model", "qwen/qwen-vl@4:free", "other-model"]
    with (
        ScriptedEndpoint(models=names) as endpoint,
        Site(folder, **(asking(endpoint) | variables)) as site,
    ):
        assert site.bearer  # made before anything is timed
        world = World(site, endpoint)
        until(lambda: "scripted-model" in world.default("model_names"), "the site knows its models")
        yield world, slow_calls(world, gallery)


@pytest.fixture(scope="session")
def world(started):
    return started[0]


@pytest.fixture(scope="session")
def slow(started):
    """Calls that take their time, by what takes it."""
    return started[1]


def slow_calls(world, gallery):
    """Begin together what waits: in a stream and out of one, for links, and for an endpoint that is away."""
    gate, fault_gate = threading.Event(), threading.Event()
    world.plays("Patience?", held(gate, sse(*chunks("At last."))))
    world.plays("Patience, then a fault?", held(fault_gate, error(500, "No.", headers=NO_MORE)))
    world.plays("Patience without a stream?", held(gate, answer("At last.")))
    world.plays("Away?", close_silently())
    world.plays("Away in a stream?", close_silently())
    links = [gallery.shows(f"/slow-{place}.jpg", replace(picture(PHOTO), delay=6)) for place in (1, 2)]
    gallery.shows("/hangs.jpg", hang(30))
    return {
        "patience": patient(world, "Patience?", gate),
        "patience, then a fault": patient(world, "Patience, then a fault?", fault_gate),
        "links": world.later("Links that take their time?", *links, stream=True),
        "link that hangs": world.later("Slow link?", gallery.at("/hangs.jpg")),
        "whole": world.later("Patience without a stream?"),
        "away": world.later("Away?"),
        "away in a stream": world.later("Away in a stream?", stream=True),
    }


def patient(world, question, gate):
    """A call for a stream whose endpoint waits for the first comment: its reply, after how many seconds its headers came, and its text."""

    def read():
        began = time.monotonic()
        reply = world.begun(question)
        headers = time.monotonic() - began
        pieces = []
        for piece in reply.iter_content(1):
            pieces.append(piece)
            if b"".join(pieces) == b": waiting\n":
                gate.set()
        gate.set()
        return reply, headers, b"".join(pieces).decode()

    world.apart.add(question)
    return world.threads.submit(read)
