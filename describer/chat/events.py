"""Server-sent events, from bytes to data.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import codecs
import sys
from collections.abc import Iterator

from describer.chat.errors import BadAnswer
from describer.chat.pieces import Pieces
from describer.lib.limits import EVENT_BYTES, EVENT_LINES, STREAM_LINES

_NO_END = "A line of the endpoint's stream has no end."
_FIELDS = ("data:", "event:", "id:", "retry:", ":")


class Events:
    """Bytes in, events out. Pieces may cut lines and characters anywhere; comments are left out."""

    def __init__(self) -> None:
        self.decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self.rest = Pieces()
        self.data: list[str] = []
        self.name = ""
        self.lines = 0

    def feed(self, piece: bytes, *, last: bool = False) -> Iterator[tuple[str, str]]:
        """Yield (event name or "", data) of each whole event.

        With `last` also of an event without its blank line. Raises BadAnswer for more lines, or a longer one,
        than a stream has.
        """
        text = self.decoder.decode(piece, last)
        self.rest.add(text)
        if self.rest.length > EVENT_BYTES:
            raise BadAnswer(_NO_END)
        if not last and "\n" not in text and "\r" not in text:
            return
        text, self.rest = self.rest.text(), Pieces()
        if sys.getsizeof(text) > EVENT_BYTES:
            raise BadAnswer(_NO_END)
        *lines, unfinished = _lines_of(text)
        if last:
            lines += [unfinished.rstrip("\r"), ""]
        else:
            self.rest.add(unfinished)
        self.lines += len(lines)
        if self.lines > STREAM_LINES or len(self.data) > EVENT_LINES:
            raise BadAnswer("The endpoint's stream has more lines than anybody reads.")
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


def may_be_stream(start: bytes) -> bool:
    """Tell whether a body that begins like this may still be a stream: JSON is none."""
    return start.removeprefix(codecs.BOM_UTF8).lstrip()[:1] not in (b"{", b"[")
