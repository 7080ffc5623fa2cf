"""The examples of the OpenAPI, run as they are by a shell and curl against a running site."""

import json
import os
import re
import subprocess

import pytest

from describer.api.examples import CALLS
from describer.models import ApiKey, DescriptionLink, Endpoint, Share, Webhook
from tests.images.pictures import photo
from tests.rows import make_comparison, make_description


@pytest.fixture
def shell(live_server, alice, boss, tmp_path):
    """Runs a call in a folder with two pictures; an error of the site ends it."""
    Endpoint.from_environment()
    for name in ("harbour", "lighthouse"):
        (tmp_path / f"{name}.jpg").write_bytes(photo(64, 48))
    (tmp_path / ".curlrc").write_text("silent\nshow-error\nfail-with-body\nnoproxy = *\n")

    def run(call):
        variables = {
            "KEY": ApiKey.issue(boss if "/prices" in call else alice, "tests")[1],
            "SITE": live_server.url,
            "CURL_HOME": str(tmp_path),
        }
        asked = make_description(alice, question="What?")
        DescriptionLink.objects.create(description=asked, position=0, url="https://pictures.example/a.jpg")
        comparison = make_comparison(alice)
        make_description(alice, comparison=comparison)
        alice.webhooks.all().delete()
        webhook = Webhook.issue(alice, "https://receiver.example/")
        if "/share" in call:
            asked.cancel()
        places = {"/webhooks/": webhook, "/comparisons/": comparison, "/shares/": Share.issue(asked, None)[0]}
        variables["ID"] = str(next((one.pk for place, one in places.items() if place in call), asked.pk))
        done = subprocess.run(
            ["sh", "-ec", call],
            cwd=tmp_path,
            env=os.environ | variables,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def schema_of(operation):
    """The JSON schema's name of what a call answers, or None when it is no JSON."""
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            found = response.get("content", {}).get("application/json", {}).get("schema", {})
            return found.get("$ref", "").rpartition("/")[2] or None


@pytest.mark.django_db(transaction=True)
@pytest.mark.process
def test_every_example_of_the_openapi_does_what_it_says(shell, client, alice, tmp_path):
    client.force_login(alice)
    schema = client.get("/api/openapi.json").json()
    operations = {
        f"{method.upper()} {path}": operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }
    assert set(operations) == set(CALLS)
    for operation in operations.values():
        [call] = re.findall(r"```sh\n(.*?)```", operation["description"], re.DOTALL)
        told = shell(call)
        if name := schema_of(operation):
            assert set(json.loads(told)) == set(schema["components"]["schemas"][name]["properties"])
    assert (tmp_path / "descriptions.jsonl").read_text() == ""
    assert (tmp_path / "january.csv").read_text().startswith('"id","status",')
