"""Changes of state reach the pages of their owner, and nobody else's."""

import asyncio

import pytest

from describer.engine import events as live
from describer.models import Status
from tests.rows import make_description

pytestmark = pytest.mark.usefixtures("sandbox")


async def heard(owner, tell, count=1):
    """What a stream of `owner` hears when `tell` is called in another thread."""
    stream = live.events(owner)
    first = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    await asyncio.to_thread(tell)
    events = [await asyncio.wait_for(first, 5)]
    while len(events) < count:
        events.append(await asyncio.wait_for(anext(stream), 5))
    await stream.aclose()
    return events


def test_a_page_hears_of_its_owners_changes_alone():
    def tell():
        live.hub.deliver(2, {"id": 9, "status": "done"})
        live.hub.deliver(1, {"id": 7, "status": "running"})
        live.hub.deliver(1, {"id": 7, "status": "done"})

    events = asyncio.run(heard(1, tell, count=2))
    assert events == [{"id": 7, "status": "running"}, {"id": 7, "status": "done"}]
    assert not live.hub.streams


def test_p27_a_page_that_is_far_behind_is_dropped():
    async def slow():
        stream = live.Stream()
        for number in range(live.BACKLOG + 5):
            stream._put({"id": number, "status": "done"})
        return [stream.queue.get_nowait() for _ in range(stream.queue.qsize())]

    events = asyncio.run(slow())
    assert None in events


@pytest.mark.django_db(transaction=True)
def test_a_change_is_told_after_its_commit(alice):
    row = make_description(alice, status=Status.DONE)
    events = asyncio.run(heard(alice.pk, lambda: live.publish(row)))
    assert events == [{"id": row.pk, "status": "done"}]
