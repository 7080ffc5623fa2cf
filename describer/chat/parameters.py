"""The parameters of a chat completion: one source for requests, forms, our own endpoint and the docs."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from describer.chat.parameter_rules import format_fault, tools_fault
from describer.lib.lenient_json import as_dict

Kind = Literal["number", "integer", "boolean", "text", "stop", "json", "choice"]
Detail = Literal["auto", "low", "high", "original"]

_MOST_STOPS = 4


def _parameter(kind: Kind, description: str, wrong: str, **limits: Any) -> Any:
    """Make a field without a default; `wrong` is what a person reads when its value is refused."""
    return Field(
        default=None, description=description, json_schema_extra={"kind": kind, "wrong": wrong}, **limits
    )


def _invalid_value(message: str) -> PydanticCustomError:
    return PydanticCustomError("invalid_value", "{message}", {"message": message})


class Parameters(BaseModel):
    """Every optional request parameter, with its range. `detail` goes onto the picture parts, all else to the top."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False)

    temperature: int | float | None = _parameter(
        "number",
        "How much chance plays a part: 0.2 is focused, 1 and above is freer. Set this or top p, not both.",
        "Temperature goes from 0 to 2.",
        ge=0,
        le=2,
    )
    top_p: int | float | None = _parameter(
        "number",
        "Only the likeliest words that together reach this probability are considered; 0.1 is the top tenth.",
        "Top p goes from 0 to 1.",
        ge=0,
        le=1,
    )
    n: int | None = _parameter(
        "integer", "How many answers to write.", "How many answers? 1 to 128.", ge=1, le=128
    )
    stream: bool | None = _parameter(
        "boolean", "Send the answer piece by piece as server-sent events.", "Stream is true or false."
    )
    stop: str | list[str] | None = _parameter(
        "stop", "Up to 4 texts at which the answer ends.", "Stop is a text, or a list of at most 4 texts."
    )
    max_tokens: int | None = _parameter(
        "integer",
        "The most tokens an answer may have; without it there is no limit.",
        "At least 1 token.",
        ge=1,
    )
    presence_penalty: int | float | None = _parameter(
        "number",
        "Above 0, words that have come at all are less likely again: more new topics.",
        "Presence penalty goes from -2 to 2.",
        ge=-2,
        le=2,
    )
    frequency_penalty: int | float | None = _parameter(
        "number",
        "Above 0, words are less likely the more often they have come: fewer repeated lines.",
        "Frequency penalty goes from -2 to 2.",
        ge=-2,
        le=2,
    )
    logit_bias: dict[str, Any] | None = _parameter(
        "json",
        "Token ids with a bias from -100 (never) to 100 (always).",
        'Logit bias is an object like {"50256": -100}.',
    )
    user: str | None = _parameter(
        "text", "An opaque id of the person who asks, for the endpoint's own watch.", "At most 256 characters.",
        max_length=256,
    )  # fmt: skip
    response_format: dict[str, Any] | None = _parameter(
        "json",
        "The form of the answer: text, a JSON object, or JSON after a schema.",
        "Response format is an object with a type: text, json_object or json_schema.",
    )
    seed: int | None = _parameter(
        "integer",
        "The same seed and question give the same answer, as far as the model can.",
        "A whole number.",
        ge=-(2**63),
        le=2**63 - 1,
    )
    tools: list[dict[str, Any]] | None = _parameter(
        "json",
        "Functions that the model may call instead of answering.",
        "Tools is a list of 1 to 128 functions.",
    )
    tool_choice: str | dict[str, Any] | None = _parameter(
        "json",
        "Whether a tool is called: none, auto, required, or one function by name.",
        "Choose none, auto, required, or a tool that is in the list.",
    )
    detail: Detail | None = _parameter(
        "choice", "How closely the model looks at the pictures.", "One of auto, low, high."
    )

    @field_validator("stop")
    @classmethod
    def at_most_four_stops(cls, stop: str | list[str] | None) -> str | list[str] | None:
        texts = stop if isinstance(stop, list) else [stop]
        if len(texts) > _MOST_STOPS:
            raise _invalid_value("At most 4 stop texts.")
        if not texts or "" in texts:
            raise _invalid_value("A stop text cannot be empty.")
        return stop

    @field_validator("logit_bias")
    @classmethod
    def token_ids_and_biases(cls, biases: dict[str, Any] | None) -> dict[str, Any] | None:
        for token, bias in (biases or {}).items():
            if not (token.isascii() and token.isdigit()):
                raise _invalid_value(f"{token[:50]} is not a token id.")
            if type(bias) is not int or not -100 <= bias <= 100:
                raise _invalid_value(f"Token {token[:50]}: the bias goes from -100 to 100.")
        return biases

    @field_validator("response_format")
    @classmethod
    def known_format(cls, chosen: dict[str, Any] | None) -> dict[str, Any] | None:
        if chosen is not None and (fault := format_fault(chosen)):
            raise _invalid_value(fault)
        return chosen

    @field_validator("tools")
    @classmethod
    def well_named_tools(cls, tools: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
        if tools is not None and (fault := tools_fault(tools)):
            raise _invalid_value(fault)
        return tools


def _kind_of(name: str) -> Kind:
    """Return how the texts of a form spell this parameter."""
    kind: Kind = _extra(name)["kind"]
    return kind


def wrong_of(name: str) -> str:
    """Return what a person reads when the value of this parameter is refused."""
    return str(_extra(name)["wrong"])


def range_of(name: str) -> tuple[int | float | None, int | float | None]:
    """Return the lowest and highest value, for sliders and steppers; None where there is no limit."""
    rules = Parameters.model_fields[name].metadata
    lowest = next((rule.ge for rule in rules if hasattr(rule, "ge")), None)
    highest = next((rule.le for rule in rules if hasattr(rule, "le")), None)
    return lowest, highest


def _extra(name: str) -> dict[str, Any]:
    return as_dict(Parameters.model_fields[name].json_schema_extra)


NAMES: Mapping[str, Kind] = {name: _kind_of(name) for name in Parameters.model_fields}
