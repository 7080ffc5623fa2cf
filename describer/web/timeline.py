"""The machinery of a description in words: its timeline, its calls, and what was asked for."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from describer.models import Attempt, Description
from describer.models.description import WAITED_FOR

State = Attempt.State
ENDS = {"done": "Done", "failed": "Failed", "cancelled": "Cancelled"}
CAME_BACK = {State.ANSWERED: "Answered", State.REFUSED: "Refused", State.UNKNOWN: "Broke off", State.SENT: ""}
SHORT = 12  # characters of a value that fit beside its name
BILLED = {"no": "not billed", "yes": "billed", "unknown": "may have been billed"}


@dataclass(frozen=True)
class Moment:
    """Something that happened, and how many seconds after the description was born."""

    words: str
    at: datetime
    after: float


def timeline(description: Description, attempts: Iterable[Attempt]) -> list[Moment]:
    """Queued, sent, answered, done, each with its time."""
    moments = [("Asked" if description.via in WAITED_FOR else "Queued", description.created)]
    for attempt in attempts:
        again = f" (attempt {attempt.number})" if attempt.number > 1 else ""
        moments.append((f"Sent{again}", attempt.sent))
        if attempt.answered:
            moments.append((CAME_BACK[State(attempt.state)] + again, attempt.answered))
    if description.finished:
        moments.append((ENDS[description.status], description.finished))
    born = description.created
    return [Moment(words, at, max(0.0, (at - born).total_seconds())) for words, at in moments]


@dataclass(frozen=True)
class ShownCall:
    """An attempt and what it came to, in words."""

    attempt: Attempt

    @property
    def state(self) -> str:
        return CAME_BACK[State(self.attempt.state)] or "Sent, no reply yet"

    @property
    def billed(self) -> str:
        return "" if self.attempt.state == State.SENT else BILLED[self.attempt.billed]

    @property
    def changes(self) -> list[str]:
        """What was changed against the parameters, because this model refuses them as they are."""
        return [_change(one) for one in self.attempt.changed if isinstance(one, dict)]


def _change(change: dict[str, Any]) -> str:
    param, to = change.get("param", ""), change.get("to")
    return f"{param} as {to}" if change.get("kind") == "renamed" else f"without {param}"


def bill(calls: Sequence[ShownCall]) -> str:
    """ "1, billed" or "3: 1 billed, 2 not billed": for the folded list of calls."""
    if len(calls) < 2:
        return ", ".join([str(len(calls)), *(call.billed for call in calls if call.billed)])
    kinds = {words: sum(call.billed == words for call in calls) for words in BILLED.values()}
    return f"{len(calls)}: " + ", ".join(f"{count} {words}" for words, count in kinds.items() if count)


def set_parameters(description: Description) -> list[tuple[str, str]]:
    """Each parameter that was set, with its value as JSON writes it (texts as they are)."""
    values = description.parameters if isinstance(description.parameters, dict) else {}
    return [(name, value if isinstance(value, str) else as_json(value)) for name, value in values.items()]


def asked(description: Description) -> str:
    """The parameters on one line, for the folded list: "temperature 0.2 · tools"; long values by their names alone."""
    pairs = set_parameters(description)
    system = ["system prompt"] if description.system_prompt else []
    return " · ".join(system + [f"{name} {value}" if len(value) <= SHORT else name for name, value in pairs])


def as_json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)
