"""Whoever asks without a page: `manage.py describe` beside a running site, and the small clients of docs/clients.md."""

import json
import re
import signal
import subprocess
import sys
import threading

import pytest

from tests.endpoint import ScriptedEndpoint, answer, held
from tests.images.pictures import photo
from tests.outside.cluster import QUICK
from tests.peers.started import BIN
from tests.site import ROOT, Site, until

pytestmark = pytest.mark.site


@pytest.fixture(scope="module")
def scripted():
    with ScriptedEndpoint() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def site(tmp_path_factory, scripted):
    variables = {"VISION_BASE_URL": scripted.url, "VISION_MODEL": "scripted-model", **QUICK}
    with Site(tmp_path_factory.mktemp("shell"), **variables) as started:
        yield started


@pytest.fixture
def photos(tmp_path):
    for number in range(6):
        (tmp_path / f"{number}.jpg").write_bytes(photo(48 + number, 48))
    return tmp_path


@pytest.fixture
def describing(site, scripted):
    """Starts the command, and waits until it has made so many calls."""
    started = []

    def describe(*arguments, calls=0):
        before = len(scripted.calls)
        command = [sys.executable, "manage.py", "describe", *map(str, arguments), "--question", "What is it?"]
        environment = site.environment | {"DJANGO_SETTINGS_MODULE": "vision_site.shell"}
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        assert scripted.wait_for_calls(before + calls, 30)
        return process

    yield describe
    for process in started:
        process.kill()
        process.communicate(timeout=10)


def test_beside_a_running_site_all_is_asked_here_and_told_there(site, photos, describing):
    process = describing(photos, "--jobs", 3)
    shown, beside = process.communicate(timeout=60)
    assert process.returncode == 0, beside
    lines = [json.loads(line) for line in shown.splitlines()]
    assert sorted(line.pop("path") for line in lines) == [
        str(photos / f"{number}.jpg") for number in range(6)
    ]
    assert [site.description(line["id"]) for line in lines] == lines
    assert "6 done, 0 failed" in beside


def test_a_killed_shell_leaves_what_it_asked_failed_and_its_calls_unknown(site, scripted, photos, describing):
    gate = threading.Event()
    scripted.then(*[held(gate, answer("Too late."))] * 2)
    process = describing(photos, "--jobs", 2, calls=2)
    process.kill()
    newest = site.session.get(f"{site.url}/api/descriptions", headers=site.bearer, timeout=10).json()["items"]
    rows = [site.finished(row["id"]) for row in newest[:2]]
    gate.set()
    assert {(row["status"], row["error"]["code"], row["via"]) for row in rows} == {
        ("failed", "connection_lost", "shell")
    }
    calls = [call for row in rows for call in row["attempts"]]
    assert [(call["state"], call["billed"]) for call in calls] == [("unknown", "unknown")] * 2


def test_a_second_signal_leaves_at_once(scripted, photos, describing):
    gate = threading.Event()
    scripted.then(held(gate, answer("Too late.")))
    process = describing(photos, "--jobs", 1, calls=1)
    process.send_signal(signal.SIGTERM)
    until(lambda: process.poll() or process.send_signal(signal.SIGINT), "it has left")
    gate.set()
    assert process.returncode in (130, 143)


CLIENTS = re.findall(
    r"^```(\w+)\n(.*?)^```", (ROOT / "docs" / "clients.md").read_text(), re.MULTILINE | re.DOTALL
)
RUN_BY = {"sh": ["sh", "-ec"], "python": [sys.executable, "-c"], "openai": [str(BIN / "python"), "-c"]}


@pytest.mark.parametrize(
    ("language", "code"), CLIENTS, ids=["requests", "openai", "curl-api", "curl-endpoint"]
)
def test_each_client_of_the_documentation_prints_the_answer(site, scripted, tmp_path, language, code):
    (tmp_path / "harbour.jpg").write_bytes(photo(64, 48))
    scripted.then(answer("Two boats.", usage=(1284, 31, 1315)))
    for said, meant in {
        "http://127.0.0.1:8000": site.url,
        "YOUR_KEY": site.bearer["Authorization"].removeprefix("Bearer "),
        '"sandbox"': '"scripted-model"',
    }.items():
        code = code.replace(said, meant)
    command = [*RUN_BY["openai" if "openai" in code else language], code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Two boats." in done.stdout
    assert "1315" in done.stdout
