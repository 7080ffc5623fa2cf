"""The states that a description is in, the ways in which it comes in, and its lanes."""

from dataclasses import dataclass

from django.db import models


class Status(models.TextChoices):
    """Where a description stands; models/description.py draws the transitions."""

    QUEUED = "queued"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Flag(models.IntegerChoices):
    """What may be odd about an answer: bits of `Description.flags`."""

    CUT_OFF = 1
    REFUSED = 2
    EMPTY = 4
    CHANGED = 8


class Lane(models.IntegerChoices):
    """Which asks go first."""

    INTERACTIVE = 0
    BATCH = 1


@dataclass(frozen=True)
class ViaPolicy:
    """How the asks of one way in are treated."""

    waits_inline: bool = False
    """Whoever asks waits in the process that runs the ask, and is gone when that process is."""
    outlives_site: bool = False
    """The process that asks runs beside the site: a start of the site does not end its runs."""
    holds_connection: bool = False
    """The caller holds a connection and would rather be told than wait: fewer tries, and each of them counts."""
    keeps_parameters: bool = False
    """A refused parameter is never left out: the caller is told, and decides."""
    is_watched: bool = False
    """Somebody looks at a page while it is asked: its words are shown as they come, where its endpoint is set so."""
    has_transcript: bool = False
    """The messages of the call are kept as they came, and the answer as it was given; it may be streamed."""


class Via(models.TextChoices):
    """The way in which an ask came."""

    PAGE = "page"
    API = "api", "API"
    ENDPOINT = "endpoint"
    SHELL = "shell"
    BATCH = "batch"

    @property
    def policy(self) -> ViaPolicy:
        """Return how asks of this way are treated."""
        return _POLICIES.get(self, _QUEUED)


_QUEUED = ViaPolicy()
_POLICIES = {
    Via.PAGE: ViaPolicy(is_watched=True),
    Via.ENDPOINT: ViaPolicy(
        waits_inline=True, holds_connection=True, keeps_parameters=True, has_transcript=True
    ),
    Via.SHELL: ViaPolicy(waits_inline=True, outlives_site=True),
}


def waited_for() -> list[Via]:
    """Return the ways in which somebody waits in the process that runs the ask."""
    return [via for via in Via if via.policy.waits_inline]
