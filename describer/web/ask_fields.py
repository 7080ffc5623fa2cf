"""The ask form's parameters: which there are, how each is shown, and what was typed into it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.http import QueryDict

from describer.chat import Parameters, limits, read_parameters, stop_texts

_Widget = Literal["slider", "number", "seed", "select", "stops", "json", "text"]

_STOPS = 4
_MOST_ANSWERS = 10  # on a page; scripts may ask for more
_OPTIONS = {"detail": ("auto", "low", "high", "original"), "tool_choice": ("auto", "none", "required")}

# In the order in which the form shows them. `stream` is left out: a page has no use for a stream of its own.
WIDGETS: Mapping[str, tuple[str, _Widget]] = {
    "temperature": ("Temperature", "slider"),
    "top_p": ("Top p", "slider"),
    "presence_penalty": ("Presence penalty", "slider"),
    "frequency_penalty": ("Frequency penalty", "slider"),
    "max_tokens": ("Most tokens", "number"),
    "n": ("Answers", "number"),
    "seed": ("Seed", "seed"),
    "detail": ("Picture detail", "select"),
    "stop": ("Stop texts", "stops"),
    "response_format": ("Response format", "json"),
    "tools": ("Tools", "json"),
    "tool_choice": ("Tool choice", "select"),
    "logit_bias": ("Logit bias", "json"),
    "user": ("User id", "text"),
}
RARE = ("stop", "response_format", "tools", "tool_choice", "logit_bias", "user")
_EXAMPLES = {
    "response_format": '{"type": "json_object"}',
    "tools": '[{"type": "function", "function": {"name": "report"}}]',
    "logit_bias": '{"50256": -100}',
    "max_tokens": "no limit",
    "n": "1",
    "seed": "any",
    "user": "none",
}


@dataclass(frozen=True)
class Field:
    """A parameter as the form shows it. `texts` is what was typed: one text, or four for the stop texts."""

    name: str
    texts: list[str]
    error: str = ""

    @property
    def label(self) -> str:
        return WIDGETS[self.name][0]

    @property
    def widget(self) -> _Widget:
        return WIDGETS[self.name][1]

    @property
    def text(self) -> str:
        return next(iter(self.texts), "")

    @property
    def stops(self) -> list[str]:
        """Return four texts at least, so that there is room to add."""
        return [*self.texts, *[""] * _STOPS][: max(_STOPS, len(self.texts))]

    @property
    def is_set(self) -> bool:
        return any(self.texts)

    @property
    def help(self) -> str:
        return Parameters.model_fields[self.name].description or ""

    @property
    def example(self) -> str:
        return _EXAMPLES.get(self.name, "not set")

    @property
    def least(self) -> str:
        return _plain(limits(self.name)[0])

    @property
    def most(self) -> str:
        if self.name == "n":
            return str(_MOST_ANSWERS)
        return _plain(limits(self.name)[1])

    @property
    def options(self) -> list[str]:
        """Return what a select offers.

        A value that is not offered (a tool's name as JSON) stays choosable.
        """
        offered = list(_OPTIONS[self.name])
        if self.text and self.text not in offered:
            offered.append(self.text)
        return offered


def _plain(limit: int | float | None) -> str:
    return "" if limit is None else str(limit)


def typed(post: QueryDict) -> dict[str, list[str]]:
    """Return what was typed, by parameter."""
    texts = {name: [text for text in post.getlist(name) if text.strip()] for name in WIDGETS}
    # Blanks are a stop text of their own, and stay.
    texts["stop"] = [text for text in post.getlist("stop") if text]
    return texts


def checked_parameters(texts: Mapping[str, list[str]]) -> dict[str, Any]:
    """Read the parameters that were set from what was typed, and check them.

    Raises ParameterError with all that is wrong.
    """
    values: dict[str, Any] = {name: texts[name][0] for name in WIDGETS if name != "stop" and texts.get(name)}
    if stops := stop_texts(texts.get("stop", [])):
        values["stop"] = stops
    return read_parameters(values, most_answers=_MOST_ANSWERS)
