"""Sharing one answer by a link: made, ended, and how many a person may have."""

from datetime import timedelta

from django.utils import timezone

from describer.errors import Refusal
from describer.models import Description, Share, User

DAYS = 30
MOST_DAYS = 3650
_MOST = 200  # open links of a person


def share(description: Description, days: int = DAYS) -> tuple[Share, str]:
    """Make a link to a description for so many days; return it with its token. Raises Refusal."""
    if not 1 <= days <= MOST_DAYS:
        raise Refusal(f"A link lasts 1 to {MOST_DAYS:,} days.", code="invalid_value", param="days")
    if not description.is_final:
        raise Refusal("There is no answer to share yet.", code="not_finished", status=409)
    if Share.objects.open().filter(owner=description.owner_id).count() >= _MOST:
        raise Refusal(f"At most {_MOST} links at once; end one first.", code="too_many_shares", status=409)
    return Share.issue(description, timezone.now() + timedelta(days=days))


def own_share(person: User, pk: int) -> Share:
    """Return a person's own share, an admin anybody's. Raises Refusal (404)."""
    rows = Share.objects.all()
    if not person.is_superuser:
        rows = rows.filter(owner=person)
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Refusal("No share with this id.", code="not_found", param="id", status=404)
    return row
