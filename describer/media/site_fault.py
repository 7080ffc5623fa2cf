"""What the site itself cannot do now, in words: it is no fault of the picture, and it passes or its admin mends it."""

import logging

from describer.errors import Refusal
from describer.images import MemoryShort
from describer.media.storage import StorageAway, disk_is_full

logger = logging.getLogger(__name__)

OF_THE_SITE = ("storage_away", "disk_full", "memory_short")  # whatever the picture is
_AGAIN_SECONDS = 5


def site_fault(error: Exception) -> Refusal:
    """Return the refusal of what was sent: nothing of it was stored."""
    words = words_of_fault(error)
    if disk_is_full(error):
        message = f"{words[:-1]}; tell its admin. Nothing was stored."
        return Refusal(message, code="disk_full", param="image", status=507)
    code = "storage_away"
    if isinstance(error, MemoryError | MemoryShort):
        code = "memory_short"
    message = f"{words} Nothing was stored; try again in a few seconds."
    return Refusal(message, code=code, status=503, retry_after=_AGAIN_SECONDS)


def words_of_fault(error: Exception) -> str:
    """Say what the site cannot do now: its disk is full, its storage or its memory is not there."""
    if disk_is_full(error):
        return "The site's disk is full."
    if isinstance(error, MemoryShort):
        return error.message
    if isinstance(error, MemoryError):
        return "The site is short of memory right now."
    if not isinstance(error, StorageAway):
        logger.warning("what a picture needs cannot be had now: %s", error)
    return StorageAway.message
