"""An endpoint that wants headers of its own, as gateways do, and repeats them wherever it can (FD08)."""

import pytest
import requests

from tests.endpoint import ScriptedEndpoint, answer, error, reply
from tests.images.pictures import photo
from tests.outside.database import Database
from tests.outside.people import post
from tests.site import Site, until

pytestmark = pytest.mark.site
SECRET = "pk-portkey-0123456789-of-tests"
MODELS = reply(200, {"object": "list", "data": [{"id": "m"}]})


def played(call):
    """Whoever lacks one of the headers is refused, and told what came."""
    came = {name: call.headers.get(name) for name in ("x-gateway-key", "x-gateway-provider")}
    if came != {"x-gateway-key": SECRET, "x-gateway-provider": "openai"}:
        return error(401, f"Wrong headers: {came}")
    return answer(f"I was asked by {SECRET}.")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("headers")
    (folder / "headers").write_text(f"x-gateway-key: {SECRET}\n")
    with ScriptedEndpoint() as endpoint:
        endpoint.rule(played)
        endpoint.models_step = MODELS
        variables = {"VISION_HEADERS_FILE": str(folder / "headers"), "LOG_LEVEL": "DEBUG"}
        with Site(folder / "data", VISION_BASE_URL=endpoint.url, VISION_MODEL="m", **variables) as started:
            started.endpoint = endpoint
            yield started


def set_headers(site, owner, text):
    (number,) = Database(site).rows("SELECT id FROM describer_endpoint WHERE is_default")[0]
    return post(site, owner, f"/admin/describer/endpoint/{number}/change/", data={"settings": text})


def test_fd08_plain_headers_are_set_in_the_admin_and_secret_ones_refused_there(site, owner):
    refused = set_headers(site, owner, '{"headers": {"x-gateway-key": "abc"}}')
    assert refused.status_code == 200 and "VISION_HEADERS" in refused.text
    assert set_headers(site, owner, '{"headers": {"x-gateway-provider": "openai"}}').status_code == 302


def test_fd08_both_go_with_each_call_and_the_secret_is_seen_nowhere(site, owner):
    set_headers(site, owner, '{"headers": {"x-gateway-provider": "openai"}}')
    asked = site.finished(site.ask(photo(64, 48))["id"])
    assert (asked["status"], asked["choices"][0]["content"]) == ("done", "I was asked by [key].")
    body = {"model": "m", "messages": [{"role": "user", "content": "Who asks?"}]}
    called = requests.post(f"{site.url}/v1/chat/completions", json=body, headers=site.bearer, timeout=30)
    streamed = requests.post(
        f"{site.url}/v1/chat/completions", json=body | {"stream": True}, headers=site.bearer, timeout=30
    )
    assert "[key]" in called.text and "[key]" in streamed.text
    set_headers(site, owner, "{}")
    failed = site.finished(site.ask(photo(64, 48), question="Without?")["id"])
    assert failed["error"]["code"] == "bad_key"
    set_headers(site, owner, '{"headers": {"x-gateway-provider": "openai"}}')
    page = owner.get(f"{site.url}/descriptions/{failed['id']}/", timeout=10).text
    seen = [str(asked), str(failed), page, called.text, streamed.text, site.manage("shell", "-c", "print(1)")]
    assert not [text for text in seen if SECRET in text or SECRET[:12] in text]
    until(lambda: any("attempt" in line for line in site.log), "the log tells of calls")
    assert not [line for line in site.log if SECRET in line]
    dump = "\n".join(str(Database(site).rows(f"SELECT * FROM {table}")) for table in tables(site))
    assert SECRET not in dump


def tables(site):
    return [name for (name,) in Database(site).rows("SELECT name FROM sqlite_master WHERE type = 'table'")]


def test_fd08_the_doctor_asks_with_them(site, owner):
    set_headers(site, owner, '{"headers": {"x-gateway-provider": "openai"}}')
    Database(site).do("UPDATE describer_endpoint SET paused_code = ''")
    with_headers = len(site.endpoint.model_calls)
    site.manage("doctor")
    (call,) = site.endpoint.model_calls[with_headers:]
    assert (call.headers["x-gateway-key"], call.headers["x-gateway-provider"]) == (SECRET, "openai")
