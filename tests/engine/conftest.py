"""What tests of the engine share."""

import pytest

from describer.models import Endpoint


@pytest.fixture
def asked_endpoint(settings, endpoint):
    """The scripted endpoint, as the one that the site asks."""
    settings.VISION_BASE_URL, settings.VISION_API_KEY, settings.VISION_MODEL = (
        endpoint.url,
        "sk-x",
        "scripted-model",
    )
    return Endpoint.from_environment()
