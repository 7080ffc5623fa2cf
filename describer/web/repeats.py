"""A call at our own endpoint that was made again: what may have been paid twice is shown beside each of the two."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from describer.models import Attempt, Description, Status

_SOON = timedelta(minutes=1)
_NEAR = 10_000  # ids; looked at by owner and id, so that a page costs a short stretch of an index
_MOST = 5


@dataclass(frozen=True)
class Repeats:
    """The description that this one repeats, if any, whose call may have been billed; and those that repeat this one."""

    of: Description | None = None
    by: tuple[Description, ...] = ()


def repeats_of(row: Description) -> Repeats:
    """Find the calls with the very same body and key, begun within a minute of the end of one that may have been billed.

    It failed, or its caller hung up before the answer was whole: in both cases the client has no answer, and may ask again
    whatever it is told. A model is part of the body.
    """
    if not row.submit_hash or not row.policy.has_transcript:
        return Repeats()
    same = Description.objects.untrashed().filter(
        owner=row.owner_id, key=row.key_id, via=row.via, submit_hash=row.submit_hash
    )
    before = same.filter(pk__range=(row.pk - _NEAR, row.pk - 1)).filter(
        Q(finished=None) | Q(finished__gt=row.created - _SOON)
    )
    of = next(iter(_perhaps_billed(before)), None)
    if not _perhaps_billed(same.filter(pk=row.pk)):
        return Repeats(of)
    after = same.filter(
        pk__range=(row.pk + 1, row.pk + _NEAR), created__lt=(row.finished or timezone.now()) + _SOON
    )
    return Repeats(of, tuple(after.order_by("pk").only("pk")[:_MOST]))


def _perhaps_billed(rows: QuerySet[Description]) -> list[Description]:
    """Return those whose caller got no answer for what may be on the bill, the newest first."""
    unanswered = Q(status=Status.FAILED) | Q(transcript__client_gone=True)
    found = list(rows.filter(unanswered).order_by("-pk").only("pk")[:_MOST])
    attempts = Attempt.objects.filter(description__in=[row.pk for row in found])
    billed = set(attempts.exclude(billed=Attempt.Billed.NO).values_list("description", flat=True))
    return [row for row in found if row.pk in billed]
