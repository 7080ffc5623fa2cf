"""What one change lets a refused request through: a parameter renamed, or left out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from describer.chat.error_patterns import REFUSED, parameters_named, top_name, words
from describer.chat.errors import ChatError

RENAMED = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
NEVER = ("n", "response_format", "tools", "model", "messages")
REFUSING_CODES = {"unsupported_parameter", "unsupported_value", "unknown_parameter", "unrecognized_parameter"}
NOT_BOTH = words(r"cannot both be", r"only one of", r"not both", r"cannot be (used|specified|set) together")


@dataclass(frozen=True)
class Amendment:
    """One change: `param` renamed to `to`, or dropped; `also` are further ones that the same refusal lists."""

    kind: Literal["renamed", "dropped"]
    param: str
    to: str | None = None
    also: tuple[str, ...] = ()

    def applied(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters after the change, in their order; values stay as they are."""
        gone = (*self.also, *(() if self.to else (self.param,)))
        kept = {name: value for name, value in parameters.items() if name not in gone}
        return {(self.to or name) if name == self.param else name: value for name, value in kept.items()}


def amended(error: ChatError, parameters: Mapping[str, Any]) -> Amendment | None:
    """The change to make to `parameters` after `error`, None where none would help or the answer would be another thing.

    Only a refusal of the parameter itself counts, which costs nothing, and only of one that was sent; never an error after
    words, which were paid for and, in a stream, are gone on.
    """
    if error.code != "unsupported_parameter" or error.reply is not None or not refuses(error):
        return None
    named = [name for name in named_in(error) if name in parameters]
    if not named:
        return None
    if NOT_BOTH.search(error.words) and set(named) >= {"temperature", "top_p"}:
        return Amendment("dropped", "top_p")
    param = named[0]
    if param in RENAMED and RENAMED[param] not in parameters:
        return Amendment("renamed", param, RENAMED[param])
    if param in NEVER:
        return None
    return Amendment("dropped", param, also=names_in_list(error.words, named[1:]))


def refuses(error: ChatError) -> bool:
    """Whether it is the parameter that is refused, not a value that could be put right."""
    coded = error.endpoint_code.lower() in REFUSING_CODES
    swapped = error.param in RENAMED and RENAMED[error.param] in error.words
    return coded or swapped or bool(REFUSED.search(error.words) or NOT_BOTH.search(error.words))


def named_in(error: ChatError) -> list[str]:
    first = [top_name(error.param)] if error.param else []
    return list(dict.fromkeys([*first, *parameters_named(error.words)]))


def names_in_list(text: str, others: list[str]) -> tuple[str, ...]:
    """Of `others` those that stand in one bracketed list of refused names: "parameters: ['a', 'b']"."""
    lists = re.findall(r"\[[^\[\]]{0,300}\]", text)
    return tuple(name for name in others if name not in NEVER and any(repr(name) in one for one in lists))
