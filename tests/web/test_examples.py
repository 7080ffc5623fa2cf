"""The account page's examples, copied and run: each reaches an endpoint with the key, the question and the picture."""

import base64
import subprocess
import sys

import pytest

from describer.web.examples import examples
from tests.endpoint import answer
from tests.images.pictures import photo
from tests.peers.started import BIN, environment

PROGRAMS = {
    "curl": ["sh", "-c"],
    "requests": [sys.executable, "-c"],
    "openai": [str(BIN / "python"), "-c"],
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_example_works_as_it_is_copied(endpoint, tmp_path, name):
    endpoint.then(answer("Two boats."))
    picture = photo(1200, 900)
    (tmp_path / "harbour.jpg").write_bytes(picture)
    [text] = [one.text for one in examples(endpoint.url, "dsc_of-tests", "vision-1") if one.name == name]
    done = subprocess.run(
        [*PROGRAMS[name], text],
        cwd=tmp_path,
        env=environment(HOME=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "Two boats." in done.stdout
    [call] = endpoint.calls
    question, shown = call.body["messages"][0]["content"]
    assert call.headers["authorization"] == "Bearer dsc_of-tests"
    assert (call.body["model"], question["text"]) == ("vision-1", "What is in this picture?")
    assert shown["image_url"]["url"] == "data:image/jpeg;base64," + base64.b64encode(picture).decode()
