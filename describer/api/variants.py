"""The variants of a comparison, as a form holds them: JSON objects."""

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from describer.chat import ParameterError, Parameters, read_parameters
from describer.desk.comparisons import Variant
from describer.engine.submit import VARIANTS, Refusal
from describer.lib.json_weight import json_elements
from describer.lib.limits import FIELD_ELEMENTS

_KEYS = ("model", "preset", "parameters", "long_side")


def read_variants(texts: Sequence[str]) -> list[Variant]:
    """Return the variants that a form holds. Raises Refusal, which says which one is at fault, counted from 1."""
    least, most = VARIANTS
    if not least <= len(texts) <= most:
        raise _wrong(f"Send `variant` {least} to {most} times, a JSON object each.", "invalid_value")
    return [_variant_of(text, number) for number, text in enumerate(texts, 1)]


def _variant_of(text: str, number: int) -> Variant:
    said = f"Variant {number}"
    value = None
    if json_elements(text.encode(errors="replace")) <= FIELD_ELEMENTS:
        with suppress(ValueError, RecursionError):
            value = json.loads(text)
    if not isinstance(value, dict):
        raise _wrong(f"{said} is no JSON object.", "invalid_json")
    if unknown := sorted(value.keys() - set(_KEYS)):
        message = f"{said}: {unknown[0][:40]!r} is not known; it may hold {', '.join(_KEYS)}."
        raise _wrong(message, "unknown_parameter")
    return Variant(
        model=_text(value, "model", said),
        preset=_text(value, "preset", said),
        parameters=_variant_parameters(value.get("parameters"), said),
        long_side=_pixels(value.get("long_side"), said),
    )


def _text(value: dict[str, Any], name: str, said: str) -> str:
    text = value.get(name)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise _wrong(f"{said}: {name} is a text.", "invalid_type")
    return text.replace("\x00", "").strip()


def _pixels(number: Any, said: str) -> int | None:
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise _wrong(f"{said}: long_side is a number of pixels.", "invalid_type")
    return number


def _variant_parameters(values: Any, said: str) -> dict[str, Any]:
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise _wrong(f"{said}: parameters are a JSON object.", "invalid_type")
    if unknown := sorted(values.keys() - Parameters.model_fields.keys()):
        raise _wrong(f"{said}: there is no parameter {unknown[0][:40]!r}.", "unknown_parameter")
    try:
        return read_parameters(values, as_json=True)
    except ParameterError as error:
        raise _wrong(f"{said}: {error.message}", error.code) from error


def _wrong(message: str, code: str) -> Refusal:
    return Refusal(message, code=code, param="variant")
