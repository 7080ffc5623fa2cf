"""400, 403, 404, 413, 429, 500, 503, 507: the site's frame, human words, a way on; JSON for what scripts call.

500 and 503 are drawn without database, session or context processors, since these may be what is broken.
"""

import logging
import secrets
import sys
from dataclasses import dataclass, replace

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from describer.db.unavailable import is_unavailable
from describer.db.unstorable import is_unstorable
from describer.errors import Refusal, error_response
from describer.lib.shortage import refused_by_machine
from describer.media.storage import disk_is_full
from describer.middleware import traits_of_path

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Failure:
    """What happened and what to do, in words; `code` and `id` are for whoever is told of it."""

    status: int
    title: str
    words: str
    code: str
    id: str = ""

    @property
    def refusal(self) -> Refusal:
        """Return what scripts are told."""
        message = f"{self.title}. {self.words}"
        if self.id:
            message = f"{message} ({self.id})"
        return Refusal(message, code=self.code, status=self.status)

    @property
    def context(self) -> dict[str, object]:
        """Return what the templates show; the outermost layers draw `error_bare.html` with these names too."""
        return {"status": self.status, "title": self.title, "message": self.words, "error_id": self.id}


BAD_REQUEST = Failure(
    400,
    "That request could not be read",
    "Something in it is not as it should be. Go back, look at what you entered, and send it again.",
    "bad_request",
)
FORBIDDEN = Failure(
    403,
    "This is not for your account",
    "You are logged in, but your account may not do this. Ask the site's admin if it should.",
    "permission_denied",
)
STALE_FORM = Failure(
    403,
    "This form is out of date",
    "The page was open for too long, or you have logged in or out meanwhile. Go back, reload the page, and send "
    "it again: nothing was changed.",
    "csrf_failed",
)
NOT_FOUND = Failure(
    404,
    "There is nothing here",
    "The address may be mistyped, or what was here has been deleted.",
    "not_found",
)
TOO_LARGE = Failure(
    413,
    "That is too much at once",
    "The upload is larger than this site takes. Send fewer or smaller pictures.",
    "request_too_large",
)
TOO_MANY = Failure(
    429,
    "That was too quick",
    "This site has been asked too often in a short time. Wait a minute and try again.",
    "rate_limit_exceeded",
)
BROKEN = Failure(
    500,
    "Something broke on our side",
    "It is no fault of yours, and what you had sent before is kept. Try again; if it stays, tell the site's admin "
    "the number below.",
    "server_error",
)
BUSY = Failure(
    503,
    "The site is busy",
    "It cannot reach its database right now. Nothing is lost: wait a moment and try again.",
    "busy",
)


SHORT = Failure(
    503,
    "The site cannot do that right now",
    "It has too many files open, too little memory, or cannot reach its files. Nothing is lost: wait a moment and try "
    "again; if it stays, tell its admin.",
    "busy",
)

DISK_FULL = Failure(
    507,
    "The site's disk is full",
    "Nothing was stored. Tell the site's admin, and send it again when there is room.",
    "disk_full",
)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return failed(request, BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return failed(request, FORBIDDEN)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return failed(request, STALE_FORM)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return failed(request, NOT_FOUND)


def too_large(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return failed(request, TOO_LARGE)


def too_many_requests(request: HttpRequest, words: str = "", retry_after: int = 60) -> HttpResponse:
    """Answer 429; `words` say what to do, `retry_after` is in seconds."""
    response = failed(request, replace(TOO_MANY, words=words or TOO_MANY.words))
    response["Retry-After"] = str(retry_after)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, with a number that is in the log beside the traceback.

    400 when a value of the request can be held by no database, 503 when the database is away or locked, or the machine is
    out of handles or memory, 507 when the disk is full, whoever met it: the database or a file.
    """
    raised = sys.exception()
    if raised is not None and disk_is_full(raised):
        return failed(request, DISK_FULL)
    if is_unavailable(raised):
        return busy(request)
    if refused_by_machine(raised):
        logger.warning("%s %s: the machine refuses: %r", request.method, request.path, raised)
        return busy(request, SHORT)
    if raised is not None and is_unstorable(raised):
        return failed(request, BAD_REQUEST)
    failure = replace(BROKEN, id=secrets.token_hex(4))
    logger.error("error %s was shown for %s %s", failure.id, request.method, request.path)
    return failed(request, failure)


def busy(request: HttpRequest, failure: Failure = BUSY) -> HttpResponse:
    """Answer 503: the database is locked or away, or takes no writes, or the machine is short of something."""
    response = failed(request, failure)
    response["Retry-After"] = "5"
    return response


def failed(request: HttpRequest, failure: Failure) -> HttpResponse:
    """Answer a failure: with JSON for scripts, else with a page."""
    if traits_of_path(request.path_info).tells_json(request.method or ""):
        return error_response(failure.refusal)
    # Without a user the request was refused before the frame's data was there.
    if failure.status >= 500 or not hasattr(request, "user"):
        return _bare(failure)
    try:
        return render(request, "error.html", failure.context, status=failure.status)
    except DatabaseError:
        return _bare(failure)


def _bare(failure: Failure) -> HttpResponse:
    return HttpResponse(render_to_string("error_bare.html", failure.context), status=failure.status)
