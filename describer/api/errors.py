"""The one shape of everything that goes wrong under /api: {"error": {"message", "type", "param", "code"}}."""

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from pydantic import BaseModel, Field

from describer.db.unavailable import is_unavailable
from describer.db.unstorable import is_unstorable
from describer.errors import Refusal, error_response
from describer.lib.route_traits import SCRIPT, route
from describer.lib.shortage import refused_by_machine
from describer.media.storage import disk_is_full

logger = logging.getLogger(__name__)

BUSY_SECONDS = 5
_UNSTORABLE = (
    "A value of this request can be held by no database: a number too large, a text too long, or NUL in it."
)
UNREADABLE = "The form could not be read to its end; send it again."


class ErrorBody(BaseModel):
    """What went wrong, in words fit for a person, and for scripts."""

    message: str = Field(description="What happened and what to do, in one or two sentences.")
    type: str = Field(description="The kind: `invalid_request_error`, `not_found_error`, `server_error`, …")
    param: str | None = Field(description="The field that is at fault, if it is one.")
    code: str | None = Field(
        description="Stable, for scripts: `image_damaged`, `invalid_value`, `queue_full`, …"
    )


class Error(BaseModel):
    """Every error under /api has this shape."""

    error: ErrorBody


def error(refusal: Refusal, **headers: str) -> HttpResponse:
    """Tell a script what was refused; one that brings no good key also what to bring."""
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return error_response(refusal, **headers)


@route(SCRIPT)
@csrf_exempt
def unknown_url(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Refuse any path under /api/ that nothing else serves."""
    message = "There is nothing at this address; /api/docs lists what there is."
    return error(Refusal(message, code="unknown_url", status=404))


def refusal_reply(request: HttpRequest, raised: Any) -> HttpResponse:
    return error(raised)


def not_found(request: HttpRequest, raised: Any) -> HttpResponse:
    return error(Refusal("No description with this id.", code="not_found", param="id", status=404))


def not_valid(request: HttpRequest, raised: Any) -> HttpResponse:
    """Tell the first of what the framework found wrong in the query."""
    fault = raised.errors[0]
    param, code = str(fault["loc"][-1]), "invalid_value"
    if fault["type"].endswith(("_type", "_parsing")):
        code = "invalid_type"
    return error(Refusal(f"{param}: {fault['msg']}.", code=code, param=param))


def unreadable_json(request: HttpRequest, raised: Any) -> HttpResponse:
    if isinstance(raised.__cause__, Refusal):
        return error(raised.__cause__)
    return error(Refusal("The body is not JSON that can be read.", code="invalid_json"))


def too_many_files(request: HttpRequest, raised: Any) -> HttpResponse:
    most, of_a_set = settings.IMAGES_PER_ASK, settings.IMAGES_PER_SET
    message = f"Too many pictures at once: one ask takes {most}, a set of asks {of_a_set}."
    return error(Refusal(message, code="too_many_images", param="image"))


def too_many_fields(request: HttpRequest, raised: Any) -> HttpResponse:
    return error(Refusal("Too many fields; send each parameter once.", code="invalid_value"))


def too_long(request: HttpRequest, raised: Any) -> HttpResponse:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20
    message = f"The texts of this request are too long: at most {most} MiB without the pictures."
    return error(Refusal(message, code="request_too_large"))


def unreadable_form(request: HttpRequest, raised: Any) -> HttpResponse:
    return error(Refusal(UNREADABLE, code="invalid_multipart"))


def busy(message: str = "The site is busy; try again in a few seconds. Nothing was stored.") -> Refusal:
    """Return the refusal of what can be done in a few seconds."""
    return Refusal(message, code="busy", status=503, retry_after=BUSY_SECONDS)


def busy_or_failed(request: HttpRequest, raised: Any) -> HttpResponse:
    """Tell that the database is away, locked or full, or takes no writes; all else is ours to mend."""
    if disk_is_full(raised):
        return disk_full(request, raised)
    if not is_unavailable(raised):
        return failed(request, raised)
    logger.warning("the database is away or locked: %s", raised)
    return error(busy())


def refused_by_the_machine(request: HttpRequest, raised: Any) -> HttpResponse:
    """Tell of a full disk, which the parser meets before any view does, and of a shortage; all else is ours to mend."""
    if disk_is_full(raised):
        return disk_full(request, raised)
    if not refused_by_machine(raised):
        return failed(request, raised)
    logger.warning("%s %s: the machine refuses: %r", request.method, request.path, raised)
    return error(
        busy("The site is short of files it may open or of memory right now; try again in a few seconds.")
    )


def disk_full(request: HttpRequest, raised: Any) -> HttpResponse:
    message = "The site's disk is full; tell its admin. Nothing was stored."
    return error(Refusal(message, code="disk_full", status=507))


def failed(request: HttpRequest, raised: Any) -> HttpResponse:
    if is_unstorable(raised):
        logger.warning("%s %s held what cannot be stored", request.method, request.path, exc_info=raised)
        return error(Refusal(_UNSTORABLE, code="invalid_value"))
    logger.error("%s %s failed", request.method, request.path, exc_info=raised)
    message = "Something went wrong on the site; its log says what. Try again later."
    return error(Refusal(message, code="internal_error", status=500))


HANDLERS = {
    Refusal: refusal_reply,
    Http404: not_found,
    ValidationError: not_valid,
    HttpError: unreadable_json,
    TooManyFilesSent: too_many_files,
    TooManyFieldsSent: too_many_fields,
    RequestDataTooBig: too_long,
    MultiPartParserError: unreadable_form,
    UnreadablePostError: unreadable_form,
    SuspiciousOperation: unreadable_form,
    DatabaseError: busy_or_failed,
    InterfaceError: busy_or_failed,
    OSError: refused_by_the_machine,
    MemoryError: refused_by_the_machine,
    Exception: failed,
}


def handle_errors(api: NinjaAPI) -> None:
    """Give every exception that can reach the interface the one shape."""
    for raised, handler in HANDLERS.items():
        api.add_exception_handler(raised, handler)
