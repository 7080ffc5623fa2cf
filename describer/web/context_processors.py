"""What every page's frame shows: who answers, how many asks run, light or dark."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, IntegerField, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from describer.desk.retention import is_told
from describer.engine import queue
from describer.models import Description, Endpoint, Status, User
from describer.web.theme import chosen_theme

_UNFINISHED = (Status.QUEUED, Status.WAITING, Status.RUNNING)
_MANY = 99


@dataclass(frozen=True)
class _Frame:
    """What the frame shows of the site and the person.

    `theme` is "light", "dark" or "" (as the system is); `running` is a number in words: "", "3" or "99+". `retention_begins`
    is set in the days before the first time that the person's old descriptions go to the trash.
    """

    theme: str = ""
    endpoint: Endpoint | None = None
    paused: str = ""
    running: str = ""
    initials: str = ""
    retention_begins: datetime | None = None


def frame(request: HttpRequest) -> dict[str, Any]:
    """Offer every template its frame.

    Lazy: a fragment that shows no frame costs no query, a page costs one.
    """
    return {"frame": SimpleLazyObject(lambda: _frame_of(request))}


def _frame_of(request: HttpRequest) -> _Frame:
    plain = _Frame(theme=chosen_theme(request))
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return plain
    personal = replace(plain, initials=user.get_username()[:2].upper())
    if is_told(user):
        personal = replace(personal, retention_begins=user.retention_begins)
    endpoint = _endpoint(user.pk)
    if endpoint is None:
        return personal
    return replace(
        personal,
        endpoint=endpoint,
        paused=queue.pause_reason(endpoint),
        running=in_words(endpoint.unfinished),
    )


def _unfinished(owner: int) -> "QuerySet[Description]":
    return Description.objects.filter(owner=owner, status__in=_UNFINISHED).order_by()


def unfinished(user: User) -> int:
    """Count this person's asks that are not at their end."""
    return _unfinished(user.pk).count()


def _endpoint(owner: int) -> Any:
    """Return the default endpoint, with this person's unfinished asks counted in the same statement."""
    theirs = _unfinished(owner).values("owner")
    count = Subquery(theirs.annotate(count=Count("pk")).values("count"), output_field=IntegerField())
    return Endpoint.objects.filter(is_default=True).annotate(unfinished=Coalesce(count, 0)).first()


def in_words(running: int) -> str:
    """Write how many asks run, for the tab's title."""
    if running > _MANY:
        return f"{_MANY}+"
    return str(running or "")
