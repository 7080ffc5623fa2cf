"""Changes of state reach the pages of their owner, and nobody else's."""

import asyncio

import pytest

from describer.engine.events import BACKLOG, Stream, events, hub, publish
from describer.models import Status
from tests.rows import make_description

pytestmark = pytest.mark.usefixtures("sandbox")


async def heard(owner, tell, count=1):
    """What a stream of `owner` hears when `tell` is called in another thread."""
    stream = events(owner)
    first = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    await asyncio.to_thread(tell)
    changes = [await asyncio.wait_for(first, 5)]
    while len(changes) < count:
        changes.append(await asyncio.wait_for(anext(stream), 5))
    await stream.aclose()
    return changes


def test_a_page_hears_of_its_owners_changes_alone():
    def tell():
        hub.deliver(2, {"id": 9, "status": "done"})
        hub.deliver(1, {"id": 7, "status": "running"})
        hub.deliver(1, {"id": 7, "status": "done"})

    changes = asyncio.run(heard(1, tell, count=2))
    assert changes == [{"id": 7, "status": "running"}, {"id": 7, "status": "done"}]
    assert not hub.streams


def test_p27_a_page_that_is_far_behind_is_dropped():
    async def slow():
        stream = Stream()
        for number in range(BACKLOG + 5):
            stream._put({"id": number, "status": "done"})
        return [stream.queue.get_nowait() for _ in range(stream.queue.qsize())]

    changes = asyncio.run(slow())
    assert None in changes


@pytest.mark.django_db(transaction=True)
def test_a_change_is_told_after_its_commit(alice):
    row = make_description(alice, status=Status.DONE)
    changes = asyncio.run(heard(alice.pk, lambda: publish(row)))
    assert changes == [{"id": row.pk, "status": "done"}]
