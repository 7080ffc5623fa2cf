"""What an error of an endpoint means: its words and codes first, then its status.

Endpoints agree on little: the same fault comes as 400, 404, 500 or 503, with a code, with words only, in English or
in Chinese. So a list of tests is asked in order, the first that fits decides, and the status table takes the rest.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from describer.chat.error_patterns import (
    A_MODEL,
    BLIND,
    CREDIT,
    CREDIT_CODES,
    FILTER,
    FILTER_CODES,
    IMAGE_FAULT,
    KEY,
    KEY_CODES,
    LOADING,
    LONG,
    LONG_CODES,
    MODEL,
    MODEL_CODES,
    NO_CHANNEL,
    PICTURE_FORM,
    PICTURE_LARGE,
    SHORTAGE,
    TOO_BIG,
    WAITING,
    parameter_in,
)
from describer.chat.error_text import ErrorText
from describer.chat.errors import (
    BadKey,
    BadRequest,
    ChatError,
    ConnectionFailed,
    ContentFiltered,
    ContextTooLong,
    EndpointError,
    Evidence,
    Forbidden,
    ImageRejected,
    ModelNotFound,
    NoCredit,
    Overloaded,
    RateLimited,
    TimedOut,
    TooLarge,
    UnsupportedParameter,
)
from describer.chat.messages import size_text

_STATUS_OF = {
    "rate_limit_exceeded": 429, "rate_limit_error": 429, "too_many_requests": 429, "resource_exhausted": 429,
    "overloaded_error": 529, "unavailable": 503, "authentication_error": 401, "unauthenticated": 401,
    "permission_error": 403, "permission_denied": 403, "not_found_error": 404, "not_found": 404,
    "invalid_request_error": 400, "invalid_argument": 400, "badrequesterror": 400, "billing_error": 402,
    "insufficient_quota": 429, "deadline_exceeded": 504, "timeout_error": 504, "request_too_large": 413,
}  # fmt: skip
"""The status that a word of the body stands for, where an error comes under a 2xx without a number."""


@dataclass(frozen=True)
class Case:
    """One error to judge; `sent_bytes` is the size of the request it answers."""

    status: int
    said: ErrorText
    evidence: Evidence
    sent_bytes: int = 0

    @property
    def codes(self) -> set[str]:
        return {self.said.code.lower(), self.said.type.lower()} - {""}

    def says(self, pattern: re.Pattern[str]) -> bool:
        return bool(pattern.search(self.said.message))


def standing_for(http_status: int, error_text: ErrorText) -> int:
    """Return the status to judge by.

    The body's own number counts where the label is a 2xx or only says "server fault".
    """
    if 400 <= http_status < 500:
        return http_status
    if error_text.status:
        return error_text.status
    if http_status >= 500:
        return http_status
    return _STATUS_OF.get(error_text.code.lower()) or _STATUS_OF.get(error_text.type.lower()) or 500


def _blind(case: Case) -> ChatError | None:
    if case.status in (401, 402, 403, 429) or not case.says(BLIND) or case.says(PICTURE_FORM):
        return None
    return ImageRejected("This model cannot see pictures; choose another.", case.evidence)


def _credit(case: Case) -> ChatError | None:
    """Look for a 402, or words of money; but a 402 or 429 that names a time only wants us to wait."""
    waits = case.evidence.retry_after is not None
    if case.status == 402 and waits:
        return RateLimited("", case.evidence)
    spoken = case.status == 429 and case.says(CREDIT) and not case.says(WAITING) and not waits
    firm = case.status in (400, 401, 403) and case.says(SHORTAGE) and not case.said.param
    if case.status == 402 or case.codes & CREDIT_CODES or spoken or firm:
        return NoCredit("", case.evidence)
    return None


def _model(case: Case) -> ChatError | None:
    named = case.status in (400, 404) and (case.said.param == "model" or case.says(MODEL))
    mentioned = case.status == 404 and case.says(A_MODEL) and not case.said.is_page
    channel = case.status in (400, 404, 429, 500, 503) and case.says(NO_CHANNEL)
    if case.codes & MODEL_CODES or named or mentioned or channel:
        return ModelNotFound("", case.evidence)
    return None


def _filtered(case: Case) -> ChatError | None:
    spoken = case.status in (400, 403, 422, 451) and case.says(FILTER)
    if not (case.codes & FILTER_CODES or spoken):
        return None
    if not case.said.categories:
        return ContentFiltered("", case.evidence)
    names = ", ".join(case.said.categories)
    return ContentFiltered(f"A content filter of the endpoint refused this ({names}).", case.evidence)


def _too_long(case: Case) -> ChatError | None:
    spoken = case.status in (400, 413, 422, 500) and case.says(LONG)
    if case.codes & LONG_CODES or spoken:
        return ContextTooLong("", case.evidence)
    return None


def _picture(case: Case) -> ChatError | None:
    if case.status not in (400, 415, 422):
        return None
    coded = any(code.startswith(("invalid_image", "image_", "unsupported_image")) for code in case.codes)
    at_fault = coded or "image_url" in case.said.param or case.says(IMAGE_FAULT)
    if not at_fault or case.said.param.endswith("detail"):
        return None
    sentence = ""
    if case.says(PICTURE_LARGE):
        sentence = "A picture is too large for the endpoint; lower the picture size."
    return ImageRejected(sentence, case.evidence)


def _request_too_large(case: Case) -> ChatError | None:
    spoken = case.status in (400, 404, 502) and case.says(TOO_BIG)
    if case.status != 413 and not spoken and "request_too_large" not in case.codes:
        return None
    request = "The request"
    if case.sent_bytes:
        request += f" ({size_text(case.sent_bytes)})"
    sentence = f"{request} is too large for the endpoint; lower the picture size."
    return TooLarge(sentence, case.evidence)


def _key(case: Case) -> ChatError | None:
    spoken = case.status in (400, 403) and case.says(KEY)
    if case.codes & KEY_CODES or spoken:
        return BadKey("", case.evidence)
    return None


def _parameter(case: Case) -> ChatError | None:
    """Look for a 400 that names a parameter; `param` becomes that name alone."""
    if case.status != 400:
        return None
    name = parameter_in(case.said)
    if not name:
        return None
    evidence = replace(case.evidence, param=name)
    return UnsupportedParameter(f"This model refuses {name}; change it or leave it out.", evidence)


def _loading(case: Case) -> ChatError | None:
    if case.status == 503 and case.says(LOADING):
        return Overloaded("The model is being loaded.", case.evidence)
    return None


def _by_status(case: Case) -> ChatError:
    status, evidence = case.status, case.evidence
    if status == 404:
        return BadRequest("The endpoint has no such address; check its base URL.", evidence)
    if status == 407:
        return ConnectionFailed("The proxy on the way asks for a name and password.", evidence)
    if status == 422 and evidence.param:
        return BadRequest(f"The endpoint did not understand {evidence.param}.", evidence)
    if status in _BY_STATUS:
        return _BY_STATUS[status]("", evidence)
    if status >= 500:
        return EndpointError("", evidence)
    return BadRequest("", evidence)


_BY_STATUS: dict[int, type[ChatError]] = {
    401: BadKey,
    403: Forbidden,
    408: TimedOut,
    409: Overloaded,
    425: Overloaded,
    429: RateLimited,
    503: Overloaded,
    504: TimedOut,
    524: TimedOut,
    529: Overloaded,
}
_TESTS: tuple[Callable[[Case], ChatError | None], ...] = (
    _blind, _credit, _too_long, _filtered, _request_too_large, _picture, _key, _parameter, _model, _loading,
)  # fmt: skip


def error_of_case(case: Case) -> ChatError:
    for test in _TESTS:
        error = test(case)
        if error is not None:
            return error
    return _by_status(case)
