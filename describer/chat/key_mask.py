"""An endpoint's key is kept out of a stream, in however many pieces it comes.

The end of a piece is held back only while it may be the beginning of the key, and not for the first letters of it: a
word that ends in "s" would wait for the next one. Those that went on already say nothing; what follows them is masked.
"""

from collections.abc import Sequence
from typing import Any

from describer.lib.lenient_json import as_count, as_dict, as_list
from describer.lib.limits import TOOL_CALLS
from describer.lib.masks import MASK, keys_in

_HELD_FROM = 4
_TEXTS = ("content", "reasoning_content", "reasoning", "thinking", "refusal")


class _MaskedText:
    """One text of a stream. Of its `tail`, which may be the beginning of the key, `gone` letters went on."""

    def __init__(self, key: str) -> None:
        self.key, self.tail, self.gone = key, "", 0

    def add(self, piece: str) -> str:
        """Return what may go on."""
        if not self.tail and self.key[0] not in piece:
            return piece
        whole = self.tail + piece
        text, start = whole, self.gone
        if (place := whole.find(self.key)) >= 0:
            text = whole.replace(self.key, MASK)
            start = min(place, start)
        overlap = _overlap(text, self.key)
        end = len(text)
        if overlap >= _HELD_FROM:
            end = max(start, end - overlap)
        self.tail = text[len(text) - overlap :]
        self.gone = end - (len(text) - overlap)
        return text[start:end]

    def rest(self) -> str:
        """Return what was held back: it was no key."""
        held, self.tail, self.gone = self.tail[self.gone :], "", 0
        return held


def _overlap(text: str, key: str) -> int:
    """Return how many letters at the end of a text are the beginning of the key, but not the whole of it."""
    start = text.find(key[0], max(0, len(text) - len(key) + 1))
    while start >= 0:
        if key.startswith(text[start:]):
            return len(text) - start
        start = text.find(key[0], start + 1)
    return 0


class _MaskedByAll:
    """One text of a stream, without any of the secrets: what one of them lets go on is looked at for the next."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self.masks = [_MaskedText(secret) for secret in secrets]

    def add(self, piece: str) -> str:
        """Return what may go on."""
        for mask in self.masks:
            piece = mask.add(piece)
        return piece

    def rest(self) -> str:
        """Return what was held back."""
        rest = ""
        for mask in self.masks:
            rest = mask.add(rest) + mask.rest()
        return rest


class KeyMask:
    """The texts of all choices of a stream."""

    def __init__(self, key: str) -> None:
        self.secrets = keys_in(key)
        self.texts: dict[tuple[Any, ...], _MaskedByAll] = {}

    def delta(self, index: int, delta: dict[str, Any], *, last: bool) -> dict[str, Any]:
        """Return the delta of a choice as it may go on: the very same, where nothing is changed."""
        if not self.secrets:
            return delta
        changed: dict[str, Any] = {}
        for name, text in delta.items():
            if name in _TEXTS and isinstance(text, str):
                shown = self._of((index, name)).add(text)
                if shown != text:
                    changed[name] = shown
        if delta.get("tool_calls"):
            changed |= self._calls(index, delta)
        if changed:
            delta = {**delta, **changed}
        if last:
            return self._with_rest(index, delta)
        return delta

    def rests(self) -> list[tuple[int, dict[str, Any]]]:
        """Return what is still held back, as deltas by the index of their choice."""
        indexes = dict.fromkeys(place[0] for place in self.texts)
        deltas = [(index, self._with_rest(index, {})) for index in indexes]
        return [(index, delta) for index, delta in deltas if delta]

    def _of(self, place: tuple[Any, ...]) -> _MaskedByAll:
        if place not in self.texts:
            self.texts[place] = _MaskedByAll(self.secrets)
        return self.texts[place]

    def _calls(self, index: int, delta: dict[str, Any]) -> dict[str, Any]:
        """Return the tool calls of a delta, their arguments masked; nothing where nothing is changed."""
        calls = as_list(delta["tool_calls"])
        shown = [self._call(index, number, call) for number, call in enumerate(calls)]
        if shown == calls:
            return {}
        return {"tool_calls": shown}

    def _call(self, index: int, number: int, call: Any) -> Any:
        function = as_dict(as_dict(call).get("function"))
        arguments = function.get("arguments")
        if not isinstance(arguments, str):
            return call
        at = as_count(call.get("index"))
        if at is None:
            at = number
        if at >= TOOL_CALLS:
            return call
        text = self._of((index, "tool_calls", at)).add(arguments)
        return {**call, "function": {**function, "arguments": text}}

    def _with_rest(self, index: int, delta: dict[str, Any]) -> dict[str, Any]:
        for place, text in self.texts.items():
            if place[0] == index and (rest := text.rest()):
                delta = _added(delta, place, rest)
        return delta


def _added(delta: dict[str, Any], place: tuple[Any, ...], rest: str) -> dict[str, Any]:
    """Return the delta with what was held back of one text."""
    if place[1] != "tool_calls":
        return {**delta, place[1]: (delta.get(place[1]) or "") + rest}
    more = {"index": place[2], "function": {"arguments": rest}}
    return {**delta, "tool_calls": [*as_list(delta.get("tool_calls")), more]}
