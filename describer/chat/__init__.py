"""Everything that knows the wire to a chat completions endpoint; plain Python, no models and no request.

Out: parse_parameters -> parameters (parameter_rules) -> messages -> body -> client (session, address)
In:  client -> response (events, stream, completion, listing) or, through transport_errors, error_text, error_patterns
     and error_classes, errors
Our own endpoint: request (dataurl) in, relay out
Beside: tokens estimates; amendments names the change that mends a refusal; schema has the words without the calls.
"""

from describer.chat import errors
from describer.chat.address import chat_url, models_url
from describer.chat.amendments import Amendment, amended
from describer.chat.body import RequestBody
from describer.chat.client import Client, Target, encode_body
from describer.chat.completion import usage_in
from describer.chat.dataurl import is_data_url, read_data_url
from describer.chat.error_classes import BLIND_MODEL
from describer.chat.errors import ChatError, ConnectionFailed, pictures_at_once
from describer.chat.kept import kept_call, kept_usage
from describer.chat.relay import Relay, completed
from describer.chat.request import ChatRequest, put_back, read_request, text_of
from describer.chat.schema import (
    Completion,
    CompletionChoice,
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
    "BLIND_MODEL",
    "Amendment",
    "ChatRequest",
    "ChatError",
    "CompletionChoice",
    "Client",
    "Completion",
    "ConnectionFailed",
    "ParameterError",
    "Parameters",
    "RequestBody",
    "Picture",
    "Reading",
    "Relay",
    "Reply",
    "Target",
    "Turn",
    "Usage",
    "amended",
    "chat_url",
    "completed",
    "errors",
    "estimate",
    "is_data_url",
    "kept_call",
    "kept_usage",
    "limits",
    "models_url",
    "encode_body",
    "pictures_at_once",
    "put_back",
    "read_completion",
    "read_data_url",
    "read_parameters",
    "read_request",
    "reading",
    "redacted",
    "request_body",
    "stop_texts",
    "text_of",
    "usage_in",
]
