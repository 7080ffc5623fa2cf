"""The words of a stream's first answer as they come, for whoever looks at a page meanwhile."""

import threading
from collections.abc import Callable
from typing import Any

from describer.answers.reading import read_coming
from describer.chat.completion import TEXT_PARTS
from describer.chat.key_mask import KeyMask
from describer.chat.listener import Listener
from describer.chat.pieces import Pieces
from describer.chat.stream import choices_of, delta_of, index_of
from describer.chat.streamed_message import Message
from describer.lib.lenient_json import as_dict, as_list
from describer.lib.limits import COMING_CHARACTERS

_THOUGHTS = ("reasoning_content", "reasoning", "thinking", "reasoning_details")


class FirstWords(Listener):
    """Puts a stream together, and keeps what can be shown of its first answer, which is that of the choice that speaks first.

    `changed` is called, in the thread that reads, when there may be more to show. Of what is longer than anybody is shown
    while it comes the rest is put together alone.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self.changed = changed
        self.lock = threading.Lock()
        super().__init__("")

    def restart(self, key: str) -> None:
        """Begin another call: nothing has come of it."""
        super().restart(key)
        self.mask = KeyMask(key)
        self.first: int | None = None
        with self.lock:
            self.pieces = Pieces()
            self.reasons = False

    def hand_on(self, text: str, chunk: dict[str, Any]) -> None:
        for number, raw in enumerate(choices_of(chunk)):
            index = index_of(raw, number)
            if self.first in (None, index) and self.pieces.length < COMING_CHARACTERS:
                self._take(index, delta_of(raw, self.assembly.messages.get(index) or Message()))

    def so_far(self) -> tuple[str, bool]:
        """Return the words that have come, with line ends as HTML reads them, and whether the model still thinks."""
        with self.lock:
            written, reasons = self.pieces.text()[:COMING_CHARACTERS], self.reasons
        read = read_coming(written)
        text = read.text.replace("\r\n", "\n").replace("\r", "\n")
        return text, not text and bool(read.thoughts or reasons)

    def _take(self, index: int, delta: dict[str, Any]) -> None:
        words, thinks = _text_in(delta.get("content")), _thinks(delta)
        if not words and not thinks:
            return
        self.first = index
        shown = self.mask.delta(index, {"content": words}, last=False)["content"]
        with self.lock:
            self.pieces.add(shown)
            self.reasons = self.reasons or thinks
        self.changed()


def _text_in(content: Any) -> str:
    """Return the text of a delta's content, which some endpoints send in parts."""
    if isinstance(content, str):
        return content
    parts = [as_dict(part) for part in as_list(content)]
    texts = [part.get("text") for part in parts if part.get("type") in TEXT_PARTS]
    return "".join(text for text in texts if isinstance(text, str))


def _thinks(delta: dict[str, Any]) -> bool:
    if any(delta.get(name) for name in _THOUGHTS):
        return True
    return any(
        as_dict(part).get("type") in ("thinking", "reasoning") for part in as_list(delta.get("content"))
    )
