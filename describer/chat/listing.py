"""The list of an endpoint's models, in the shapes that servers give it."""

from typing import Any

from describer.chat.error_text import ErrorText, error_in
from describer.chat.response import EndpointResponse, refusal, unreadable_body
from describer.lib.lenient_json import as_dict, as_text, loads

MOST_MODELS = 5000
LONGEST_NAME = 255


def model_ids(answer: EndpointResponse) -> list[str]:
    try:
        body = loads(answer.text)
    except ValueError:
        body = None
    said = error_in(body, failed=not answer.succeeded)
    if said or not answer.succeeded:
        raise refusal(answer, said or ErrorText(message=answer.text))
    listed = body if isinstance(body, list) else as_dict(body).get("data", as_dict(body).get("models"))
    if not isinstance(listed, list):
        raise unreadable_body(answer, "The endpoint's list of models could not be read.")
    return list(dict.fromkeys(filter(None, map(model_id, listed[:MOST_MODELS]))))


def model_id(listed: Any) -> str:
    """The id of an entry, "" for one without: an object's id or name, or the entry itself."""
    named = as_dict(listed)
    found = named.get("id") or named.get("name") if named else listed
    return as_text(found, LONGEST_NAME + 1) if len(as_text(found, LONGEST_NAME + 1)) <= LONGEST_NAME else ""
