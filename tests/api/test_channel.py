"""What waits in memory for the caller of a stream."""

import asyncio
import json

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from describer.api.callers import KnownCaller
from describer.api.v1.call import EndpointCall
from describer.api.v1.channel import MOST_BEHIND, Channel
from describer.api.v1.chat_completions import WAITING, frames

PIECE = b"data: " + b"x" * 2**16


async def put(pieces, take_each):
    channel = Channel()
    taken = 0
    for _ in range(pieces):
        channel.put(PIECE)
        await asyncio.sleep(0)
        taken += len(channel.take()) if take_each else 0
    return channel, taken


def test_whoever_takes_what_comes_gets_all_of_it():
    channel, taken = asyncio.run(put(3 * MOST_BEHIND // len(PIECE), take_each=True))
    assert (channel.is_behind, taken // len(PIECE)) == (False, 3 * MOST_BEHIND // len(PIECE))


def test_whoever_takes_nothing_is_left_behind_and_nothing_is_kept_for_them():
    channel, _ = asyncio.run(put(3 * MOST_BEHIND // len(PIECE), take_each=False))
    assert (channel.is_behind, channel.frames, channel.news.is_set()) == (True, [], True)


def test_one_piece_may_be_as_large_as_a_reply_may():
    async def one():
        channel = Channel()
        channel.put(b"x" * 2 * MOST_BEHIND)
        await asyncio.sleep(0)
        return channel

    channel = asyncio.run(one())
    assert (channel.is_behind, len(channel.take())) == (False, 2 * MOST_BEHIND)


@pytest.mark.parametrize("came", [False, True])
def test_e30_a_stream_waits_for_its_first_words_no_longer_than_a_whole_call(came):
    async def all_frames():
        call = EndpointCall(RequestFactory().post("/v1/chat/completions"), KnownCaller(1))
        call.end = call.channel.loop.time()
        done = call.channel.loop.create_future()
        if came:
            call.channel.put(PIECE)
            await asyncio.sleep(0)
            call.channel.loop.call_later(
                0.05, lambda: (done.set_result(HttpResponse()), call.channel.news.set())
            )
        return call, [piece async for piece in frames(call, done)]

    call, pieces = asyncio.run(all_frames())
    if came:
        assert (pieces, call.waiter.over.is_set()) == ([PIECE], False)
    else:
        assert pieces[0] == WAITING
        assert json.loads(pieces[1].removeprefix(b"data: "))["error"]["code"] == "timeout"
        assert (call.waiter.over.is_set(), call.waiter.hung_up) == (True, False)
