"""One site for all cases of /v1, with a scripted endpoint and a gallery; what is slow begins with it, in threads."""

import pytest

from tests.endpoint import ScriptedEndpoint
from tests.gallery import INSIDE, Gallery, picture
from tests.images.pictures import photo
from tests.outside.cluster import asking
from tests.outside.people import SECRET
from tests.outside.v1.world import World
from tests.site import Site


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
def world(tmp_path_factory, gallery):
    opened = {"IMAGE_LINK_PORTS": str(gallery.port), "IMAGE_LINK_NETWORKS": f"{gallery.host}/32"}
    variables = {"UPLOAD_SILENCE_SECONDS": "2", "VISION_API_KEY": SECRET} | opened
    folder, names = tmp_path_factory.mktemp("v1"), ["scripted-model", "qwen/qwen-vl@4:free", "other-model"]
    with (
        ScriptedEndpoint(models=names) as endpoint,
        Site(folder, **(asking(endpoint) | variables)) as site,
    ):
        assert site.bearer  # made before anything is timed
        yield World(site, endpoint)
