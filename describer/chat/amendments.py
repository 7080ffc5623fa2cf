"""What one change lets a refused request through: a parameter renamed, or left out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from describer.chat.error_patterns import ONE_VALUE, REFUSED, any_of, parameters_named, top_name
from describer.chat.errors import ChatError

_RENAMED = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_NEVER = ("n", "response_format", "tools", "model", "messages")
_REFUSING_CODES = {
    "unsupported_parameter",
    "unsupported_value",
    "unknown_parameter",
    "unrecognized_parameter",
}
_NOT_BOTH = any_of(r"cannot both be", r"only one of", r"not both", r"cannot be (used|specified|set) together")


@dataclass(frozen=True)
class Amendment:
    """One change: `param` renamed to `to`, or dropped; `also` are further ones that the same refusal lists."""

    kind: Literal["renamed", "dropped"]
    param: str
    to: str | None = None
    also: tuple[str, ...] = ()

    def applied(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters after the change, in their order; values stay as they are."""
        new_names = {name: name for name in parameters if name not in self.also}
        if self.param in new_names and self.to:
            new_names[self.param] = self.to
        elif self.param in new_names:
            del new_names[self.param]
        return {new_name: parameters[name] for name, new_name in new_names.items()}


def amended(error: ChatError, parameters: Mapping[str, Any]) -> Amendment | None:
    """Return the change to make to `parameters` after `error`.

    None where no change would help or the answer would be another thing. Only a refusal of the parameter
    itself counts, which costs nothing, and only of a parameter that was sent; never an error after words of
    an answer, which were paid for and, in a stream, are gone on.
    """
    if error.code != "unsupported_parameter" or error.reply is not None or not _refuses(error):
        return None
    named = [name for name in _named_in(error) if name in parameters]
    if not named:
        return None
    if _NOT_BOTH.search(error.words) and set(named) >= {"temperature", "top_p"}:
        return Amendment("dropped", "top_p")
    param = named[0]
    if param in _RENAMED and _RENAMED[param] not in parameters:
        return Amendment("renamed", param, _RENAMED[param])
    if param in _NEVER:
        return None
    return Amendment("dropped", param, also=_names_in_list(error.words, named[1:]))


def _refuses(error: ChatError) -> bool:
    """Tell whether the parameter itself is refused, not a value that could be put right."""
    coded = error.endpoint_code.lower() in _REFUSING_CODES
    swapped = error.param in _RENAMED and _RENAMED[error.param] in error.words
    said = (REFUSED, ONE_VALUE, _NOT_BOTH)
    return coded or swapped or any(pattern.search(error.words) for pattern in said)


def _named_in(error: ChatError) -> list[str]:
    names = parameters_named(error.words)
    if error.param:
        names.insert(0, top_name(error.param))
    return list(dict.fromkeys(names))


def _names_in_list(text: str, others: list[str]) -> tuple[str, ...]:
    """Return those of `others` in a bracketed list of refused names: "parameters: ['a', 'b']"."""
    lists = re.findall(r"\[[^\[\]]{0,300}\]", text)
    return tuple(
        name for name in others if name not in _NEVER and any(repr(name) in names for names in lists)
    )
