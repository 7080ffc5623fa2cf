"""A small storm; `python -m tests.storm` plays a large one."""

import pytest

from tests.storm.play import Weather, storm

pytestmark = pytest.mark.site


def test_in_a_storm_nothing_is_lost_and_the_ledger_is_the_endpoints_own_count(cluster, tmp_path):
    weather = Weather(
        asks=150, every=3, most=1, kinds="killed", refuse_seconds=1, delay=0.2, slots=16, patience=60
    )
    found = storm(cluster, tmp_path, weather).comparison
    assert found.wrong == []
    assert sum(found.statuses.values()) == 150
    assert {"answer", "reply 429"} <= set(found.steps)
