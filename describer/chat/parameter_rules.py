"""Rules of the parameters that are objects; each gives the sentence that says what is wrong, or ""."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from describer.lib.lenient_json import as_dict

_MOST_TOOLS = 128
_FORMATS = ("text", "json_object", "json_schema")
_MODES = ("none", "auto", "required")
# What SDKs send by habit for "not set", of the contract's words and of the words that go with them; `web_search_options: {}`
# is none of these, since it switches something on.
_EMPTY: dict[str, tuple[Any, ...]] = {
    "logit_bias": ({},),
    "tools": ([],),
    "functions": ([],),
    "tool_choice": ("",),
    "function_call": ("",),
    "stop": ("", []),
    "response_format": ({}, {"type": "text"}),
    "modalities": ([], ["text"]),
    "metadata": ({},),
    "stream_options": ({},),
} | dict.fromkeys(
    (
        "user",
        "detail",
        "prompt_cache_key",
        "reasoning_effort",
        "safety_identifier",
        "service_tier",
        "verbosity",
    ),
    ("",),
)
# What says how tools are called is nothing where there are none: these are what a model does then anyway.
_WITHOUT_TOOLS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "tool_choice": ("tools", ("none", "auto")),
    "function_call": ("functions", ("none", "auto")),
}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is sent by habit and sets nothing: an endpoint may refuse it, or take it for something."""
    kept = {name: value for name, value in values.items() if value not in _EMPTY.get(name, ())}
    for name, (of, idle) in _WITHOUT_TOOLS.items():
        if of not in kept and kept.get(name) in idle:
            del kept[name]
    return kept


def format_fault(chosen: dict[str, Any]) -> str:
    if chosen.get("type") not in _FORMATS:
        return "The type of the response format is one of text, json_object, json_schema."
    if chosen["type"] != "json_schema":
        return ""
    schema = chosen.get("json_schema")
    if not isinstance(schema, dict) or not schema.get("name"):
        return "The schema needs a name."
    if not _is_name(schema["name"]):
        return "The schema's name may hold letters, digits, _ and -, at most 64."
    if not isinstance(schema.get("schema", {}), dict):
        return "The schema is an object."
    if not isinstance(schema.get("strict"), bool | None):
        return "Strict is true or false."
    return ""


def tools_fault(tools: Sequence[dict[str, Any]]) -> str:
    if not 1 <= len(tools) <= _MOST_TOOLS:
        return f"At least 1 tool, at most {_MOST_TOOLS}."
    faults = (_tool_fault(tool, number) for number, tool in enumerate(tools, start=1))
    return next((fault for fault in faults if fault), "")


def _tool_fault(tool: dict[str, Any], number: int) -> str:
    """Judge a tool of type function; a tool of another type is the endpoint's to judge."""
    if not isinstance(tool.get("type"), str):
        return f"Tool {number}: the type is missing."
    if tool["type"] != "function":
        return ""
    function = tool.get("function")
    if not isinstance(function, dict) or not function.get("name"):
        return f"Tool {number}: the function needs a name."
    if not _is_name(function["name"]):
        return f"Tool {number}: the name may hold letters, digits, _ and -."
    if not isinstance(function.get("parameters", {}), dict | None):
        return f"Tool {number}: the parameters are an object."
    return ""


def tool_choice_fault(choice: str | dict[str, Any], tools: Sequence[Any]) -> str:
    if not tools:
        return "Tool choice needs tools."
    if isinstance(choice, str):
        if choice not in _MODES:
            return "Choose none, auto, required, or a tool that is in the list."
    elif not isinstance(choice.get("type"), str):
        return "The type of the tool choice is missing."
    elif choice["type"] == "function" and not _is_listed(choice, tools):
        return "Choose a tool that is in the list."
    return ""


def _is_listed(choice: dict[str, Any], tools: Sequence[Any]) -> bool:
    name = _function_name(choice)
    return bool(name) and name in map(_function_name, tools)


def _function_name(tool: Any) -> Any:
    return as_dict(as_dict(tool).get("function")).get("name")


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(_NAME.fullmatch(value))
