"""The wire's words in one place: what is asked, what may be set, what is answered."""

from describer.chat.completion import (
    Completion,
    CompletionChoice,
    Reading,
    Reply,
    Usage,
    read_completion,
    reading,
)
from describer.chat.messages import Picture, Turn, redacted, request_body
from describer.chat.parameters import Parameters
from describer.chat.parse_parameters import ParameterError, limits, read_parameters, stop_texts

__all__ = [
    "CompletionChoice",
    "Completion",
    "ParameterError",
    "Parameters",
    "Picture",
    "Reading",
    "Reply",
    "Turn",
    "Usage",
    "limits",
    "read_completion",
    "read_parameters",
    "reading",
    "redacted",
    "request_body",
    "stop_texts",
]
