"""How much one person may upload within an hour, without a clock to wait for."""

import time

import pytest

from describer.errors import Refusal
from describer.media.allowance import Allowance

ONE, TWO = 1, 2


@pytest.fixture
def allowance(settings):
    settings.UPLOADS_PER_HOUR, settings.UPLOAD_BYTES_PER_HOUR = 3, 100
    return Allowance()


def test_fe28_a_set_counts_whole_or_not_at_all(allowance):
    with pytest.raises(Refusal, match="3 pictures an hour"):
        allowance.take(ONE, 1, 1, 1, 1)
    allowance.take(ONE, 1, 1, 1)
    with pytest.raises(Refusal, match="60 minutes"):
        allowance.check(ONE)
    allowance.check(TWO)


def test_fe28_when_the_hour_is_over_a_new_one_begins(allowance):
    allowance.take(ONE, 100)
    with pytest.raises(Refusal, match="100\xa0bytes an hour") as caught:
        allowance.take(ONE, 1)
    assert (caught.value.status, caught.value.code) == (429, "upload_limit")
    allowance.hours[ONE].until = time.monotonic()
    allowance.take(ONE, 100)


def test_fe28_nothing_is_no_limit(allowance, settings):
    settings.UPLOADS_PER_HOUR = settings.UPLOAD_BYTES_PER_HOUR = 0
    for _ in range(1000):
        allowance.take(ONE, 10**12)
    allowance.check(ONE)
