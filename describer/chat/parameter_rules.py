"""Rules of the parameters that are objects; each gives the sentence that says what is wrong, or ""."""

import re
from collections.abc import Sequence
from typing import Any

MOST_TOOLS = 128
FORMATS = ("text", "json_object", "json_schema")
MODES = ("none", "auto", "required")
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def format_fault(chosen: dict[str, Any]) -> str:
    if chosen.get("type") not in FORMATS:
        return "The type of the response format is one of text, json_object, json_schema."
    if chosen["type"] != "json_schema":
        return ""
    schema = chosen.get("json_schema")
    if not isinstance(schema, dict) or not schema.get("name"):
        return "The schema needs a name."
    if not is_name(schema["name"]):
        return "The schema's name may hold letters, digits, _ and -, at most 64."
    if not isinstance(schema.get("schema", {}), dict):
        return "The schema is an object."
    return "" if isinstance(schema.get("strict"), bool | None) else "Strict is true or false."


def tools_fault(tools: Sequence[dict[str, Any]]) -> str:
    if not 1 <= len(tools) <= MOST_TOOLS:
        return f"At least 1 tool, at most {MOST_TOOLS}."
    faults = (tool_fault(tool, number) for number, tool in enumerate(tools, start=1))
    return next((fault for fault in faults if fault), "")


def tool_fault(tool: dict[str, Any], number: int) -> str:
    """Tools of a type other than function are the endpoint's to judge."""
    if not isinstance(tool.get("type"), str):
        return f"Tool {number}: the type is missing."
    if tool["type"] != "function":
        return ""
    function = tool.get("function")
    if not isinstance(function, dict) or not function.get("name"):
        return f"Tool {number}: the function needs a name."
    if not is_name(function["name"]):
        return f"Tool {number}: the name may hold letters, digits, _ and -."
    if not isinstance(function.get("parameters", {}), dict | None):
        return f"Tool {number}: the parameters are an object."
    return ""


def tool_choice_fault(choice: str | dict[str, Any], tools: Sequence[Any]) -> str:
    if not tools:
        return "Tool choice needs tools."
    if isinstance(choice, str):
        return "" if choice in MODES else "Choose none, auto, required, or a tool that is in the list."
    if choice.get("type") != "function":
        return "" if isinstance(choice.get("type"), str) else "The type of the tool choice is missing."
    named = function_name(choice)
    return "" if named and named in map(function_name, tools) else "Choose a tool that is in the list."


def function_name(tool: Any) -> Any:
    function = tool.get("function") if isinstance(tool, dict) else None
    return function.get("name") if isinstance(function, dict) else None


def is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(NAME.fullmatch(value))
