"""What a description came to, as pages tell it: tokens, cost, seconds, the model that answered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from describer.models import Attempt


@dataclass(frozen=True)
class Spent:
    """What a description came to. Its usage is its answering attempt's, its cost the sum of its attempts'."""

    tokens: int | None = None
    estimated: bool = False
    cost: Decimal | None = None
    seconds: float | None = None
    model: str = ""
    attempts: int = 0

    @classmethod
    def of(cls, attempts: Sequence[Attempt]) -> "Spent":
        """Sum up a description's attempts."""
        cost = _cost(attempts)
        answered = [attempt for attempt in attempts if attempt.state == Attempt.State.ANSWERED]
        if not answered:
            return cls(cost=cost, attempts=len(attempts))
        last = answered[-1]
        tokens = _total(last.usage)
        is_estimated = tokens is None
        if is_estimated:
            tokens = _total(last.estimated_usage)
        return cls(tokens, is_estimated, cost, last.seconds, last.model_answered, len(attempts))


def _cost(attempts: Iterable[Attempt]) -> Decimal | None:
    """Add up what the attempts cost; None when no price is known of any."""
    costs = [attempt.cost for attempt in attempts if attempt.cost is not None]
    return sum(costs, Decimal(0)) if costs else None


def _total(usage: dict[str, Any] | None) -> int | None:
    """Return the tokens in all: as reported, or the sum of the parts that were; None when none are known."""
    if not usage:
        return None
    if usage.get("total_tokens") is not None:
        return int(usage["total_tokens"])
    parts = [usage.get("prompt_tokens"), usage.get("completion_tokens")]
    known = [part for part in parts if part is not None]
    return sum(known) if known else None
