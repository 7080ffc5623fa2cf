"""Redis as this process last found it: nobody waits for one that was away a moment ago.

One that is gone refuses at once, but one that hangs, or whose network swallows everything, costs each who calls it a
timeout: an ask of twenty pictures would have paid it forty times.
"""

import time

TIMEOUT = 0.5  # seconds for what a person's click waits for
_AWAY_SECONDS = 1.0


class CircuitBreaker:
    """Whether Redis is worth calling. What Redis is not told, pages poll for and sweeps ring for again."""

    def __init__(self) -> None:
        self.again = 0.0  # by the monotonic clock

    @property
    def is_away(self) -> bool:
        return time.monotonic() < self.again

    def trip(self) -> None:
        """Call Redis away: a call was in vain just now."""
        self.again = time.monotonic() + _AWAY_SECONDS


redis_breaker = CircuitBreaker()
