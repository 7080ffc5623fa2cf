"""What POST takes, as OpenAPI has it: our own fields, and every parameter with its range from the one source."""

from typing import Any

from django.conf import settings

from describer.chat import Parameters

OURS = ("kind", "wrong")
MULTIPART = "In multipart, objects are JSON text, `stop` may be repeated, and booleans are true, false, 1, 0, on or off."


def request_body() -> dict[str, Any]:
    """The requestBody of POST /api/descriptions."""
    schema = {
        "type": "object",
        "required": ["image", "question"],
        "properties": own_fields() | parameters(),
    }
    return {
        "required": True,
        "description": MULTIPART,
        "content": {"multipart/form-data": {"schema": schema}},
    }


def own_fields() -> dict[str, Any]:
    most = settings.QUESTION_MAX_CHARACTERS
    return {
        "image": {
            "type": "array",
            "items": {"type": "string", "format": "binary"},
            "minItems": 1,
            "maxItems": settings.IMAGES_PER_ASK,
            "description": "One picture or several; several are asked about together, in this order.",
        },
        "question": {"type": "string", "maxLength": most, "description": "What to ask about the pictures."},
        "system_prompt": {"type": "string", "maxLength": most, "description": "Who the model shall be."},
        "model": {"type": "string", "maxLength": 200, "description": "Without it: the endpoint's default."},
    }


def parameters() -> dict[str, Any]:
    """Each parameter's JSON schema: null means not set and an absent field says the same, so it is left out."""
    properties = Parameters.model_json_schema()["properties"]
    return {name: without_null(field) for name, field in properties.items()}


def without_null(field: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in field.items() if name not in (*OURS, "default", "title", "anyOf")}
    kinds = [kind for kind in field.get("anyOf", []) if kind.get("type") != "null"]
    if len(kinds) == 1:
        return {**kinds[0], **kept}
    return kept | ({"anyOf": kinds} if kinds else {})


IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "maxLength": 255},
    "description": "Your own name for this ask. The same key with the same content gives the same description; "
    "with other content it is refused (422 `idempotency_key_reused`). Kept for a day.",
}
