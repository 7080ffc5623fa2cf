"""A text in the making: joined now and then, since a million pieces take ten times the memory of their letters."""

_FEW = 1_000


class Pieces:
    """Pieces in, a text out; `length` is how many letters have come."""

    def __init__(self) -> None:
        self.length = 0
        self._few: list[str] = []
        self._joined: list[str] = []

    def add(self, piece: str) -> None:
        if not piece:
            return
        self.length += len(piece)
        self._few.append(piece)
        if len(self._few) >= _FEW:
            self._joined.append("".join(self._few))
            self._few.clear()

    def text(self) -> str:
        """Return all that came."""
        return "".join([*self._joined, *self._few])
