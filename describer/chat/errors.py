"""Everything that can go wrong with one call to an endpoint, as one tree.

    ChatError                                                       retry   billed
    |-- ConnectionFailed        connection_failed                   yes     no
    |   `-- OutOfHandles        out_of_handles
    |-- ConnectionLost          connection_lost                     yes     unknown
    |-- TimedOut                timeout                             yes     unknown
    |-- RateLimited             rate_limited                        yes     no
    |-- Overloaded              overloaded                          yes     no
    |-- EndpointError           endpoint_error                      yes     unknown
    |-- EndpointClosed          (abstract: pauses the endpoint)     no      no
    |   |-- NoCredit            no_credit
    |   |-- BadKey              bad_key
    |   `-- Forbidden           forbidden
    |-- RequestRefused          (abstract: this ask, not others)    no      no
    |   |-- ModelNotFound       model_not_found
    |   |-- TooManyImages       too_many_images
    |   |-- UnsupportedParameter unsupported_parameter
    |   |-- ContextTooLong      context_too_long
    |   |-- ImageRejected       image_rejected
    |   |-- TooLarge            too_large
    |   |-- BadRequest          bad_request
    |   `-- Redirected          redirected
    |-- ContentFiltered         content_filtered                    no      no (yes when an answer was filtered)
    |-- BadAnswer               bad_answer                          no      unknown
    |-- EmptyAnswer             empty_answer                        no      yes (unknown without choices and usage)
    `-- StreamCut               stream_cut                          no      unknown

retryable and billed above are what a class says by itself; the reply can say otherwise (x-should-retry, usage).
An error never chains to the exception of the library below it: those hold the request, and with it the key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from describer.chat.completion import Reply

Billed = Literal["no", "yes", "unknown"]


@dataclass(frozen=True)
class Evidence:
    """What the endpoint gave with its error; words are clean (no markup, key or picture) and at most 500 characters."""

    words: str = ""
    http_status: int | None = None
    param: str | None = None
    endpoint_code: str = ""
    retry_after: float | None = None
    request_id: str = ""
    limits: Mapping[str, str] = field(default_factory=dict)
    reply: "Reply | None" = None


class ChatError(Exception):
    """A call that gave no usable answer. Made of a sentence and evidence, or of single fields of it by name.

    `message` is for the person who asked. `retry_after` is in seconds, None where the endpoint named none.
    `param` names the request parameter at fault; `endpoint_code` is the endpoint's own word for the error.
    `reply` is there when choices or usage came all the same: an empty or filtered answer, a stream cut midway.
    `pauses` says that no other ask at this endpoint would fare better, `slows` that others shall come later, too.
    `teaches` is what is known of the model from now on: {"images": 4} at once, {"blind": True} for one that sees none.
    """

    code: ClassVar[str] = ""
    sentence: ClassVar[str] = ""
    pauses: bool = False
    slows: ClassVar[bool] = False
    usual: ClassVar[tuple[bool, Billed]] = (False, "no")

    def __init__(
        self,
        sentence: str = "",
        evidence: Evidence | None = None,
        *,
        retryable: bool | None = None,
        billed: Billed | None = None,
        **more: Any,
    ) -> None:
        evidence = replace(evidence or Evidence(), **more)
        self.message = sentence or self.sentence
        if evidence.words:
            self.message += f" The endpoint said: {evidence.words}"
        self.retryable = self.usual[0] if retryable is None else retryable
        self.billed: Billed = billed or self.usual[1]
        self.words = evidence.words
        self.http_status = evidence.http_status
        self.param = evidence.param
        self.endpoint_code = evidence.endpoint_code
        self.retry_after = evidence.retry_after
        self.request_id = evidence.request_id
        self.limits = evidence.limits
        self.reply = evidence.reply
        self.teaches: dict[str, Any] = {}
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class ConnectionFailed(ChatError):
    code = "connection_failed"
    sentence = "The endpoint cannot be reached."
    usual = (True, "no")


class OutOfHandles(ConnectionFailed):
    """This site could not even try to connect: the endpoint is not at fault."""

    code = "out_of_handles"
    sentence = (
        "This site has too many files and connections open to make another call; its admin can allow it more."
    )


class ConnectionLost(ChatError):
    code = "connection_lost"
    sentence = "The connection broke before the answer was whole."
    usual = (True, "unknown")


class TimedOut(ChatError):
    code = "timeout"
    sentence = "The endpoint did not answer in time."
    usual = (True, "unknown")


class RateLimited(ChatError):
    code = "rate_limited"
    sentence = "The endpoint has had too many asks for now."
    slows = True
    usual = (True, "no")


class Overloaded(ChatError):
    code = "overloaded"
    sentence = "The endpoint is too busy at the moment."
    slows = True
    usual = (True, "no")


class EndpointError(ChatError):
    code = "endpoint_error"
    sentence = "The endpoint had a fault of its own."
    usual = (True, "unknown")


class EndpointClosed(ChatError):
    """No ask can pass until somebody has put something right at the endpoint or in its settings."""

    pauses = True


class NoCredit(EndpointClosed):
    code = "no_credit"
    sentence = "The endpoint's account has no credit left."


class BadKey(EndpointClosed):
    code = "bad_key"
    sentence = "The endpoint does not accept its key; an admin can set another."


class Forbidden(EndpointClosed):
    code = "forbidden"
    sentence = "The endpoint does not allow this with its key."


class RequestRefused(ChatError):
    """The endpoint looked at the request and would not do it: nothing was generated."""


class ModelNotFound(RequestRefused):
    code = "model_not_found"
    sentence = "The endpoint does not serve this model; choose another."


class TooManyImages(RequestRefused):
    code = "too_many_images"
    sentence = "The model takes fewer pictures at once; send fewer, or ask about each alone."


def pictures_at_once(model: str, most: int) -> str:
    """Say how many pictures a model takes at once, and what to do."""
    pictures = "picture" if most == 1 else "pictures"
    return f"{model} takes {most} {pictures} at once; send fewer, or ask about each alone."


class UnsupportedParameter(RequestRefused):
    code = "unsupported_parameter"
    sentence = "This model refuses one of the parameters; change it or leave it out."


class ContextTooLong(RequestRefused):
    code = "context_too_long"
    sentence = "This is more than the model can read at once; shorten the question or send fewer pictures."


class ImageRejected(RequestRefused):
    code = "image_rejected"
    sentence = "The endpoint could not use a picture; try another one."


class TooLarge(RequestRefused):
    code = "too_large"
    sentence = "The request is too large for the endpoint; lower the picture size."


class BadRequest(RequestRefused):
    code = "bad_request"
    sentence = "The endpoint did not understand the request."


class Redirected(RequestRefused):
    code = "redirected"
    sentence = "The endpoint sent us to another address; set the base URL to it."


class ContentFiltered(ChatError):
    code = "content_filtered"
    sentence = "A content filter of the endpoint refused this."


class BadAnswer(ChatError):
    code = "bad_answer"
    sentence = "The endpoint's answer could not be read."
    usual = (False, "unknown")


class EmptyAnswer(ChatError):
    code = "empty_answer"
    sentence = "The model sent nothing back."
    usual = (False, "yes")


class StreamCut(ChatError):
    code = "stream_cut"
    sentence = "The answer broke off; what had come until then is kept."
    usual = (False, "unknown")
