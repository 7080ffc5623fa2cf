"""Why something was not accepted, in words fit for the person and with a code for scripts; and the one JSON shape of it."""

from typing import Any

from django.http import JsonResponse

from describer.chat import ParameterError
from describer.images import ImageError

_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
_QUOTA = ("budget_exceeded", "no_credit", "insufficient_quota")


class Refusal(Exception):
    """Not accepted, and nothing was made. `status` is the HTTP status that fits; `param` names the field or is None."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        param: str | None = None,
        status: int = 400,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param
        self.status = status
        self.retry_after = retry_after

    @classmethod
    def of_image(cls, error: ImageError) -> "Refusal":
        """Refuse a picture for what is wrong with its file."""
        return cls(error.message, code=error.code, param="image", status=error.status)

    @classmethod
    def of_parameter(cls, error: ParameterError) -> "Refusal":
        """Refuse a parameter for what is wrong with its value."""
        return cls(error.message, code=error.code, param=error.param or None)

    @property
    def type(self) -> str:
        """Return the kind of the error, as the contract of chat completions names kinds."""
        if self.code in _QUOTA:
            return "insufficient_quota"
        if self.status >= 500:
            return "server_error"
        return _TYPES.get(self.status, "invalid_request_error")

    @property
    def body(self) -> dict[str, Any]:
        """Return {"error": {"message", "type", "param", "code"}}: the one shape of everything that goes wrong."""
        error = {"message": self.message, "type": self.type, "param": self.param, "code": self.code}
        return {"error": error}


def error_response(refusal: Refusal, **headers: str) -> JsonResponse:
    """Tell a script what was refused, and after how many seconds to come again."""
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    return JsonResponse(refusal.body, status=refusal.status, headers=headers)
