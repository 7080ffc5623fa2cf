"""Where a reply begins and ends, by the rules of HTTP: what breaks them belongs to no reply that can be trusted.

http.client passes over 100 alone of the interim replies, and takes the first of two lengths; urllib3 takes two lengths
for a header that we wrote. A reply whose end is told in two ways may hold the beginning of another's.

https://www.rfc-editor.org/rfc/rfc9112#section-6.3
"""

import http.client
from typing import cast

from describer.lib.limits import HEAD_BYTES, INTERIM_REPLIES

_SWITCHING = 101
_LENGTH, _CODING = "content-length", "transfer-encoding"
_LONGEST_LENGTH = 18


class BrokenFraming(http.client.HTTPException):
    """It cannot be told where a reply ends."""


class FramedResponse(http.client.HTTPResponse):
    """A reply with one end; interim replies before it are passed over."""

    def begin(self) -> None:
        if self.headers is None:
            super().begin()
            self._hold_to_one_end()

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(INTERIM_REPLIES + 1):
            first_line = super()._read_status()  # type: ignore[misc]
            status = first_line[1]
            if status == _SWITCHING or not 100 <= status < 200:
                return cast(tuple[str, int, str], first_line)
            http.client.parse_headers(self.fp)
        raise BrokenFraming("more interim replies than anybody sends")

    def _hold_to_one_end(self) -> None:
        """Raise BrokenFraming where the headers tell several ends, or are too many; an end told twice is told once."""
        if sum(map(len, self.headers.values())) > HEAD_BYTES:
            raise BrokenFraming("more headers than anybody reads")
        unread = str(self.headers.get_payload() or "").lower()
        if _LENGTH in unread or _CODING in unread:
            raise BrokenFraming("a length behind a line that is no header")
        codings = self.headers.get_all(_CODING, [])
        lengths = self.headers.get_all(_LENGTH, [])
        if codings and (lengths or [coding.strip().lower() for coding in codings] != ["chunked"]):
            raise BrokenFraming("another transfer coding than chunked, or a length beside it")
        if not codings and lengths:
            self._hold_to_length(_one_length(lengths))

    def _hold_to_length(self, length: int) -> None:
        del self.headers[_LENGTH]
        self.headers[_LENGTH] = str(length)
        if self.length is None:  # http.client reads no list such as "5, 5"
            self.length = length
            self.will_close = self._check_close()  # type: ignore[attr-defined]


def _one_length(lengths: list[str]) -> int:
    """Return the length that all lines and entries of a list name. Raises BrokenFraming."""
    named = {length.strip() for line in lengths for length in line.split(",")}
    digits = named.pop()
    if named or not (digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST_LENGTH):
        raise BrokenFraming("two lengths, or one that is no number")
    return int(digits)
