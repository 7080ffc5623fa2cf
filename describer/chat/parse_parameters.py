"""From what a person, script or client gave to the parameters of a request."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import ValidationError

from describer.chat.parameter_rules import tool_choice_fault, without_empty
from describer.chat.parameters import NAMES, Kind, Parameters, range_of, wrong_of
from describer.lib.json_weight import json_elements
from describer.lib.lenient_json import TooDeep, clean, storable
from describer.lib.limits import FIELD_ELEMENTS, NESTING

_Code = Literal[
    "invalid_value",
    "invalid_type",
    "too_many_parameters",
    "invalid_json",
    "missing_required_parameter",
    "empty_array",
]

_MOST_KEYS = 100
NOT_PARAMETERS = ("model", "messages")
_WHOLE = re.compile(r"[+-]?[0-9]{1,40}")
_NUMBER = re.compile(r"[+-]?([0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?")
_SWITCH = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}


class ParameterError(ValueError):
    """A parameter that cannot be used. `errors` holds all that were found in one reading, this one first."""

    def __init__(self, param: str, message: str, code: _Code = "invalid_value") -> None:
        super().__init__(message)
        self.param = param
        self.message = message
        self.code: _Code = code
        self.errors: list[ParameterError] = [self]


def read_parameters(
    parameters: Mapping[str, Any],
    *,
    keep_unknown: bool = False,
    as_json: bool = False,
    most_answers: int = 128,
) -> dict[str, Any]:
    """Return only what was set, each parameter with the very value and type it had in JSON.

    None is "not set", and so is "" unless `as_json`, and what SDKs send by habit where nothing is set. Texts are read as forms and multipart spell them:
    numbers, true/false/1/0/on/off, objects as JSON. With `as_json` a text stays a text (and is refused where
    a number belongs). `keep_unknown` keeps keys that are no parameter of ours, for the endpoint to judge; at
    most 100 keys in all. Raises ParameterError.
    """
    if len(parameters) > _MOST_KEYS:
        raise ParameterError("", f"At most {_MOST_KEYS} parameters.", "too_many_parameters")
    read, faults = _as_values(parameters, as_json)
    values = without_empty(read)
    faults += _faults_of(values, most_answers)
    if faults:
        faults[0].errors = faults
        raise faults[0]
    if keep_unknown:
        return values
    return {name: value for name, value in values.items() if name in NAMES}


def _as_values(parameters: Mapping[str, Any], as_json: bool) -> tuple[dict[str, Any], list[ParameterError]]:
    """Read every value that is set, and collect what is wrong with the others."""
    values: dict[str, Any] = {}
    faults = []
    for name, value in parameters.items():
        if name in NOT_PARAMETERS or value is None or (value == "" and not as_json):
            continue
        try:
            if not as_json and name in NAMES:
                value = _from_text(name, NAMES[name], value)
            values[clean(name)] = storable(value)
        except ParameterError as fault:
            faults.append(fault)
        except (TooDeep, RecursionError):
            faults.append(ParameterError(name, f"Nested more than {NESTING} deep."))
    return values, faults


def _from_text(name: str, kind: Kind, value: Any) -> Any:
    """Return the JSON value that a form's text means; values that are no text are left as they are."""
    if not isinstance(value, str) or kind in ("text", "choice"):
        return value
    if kind == "boolean":
        return _SWITCH.get(value.strip().lower(), value)
    if kind in ("number", "integer"):
        return _number(value.strip(), value)
    if kind == "stop":
        return _stop_list(value)
    if name == "tool_choice" and not value.lstrip().startswith("{"):
        return value
    return _json_value(name, value)


def _number(text: str, otherwise: str) -> int | float | str:
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    return otherwise


def _stop_list(text: str) -> str | list[Any]:
    """Read a JSON list of texts as a list; all else, a lone bracket too, is one stop text."""
    if not text.startswith("["):
        return text
    try:
        stops: list[Any] = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if stops and all(isinstance(stop, str) for stop in stops):
        return stops
    return text


def _json_value(name: str, text: str) -> Any:
    if len(text) > FIELD_ELEMENTS and json_elements(text.encode("utf-8", "replace")) > FIELD_ELEMENTS:
        raise ParameterError(name, f"Too many values: at most {FIELD_ELEMENTS:,}.")
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as fault:
        message = f"Not JSON: line {fault.lineno}, column {fault.colno}: {fault.msg}."
        raise ParameterError(name, message) from None
    except ValueError:
        raise ParameterError(name, "Not JSON: a number in it is too long.") from None


def _no_constant(name: str) -> Any:
    raise json.JSONDecodeError(f"{name} is no JSON number", name, 0)


def _faults_of(values: Mapping[str, Any], most_answers: int) -> list[ParameterError]:
    """Return the first fault of each parameter, and judge last what the model cannot know of."""
    faults = _faults_of_model(values)
    how_many = f"How many answers? 1 to {most_answers}."
    if "n" in faults:
        faults["n"] = ParameterError("n", how_many, faults["n"].code)
    elif type(values.get("n")) is int and values["n"] > most_answers:
        faults["n"] = ParameterError("n", how_many)
    judged = "tool_choice" in values and not faults.keys() & {"tool_choice", "tools"}
    if judged and (text := tool_choice_fault(values["tool_choice"], values.get("tools", ()))):
        faults["tool_choice"] = ParameterError("tool_choice", text)
    return list(faults.values())


def _faults_of_model(values: Mapping[str, Any]) -> dict[str, ParameterError]:
    faults: dict[str, ParameterError] = {}
    try:
        Parameters.model_validate({name: value for name, value in values.items() if name in NAMES})
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=False, include_input=False):
            fault = _fault_of(str(detail["loc"][0]), detail["type"], detail["msg"])
            if faults.setdefault(fault.param, fault).code == "invalid_type":
                faults[fault.param] = fault
    return faults


def _fault_of(name: str, kind: str, message: str) -> ParameterError:
    if kind == "invalid_value":
        return ParameterError(name, message)
    if kind.endswith("_type") or kind.startswith(("int_from", "literal_error_type")):
        return ParameterError(name, wrong_of(name), "invalid_type")
    return ParameterError(name, wrong_of(name))


def stop_texts(tags: Iterable[str]) -> str | list[str]:
    r"""Return the stop texts of a form's tag fields, a single stop text as a text.

    Blank fields are left out, \n and \t read as escapes.
    """
    texts = [tag.replace("\\n", "\n").replace("\\t", "\t") for tag in tags if tag]
    return texts[0] if len(texts) == 1 else texts


def limits(name: str) -> tuple[int | float | None, int | float | None]:
    """Return the lowest and highest value of a parameter, for the form."""
    return range_of(name)
