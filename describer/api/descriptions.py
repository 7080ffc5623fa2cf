"""POST, GET and list of descriptions: the same as the pages, for scripts."""

from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Router, Status

from describer.models import ApiKey, Description, User
from describer.models import Status as State
from describer.submit import submit

from .ask import read_ask
from .errors import Error
from .form import IDEMPOTENCY_KEY, request_body
from .key import asking, caller
from .rows import described
from .schema import DescriptionList, DescriptionOut, ListQuery

router = Router(tags=["Descriptions"])
REFUSED: dict[int, Any] = {401: Error, 403: Error}


@router.post(
    "/descriptions",
    auth=asking,
    response={202: DescriptionOut, 400: Error, 413: Error, 415: Error, 422: Error, 429: Error} | REFUSED,
    summary="Ask about one or many pictures",
    openapi_extra={"requestBody": request_body(), "parameters": [IDEMPOTENCY_KEY]},
)
def create(request: HttpRequest, response: HttpResponse) -> Status[DescriptionOut]:
    """Answers at once with the queued description; its `status` says when it is done.

    Several pictures are one ask about all of them: for an answer each, send one call each.
    """
    description = submit(read_ask(request, caller(request)))[0]
    response["Location"] = f"{request.path.rstrip('/')}/{description.pk}"
    return Status(202, described([description])[0])


@router.get(
    "/descriptions", response={200: DescriptionList, 400: Error} | REFUSED, summary="List descriptions"
)
def index(request: HttpRequest, query: Query[ListQuery]) -> DescriptionList:
    """Newest first, your own ones; pass `next` on as `cursor` for the following page."""
    rows = list(listed(caller(request), query)[: query.limit + 1])
    page = rows[: query.limit]
    more = len(rows) > query.limit
    return DescriptionList(items=described(page), next=str(page[-1].pk) if more else None)


@router.get(
    "/descriptions/{int:description_id}",
    response={200: DescriptionOut, 404: Error} | REFUSED,
    summary="Get a description",
)
def detail(request: HttpRequest, description_id: int) -> DescriptionOut:
    """One description with its answers, usage, cost and attempts."""
    return described([visible(caller(request), description_id)])[0]


def visible(key: ApiKey, description_id: int) -> Description:
    """The description, if this key may see it. Raises Http404, whether it is another's or never was."""
    rows = within_reach(key).select_related("owner", "endpoint")
    found: Description | None = rows.filter(pk=description_id).first()
    if found is None:
        raise Http404
    return found


def within_reach(key: ApiKey) -> Any:
    """The descriptions of its person; everybody's for an admin's key that has the scope."""
    return Description.objects.all() if key.is_admin else Description.objects.filter(owner=key.user)


def listed(key: ApiKey, query: ListQuery) -> Any:
    """Newest first, by the key: page after page costs the same, however long the history."""
    wanted = {name: getattr(query, name) for name in ("status", "model", "via")}
    rows = within_reach(key).filter(**{name: value for name, value in wanted.items() if value})
    if query.status not in (None, State.DONE):
        # Says what the partial index of unfinished rows holds, so that it can be used.
        rows = rows.filter(~Q(status=State.DONE))
    if query.cursor:
        rows = rows.filter(pk__lt=int(query.cursor))
    if query.user is None:
        rows = rows.filter(owner=key.user)
    elif query.user:
        rows = rows.filter(owner__in=named(query.user))
    return rows.select_related("owner", "endpoint").order_by("-pk")


def named(user: str) -> Any:
    """The ids of the person with this name or, if it is a number, this id."""
    by_id = Q(pk=int(user)) if user.isdecimal() and len(user) < 19 else Q()
    return User.objects.filter(Q(username=user) | by_id).values("pk")
