"""Fairness, decided when a row is born, so that a claim is one index seek.

One person's rows take turns 0, 1, 2, ...; another's first ask gets the lowest turn now queued, and so the next round.
Two births at once may share a turn, which is harmless.
"""

from describer.models import Description, Lane, Status, User

_MANY = 1000


def next_turn(owner: User, lane: Lane) -> int:
    """Return the turn of this owner's next row: max(the lane's lowest queued, the owner's highest + 1), or 0."""
    queued = Description.objects.filter(lane=lane, status=Status.QUEUED)
    lowest = queued.order_by("turn", "id").values_list("turn", flat=True).first()
    own = queued.filter(owner=owner).order_by("-turn").values_list("turn", flat=True).first()
    if own is None:
        return lowest or 0
    return max(lowest or 0, own + 1)


def ahead(description: Description) -> int:
    """Count the asks that will be taken before this queued one; _MANY means that many or more."""
    queued = Description.objects.filter(status=Status.QUEUED)
    earlier = queued.filter(lane__lt=description.lane)[:_MANY].count()
    same_lane = queued.filter(lane=description.lane)
    earlier += same_lane.filter(turn__lt=description.turn)[:_MANY].count()
    earlier += same_lane.filter(turn=description.turn, id__lt=description.pk)[:_MANY].count()
    return min(earlier, _MANY)
