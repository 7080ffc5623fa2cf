"""The one place that decides whether, and when, a failed call is asked again."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from describer.chat import ChatError, ConnectionFailed
from describer.db.clock import clock
from describer.lib.limits import WAITED_SECONDS
from describer.models import Description, Lane

_UNITS = ((31_557_600, "year"), (86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
_ROUNDED = 0.25  # a span is told a little short rather than long: 31.7 years are 31


@dataclass(frozen=True)
class Verdict:
    """What becomes of a run that met an error: it waits until `not_before`, or, without one, fails with `message`."""

    message: str
    tries: int
    not_before: datetime | None = None

    @property
    def waits(self) -> bool:
        return self.not_before is not None


def judge(description: Description, error: ChatError, attempts: int) -> Verdict:
    """Decide whether a run waits or fails. The backoff grows with `attempts`, the calls made so far."""
    tries = description.tries + int(not _is_patient(description, error))
    if not error.retryable:
        return Verdict(error.message, tries)
    if _asks_too_long(description, error):
        return Verdict(f"{error.message} {_long_wait(error.retry_after or 0)}", tries)
    if tries >= _most_tries(description):
        return Verdict(f"{error.message} It was tried {attempts} times.", tries)
    delay = min(error.retry_after or 0, WAITED_SECONDS) + backoff(attempts)
    not_before = clock.now() + timedelta(seconds=delay)
    return Verdict(_reason(error, not_before, tries, _most_tries(description)), tries, not_before)


def _most_tries(description: Description) -> int:
    return settings.CALLER_TRIES if description.policy.holds_connection else settings.TRIES


def put_off(description: Description, message: str) -> Verdict:
    """Let a run wait without a try: nothing was asked yet.

    The older a row, the longer it waits, so that a long outage costs little.
    """
    age = (clock.now() - description.created).total_seconds()
    delay = random.uniform(0, min(settings.BACKOFF_MOST_SECONDS, max(2, age / 4)))  # noqa: S311  no secret
    not_before = clock.now() + timedelta(seconds=delay)
    return Verdict(f"{message} Next try at {_at(not_before)}.", description.tries, not_before)


def _is_patient(description: Description, error: ChatError) -> bool:
    """Tell whether this try does not count: it met no connection, or the word "later", while the ask is young.

    A storm shall cost no results: the network of a machine may be gone for an hour, and the first asks in line meet
    each "later" of a long storm.
    """
    if description.policy.holds_connection:
        return False
    age = (clock.now() - description.created).total_seconds()
    interactive = description.lane == Lane.INTERACTIVE
    if error.slows and interactive:
        return age < settings.LATER_PATIENCE_SECONDS
    patient = isinstance(error, ConnectionFailed) or error.slows
    return patient and age < settings.OFFLINE_PATIENCE_SECONDS


def _asks_too_long(description: Description, error: ChatError) -> bool:
    """Tell whether the endpoint asks for hours of a person who is waiting. A batch has the time."""
    interactive = description.lane == Lane.INTERACTIVE
    return interactive and (error.retry_after or 0) > settings.PATIENCE_SECONDS


def backoff(attempts: int, most: float | None = None) -> float:
    """Return seconds with full jitter, so that a wave does not come back as one.

    They come on top of what the endpoint told, and never below it.
    """
    if most is None:
        most = settings.BACKOFF_MOST_SECONDS
    doubled = settings.BACKOFF_FIRST_SECONDS * 2 ** min(attempts - 1, 16)
    return random.uniform(0, min(most, doubled))  # noqa: S311  no secret


def _reason(error: ChatError, not_before: datetime, tries: int, most: int) -> str:
    nth = ""
    if tries:
        nth = f", try {tries + 1} of {most}"
    return f"{error.message} Next try at {_at(not_before)}{nth}."


def _at(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%H:%M:%S}"


def _long_wait(seconds: float) -> str:
    if seconds <= WAITED_SECONDS:
        return f"It asks to wait {_span_in_words(seconds)}; ask again then."
    return f"It asks for {_span_in_words(seconds)}, which may be a mistake of its own; ask again whenever you like."


def _span_in_words(seconds: float) -> str:
    """Return a span in words: "40 seconds", "15 minutes", "3 hours", "4 days", "31 years"."""
    for size, unit in _UNITS:
        if seconds >= size * 2 or size == 1:
            return f"{int(seconds / size + _ROUNDED):,} {unit}s"
    raise AssertionError("unreachable: the last unit always fits")
