"""Everything that knows the wire to a chat completions endpoint; plain Python, no models and no request.

Out: given -> parameters (rules) -> messages -> body -> client (session, clock, address)
In:  client -> replies (events, stream, completion, listing) or, through faults, words, phrases and verdicts, errors
Beside: tokens estimates; amendments names the change that mends a refusal; schema has the words without the calls.
"""

from describer.chat import errors
from describer.chat.address import chat_url, models_url
from describer.chat.amendments import Amendment, amended
from describer.chat.client import Client, Target
from describer.chat.errors import ChatError, ConnectionFailed
from describer.chat.schema import (
    Choice,
    Completion,
    ParameterError,
    Parameters,
    Picture,
    Reading,
    Reply,
    Turn,
    Usage,
    limits,
    read_completion,
    read_parameters,
    reading,
    redacted,
    request_body,
    stop_texts,
)
from describer.chat.tokens import estimate

__all__ = [
    "Amendment",
    "ChatError",
    "Choice",
    "Client",
    "Completion",
    "ConnectionFailed",
    "ParameterError",
    "Parameters",
    "Picture",
    "Reading",
    "Reply",
    "Target",
    "Turn",
    "Usage",
    "amended",
    "chat_url",
    "errors",
    "estimate",
    "limits",
    "models_url",
    "read_completion",
    "read_parameters",
    "reading",
    "redacted",
    "request_body",
    "stop_texts",
]
