"""What a key may ask, and how often."""

import math
from datetime import datetime

from describer.db.clock import clock
from describer.errors import Refusal
from describer.models import ApiKey


def check_key(key: ApiKey | None, model: str, asks: int = 1) -> None:
    """Count asks against what the key may ask, and how often; each of a set counts. Raises Refusal."""
    check_model_of_key(key, model)
    if key and (again := key.count_asks(asks)):
        raise _too_often(key, again)


def check_model_of_key(key: ApiKey | None, model: str) -> None:
    """Raise Refusal for a model that the key may not ask; it counts nothing."""
    if key and not key.may_ask(model):
        message = f"This API key may not ask {model}; it may ask {', '.join(key.model_names)}."
        raise Refusal(message, code="permission_denied", param="model", status=403)


def check_rate(key: ApiKey, asks: int = 1) -> None:
    """Raise Refusal where a key was at its limit when it was read: before pictures are kept that nobody will ask about."""
    if again := key.spent_until(asks):
        raise _too_often(key, again)


def _too_often(key: ApiKey, again: datetime) -> Refusal:
    seconds = max(1, math.ceil((again - clock.now()).total_seconds()))
    most = f"This API key may ask {key.asks_per_minute} times a minute"
    message = f"{most}; it may again in {seconds} seconds."
    return Refusal(message, code="rate_limit_exceeded", status=429, retry_after=seconds)
