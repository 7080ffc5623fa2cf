"""One person's thousands beside another's single question."""

import subprocess
import sys
import time

import pytest

from tests.endpoint import answer
from tests.images.pictures import photo
from tests.site import ROOT, Site, until

pytestmark = pytest.mark.site
THOUSANDS, SLOTS = 5000, 4
PICTURE = photo(64, 48)


def test_five_thousand_asks_delay_anothers_question_by_one_call_at_most(tmp_path, endpoint):
    endpoint.default = answer("One of many.", delay=0.1)
    mine = []
    endpoint.rule(lambda call: mine.append(call) if b"And mine?" in call.raw else None)
    variables = {"VISION_BASE_URL": endpoint.url, "VISION_MODEL": "scripted-model", "VISION_API_KEY": "sk"}
    (tmp_path / "one.jpg").write_bytes(PICTURE)
    with Site(tmp_path / "data", WORKER_CONCURRENCY=str(SLOTS), **variables) as site:
        site.manage("shell", "-c", "from describer.models import User; User.objects.create_user('bob')")
        bob = {"Authorization": f"Bearer {site.manage('create_api_key', 'bob').strip().splitlines()[-1]}"}
        command = [sys.executable, "-m", "tests.bench.fill", str(THOUSANDS), str(tmp_path / "one.jpg")]
        subprocess.run(command, cwd=ROOT, env=site.environment, check=True)
        until(lambda: endpoint.in_flight == SLOTS, "the thousands are being asked")
        site.ask(PICTURE, question="And mine?", headers=bob)
        accepted = time.monotonic()
        until(lambda: mine, "it is asked, too")
        assert len(endpoint.calls) < THOUSANDS / 2, "most of the thousands still wait"
    before = [call for call in endpoint.calls if accepted < call.at < mine[0].at]
    assert len(before) <= SLOTS, "the next slot that falls free is its own"
