"""The list of an endpoint's models, in the shapes that servers give it."""

from typing import Any

from describer.chat.error_text import ErrorText, error_in
from describer.chat.response import EndpointResponse, refusal, unreadable_body
from describer.lib.lenient_json import as_text
from describer.lib.limits import MODEL_NAMES

_LONGEST_NAME = 255


def model_ids(answer: EndpointResponse) -> list[str]:
    try:
        body = answer.json()
    except ValueError:
        body = None
    error_text = error_in(body, failed=not answer.succeeded)
    if error_text or not answer.succeeded:
        raise refusal(answer, error_text or ErrorText(message=answer.text))
    if isinstance(body, dict):
        body = body.get("data", body.get("models"))
    if not isinstance(body, list):
        raise unreadable_body(answer, "The endpoint's list of models could not be read.")
    return list(dict.fromkeys(filter(None, map(_model_id, body[:MODEL_NAMES]))))


def _model_id(entry: Any) -> str:
    """Return the id of an entry, "" where it has none: an object's id or name, or the entry itself."""
    if isinstance(entry, dict):
        entry = entry.get("id") or entry.get("name")
    name = as_text(entry, _LONGEST_NAME + 1)
    return name if len(name) <= _LONGEST_NAME else ""
