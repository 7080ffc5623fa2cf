"""Whoever hears a stream as it comes and puts it together."""

from typing import Any

from describer.chat.events import Events
from describer.chat.stream import Assembly, frames
from describer.lib.masks import masked


class Listener:
    """Takes a body in pieces. It has `heard` a stream once an event came; `key` is the endpoint's, kept out of all texts."""

    def __init__(self, key: str) -> None:
        self.restart(key)

    def restart(self, key: str) -> None:
        """Begin another call."""
        self.key = key
        self.events, self.assembly = Events(), Assembly(key)
        self.heard = False

    def feed(self, piece: bytes, *, last: bool = False) -> None:
        """Take a piece of the body as it came. Raises BadAnswer for a stream that is more than anybody reads."""
        for name, data in self.events.feed(piece, last=last):
            self.heard = True
            for text in frames(data):
                text = masked(text, self.key)
                chunk = self.assembly.take(text, name, cut=last)
                if chunk is not None and self.assembly.error is None:
                    self.hand_on(text, chunk)

    def hand_on(self, text: str, chunk: dict[str, Any]) -> None:
        """Do something with a chunk, besides keeping it."""
