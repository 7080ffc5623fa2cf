"""The machinery of a description in words: its timeline, its calls, and what was asked for."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from describer.lib.lenient_json import as_dict
from describer.models import Attempt, Description

_State = Attempt.State
_ENDS = {"done": "Done", "failed": "Failed", "cancelled": "Cancelled"}
_CAME_BACK = {
    _State.ANSWERED: "Answered",
    _State.REFUSED: "Refused",
    _State.UNKNOWN: "Broke off",
    _State.SENT: "",
}
_MOST, _LONGEST = 100, 5_000  # parameters, and characters of each; the request below has them all
_SHORT = 12  # characters of a value that fit beside its name
_BILLED = {"no": "not billed", "yes": "billed", "unknown": "may have been billed"}


@dataclass(frozen=True)
class Moment:
    """Something that happened, and how many seconds after the description was born."""

    words: str
    at: datetime
    after: float


def timeline(description: Description, attempts: Iterable[Attempt]) -> list[Moment]:
    """List what happened, queued, sent, answered, done, each with its time."""
    moments = [_birth(description)]
    for attempt in attempts:
        moments += _call(attempt)
    if description.finished:
        moments.append((_ENDS[description.status], description.finished))
    born = description.created
    return [Moment(event, at, max(0.0, (at - born).total_seconds())) for event, at in moments]


def _birth(description: Description) -> tuple[str, datetime]:
    if description.policy.waits_inline:
        return "Asked", description.created
    return "Queued", description.created


def _call(attempt: Attempt) -> Iterator[tuple[str, datetime]]:
    """Yield when an attempt was sent, and when it came back, if it has."""
    again = ""
    if attempt.number > 1:
        again = f" (attempt {attempt.number})"
    yield f"Sent{again}", attempt.sent
    if attempt.answered:
        yield _CAME_BACK[_State(attempt.state)] + again, attempt.answered


@dataclass(frozen=True)
class ShownCall:
    """An attempt and what it came to, in words."""

    attempt: Attempt

    @property
    def state(self) -> str:
        return _CAME_BACK[_State(self.attempt.state)] or "Sent, no reply yet"

    @property
    def billed(self) -> str:
        if self.attempt.state == _State.SENT:
            return ""
        return _BILLED[self.attempt.billed]

    @property
    def changes(self) -> list[str]:
        """Tell what was changed against the parameters, because this model refuses them as they are."""
        return [_change(change) for change in self.attempt.changed if isinstance(change, dict)]


def _change(change: dict[str, Any]) -> str:
    param = change.get("param", "")
    if change.get("kind") == "renamed":
        return f"{param} as {change.get('to')}"
    return f"without {param}"


def bill(calls: Sequence[ShownCall]) -> str:
    """Sum up the folded list of calls: "1, billed" or "3: 1 billed, 2 not billed"."""
    if len(calls) < 2:
        return ", ".join([str(len(calls)), *(call.billed for call in calls if call.billed)])
    counts = {kind: sum(call.billed == kind for call in calls) for kind in _BILLED.values()}
    return f"{len(calls)}: " + ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)


def set_parameters(description: Description) -> list[tuple[str, str]]:
    """List each parameter that was set, with its value as JSON writes it (texts as they are)."""
    values = list(as_dict(description.parameters).items())
    shown = [(name[:_LONGEST], _value(value)) for name, value in values[:_MOST]]
    if len(values) > _MOST:
        shown.append(("…", f"and {len(values) - _MOST:,} more"))
    return shown


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else as_json(value)
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]} …"


def asked(description: Description) -> str:
    """Write the parameters on one line, for the folded list: "temperature 0.2 · tools".

    A parameter with a long value stands there by its name alone.
    """
    parts = []
    if description.system_prompt:
        parts.append("system prompt")
    parts += [_brief(name, value) for name, value in set_parameters(description)]
    return " · ".join(parts)


def _brief(name: str, value: str) -> str:
    if len(value) > _SHORT:
        return name
    return f"{name} {value}"


def as_json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)
