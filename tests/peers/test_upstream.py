"""A LiteLLM proxy as the site's endpoint: many people have one already."""

import json

import pytest
import requests

from tests.endpoint import ScriptedEndpoint, answer, chunks, error, rate_limited, sse
from tests.images.pictures import photo
from tests.peers.started import PROXY_KEY, litellm_proxy
from tests.site import Site

pytestmark = pytest.mark.site
USAGE = ("prompt_tokens", "completion_tokens", "total_tokens")


@pytest.fixture(scope="module")
def scripted():
    with ScriptedEndpoint() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def site(tmp_path_factory, scripted):
    with litellm_proxy(scripted.url) as proxy:
        variables = {"VISION_BASE_URL": proxy.url, "VISION_API_KEY": PROXY_KEY, "VISION_MODEL": "m"}
        with Site(tmp_path_factory.mktemp("behind"), **variables) as started:
            yield started


def tokens(usage):
    return tuple(usage[name] for name in USAGE)


def test_an_ask_through_litellm_is_answered_and_counted_to_the_token(site, scripted):
    before = len(scripted.calls)
    scripted.then(answer("Two boats.", usage=(1284, 31, 1315)))
    described = site.finished(site.ask(photo(640, 480), question="Boats?", temperature="0")["id"])
    assert (described["status"], described["error"]) == ("done", None)
    assert described["choices"][0]["content"] == "Two boats."
    assert tokens(described["usage"]) == (1284, 31, 1315)
    (attempt,) = described["attempts"]
    assert (attempt["state"], tokens(attempt["usage"])) == ("answered", (1284, 31, 1315))
    (call,) = scripted.calls[before:]
    text, picture = call.body["messages"][0]["content"]
    assert (call.body["temperature"], text["text"]) == (0, "Boats?")
    assert picture["image_url"]["url"].startswith("data:image/jpeg;base64,/9j/")


def test_later_said_through_litellm_is_waited_for(site, scripted):
    scripted.then(rate_limited(1), answer("Now.", usage=(20, 3, 23)))
    described = site.finished(site.ask(photo(64, 48), question="Later?")["id"])
    assert tokens(described["usage"]) == (20, 3, 23)
    attempts = [(attempt["state"], attempt["http_status"]) for attempt in described["attempts"]]
    assert attempts == [("refused", 429), ("answered", 200)]


def test_what_the_endpoint_behind_litellm_refuses_is_told_in_its_words(site, scripted):
    scripted.then(error(400, "The picture is upside down.", "invalid_image_format"))
    described = site.finished(site.ask(photo(64, 48), question="Upside?")["id"])
    assert (described["status"], described["error"]["code"]) == ("failed", "image_rejected")
    assert "The picture is upside down." in described["error"]["message"]


def test_a_stream_through_litellm_goes_on_whole_and_is_counted_to_the_token(site, scripted):
    scripted.then(sse(*chunks("Two red boats.", (300, 7, 307)), usage=(300, 7, 307)))
    body = {"model": "m", "messages": [{"role": "user", "content": "Red?"}], "stream": True}
    reply = requests.post(
        f"{site.url}/v1/chat/completions",
        json=body | {"stream_options": {"include_usage": True}},
        headers=site.bearer,
        timeout=30,
    )
    *events, end = [line[6:] for line in reply.text.splitlines() if line.startswith("data: ")]
    assert end == "[DONE]"
    said = [json.loads(event) for event in events]
    words = [choice["delta"].get("content") or "" for event in said for choice in event["choices"]]
    assert "".join(words) == "Two red boats."
    assert [tokens(event["usage"]) for event in said if event.get("usage")] == [(300, 7, 307)]
    described = site.description(int(reply.headers["x-description-id"]))
    assert (described["status"], described["choices"][0]["content"]) == ("done", "Two red boats.")
    assert [tokens(attempt["usage"]) for attempt in described["attempts"]] == [(300, 7, 307)]
