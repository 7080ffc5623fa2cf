"""The line before logins: short, and not in the order of coming."""

import asyncio
from io import BytesIO

from describer.edge.login_line import LoginLine, rank_of
from describer.edge.sound_request import SoundRequest
from describer.web.login_guard import LoginMemory, logins


def played(play):
    """Run a play of some logins, for a moment of the event loop at most."""
    return asyncio.run(asyncio.wait_for(play, 10))


async def come(line, rank, entered):
    task = asyncio.create_task(line.enter(rank))
    task.add_done_callback(
        lambda done: entered.append((rank, done.result())) if not done.cancelled() else None
    )
    await asyncio.sleep(0)
    return task


async def settle():
    for _ in range(3):
        await asyncio.sleep(0)


def test_fe09_the_least_suspicious_goes_first_and_the_most_suspicious_leaves_a_full_line():
    async def play():
        line, entered = LoginLine(1, 3), []
        for rank in (5, 7, 8, 9, 2, 0):
            await come(line, rank, entered)
        await settle()
        turned_away = [rank for rank, got in entered if not got]
        for _ in range(4):
            line.leave()
            await settle()
        return turned_away, [rank for rank, got in entered if got]

    assert played(play()) == ([9, 8], [5, 0, 2, 7])


def test_fe09_who_hangs_up_in_line_takes_no_place():
    async def play():
        line, entered = LoginLine(1, 3), []
        await come(line, 1, entered)
        first, second = await come(line, 2, entered), await come(line, 3, entered)
        first.cancel()
        await settle()
        line.leave()
        second.cancel()  # in the very moment in which it was its turn
        await settle()
        last = await come(line, 4, entered)
        await settle()
        return last.done() and last.result()

    assert played(play()) is True


def test_fe09_a_flood_is_suspicious_and_who_is_known_there_is_not():
    memory = LoginMemory(900)
    memory.welcome("ann", "192.0.2.1")
    assert [memory.rank("x", "192.0.2.1") for _ in range(3)] == [1, 2, 3]
    assert memory.rank("ann", "192.0.2.1") == 0
    assert memory.rank("ann", "192.0.2.2") == 1


def test_fe09_what_is_remembered_has_an_end():
    memory = LoginMemory(900)
    for number in range(20_000):
        memory.rank("x", str(number))
        memory.welcome("x", str(number))
    assert len(memory.tries) == len(memory.known) == 10_000
    late = LoginMemory(0)
    assert [late.rank("x", "192.0.2.1") for _ in range(3)] == [1, 1, 1]


def test_fd02_a_login_in_chunks_has_the_place_of_its_name():
    logins.welcome("in-chunks", "192.0.2.77")
    form = b"username=in-chunks&password=x"
    chunked, told = ((b"transfer-encoding", b"chunked"),), ((b"content-length", b"29"),)
    assert [rank_of(login(form, *how)) for how in (chunked, told)] == [0, 0]


def login(form, *headers):
    kind = (b"content-type", b"application/x-www-form-urlencoded")
    scope = {"path": "/login/", "method": "POST", "client": ("192.0.2.77", 1), "headers": [kind, *headers]}
    return SoundRequest(scope, BytesIO(form))
