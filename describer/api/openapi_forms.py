"""What POST takes, as OpenAPI has it: our own fields, and every parameter and range from the one source."""

from typing import Any

from django.conf import settings

from describer.chat import Parameters, limits
from describer.engine.submit import BY_THEMSELVES, LEAST_SIDE, MOST_TAGS, VARIANTS
from describer.lib.guard import LONGEST
from describer.models.preset import NAME_CHARACTERS
from describer.models.tag import TAG_CHARACTERS

_LEFT_OUT = ("kind", "wrong", "default", "title", "anyOf")
_MODEL = {"type": "string", "maxLength": 200}
_SPOKEN = 2**31  # the range of 64 bits tells a reader nothing
_MULTIPART = (
    "In multipart, objects are JSON text, `stop` may be repeated, "
    "and booleans are true, false, 1, 0, on or off."
)


def request_body(*, each: bool = False) -> dict[str, Any]:
    """Return the requestBody of a submit; with `each`, of one for an answer each."""
    schema = {
        "type": "object",
        "properties": _own_fields(each) | _desk_fields() | _parameter_fields(),
    }
    return {"required": True} | _form(schema)


def comparison_body() -> dict[str, Any]:
    """Return the requestBody of a comparison: that of a submit, which goes on from nothing, and its variants."""
    least, most = VARIANTS
    variant = {
        "type": "array",
        "items": {"type": "string"},
        "minItems": least,
        "maxItems": most,
        "description": "Repeated: a JSON object each, with any of `model`, `preset`, `parameters` (an object) and `long_side`: "
        f"so many pixels the longest side of each picture is sent with, at least {LEAST_SIDE} and at most what the endpoint is "
        "sent. What a variant leaves out is as given for all.",
    }
    desk = {name: field for name, field in _desk_fields().items() if name != "follows"}
    properties = _own_fields(each=False) | desk | {"variant": variant} | _parameter_fields()
    return {"required": True} | _form({"type": "object", "properties": properties})


def changes_body() -> dict[str, Any]:
    """Return the requestBody of asking again."""
    model = _MODEL | {"description": "Without it: the model of the old one."}
    return {"required": False} | _form(
        {"type": "object", "properties": {"model": model} | _parameter_fields()}
    )


def _form(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": _MULTIPART, "content": {"multipart/form-data": {"schema": schema}}}


def _own_fields(each: bool) -> dict[str, Any]:
    most = settings.QUESTION_MAX_CHARACTERS
    pictures, how = settings.IMAGES_PER_ASK, "several are asked about together, in this order"
    if each:
        pictures, how = settings.IMAGES_PER_SET, "each is asked about alone"
    return {
        "image": {
            "type": "array",
            "items": {"type": "string", "format": "binary"},
            "maxItems": pictures,
            "description": f"One picture or several; {how}.",
        },
        "image_url": {
            "type": "array",
            "items": {"type": "string", "format": "uri", "maxLength": LONGEST},
            "maxItems": pictures,
            "description": "Beside `image` or in its place: public http or https addresses of pictures. "
            "They are fetched after the answer to this call; one that cannot be fetched fails the description. "
            "They come after the files.",
        },
        "question": {"type": "string", "maxLength": most, "description": "What to ask about the pictures."},
        "system_prompt": {"type": "string", "maxLength": most, "description": "Who the model shall be."},
        "model": _MODEL | {"description": "Without it: the endpoint's default."},
    }


def _desk_fields() -> dict[str, Any]:
    """Return the fields that begin from something which is there: a preset, an answer, tags."""
    return {
        "preset": {
            "type": "string",
            "maxLength": NAME_CHARACTERS,
            "description": "The name of a preset (`/api/presets`): its question, system prompt, model and parameters are asked by, "
            "where nothing else is given beside it. One of `question` and `preset` is needed.",
        },
        "variables": {
            "type": "string",
            "description": "A JSON object with a text for each variable of the preset that does not fill itself "
            f"({', '.join(BY_THEMSELVES)} do).",
        },
        "follows": {
            "type": "integer",
            "description": "The id of a description of your own that is done: the question goes on from its answer. The pictures of "
            "that conversation, and each question and kept answer in it, are sent again; `image` may be absent. System prompt, "
            "model and parameters are those of the one that is followed where they are not given.",
        },
        "tags": {
            "type": "array",
            "items": {"type": "string", "maxLength": TAG_CHARACTERS},
            "maxItems": MOST_TAGS,
            "description": "What to mark the description with; the field may be repeated, or be a JSON list of texts.",
        },
    }


def _parameter_fields() -> dict[str, Any]:
    """Return each parameter's JSON schema. An absent field means "not set", so null is left out."""
    properties = Parameters.model_json_schema()["properties"]
    return {name: _field_schema(name, field) for name, field in properties.items()}


def _field_schema(name: str, field: dict[str, Any]) -> dict[str, Any]:
    """Return a field with its range, in its description too: viewers of forms show no other."""
    schema = {key: value for key, value in field.items() if key not in _LEFT_OUT}
    ends = _ends(name)
    if ends and max(map(abs, ends.values())) < _SPOKEN:
        schema["description"] += f" {_span(**ends)}"
    kinds = _kinds(field)
    if len(kinds) == 1:
        return schema | kinds[0] | ends
    return schema | {"anyOf": kinds}


def _ends(name: str) -> dict[str, float]:
    """Return the smallest and the largest value of a parameter, as far as it has such."""
    ends = zip(("minimum", "maximum"), limits(name), strict=True)
    return {end: value for end, value in ends if value is not None}


def _kinds(field: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the types that a field may have; where integers and decimals both fit, it is a number."""
    if field["kind"] == "number":
        return [{"type": "number"}]
    return [kind for kind in field["anyOf"] if kind != {"type": "null"}]


def _span(minimum: float, maximum: float | None = None) -> str:
    if maximum is None:
        return f"At least {minimum:,}."
    return f"From {minimum:,} to {maximum:,}."


IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "maxLength": 255},
    "description": "Your own name for this call. "
    "The same name with the same content gives what it gave before; "
    "with other content it is refused (422 `idempotency_key_reused`). Kept for a day.",
}
