"""Pictures of our own making, to try the site with at once."""

import pytest

from describer.models import Description
from tests.web.forms import ask, picture

pytestmark = pytest.mark.usefixtures("sandbox")


@pytest.fixture
def site(client, alice):
    """Alice's browser."""
    client.force_login(alice)
    return client


@pytest.fixture
def samples(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    folder = tmp_path / "static" / "samples"
    folder.mkdir(parents=True)
    for name, colour in [("harbour.jpg", "blue"), ("a-sign.jpg", "gold")]:
        (folder / name).write_bytes(picture(colour=colour).read())
    return folder


def test_an_empty_page_offers_samples_to_try_at_once(site, samples):
    page = site.get("/").content.decode()

    assert 'name="sample" value="harbour.jpg"' in page
    assert 'alt="A sign"' in page


def test_a_sample_is_asked_about_with_one_press(site, samples):
    response = ask(site, question="", sample="harbour.jpg")

    assert response.status_code == 302
    assert [shown.name for shown in Description.objects.get().shown_pictures] == ["harbour.jpg"]
    assert Description.objects.get().question.startswith("Describe this picture")


def test_a_sample_is_asked_what_was_typed(site, samples):
    ask(site, question="Which colour?", sample="harbour.jpg")

    assert Description.objects.get().question == "Which colour?"


@pytest.mark.parametrize("name", ["../../manage.py", "/etc/passwd", "none.jpg", "\x00"])
def test_a_sample_that_is_not_offered_is_no_picture(site, samples, name):
    assert ask(site, sample=name).status_code == 400
    assert not Description.objects.exists()
