"""A reply's body as it comes, in one piece or as a stream, and no more of it than anybody needs."""

from describer.chat.errors import BadAnswer
from describer.chat.events import may_be_stream
from describer.chat.listener import Listener
from describer.chat.messages import size_text
from describer.lib.json_weight import JsonWeight
from describer.lib.limits import PIECES, REPLY_ELEMENTS, REPLY_TEXT_BYTES, STREAM_BYTES

_ESCAPED_PAIR = (b"\\ud", b"\\uD")
_NARROW = bytes(range(0xF0))


class ReplyBody:
    """Takes the pieces of a body of at most `most` bytes; a stream goes to the listener, and is not kept beside."""

    def __init__(self, most: int, listener: Listener) -> None:
        self.most, self.listener = most, listener
        self.data = bytearray()
        self.weight = JsonWeight()
        self.size = self.pieces = self.weighed = 0
        self.is_wide = False

    def add(self, piece: bytes) -> None:
        """Take a piece. Raises BadAnswer when it is one too many."""
        self.size += len(piece)
        self.pieces += 1
        if self.pieces > PIECES:
            raise BadAnswer(f"The endpoint's answer comes in more than {PIECES:,} pieces.")
        if self.may_be_stream():
            self.listener.feed(piece)
        if not self.listener.heard:
            self._keep(piece)
        elif self.size > STREAM_BYTES:
            raise BadAnswer(f"The endpoint's answer is larger than {size_text(STREAM_BYTES)}.")
        elif self.data:
            self.data.clear()

    def end(self) -> None:
        """Note that all has come."""
        if self.may_be_stream():
            self.listener.feed(b"", last=True)

    def may_be_stream(self) -> bool:
        return self.listener.heard or may_be_stream(bytes(self.data[:64]))

    def _keep(self, piece: bytes) -> None:
        """Keep a piece of what is no stream, and weigh it once it may hold too much: the usual reply cannot."""
        self.data += piece
        most = self.most
        self.is_wide = self.is_wide or _is_wide(piece)
        if self.is_wide:
            most = min(most, REPLY_TEXT_BYTES // 4)
        if len(self.data) > most:
            raise BadAnswer(f"The endpoint's answer is larger than {size_text(most)}.")
        if len(self.data) <= REPLY_ELEMENTS:
            return
        with memoryview(self.data) as view:
            self.weight.add(view[self.weighed :])
        self.weighed = len(self.data)
        if self.weight.elements > REPLY_ELEMENTS:
            raise BadAnswer(f"The endpoint's answer holds more than {REPLY_ELEMENTS:,} values.")


def _is_wide(piece: bytes) -> bool:
    """Tell whether a piece holds a letter that makes each of its text four bytes long, spelt out or escaped."""
    if not piece.isascii() and piece.translate(None, _NARROW):
        return True
    return any(escaped in piece for escaped in _ESCAPED_PAIR)
