"""Other people's SDKs and programs at our own endpoint, unmodified but for base URL and key: what they see, and what is recorded."""

import pytest
from django.conf import settings

from tests.peers.conftest import OFFICIAL, SCRIPTS, TOOL_CALL

pytestmark = pytest.mark.site
USAGE = ("prompt_tokens", "completion_tokens", "total_tokens")
NEVER = {("strands", "vision")}  # it always asks for a stream
official = pytest.mark.parametrize("peer", OFFICIAL)


def tokens(usage):
    return [usage[name] for name in USAGE]


def recorded(rows, question):
    """The one row of a question, which was answered by one call."""
    (row,) = rows[question]
    assert (row["status"], row["error"], row["via"], row["model"]) == ("done", None, "endpoint", "m")
    (attempt,) = row["attempts"]
    assert (attempt["state"], attempt["billed"]) == ("answered", "yes")
    assert tokens(attempt["usage"]) == tokens(row["usage"])
    assert not row["usage"]["estimated"]
    return row


@pytest.mark.parametrize(
    ("peer", "case"),
    [(peer, case) for peer in SCRIPTS for case in ("vision", "streamed") if (peer, case) not in NEVER],
)
def test_a_picture_is_described_counted_and_kept(seen, rows, calls, peer, case):
    told = seen[peer][case]
    row = recorded(rows, f"{peer} {case}")
    assert told["texts"] == [choice["content"] for choice in row["choices"]] == [f"Two boats for {peer}."]
    assert told["usage"] == tokens(row["usage"])
    (image,) = row["images"]
    assert (image["width"], image["height"]) == (640, 480)
    (body,) = calls[f"{peer} {case}"]
    assert body["messages"][-1]["content"][1]["image_url"]["url"].startswith("data:image/jpeg;base64,/9j/")
    assert body.get("stream", False) == (case == "streamed")


@official
def test_a_stream_comes_in_pieces_with_usage_once(seen, peer):
    told = seen[peer]["streamed"]
    assert told["pieces"] > 3
    assert told["usages"] == [told["usage"]]


@official
def test_a_stream_without_usage_asked_for_shows_none_and_records_it(seen, rows, peer):
    told = seen[peer]["streamed_plainly"]
    assert (told["texts"], told["usages"]) == ([f"Two boats for {peer}."], [])
    assert recorded(rows, f"{peer} streamed_plainly")["usage"]["total_tokens"] > 1000


@official
def test_several_answers_are_given_and_kept(seen, rows, peer):
    told = seen[peer]["several"]
    row = recorded(rows, f"{peer} several")
    assert told["texts"] == [f"Two boats for {peer}."] * 2 == [one["content"] for one in row["choices"]]
    assert told["usage"] == tokens(row["usage"])
    assert row["parameters"] == {"n": 2}


@official
def test_parameters_reach_the_model_as_they_were_given(seen, rows, calls, peer):
    given = {"stop": ["\n", "END"], "temperature": 0, "seed": 0, "max_tokens": 50}
    (body,) = calls[f"{peer} stop"]
    assert {name: body[name] for name in given} == given
    assert recorded(rows, f"{peer} stop")["parameters"] == given
    assert seen[peer]["stop"]["ended"] == ["stop"]


@official
def test_an_answer_in_json(seen, rows, calls, peer):
    (body,) = calls[f"{peer} as_json"]
    assert body["response_format"] == {"type": "json_object"}
    assert seen[peer]["as_json"]["texts"] == ['{"boats": 2}']
    assert recorded(rows, f"{peer} as_json")["choices"][0]["content"] == '{"boats": 2}'


@official
def test_a_tool_is_called(seen, rows, peer):
    told = seen[peer]["tools"]
    assert (told["texts"], told["calls"]) == ([None], [["count_boats", '{"red": 1}']])
    (choice,) = recorded(rows, f"{peer} tools")["choices"]
    assert (choice["content"], choice["tool_calls"]) == (None, [TOOL_CALL])


