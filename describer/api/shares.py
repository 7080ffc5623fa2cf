"""Sharing one answer: a link for anybody, and a single file."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Router, Schema, Status
from pydantic import BaseModel, Field

from describer.api.access import own, usable
from describer.api.auth import asking, caller
from describer.api.errors import Error
from describer.desk.shares import DAYS, MOST_DAYS, own_share, share
from describer.desk.single_page import attached, single_page

router = Router(tags=["Descriptions"])
_ERRORS: dict[int, Any] = {401: Error, 403: Error, 404: Error}


class ShareIn(Schema):
    days: int = Field(DAYS, ge=1, le=MOST_DAYS, description="How long the link leads somewhere.")


class ShareOut(BaseModel):
    """A link to one description. `url` is told here and nowhere else."""

    id: int
    url: str
    ends: datetime


@router.post(
    "/descriptions/{int:description_id}/share",
    auth=asking,
    response={201: ShareOut, 400: Error, 409: Error} | _ERRORS,
    summary="Share a description",
)
def description_share(
    request: HttpRequest, response: HttpResponse, description_id: int, body: ShareIn
) -> Status[ShareOut]:
    """Make a link by which anybody sees the question, the answer and the pictures, without their metadata."""
    made, token = share(own(caller(request), description_id), body.days)
    response["Cache-Control"] = "no-store"
    address = request.build_absolute_uri(reverse("shared", args=[token]))
    return Status(201, ShareOut(id=made.pk, url=address, ends=made.ends))


@router.delete("/shares/{int:share_id}", auth=asking, response={204: None} | _ERRORS, summary="End a share")
def share_end(request: HttpRequest, share_id: int) -> Status[None]:
    """End a link: from now on there is nothing at its address."""
    own_share(caller(request).user, share_id).revoke()
    return Status(204, None)


@router.get("/descriptions/{int:description_id}.html", include_in_schema=False)
def description_file(request: HttpRequest, description_id: int) -> HttpResponse:
    """Give a description as one page with its pictures inside."""
    row = usable(caller(request), description_id)
    return HttpResponse(single_page(row), headers=attached(row))
