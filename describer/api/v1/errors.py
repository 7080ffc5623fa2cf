"""What a caller of our own endpoint is told when no answer came.

The failures are the asked endpoint's, by their codes, and our own.
"""

import math
from typing import Any

from django.http import HttpRequest, HttpResponse

from describer.api.errors import HANDLERS, error
from describer.chat import ChatError
from describer.engine.submit import Refusal
from describer.lib.limits import WAITED_SECONDS
from describer.models import Description

STATUS = {
    "connection_failed": 502,
    "out_of_handles": 503,
    "connection_lost": 502,
    "stream_cut": 502,
    "timeout": 504,
    "rate_limited": 429,
    "overloaded": 503,
    "endpoint_error": 502,
    "no_credit": 429,
    "bad_key": 502,  # never 401: the caller's key is fine
    "forbidden": 502,
    "model_not_found": 404,
    "unsupported_parameter": 400,
    "context_too_long": 400,
    "image_rejected": 400,
    "too_many_images": 400,
    "too_large": 413,
    "content_filtered": 400,
    "bad_request": 400,
    "bad_answer": 502,
    "empty_answer": 502,  # where the endpoint gave nothing that could be passed on
    "redirected": 502,
    "image_missing": 500,
    "not_stored": 500,
    "cancelled": 400,
}
# Where OpenAI has a word for it, scripts look for that one; ours goes in a header beside it.
_OPENAI_CODES = {
    "no_credit": "insufficient_quota",
    "rate_limited": "rate_limit_exceeded",
    "context_too_long": "context_length_exceeded",
    "content_filtered": "content_filter",
}
_LATER_SECONDS = 30  # where a 429 came without a time
_CANCELLED = "This ask was cancelled on its page."


def reply_to(request: HttpRequest, raised: Exception) -> HttpResponse:
    """Return the reply to whatever was raised."""
    handler = next(HANDLERS[kind] for kind in type(raised).__mro__ if kind in HANDLERS)
    return handler(request, raised)


def failure(description: Description, raised: ChatError | None, later: float | None = None) -> HttpResponse:
    """Return the reply for a description that failed.

    `raised` is what the last call came to, where this process made it. SDKs repeat 408, 409, 429 and 5xx by
    themselves. Our own tries are used up, and some may have been paid: the SDKs are told not to. Where a call would have had
    to wait too long for its turn they may, `later`, unless something may have been paid before.
    """
    code = description.error_code or "cancelled"
    fault = {"code": _OPENAI_CODES.get(code, code)} | _endpoint_fault(raised)
    refusal = Refusal(description.error_message or _CANCELLED, status=STATUS.get(code, 502), **fault)
    if refusal.status == 429:
        seconds = later or getattr(raised, "retry_after", None) or _LATER_SECONDS
        refusal.retry_after = math.ceil(min(seconds, WAITED_SECONDS))
    if later is not None and not description.may_be_billed():
        return error(refusal, **{"X-Error-Code": code})
    return error(refusal, **{"X-Should-Retry": "false", "X-Error-Code": code})


def _endpoint_fault(raised: ChatError | None) -> dict[str, Any]:
    """Return the param and code of an endpoint's own 400, which go through: a script may look for them."""
    if raised is None or raised.http_status != 400:
        return {}
    fault: dict[str, Any] = {"param": raised.param}
    if raised.endpoint_code:
        fault["code"] = raised.endpoint_code
    return fault
