"""Descriptions for scripts: submit one or a set, list, get, delete; the same as on the pages."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from describer.api.access import reach, usable, visible
from describer.api.ask import read_ask
from describer.api.auth import asking, caller
from describer.api.errors import Error
from describer.api.listing import ListQuery, list_page, selected
from describer.api.openapi_forms import IDEMPOTENCY_KEY, request_body
from describer.desk.marks import mark
from describer.desk.trash import delete_for_good, trash
from describer.engine.submit import submit
from describer.lib.route_traits import SCRIPT_WITH_FILES, route
from describer.models import Description
from describer.serializers import DescriptionList, DescriptionOut, DescriptionSet, serialize

router = Router(tags=["Descriptions"])
REFUSED: dict[int, Any] = {401: Error, 403: Error}
NOT_BORN: dict[int, Any] = dict.fromkeys((400, 413, 415, 422, 429), Error) | REFUSED
_ASKED: dict[int, Any] = NOT_BORN | {404: Error}


class Marks(Schema):
    """What a description is marked with; what is left out stays."""

    tags: list[str] | None = Field(
        None, max_length=1000, description="All of its tags; up to 50, of 60 characters each."
    )
    favourite: bool | None = None
    kept: int | None = Field(None, ge=0, le=32_767, description="The index of the choice that counts.")


class Deletion(Schema):
    for_good: bool = Field(False, description="Words and pictures go at once, and cannot be restored.")


@router.post(
    "/descriptions",
    auth=asking,
    response=_ASKED | {202: DescriptionOut},
    summary="Ask about one or many pictures",
    openapi_extra={"requestBody": request_body(), "parameters": [IDEMPOTENCY_KEY]},
)
@route(SCRIPT_WITH_FILES)
def create(request: HttpRequest, response: HttpResponse) -> Status[DescriptionOut]:
    """Queue an ask and answer at once with its description, whose `status` says when it is done.

    Several pictures are one ask about all of them; for an answer each, see `/api/descriptions/each`. With `follows` the
    question goes on from the answer of an earlier description, about the pictures of that conversation.
    """
    born = submit(read_ask(request, caller(request), together=True))
    return Status(202, created(response, born[0]))


@router.post(
    "/descriptions/each",
    auth=asking,
    response=_ASKED | {202: DescriptionSet},
    summary="Ask the same about many pictures, an answer each",
    openapi_extra={"requestBody": request_body(each=True), "parameters": [IDEMPOTENCY_KEY]},
)
@route(SCRIPT_WITH_FILES)
def create_each(request: HttpRequest) -> Status[DescriptionSet]:
    """Queue an ask for each picture and answer at once with their descriptions, in the order of the pictures.

    All of them or none: where one picture is refused, nothing is made, and the error names it. One
    `Idempotency-Key` is one set.
    """
    born = submit(read_ask(request, caller(request), together=False))
    return Status(202, DescriptionSet(items=serialize(born)))


@router.get(
    "/descriptions", response={200: DescriptionList, 400: Error} | REFUSED, summary="List descriptions"
)
def index(request: HttpRequest, query: Query[ListQuery]) -> DescriptionList:
    """List your own descriptions, newest first; pass `next` on as `cursor` for the following page."""
    rows, following = list_page(selected(caller(request), query), query)
    return DescriptionList(items=serialize(rows), next=following)


@router.get(
    "/descriptions/{int:description_id}",
    response={200: DescriptionOut, 404: Error} | REFUSED,
    summary="Get a description",
)
def detail(request: HttpRequest, description_id: int) -> DescriptionOut:
    """Get one description with its answers, usage, cost and attempts."""
    return serialize([visible(caller(request), description_id)])[0]


@router.patch(
    "/descriptions/{int:description_id}",
    auth=asking,
    response={200: DescriptionOut, 400: Error, 404: Error, 409: Error} | REFUSED,
    summary="Mark a description",
)
def description_mark(request: HttpRequest, description_id: int, body: Marks) -> DescriptionOut:
    """Give a description tags, make it a favourite, or say which of its answers counts."""
    row = usable(caller(request), description_id)
    mark(row, tags=body.tags, favourite=body.favourite, kept=body.kept)
    return serialize([row])[0]


@router.delete(
    "/descriptions/{int:description_id}",
    auth=asking,
    response={204: None, 404: Error} | REFUSED,
    summary="Delete a description",
)
def delete(request: HttpRequest, description_id: int, query: Query[Deletion]) -> Status[None]:
    """Put a description into the trash, from which it can be restored until its words and pictures are deleted for good.

    What the calls used and cost stays in the ledger, and in `/api/usage`. A description that is not at its
    end is cancelled first.
    """
    row = reach(caller(request), description_id)
    if query.for_good:
        delete_for_good(row)
    else:
        trash(row)
    return Status(204, None)


def created(response: HttpResponse, born: Description) -> DescriptionOut:
    """Return the JSON of a new description, and say in `Location` where it will be found."""
    response["Location"] = reverse("api:detail", args=[born.pk]).rstrip("/")
    return serialize([born])[0]
