"""The site against a scripted endpoint, driven from outside: what people ask, what is sent, what is recorded."""

import itertools

import pytest

from tests.endpoint import (
    ScriptedEndpoint,
    answer,
    close_silently,
    cut_json,
    error,
    html,
    reply,
    reset,
)
from tests.images.pictures import photo
from tests.site import Site

KEY = "sk-of-the-endpoint-0123456789"
pytestmark = pytest.mark.site
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def scripted():
    with ScriptedEndpoint() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def site(tmp_path_factory, scripted):
    variables = {"VISION_BASE_URL": scripted.url, "VISION_API_KEY": KEY, "VISION_MODEL": "scripted-model"}
    with Site(tmp_path_factory.mktemp("site"), **variables) as started:
        yield started


@pytest.fixture
def ask(site, scripted):
    """Ask about a picture under a script; answers the finished description and the calls that it took."""

    def asked(*steps, **fields):
        before = len(scripted.calls)
        scripted.then(*steps)
        made = site.ask(photo(640, 480), question=f"Question {next(numbers)}?", **fields)
        return site.finished(made["id"]), scripted.calls[before:]

    return asked


def test_an_ask_is_answered_with_the_endpoints_usage_to_the_token(ask):
    described, calls = ask(answer("Two boats.", usage=(1284, 31, 1315)))
    assert described["status"] == "done"
    assert described["choices"][0]["content"] == "Two boats."
    usage = {"prompt_tokens": 1284, "completion_tokens": 31, "total_tokens": 1315, "estimated": False}
    assert described["usage"] == usage
    assert [attempt["state"] for attempt in described["attempts"]] == ["answered"]
    assert len(calls) == 1
    assert calls[0].headers["authorization"] == f"Bearer {KEY}"
    assert calls[0].body["model"] == "scripted-model"


def test_only_what_was_set_is_sent(ask):
    _, calls = ask(answer("x"), temperature="0", system_prompt="Be brief.")
    assert set(calls[0].body) == {"model", "messages", "temperature"}
    assert calls[0].body["temperature"] == 0
    assert calls[0].body["messages"][0] == {"role": "system", "content": "Be brief."}


@pytest.mark.parametrize(
    ("step", "code", "says"),
    [
        (error(400, "no such thing", param="question"), "bad_request", "no such thing"),
        (error(404, "The model `x` does not exist", code="model_not_found"), "model_not_found", "model"),
        (cut_json(), "bad_answer", ""),
        (reply(200, {"choices": [], "usage": None}), "empty_answer", ""),
        (answer(None), "empty_answer", "nothing"),
    ],
)
def test_n10_n13_n34_n35_what_waiting_cannot_mend_fails_after_one_attempt(ask, step, code, says):
    described, calls = ask(step)
    assert (described["status"], described["error"]["code"]) == ("failed", code)
    assert says in described["error"]["message"]
    assert len(calls) == len(described["attempts"]) == 1


@pytest.mark.parametrize("fault", [html(502), reset(), close_silently()])
def test_n20_to_n22_what_may_pass_is_asked_again_and_each_attempt_stands_in_the_ledger(ask, fault):
    described, calls = ask(fault, answer("At last."))
    assert described["status"] == "done"
    assert len(calls) == len(described["attempts"]) == 2
    first, second = described["attempts"]
    assert (first["billed"], second["state"]) == ("unknown", "answered")


def test_n32_no_usage_is_unknown_and_marked_as_our_estimate(ask):
    described, _ = ask(reply(200, {"choices": [{"message": {"content": "A dog."}}]}))
    assert described["status"] == "done"
    assert described["usage"]["estimated"] is True
    assert described["usage"]["total_tokens"] > 0
    assert described["attempts"][0]["usage"] is None


def test_o23_a_renamed_parameter_is_met_once_and_remembered(ask):
    words = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    refusal = error(400, words, param="max_tokens", code="unsupported_parameter")
    described, calls = ask(refusal, answer("x"), max_tokens="50")
    assert described["status"] == "done"
    assert described["parameters"] == {"max_tokens": 50}
    assert "max_completion_tokens" in calls[1].body
    _, calls = ask(answer("x"), max_tokens="50")
    assert len(calls) == 1
    assert calls[0].body["max_completion_tokens"] == 50


def test_n43_a_refused_key_fails_the_ask_that_met_it_and_lets_the_others_wait(ask, site, scripted):
    scripted.models = None
    described, calls = ask(error(401, "Incorrect API key"))
    assert (described["status"], described["error"]["code"]) == ("failed", "bad_key")
    assert len(calls) == 1
    waiting = site.ask(photo(320, 240), question="Later?")
    assert (waiting["status"], waiting["attempts"]) == ("waiting", [])
    site.kill()
    site.start()
    assert site.finished(waiting["id"])["status"] == "done"


def test_the_endpoints_key_is_in_no_file_and_no_log_line(ask, site):
    ask(error(401, f"Incorrect API key provided: {KEY}"))
    ask_page = site.login().get(f"{site.url}/", timeout=10)
    assert KEY not in ask_page.text
    assert not [line for line in site.log if KEY in line]
    files = [path for path in site.data.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
