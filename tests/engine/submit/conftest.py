"""Pictures that are already kept, so that tests of the way in begin at the ask."""

import io

import pytest

from describer.engine.submit import AskImage, keep_image
from tests.images.pictures import photo


@pytest.fixture
def given(alice, sandbox):
    """Make a picture of Alice's under a name."""

    def made(name="boat.jpg", size=(64, 48)):
        return AskImage(keep_image(alice, io.BytesIO(photo(*size)), name), name)

    return made
