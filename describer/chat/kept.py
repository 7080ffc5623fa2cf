"""What is written down of a reply beside its words: no more than a page can show."""

import json
from typing import Any

from describer.lib.json_weight import elements_of
from describer.lib.lenient_json import as_dict
from describer.lib.limits import TOOL_CALL_CHARACTERS, TOOL_CALL_ELEMENTS, USAGE_CHARACTERS, USAGE_ELEMENTS

_LONGEST_NAME = 255
_CUT = " [cut off here]"


def kept_usage(usage: Any) -> Any:
    """Return an endpoint's usage object as it came; of one that is far too large the numbers at its top."""
    if not _is_large(usage, USAGE_ELEMENTS, USAGE_CHARACTERS):
        return usage
    numbers = {key: value for key, value in as_dict(usage).items() if isinstance(value, int | float)}
    few = [key for key in numbers if len(key) <= _LONGEST_NAME][:USAGE_ELEMENTS]
    return {key: numbers[key] for key in few}


def kept_call(call: dict[str, Any]) -> dict[str, Any]:
    """Return a tool call as it came; of one that is far too large its names, and the beginning of its arguments."""
    if not _is_large(call, TOOL_CALL_ELEMENTS, TOOL_CALL_CHARACTERS):
        return call
    function = as_dict(call.get("function"))
    kept = {key: call[key][:_LONGEST_NAME] for key in ("id", "type") if isinstance(call.get(key), str)}
    texts = {"name": function.get("name"), "arguments": function.get("arguments")}
    return {
        **kept,
        "function": {key: _beginning(text) for key, text in texts.items() if isinstance(text, str)},
    }


def _beginning(text: str) -> str:
    if len(text) <= TOOL_CALL_CHARACTERS:
        return text
    return text[:TOOL_CALL_CHARACTERS] + _CUT


def _is_large(value: Any, elements: int, characters: int) -> bool:
    return elements_of(value) > elements or len(json.dumps(value)) > characters
