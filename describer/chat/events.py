"""Server-sent events, from bytes to data.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import codecs
from collections.abc import Iterator

_FIELDS = ("data:", "event:", "id:", "retry:", ":")


class Events:
    """Bytes in, events out. Pieces may cut lines and characters anywhere; comments are left out."""

    def __init__(self) -> None:
        self.decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self.rest: list[str] = []
        self.data: list[str] = []
        self.name = ""

    def feed(self, piece: bytes, *, last: bool = False) -> Iterator[tuple[str, str]]:
        """Yield (event name or "", data) of each whole event.

        With `last` also of an event without its blank line.
        """
        self.rest.append(self.decoder.decode(piece, last))
        if not last and "\n" not in self.rest[-1] and "\r" not in self.rest[-1]:
            return
        *lines, unfinished = _lines_of("".join(self.rest))
        self.rest = [unfinished]
        if last:
            self.rest = []
            lines += [unfinished.rstrip("\r"), ""]
        for line in lines:
            yield from self.take(line)

    def take(self, line: str) -> Iterator[tuple[str, str]]:
        field, _, value = line.partition(":")
        if field == "data":
            self.data.append(value.removeprefix(" "))
        elif field == "event":
            self.name = value.removeprefix(" ")
        elif not line:
            if self.data:
                yield self.name, "\n".join(self.data)
            self.data, self.name = [], ""


def _lines_of(text: str) -> list[str]:
    """Split a text at CRLF, LF and CR.

    The last line has no end yet; a CR there may be half of a CRLF and stays.
    """
    lines = text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if text.endswith("\r"):
        lines[-1] += "\r"
    return lines


def is_stream(text: str) -> bool:
    """Tell whether a body is an event stream, whatever its label: it begins with a field and has data."""
    start = text.lstrip("\ufeff \r\n")[:10]
    return start.startswith(_FIELDS) and "data:" in text
