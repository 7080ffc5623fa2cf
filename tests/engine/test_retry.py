"""Whether and when a failed call is asked again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from describer.chat import errors
from describer.chat.response import EndpointResponse, read_reply
from describer.engine.queue import judge
from describer.models import Lane
from tests.rows import make_description

pytestmark = pytest.mark.usefixtures("sandbox")


def seconds_until(verdict):
    return (verdict.not_before - timezone.now()).total_seconds()


def test_n18_n19_a_fault_that_waiting_mends_waits_with_full_jitter(alice):
    row = make_description(alice)
    waits = [seconds_until(judge(row, errors.Overloaded(), 5)) for _ in range(200)]
    assert -1 < min(waits) < 4
    assert 12 < max(waits) <= 16


def test_the_backoff_ends_at_a_minute(alice):
    row = make_description(alice)
    assert max(seconds_until(judge(row, errors.Overloaded(), 40)) for _ in range(100)) <= 60


def test_n16_the_jitter_comes_on_top_of_what_the_endpoint_asked_for(alice):
    row = make_description(alice)
    error = errors.RateLimited(retry_after=9.5)
    assert min(seconds_until(judge(row, error, 1)) for _ in range(100)) > 9.4


def test_what_cannot_get_better_fails_at_once(alice):
    verdict = judge(make_description(alice), errors.BadKey(), 1)
    assert not verdict.waits
    assert verdict.message


def test_n17_the_tries_come_to_an_end(alice, settings):
    row = make_description(alice, tries=settings.TRIES - 1)
    verdict = judge(row, errors.EndpointError(), 8)
    assert not verdict.waits
    assert "8 times" in verdict.message


@pytest.mark.parametrize(("lane", "hours"), [(Lane.INTERACTIVE, 1), (Lane.BATCH, 24)])
def test_tries_that_were_told_later_do_not_count_for_a_time(alice, settings, lane, hours):
    row = make_description(alice, tries=settings.TRIES - 1, lane=lane)
    assert judge(row, errors.RateLimited(), 50).tries == settings.TRIES - 1
    row.created = timezone.now() - timedelta(hours=hours)
    assert not judge(row, errors.RateLimited(), 51).waits


def test_n08_tries_without_a_connection_do_not_count_within_a_day(alice, settings):
    row = make_description(alice, tries=settings.TRIES - 1)
    assert judge(row, errors.ConnectionFailed(), 50).waits
    row.created = timezone.now() - timedelta(days=2)
    assert not judge(row, errors.ConnectionFailed(), 51).waits


def test_i33_hours_of_retry_after_are_told_to_a_person_and_waited_for_by_a_batch(alice):
    error = errors.RateLimited(retry_after=3 * 3600)
    told = judge(make_description(alice), error, 1)
    assert not told.waits
    assert "3 hours" in told.message
    assert judge(make_description(alice, lane=Lane.BATCH), error, 1).waits


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (10**9, "It asks for 31 years"),
        (10**14, "It asks for 1,000 years"),
        (40 * 86400, "It asks for 40 days"),
        (7 * 86400, "It asks to wait 7 days; ask again then."),
        (5400, "It asks to wait 90 minutes; ask again then."),
    ],
)
def test_fe29_a_wait_without_end_is_told_and_capped(alice, line_of, seconds, words):
    error = line_of(seconds)
    told = judge(make_description(alice), error, 1)
    assert not told.waits and words in told.message
    patient = judge(make_description(alice, lane=Lane.BATCH), error, 1)
    assert patient.not_before < timezone.now() + timedelta(days=32)


@pytest.fixture
def line_of():
    """The error that an endpoint answers with when it names so many seconds."""

    def answered(seconds):
        with pytest.raises(errors.RateLimited) as caught:
            read_reply(EndpointResponse(429, {"Retry-After": f"{seconds:.0f}"}, b'{"error": "Slow down."}'))
        return caught.value

    return answered


def test_the_reason_says_when_and_how_often(alice):
    verdict = judge(make_description(alice, tries=1), errors.EndpointError(), 2)
    assert "Next try at" in verdict.message
    assert "try 3 of 8" in verdict.message
