"""The fields of an ask's form: texts, parameters, tags, and the values of a preset's variables."""

import json
from contextlib import suppress
from typing import Any

from django.http import HttpRequest

from describer.chat import ParameterError, read_parameters
from describer.engine.submit import Refusal, storable_text
from describer.lib.json_weight import json_elements
from describer.lib.limits import FIELD_ELEMENTS

TEXTS = ("question", "system_prompt", "model")
LINK = "image_url"
_NO_PARAMETERS = (*TEXTS, LINK, "preset", "variables", "follows", "tags", "variant")
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded", "")
_MOST_TAGS = 1000  # to be looked at
_MOST_VARIABLES = 100


def check_form(request: HttpRequest) -> None:
    """Raise Refusal (415) for a body that is no form."""
    if request.content_type not in _FORMS:
        raise Refusal("Send Content-Type: multipart/form-data.", code="unsupported_media_type", status=415)


def read_text(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\x00", "")


def read_parameter_fields(request: HttpRequest) -> dict[str, Any]:
    """Return the parameters of the form; `stop` may come several times. Raises Refusal."""
    fields: dict[str, Any] = {
        name: request.POST.get(name) for name in request.POST if name not in _NO_PARAMETERS
    }
    stops = request.POST.getlist("stop")
    if len(stops) > 1:
        fields["stop"] = stops
    try:
        return read_parameters(fields)
    except ParameterError as error:
        raise Refusal(error.message, code=error.code, param=error.param or None) from error


def read_tags(request: HttpRequest) -> list[str]:
    """Return the tags of the form: the field may be repeated, and may be a JSON list of texts."""
    return [tag for text in request.POST.getlist("tags")[:_MOST_TAGS] for tag in _tags_in(text)]


def _tags_in(text: str) -> list[str]:
    """Read a JSON list of texts as a list; all else is a tag."""
    if not text.startswith("[") or json_elements(text.encode()) > _MOST_TAGS:
        return [text]
    with suppress(ValueError, RecursionError):
        tags = json.loads(text)
        if all(isinstance(tag, str) for tag in tags):
            return list(tags)
    return [text]


def read_variables(request: HttpRequest) -> dict[str, str]:
    """Return the values of a preset's variables: a JSON object of texts. Raises Refusal."""
    text = read_text(request, "variables").strip()
    if not text:
        return {}
    values = None
    if json_elements(text.encode()) <= FIELD_ELEMENTS:
        with suppress(ValueError, RecursionError):
            values = json.loads(text)
    if not isinstance(values, dict) or len(values) > _MOST_VARIABLES:
        raise Refusal("Variables are a JSON object of texts.", code="invalid_type", param="variables")
    return {str(word): _as_value(word, value) for word, value in values.items()}


def _as_value(word: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refusal(
            f"The variable {word[:40]} is a text.", code="invalid_type", param=f"variables.{word[:40]}"
        )
    return storable_text(str(value), f"variables.{word[:40]}")