def test_a_tool_is_called_in_a_stream(seen, rows):
    assert seen["openai-python"]["tools_streamed"] == [["count_boats", '{"red": 1}']]
    (choice,) = recorded(rows, "openai-python tools_streamed")["choices"]
    assert choice["tool_calls"][0]["function"] == TOOL_CALL["function"]


@official
def test_models_are_listed(seen, peer):
    assert seen[peer]["models"] == [["m", "model", "endpoint"]]
    assert seen[peer]["one_model"] == "m"


@official
@pytest.mark.parametrize(
    ("case", "kind", "status", "code", "param", "asked"),
    [
        ("wrong_key", "AuthenticationError", 401, "invalid_api_key", None, 0),
        ("bad_body", "BadRequestError", 400, "invalid_value", "temperature", 0),
        ("refused_above", "BadRequestError", 400, "unsupported_parameter", "frequency_penalty", 1),
        ("unknown_model", "NotFoundError", 404, "model_not_found", "model", 0),
        ("over_the_rate", "RateLimitError", 429, "rate_limit_exceeded", None, None),
        ("unreadable", "InternalServerError", 502, "bad_answer", None, 1),
        ("down", "InternalServerError", 502, "connection_lost", None, settings.CALLER_TRIES),
    ],
)
def test_each_fault_is_raised_as_the_class_that_its_users_catch(
    seen, calls, peer, case, kind, status, code, param, asked
):
    told = seen[peer][case]
    assert kind in told["raised"]
    assert (told["status_code"], told["code"], told["param"]) == (status, code, param)
    assert told["request_id"]
    assert told["message"]
    if asked is not None:  # what it is told not to repeat comes to the endpoint once
        assert len(calls.get(f"{peer} {case}", [])) == asked


@official
def test_a_stream_that_broke_off_is_raised_and_not_repeated(seen, rows, calls, peer):
    assert "APIError" in seen[peer]["cut"]["raised"]
    assert seen[peer]["cut"]["code"] == "stream_cut"
    (row,) = rows[f"{peer} cut"]
    assert (row["status"], row["error"]["code"]) == ("failed", "stream_cut")
    assert len(calls[f"{peer} cut"]) == 1


@official
def test_a_key_over_its_rate_sends_nothing_on(rows, calls, peer):
    made = rows[f"{peer} over_the_rate"]
    done = [row for row in made if row["status"] == "done"]
    assert 1 <= len(done) == len(calls[f"{peer} over_the_rate"]) <= 2
    refused = [row for row in made if row["status"] == "failed"]
    assert [(row["error"]["code"], row["attempts"]) for row in refused] == [("rate_limit_exceeded", [])]


@pytest.mark.parametrize(("peer", "times"), [("ai-sdk", 3), ("pydantic-ai", 1), ("strands", 1)])
def test_fd05_who_repeats_an_unreadable_answer_and_how_it_is_kept_from_it(seen, rows, calls, peer, times):
    """As docs/endpoint.md says of each."""
    for case, asked in (("unreadable", times), ("unrepeated", 1)):
        assert "bad_answer" in {row["error"]["code"] for row in rows[f"{peer} {case}"]}
        assert len(calls[f"{peer} {case}"]) == len(rows[f"{peer} {case}"]) == asked
        assert seen[peer][case]["status_code"] == 502


@pytest.mark.parametrize("peer", ["ai-sdk", "pydantic-ai", "strands"])
def test_agents_are_told_of_a_wrong_key(seen, calls, peer):
    assert seen[peer]["wrong_key"]["status_code"] == 401
    assert "API key is not known" in seen[peer]["wrong_key"]["message"]
    assert f"{peer} wrong_key" not in calls


def test_litellm_raises_its_own_class_for_a_wrong_key(seen):
    assert "AuthenticationError" in seen["litellm"]["wrong_key"]["raised"]


def test_the_ledger_equals_the_endpoints_own_count_to_the_token(endpoint, rows, calls):
    attempts = [attempt for found in rows.values() for row in found for attempt in row["attempts"]]
    counted = [tokens(attempt["usage"]) for attempt in attempts if attempt["usage"]]
    assert [sum(column) for column in zip(*counted, strict=True)] == tokens(endpoint.served)
    assert len(attempts) == sum(map(len, calls.values()))
