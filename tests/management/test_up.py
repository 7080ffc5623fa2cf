"""The steps of a start: of two that migrate at once one waits, and one that is killed leaves no lock."""

import os
import subprocess
import sys
import threading

import pytest
from django.conf import settings

from describer.management.up.start import migrate
from tests.site import ROOT

HOLD = """
import django
django.setup()
from describer.db.migrating import one_at_a_time
with one_at_a_time():
    print("held", flush=True)
    input()
"""


@pytest.fixture
def migrating():
    """Another process that is about to migrate this database."""
    variables = {"DATA_DIR": str(settings.DATA_DIR), "DJANGO_SETTINGS_MODULE": "vision_site.settings"}
    command = [sys.executable, "-c", HOLD]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | variables, text=True, **pipes) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.mark.process
@pytest.mark.django_db(transaction=True)
def test_p19_a_start_waits_for_another_that_migrates_and_goes_on_when_that_is_killed(migrating):
    start = threading.Thread(target=migrate, daemon=True)
    start.start()
    start.join(0.2)
    assert start.is_alive()
    migrating.kill()
    start.join(30)
    assert not start.is_alive()
