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
    return Orders(
        delay=_delay_in(question),
        fail=_status_in(question),
        empty=bool(_EMPTY.search(question)),
        cut=bool(_CUT.search(question)),
    )


def _delay_in(question: str) -> float:
    match = _DELAY.search(question)
    if match is None:
        return 0.0
    seconds = float(match[1])
    if (match[2] or "").lower() == "ms":
        seconds /= 1000
    return min(_MOST_DELAY, seconds)


def _status_in(question: str) -> int:
    match = _FAIL.search(question)
    if match is None:
        return 0
    return int(match[1])


def without_orders(question: str) -> str:
    """Return the question as it was meant for a model."""
    for order in (_DELAY, _FAIL, _EMPTY, _CUT):
        question = order.sub("", question)
    return " ".join(question.split())
