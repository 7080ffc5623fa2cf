"""What is kept of a stream, counted while it comes."""

from typing import Any

from describer.chat.errors import BadAnswer
from describer.lib.json_weight import elements_of
from describer.lib.limits import KEPT_FIELDS, REPLY_ELEMENTS, REPLY_TEXT_BYTES, STREAM_CHARACTERS

_WIDEST = "\uffff"  # a letter beyond makes each of its text four bytes long


class StreamWeight:
    """Elements and letters that are kept. Raises BadAnswer where they are more than a reply may hold."""

    def __init__(self) -> None:
        self.elements = 0
        self.characters = 0
        self.most = STREAM_CHARACTERS
        self._of_fields: dict[tuple[Any, ...], int] = {}

    def words(self, text: str) -> None:
        """Count words that are added to those before."""
        self.characters += len(text)
        if not (text.isascii() or self.most < STREAM_CHARACTERS) and max(text) > _WIDEST:
            self.most = REPLY_TEXT_BYTES // 4
        if self.characters > self.most:
            raise BadAnswer(f"The endpoint's answer is longer than {self.most:,} characters.")

    def entries(self, values: list[Any]) -> None:
        """Count values that are added to a list."""
        self._add(elements_of(values))

    def fields(self, fields: dict[str, Any], name: str, value: Any, *, keep_first: bool = False) -> None:
        """Put a field where it belongs, and count it; the value before it is gone, and counts no more."""
        if name in fields:
            if keep_first:
                return
        elif len(fields) >= KEPT_FIELDS:
            return
        if isinstance(value, list | dict):
            place, size = (id(fields), name), elements_of(value)
            self._add(size - self._of_fields.get(place, 0))
            self._of_fields[place] = size
        fields[name] = value

    def _add(self, elements: int) -> None:
        self.elements += elements
        if self.elements > REPLY_ELEMENTS:
            raise BadAnswer(f"The endpoint's answer holds more than {REPLY_ELEMENTS:,} values.")
