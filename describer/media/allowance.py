"""How much one person may upload within an hour: pictures and their bytes.

Counted in memory, by each process that takes uploads: a count in the database would be a write for each picture, and
these are limits against floods, not a bill. A restart forgets the counts.
"""

import math
import threading
import time
from dataclasses import dataclass

from django.conf import settings
from django.template.defaultfilters import filesizeformat

from describer.errors import Refusal

_HOUR = 3600.0
_MANY = 1000  # people whose counts are looked through for those that are over


@dataclass
class _Hour:
    """What a person has uploaded since the first upload of an hour."""

    until: float
    pictures: int = 0
    size: int = 0


class Allowance:
    """What each person has uploaded of late."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.hours: dict[int, _Hour] = {}

    def take(self, person: int, *sizes: int) -> None:
        """Count pictures of these sizes in bytes, all or none. Raises Refusal (429) where they are too many or too large."""
        with self.lock:
            hour = self._hour(person)
            pictures, size = hour.pictures + len(sizes), hour.size + sum(sizes)
            if refused := _beyond(hour, pictures, size):
                raise refused
            hour.pictures, hour.size = pictures, size

    def check(self, person: int) -> None:
        """Raise Refusal (429) where this person may upload nothing more for now: before the next is taken in."""
        with self.lock:
            hour = self._hour(person)
            if refused := _beyond(hour, hour.pictures + 1, hour.size + 1):
                raise refused

    def _hour(self, person: int) -> _Hour:
        now = time.monotonic()
        if len(self.hours) > _MANY:
            self.hours = {one: hour for one, hour in self.hours.items() if hour.until > now}
        hour = self.hours.get(person)
        if hour is None or hour.until <= now:
            hour = self.hours[person] = _Hour(now + _HOUR)
        return hour


def _beyond(hour: _Hour, pictures: int, size: int) -> Refusal | None:
    if 0 < settings.UPLOADS_PER_HOUR < pictures:
        most = f"{settings.UPLOADS_PER_HOUR:,} pictures"
    elif 0 < settings.UPLOAD_BYTES_PER_HOUR < size:
        most = filesizeformat(settings.UPLOAD_BYTES_PER_HOUR)
    else:
        return None
    seconds = max(1, math.ceil(hour.until - time.monotonic()))
    message = (
        f"You may upload {most} an hour; you may again in {_in_words(seconds)}. An admin can raise this."
    )
    return Refusal(message, code="upload_limit", param="image", status=429, retry_after=seconds)


def _in_words(seconds: int) -> str:
    minutes = math.ceil(seconds / 60)
    if minutes == 1:
        return "a minute"
    return f"{minutes} minutes"


allowance = Allowance()
