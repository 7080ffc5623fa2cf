"""What POST takes, as OpenAPI has it: our own fields, and every parameter with its range from the one source."""

from typing import Any

from django.conf import settings

from describer.chat import Parameters, limits
from describer.lib.guard import LONGEST

LEFT_OUT = ("kind", "wrong", "default", "title", "anyOf")
MODEL = {"type": "string", "maxLength": 200}
SPOKEN = 2**31  # the range of 64 bits tells a reader nothing
MULTIPART = "In multipart, objects are JSON text, `stop` may be repeated, and booleans are true, false, 1, 0, on or off."


def request_body(*, each: bool = False) -> dict[str, Any]:
    """The requestBody of a submit; `each` of one for an answer each."""
    schema = {
        "type": "object",
        "required": ["question"],
        "properties": own_fields(each) | parameters(),
    }
    return {"required": True} | _form(schema)


def changes_body() -> dict[str, Any]:
    """The requestBody of asking again."""
    model = MODEL | {"description": "Without it: the model of the old one."}
    return {"required": False} | _form({"type": "object", "properties": {"model": model} | parameters()})


def _form(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": MULTIPART, "content": {"multipart/form-data": {"schema": schema}}}


def own_fields(each: bool) -> dict[str, Any]:
    most = settings.QUESTION_MAX_CHARACTERS
    pictures = settings.IMAGES_PER_SET if each else settings.IMAGES_PER_ASK
    how = "each is asked about alone" if each else "several are asked about together, in this order"
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
            "description": "Beside `image` or in its place: public http or https addresses of pictures. They are fetched "
            "after the answer to this call; one that cannot be fetched fails the description. They come after the files.",
        },
        "question": {"type": "string", "maxLength": most, "description": "What to ask about the pictures."},
        "system_prompt": {"type": "string", "maxLength": most, "description": "Who the model shall be."},
        "model": MODEL | {"description": "Without it: the endpoint's default."},
    }


def parameters() -> dict[str, Any]:
    """Each parameter's JSON schema. An absent field means "not set", so null is left out."""
    properties = Parameters.model_json_schema()["properties"]
    return {name: field_schema(name, field) for name, field in properties.items()}


def field_schema(name: str, field: dict[str, Any]) -> dict[str, Any]:
    """A field with its range, in its words too: viewers of forms show no other."""
    kept = {key: value for key, value in field.items() if key not in LEFT_OUT}
    kinds = [kind for kind in field["anyOf"] if kind != {"type": "null"}]
    if field["kind"] == "number":
        kinds = [{"type": "number"}]
    ends = dict(zip(("minimum", "maximum"), limits(name), strict=True))
    known = {end: value for end, value in ends.items() if value is not None}
    if known and max(map(abs, known.values())) < SPOKEN:
        kept["description"] += f" {span(**known)}"
    return kept | ({**kinds[0], **known} if len(kinds) == 1 else {"anyOf": kinds})


def span(minimum: float, maximum: float | None = None) -> str:
    return f"At least {minimum:,}." if maximum is None else f"From {minimum:,} to {maximum:,}."


IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "maxLength": 255},
    "description": "Your own name for this call. The same name with the same content gives what it gave before; "
    "with other content it is refused (422 `idempotency_key_reused`). Kept for a day.",
}
