"""What an endpoint refuses of a call: what of it is left out or renamed and remembered, and what goes back to the caller."""

import pytest

from tests.endpoint import answer, chunks, error, sse
from tests.outside.v1.world import WITH_USAGE, events, fault, text_of

pytestmark = pytest.mark.site


def test_o22_an_endpoint_that_refuses_stream_options_is_asked_without_and_that_is_remembered(world):
    refusal = error(400, "Unrecognized request argument supplied: stream_options", param="stream_options")
    world.plays("No options?", refusal, sse(*chunks("Two boats.", usage=None)))
    with world.learning():
        got = world.streamed("No options?", **WITH_USAGE)
        found = events(got.text)
        assert (text_of(found), found[-1]) == ("Two boats.", "[DONE]")
        assert found[-2]["choices"] == [] and found[-2]["usage"]["estimated"] is True
        first, second = world.sent("No options?")
        assert "stream_options" in first.body and "stream_options" not in second.body
        row = world.row(got)
        assert row["usage"] == found[-2]["usage"]
        assert [attempt["state"] for attempt in row["attempts"]] == ["refused", "answered"]
        world.plays("Options again?", sse(*chunks("x", usage=None)))
        world.streamed("Options again?")
        assert ["stream_options" in call.body for call in world.sent("Options again?")] == [False]


def test_o24_beside_stream_options_nothing_of_the_callers_is_left_out(world):
    refusal = error(
        400, "scripted does not support parameters: ['stream_options', 'temperature'], for model=m"
    )
    world.plays("Two refused?", refusal, sse(*chunks("Two boats.", usage=None)))
    with world.learning():
        assert world.streamed("Two refused?", temperature=0.5).ok
        first, second = world.sent("Two refused?")
        assert "stream_options" in first.body and "stream_options" not in second.body
        assert second.body["temperature"] == 0.5


def test_o23_max_tokens_is_renamed_once_and_that_is_remembered(world):
    words = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    world.plays("Renamed?", error(400, words, "unsupported_parameter", param="max_tokens"), answer())
    with world.learning():
        got = world.post("Renamed?", max_tokens=77)
        assert got.status_code == 200
        bodies = [call.body for call in world.sent("Renamed?")]
        assert [(body.get("max_tokens"), body.get("max_completion_tokens")) for body in bodies] == [
            (77, None),
            (None, 77),
        ]
        row = world.row(got)
        assert row["parameters"] == {"max_tokens": 77}
        assert row["attempts"][1]["changed"] == [
            {"kind": "renamed", "param": "max_tokens", "to": "max_completion_tokens"}
        ]
        assert world.post("Renamed again?", max_tokens=8).ok
        (call,) = world.sent("Renamed again?")
        assert (call.body.get("max_tokens"), call.body["max_completion_tokens"]) == (None, 8)
        assert world.post("Both of them?", max_tokens=8, max_completion_tokens=9).ok
        (call,) = world.sent("Both of them?")
        assert (call.body.get("max_tokens"), call.body["max_completion_tokens"]) == (8, 9)


def test_o24_any_other_refused_parameter_goes_back_to_the_caller(world):
    words = "`temperature` is deprecated for this model."
    world.plays("Deprecated?", error(400, words, "unsupported_parameter", param="temperature"))
    got = world.post("Deprecated?", temperature=0.5)
    told_of = fault(got, 400, "unsupported_parameter", "temperature")
    assert words in told_of["message"]
    assert got.headers["x-should-retry"] == "false"
    assert len(world.sent("Deprecated?")) == 1
