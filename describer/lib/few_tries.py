"""A bound on wrong tries within a window of time, counted in this process."""

import threading
import time


class FewTries:
    """Lets so many tries by in so many seconds; the window begins with its first try."""

    def __init__(self, most: int, *, seconds: float) -> None:
        self.most = most
        self.seconds = seconds
        self.lock = threading.Lock()
        self.began = 0.0
        self.counted = 0

    def count(self) -> bool:
        """Count one more; return False when there were too many."""
        now = time.monotonic()
        with self.lock:
            if now - self.began >= self.seconds:
                self.began, self.counted = now, 0
            self.counted += 1
            return self.counted <= self.most
