"""Queue, workers and endpoints as they are now, by a few queries that never read more than what is open."""

from dataclasses import dataclass

from django.db.models import Count, Min
from django.utils import timezone

from describer.models import Attempt, Description, Endpoint, Lane, Status, Worker

OPEN, SLOWED, PAUSED = "open", "slowed", "paused"


@dataclass(frozen=True)
class Depth:
    """How many asks of a lane are in each open state, and for how long the oldest that is not running waits, in seconds."""

    lane: str
    queued: int
    waiting: int
    running: int
    oldest: float


@dataclass(frozen=True)
class Engine:
    """`calls` are those on their way to an endpoint."""

    depths: list[Depth]
    calls: int
    workers: list[Worker]
    endpoints: list[Endpoint]

    @property
    def slots(self) -> int:
        return sum(worker.slots for worker in self.workers)

    @property
    def busy(self) -> int:
        """Return the number of slots that are taken."""
        return sum(worker.running for worker in self.workers)


def engine() -> Engine:
    return Engine(
        depths=_depths(),
        calls=Attempt.objects.filter(state=Attempt.State.SENT).count(),
        workers=list(Worker.objects.alive().order_by("name")),
        endpoints=list(Endpoint.objects.order_by("name")),
    )


def _depths() -> list[Depth]:
    """Return the depth of each lane.

    Each state is counted in its own partial index; ids are in the order of creation.
    """
    queued, waiting = _by_lane(Status.QUEUED), _by_lane(Status.WAITING)
    leased = Description.objects.filter(status=Status.RUNNING).exclude(lease_token="")
    running = dict(leased.order_by().values_list("lane").annotate(Count("pk")))
    first = {
        lane: min(lanes[lane][1] for lanes in (queued, waiting) if lane in lanes)
        for lane in queued.keys() | waiting.keys()
    }
    created = dict(Description.objects.filter(pk__in=first.values()).values_list("pk", "created"))
    now = timezone.now()
    waits = {lane: (now - created[pk]).total_seconds() for lane, pk in first.items() if pk in created}
    return [
        Depth(
            lane=lane.label.lower(),
            queued=queued.get(lane, (0, 0))[0],
            waiting=waiting.get(lane, (0, 0))[0],
            running=running.get(lane, 0),
            oldest=max(0.0, waits.get(lane, 0.0)),
        )
        for lane in Lane
    ]


def _by_lane(status: Status) -> dict[int, tuple[int, int]]:
    """Return by lane how many there are, and the id of the first."""
    rows = Description.objects.filter(status=status).order_by().values_list("lane")
    return {lane: (count, first) for lane, count, first in rows.annotate(Count("pk"), Min("pk"))}


def state(endpoint: Endpoint) -> str:
    """Tell an endpoint's state.

    paused: somebody must mend it; slowed: it told us to come later; open: neither.
    """
    if endpoint.paused_code:
        return PAUSED
    held = endpoint.gate_opens is not None and endpoint.gate_opens > timezone.now()
    if held or endpoint.gate_width is not None:
        return SLOWED
    return OPEN
