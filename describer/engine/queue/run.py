"""A run: a description under its lease, with its transcript and whoever waits for it."""

import math
import threading
from dataclasses import dataclass, field

from describer.chat import ChatError, Relay
from describer.models import Description, Transcript


@dataclass
class Waiter:
    """Whoever waits in this process for a run: a call at our own endpoint, or the shell.

    `relay` gets a stream's chunks; `error` is the last call's. When it is `over`, nobody waits any more. `patience` is how many
    seconds more it waits for its turn, in all waits of its run together. Where that would take longer it is told to come
    `later`, after so many seconds, 0 where nobody knows.
    """

    relay: Relay | None = None
    over: threading.Event = field(default_factory=threading.Event)
    hung_up: bool = False
    error: ChatError | None = None
    patience: float = math.inf
    later: float | None = None

    def hang_up(self) -> None:
        """Wait no more: whoever waited is gone."""
        self.hung_up = True
        self.over.set()

    @property
    def has_words(self) -> bool:
        """Tell whether something was handed on that no other call can take back."""
        return self.relay is not None and self.relay.begun


@dataclass
class Run:
    """A description under its lease token; with a waiter, if somebody waits for it in this process.

    The transcript of a call at our own endpoint, and the description's pictures and links, are looked up once in a run.
    `earlier_tokens` estimates what its conversation before it comes to; `pictures` are sent with a call, earlier turns' too. `is_calling`: bytes of a call may have left, and
    nothing is written of what it came to; `called`: that was so once. `has_streamed`: words of a call of it may have been
    kept while they came.
    """

    description: Description
    token: str
    waiter: Waiter | None = None
    transcript: Transcript | None = None
    earlier_tokens: int = 0
    pictures: int = 0
    is_calling: bool = False
    called: bool = False
    has_streamed: bool = False
