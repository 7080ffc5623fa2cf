"""Progress of a command: one line that is written over, on a terminal only."""

import time
from typing import IO

_STEP_SECONDS = 0.1


class Progress:
    """`with Progress(stderr) as tell: tell("rows: 1,000")`."""

    def __init__(self, stream: IO[str]) -> None:
        self.stream = stream
        self.shown = stream.isatty()
        self.next = 0.0

    def __enter__(self) -> "Progress":
        return self

    def __call__(self, text: str) -> None:
        if self.shown and time.monotonic() >= self.next:
            self.stream.write(f"\r\x1b[K{text}")
            self.stream.flush()
            self.next = time.monotonic() + _STEP_SECONDS

    def clear(self) -> None:
        """Take the line away, for one that stays; the progress may be shown again at once."""
        if self.shown:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
            self.next = 0.0

    def __exit__(self, *_: object) -> None:
        self.clear()
