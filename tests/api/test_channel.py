"""What waits in memory for the caller of a stream."""

import asyncio

from describer.api.v1.call import MOST_BEHIND, Channel

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
    assert (channel.left, taken // len(PIECE)) == (False, 3 * MOST_BEHIND // len(PIECE))


def test_whoever_takes_nothing_is_left_behind_and_nothing_is_kept_for_them():
    channel, _ = asyncio.run(put(3 * MOST_BEHIND // len(PIECE), take_each=False))
    assert (channel.left, channel.frames, channel.news.is_set()) == (True, [], True)


def test_one_piece_may_be_as_large_as_a_reply_may():
    async def one():
        channel = Channel()
        channel.put(b"x" * 2 * MOST_BEHIND)
        await asyncio.sleep(0)
        return channel

    channel = asyncio.run(one())
    assert (channel.left, len(channel.take())) == (False, 2 * MOST_BEHIND)
