"""What every page's frame shows: who answers, how many asks run, light or dark."""

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, IntegerField, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from describer.engine import queue
from describer.models import Description, Endpoint, Status, User
from describer.web.theme import chosen_theme

UNFINISHED = (Status.QUEUED, Status.WAITING, Status.RUNNING)
MANY = 99


@dataclass(frozen=True)
class Frame:
    """`theme` is "light", "dark" or "" (as the system is); `running` is a number in words: "", "3" or "99+"."""

    theme: str = ""
    endpoint: Endpoint | None = None
    paused: str = ""
    running: str = ""
    initials: str = ""


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Lazy: a fragment that shows no frame costs no query, a page one."""
    return {"frame": SimpleLazyObject(lambda: _frame_of(request))}


def _frame_of(request: HttpRequest) -> Frame:
    plain = Frame(theme=chosen_theme(request))
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return plain
    endpoint = _endpoint(user.pk)
    return replace(
        plain,
        endpoint=endpoint,
        paused=queue.pause_reason(endpoint) if endpoint else "",
        running=in_words(endpoint.unfinished) if endpoint else "",
        initials=user.get_username()[:2].upper(),
    )


def _unfinished(owner: int) -> "QuerySet[Description]":
    return Description.objects.filter(owner=owner, status__in=UNFINISHED).order_by()


def unfinished(user: User) -> int:
    """How many of this person's asks are not at their end."""
    return _unfinished(user.pk).count()


def _endpoint(owner: int) -> Any:
    """The default endpoint, with this person's unfinished asks counted in the same statement."""
    theirs = _unfinished(owner).values("owner")
    count = Subquery(theirs.annotate(count=Count("pk")).values("count"), output_field=IntegerField())
    return Endpoint.objects.filter(is_default=True).annotate(unfinished=Coalesce(count, 0)).first()


def in_words(running: int) -> str:
    """How many run, for the tab's title."""
    return f"{MANY}+" if running > MANY else str(running or "")
