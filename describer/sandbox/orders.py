"""What a question may ask of the sandbox besides an answer."""

import re
from dataclasses import dataclass

_MOST_DELAY = 30.0
_DELAY = re.compile(r"\[\s*delay\s+(\d{1,6}(?:\.\d{1,3})?)\s*(ms|s)?\s*\]", re.IGNORECASE)
_FAIL = re.compile(r"\[\s*fail\s+([45]\d\d)\s*\]", re.IGNORECASE)
_EMPTY = re.compile(r"\[\s*empty\s*\]", re.IGNORECASE)
_CUT = re.compile(r"\[\s*cut\s*\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Orders:
    """Seconds to wait, a status to fail with (0: none), an answer without text, a reply cut in the middle."""

    delay: float = 0.0
    fail: int = 0
    empty: bool = False
    cut: bool = False


def orders_in(question: str) -> Orders:
    """Read the words in square brackets."""
    delay, fail = _DELAY.search(question), _FAIL.search(question)
    return Orders(
        delay=min(_MOST_DELAY, float(delay[1]) / (1000 if (delay[2] or "").lower() == "ms" else 1))
        if delay
        else 0.0,
        fail=int(fail[1]) if fail else 0,
        empty=bool(_EMPTY.search(question)),
        cut=bool(_CUT.search(question)),
    )


def without_orders(question: str) -> str:
    """The question as it was meant for a model."""
    for order in (_DELAY, _FAIL, _EMPTY, _CUT):
        question = order.sub("", question)
    return " ".join(question.split())
