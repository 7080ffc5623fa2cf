"""Why something was not accepted, in words fit for the person and with a code for scripts."""

from describer.chat import ParameterError
from describer.images import ImageError


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
        return cls(error.message, code=error.code, param="image", status=error.status)

    @classmethod
    def of_parameter(cls, error: ParameterError) -> "Refusal":
        return cls(error.message, code=error.code, param=error.param or None)
