"""The sample pictures of the ask page are there, small, and as fit as a picture can be."""

from pathlib import Path

import pytest

from tests.images.pictures import taken

FOLDER = Path(__file__).parents[2] / "static" / "samples"


@pytest.mark.parametrize("name", ["harbour-at-dawn.jpg", "lighthouse-at-dusk.jpg", "timetable-on-a-wall.jpg"])
def test_each_sample_is_small_and_sent_as_it_is(name):
    data = (FOLDER / name).read_bytes()
    result = taken(data, name)
    assert (result.format, result.width, result.height, result.notes) == ("JPEG", 1600, 1200, ())
    assert len(data) <= 250_000 and result.sent.data == data
