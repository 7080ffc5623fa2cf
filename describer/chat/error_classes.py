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
    FEWER_TOKENS,
    FILTER,
    FILTER_CODES,
    IMAGE_FAULT,
    KEY,
    KEY_CODES,
    LOADING,
    LONG,
    LONG_CODES,
    MANY_PICTURES,
    MODEL,
    MODEL_ACCESS_CODES,
    MODEL_CODES,
    NO_ACCESS,
    NO_CHANNEL,
    PICTURE_FORM,
    PICTURE_LARGE,
    RATE,
    SHORTAGE,
    TOO_BIG,
    TOO_MANY,
    UNVERIFIED,
    WAITING,
    parameter_in,
    pictures_in,
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
    TooManyImages,
    UnsupportedParameter,
    pictures_at_once,
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


_STATUS_SAID = ((KEY, 401), (SHORTAGE, 402), (RATE, 429), (LONG, 400), (FILTER, 400), (MODEL, 404))
"""The status that a sentence stands for, where an error comes under a 2xx with a code of the provider's own."""


BLIND_MODEL = "{} cannot see pictures; choose another."
_LESS = "The endpoint's credit does not reach for as many tokens as this may take; set a lower max_tokens."
_NOT_THIS_MODEL = "The endpoint does not let this site's key use this model; choose another."


@dataclass(frozen=True)
class Case:
    """One error to judge; `sent_bytes` is the size of the request it answers, `asked_model` whom that was for."""

    status: int
    said: ErrorText
    evidence: Evidence
    sent_bytes: int = 0
    asked_model: str = ""

    @property
    def codes(self) -> set[str]:
        return {self.said.code.lower(), self.said.type.lower()} - {""}

    def says(self, pattern: re.Pattern[str]) -> bool:
        return bool(pattern.search(self.said.message))

    @property
    def names_model(self) -> bool:
        """Tell whether the words are about a model: about one, or the one that was asked."""
        name = self.asked_model.rpartition("/")[2].lower()
        return self.says(A_MODEL) or (len(name) > 2 and name in self.said.message.lower())


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
    by_word = _STATUS_OF.get(error_text.code.lower()) or _STATUS_OF.get(error_text.type.lower())
    said = (status for pattern, status in _STATUS_SAID if pattern.search(error_text.message))
    return by_word or next(said, 500)


def _blind(case: Case) -> ChatError | None:
    if case.status in (401, 402, 403, 429) or not case.says(BLIND) or case.says(PICTURE_FORM):
        return None
    error = ImageRejected(BLIND_MODEL.format("This model"), case.evidence)
    error.teaches = {"blind": True}
    return error


def _too_many_pictures(case: Case) -> ChatError | None:
    if case.status in (401, 402, 403, 429) or not case.says(MANY_PICTURES):
        return None
    most = pictures_in(case.said.message)
    if most is None and not case.says(TOO_MANY):
        return None
    if most is None:
        return TooManyImages("", case.evidence)
    error = TooManyImages(pictures_at_once("This model", most), case.evidence)
    error.teaches = {"images": most}
    return error


def _credit(case: Case) -> ChatError | None:
    """Look for a 402, or words of money; but a 402 or 429 that names a time only wants us to wait."""
    waits = case.evidence.retry_after is not None
    if case.status == 402 and waits:
        return RateLimited("", case.evidence)
    if case.status in (400, 402, 403, 429) and case.says(FEWER_TOKENS) and case.says(CREDIT):
        error = NoCredit(_LESS, case.evidence)
        error.pauses = False
        return error
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


def _closed_model(case: Case) -> ChatError | None:
    """Look for a key that may not ask this model: others may be asked with it, so nobody else waits."""
    if case.codes & MODEL_ACCESS_CODES:
        return ModelNotFound(_NOT_THIS_MODEL, case.evidence)
    if case.status not in (401, 402, 403, 404) or case.said.is_page:
        return None
    about_model = case.names_model and case.says(NO_ACCESS) and not case.says(KEY)
    if case.said.param == "model" or about_model or case.says(UNVERIFIED):
        return ModelNotFound(_NOT_THIS_MODEL, case.evidence)
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
    """Look for a 400 or 422 that names a parameter; `param` becomes that name alone."""
    if case.status not in (400, 422):
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


def _of_request(case: Case) -> ChatError | None:
    """Look for a field of the request that a 403 names: another ask would be let through."""
    if case.status == 403 and case.said.param:
        return BadRequest("", case.evidence)
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
    _too_many_pictures, _blind, _credit, _closed_model, _too_long, _filtered, _request_too_large, _picture, _key,
    _parameter, _model, _loading, _of_request,
)  # fmt: skip


def error_of_case(case: Case) -> ChatError:
    for test in _TESTS:
        error = test(case)
        if error is not None:
            return error
    return _by_status(case)
