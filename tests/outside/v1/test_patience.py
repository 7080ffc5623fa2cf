"""Cases E29, E30, E31 and E34 of our own endpoint: what takes seconds. It begins with the site and is looked at here."""

import pytest

from tests.outside.v1.world import events, fault, text_of

pytestmark = pytest.mark.site


def test_e29_a_long_wait_in_a_stream_is_filled_with_comments(slow):
    reply, headers, text = slow["patience"].result()
    assert reply.status_code == 200
    assert reply.headers["x-description-id"]
    assert 9 < headers < 15
    assert text.startswith(": waiting\ndata: ")
    found = events(text)
    assert (text_of(found), found[-1]) == ("At last.", "[DONE]")


def test_e29_e31_a_failure_after_a_long_wait_is_a_frame(slow):
    reply, _, text = slow["patience, then a fault"].result()
    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    (last,) = events(text)
    assert last["error"]["code"] == "endpoint_error"


def test_e29_a_stream_whose_pictures_are_long_in_coming_is_one(slow):
    found = events(slow["links"].result().text)
    assert (text_of(found), found[-1]) == ("A picture.", "[DONE]")


def test_e30_a_call_that_takes_long_is_held(slow):
    reply = slow["whole"].result()
    assert reply.json()["choices"][0]["message"]["content"] == "At last."


@pytest.mark.parametrize("which", ["away", "away in a stream"])
def test_e34_when_our_own_tries_are_used_up_nobody_shall_repeat_them(world, slow, which):
    reply = slow[which].result()
    if reply.status_code == 200:  # its headers had to go after ten seconds
        (last,) = events(reply.text)
        assert last["error"]["code"] == "connection_lost"
    else:
        message = fault(reply, 502, "connection_lost")["message"]
        assert reply.headers["x-should-retry"] == "false"
        assert "tried 5 times" in message
    attempts = world.row(reply)["attempts"]
    assert [attempt["billed"] for attempt in attempts] == ["unknown"] * 5
