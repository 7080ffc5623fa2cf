"""Fairness, decided when a row is born, so that a claim is one index seek.

One person's rows take turns 0, 1, 2, ...; another's first ask gets the lowest turn now queued, and so the next round.
Two births at once may share a turn, which is harmless.
"""

from describer.models import Description, Lane, Status, User

MANY = 1000


def next_turn(owner: User, lane: Lane) -> int:
    """The turn of this owner's next row: max(lowest queued turn of the lane, the owner's highest + 1), or 0."""
    queued = Description.objects.filter(lane=lane, status=Status.QUEUED)
    lowest = queued.order_by("turn", "id").values_list("turn", flat=True).first()
    own = queued.filter(owner=owner).order_by("-turn").values_list("turn", flat=True).first()
    return max(lowest or 0, 0 if own is None else own + 1)


def ahead(description: Description) -> int:
    """How many asks will be taken before this queued one; MANY means that many or more."""
    queued = Description.objects.filter(status=Status.QUEUED)
    earlier = queued.filter(lane__lt=description.lane)[:MANY].count()
    same_lane = queued.filter(lane=description.lane)
    earlier += same_lane.filter(turn__lt=description.turn)[:MANY].count()
    earlier += same_lane.filter(turn=description.turn, id__lt=description.pk)[:MANY].count()
    return min(earlier, MANY)
