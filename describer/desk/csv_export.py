"""A description as a line of CSV.

What a person, a model or a file named is never a formula of whoever opens the table.
"""

import io
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from ninja.responses import NinjaJSONEncoder

from describer.lib.csv_cells import escape_formula, write_cells
from describer.serializers import DescriptionOut

_JSON = NinjaJSONEncoder(ensure_ascii=False)

COLUMNS: dict[str, Callable[[DescriptionOut], Any]] = {
    "id": lambda description: description.id,
    "status": lambda description: description.status.value,
    "created_at": lambda description: _time(description.created_at),
    "started_at": lambda description: _time(description.started_at),
    "finished_at": lambda description: _time(description.finished_at),
    "owner": lambda description: description.owner,
    "via": lambda description: description.via.value,
    "key": lambda description: description.key,
    "endpoint": lambda description: description.endpoint,
    "model": lambda description: description.model,
    "parameters": lambda description: _json_text(description.parameters),
    "images": lambda description: _picture_names(description),
    "follows": lambda description: description.follows,
    "root": lambda description: description.root,
    "question": lambda description: description.question,
    "system_prompt": lambda description: description.system_prompt,
    "answer": lambda description: description.answer,
    "more_answers": lambda description: _json_text(_others(description)),
    "refusal": lambda description: _first_choice(description, "refusal"),
    "finish_reason": lambda description: _first_choice(description, "finish_reason"),
    "prompt_tokens": lambda description: getattr(description.usage, "prompt_tokens", None),
    "completion_tokens": lambda description: getattr(description.usage, "completion_tokens", None),
    "total_tokens": lambda description: getattr(description.usage, "total_tokens", None),
    "estimated": lambda description: _estimated(description),
    "cost": lambda description: description.cost,
    "attempts": lambda description: len(description.attempts),
    "error_code": lambda description: getattr(description.error, "code", None),
    "error_message": lambda description: getattr(description.error, "message", None),
}
_NUMBERS = {"cost"}  # in text, and ours: a minus is a minus


def head() -> str:
    """Return the line with the columns' names."""
    return _line(COLUMNS)


def row(description: DescriptionOut) -> str:
    """Return the line of a description; what it does not have is an empty cell."""
    return _line(_cell(name, value_of(description)) for name, value_of in COLUMNS.items())


def _cell(name: str, value: Any) -> Any:
    if name in _NUMBERS or not isinstance(value, str):
        return value
    return escape_formula(value)


def _line(cells: Iterable[Any]) -> str:
    written = io.StringIO()
    write_cells(written, [cells])
    return written.getvalue()


def _time(moment: datetime | None) -> Any:
    """Return a time as the JSON of a description has it."""
    if moment is None:
        return None
    return _JSON.default(moment)


def _json_text(values: dict[str, Any] | list[Any]) -> str | None:
    if not values:
        return None
    return _JSON.encode(values)


def _picture_names(description: DescriptionOut) -> str:
    """Return the pictures' names, and the addresses of those that are not there."""
    names = [image.name for image in description.images]
    addresses = [link.url for link in description.links if link.image_id is None]
    return "; ".join(names + addresses)


def _others(description: DescriptionOut) -> list[str | None]:
    """Return the answers beside the one that counts."""
    return [choice.text for choice in description.choices if choice.index != description.kept]


def _first_choice(description: DescriptionOut, name: str) -> Any:
    first = next(iter(description.choices), None)
    return getattr(first, name, None)


def _estimated(description: DescriptionOut) -> str | None:
    if description.usage is None:
        return None
    return _JSON.encode(description.usage.estimated)
