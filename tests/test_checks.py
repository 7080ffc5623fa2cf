"""What is wrong with the settings is said with the way to mend it."""

import pytest
from django.core.checks import run_checks

from describer.checks import TAG


def found(settings, **values):
    for name, value in values.items():
        setattr(settings, name, value)
    return [message.id for message in run_checks(tags=[TAG])]


def test_the_defaults_are_fine(settings):
    assert found(settings) == []


def test_listening_everywhere_asks_for_names(settings):
    loopback = settings.LOOPBACK_HOSTS
    assert found(settings, HOST="0.0.0.0", ALLOWED_HOSTS=loopback) == ["describer.E001"]
    assert found(settings, ALLOWED_HOSTS=[*loopback, "describer.example.org"]) == []


@pytest.mark.parametrize("url", ["api.example.org/v1", "ftp://example.org", "https://"])
def test_a_base_url_must_be_one(settings, url):
    assert found(settings, VISION_BASE_URL=url) == ["describer.E003"]


def test_a_key_must_not_travel_in_the_clear(settings):
    assert found(settings, VISION_BASE_URL="http://api.example.org", VISION_API_KEY="k") == ["describer.W001"]
    assert found(settings, VISION_BASE_URL="http://127.0.0.1:9/v1") == []


BUCKET = {"endpoint_url": "https://s3.example.org", "location": "", "access_key": "a", "secret_key": "b"}


@pytest.mark.parametrize(
    ("bucket", "wrong"),
    [("", {}), ("pictures", {"secret_key": None}), ("pictures", {"endpoint_url": "s3.example.org"})],
)
def test_what_is_meant_for_a_bucket_must_reach_one(settings, bucket, wrong):
    assert found(settings, S3_BUCKET="pictures", S3_OPTIONS=BUCKET) == []
    assert found(settings, S3_BUCKET=bucket, S3_OPTIONS=BUCKET | wrong) == ["describer.E004"]


@pytest.mark.parametrize("seconds", [(14, 5, 1), (3, 1, 2)])
def test_a_lease_must_outlive_a_heartbeat_that_comes_late(settings, seconds):
    names = ("LEASE_SECONDS", "HEARTBEAT_SECONDS", "SWEEP_SECONDS")
    assert found(settings, **dict(zip(names, (3, 1, 1), strict=True))) == []
    assert found(settings, **dict(zip(names, seconds, strict=True))) == ["describer.E005"]
