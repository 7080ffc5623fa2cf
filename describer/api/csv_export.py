"""A description as a line of CSV. What a person, a model or a file named is never a formula of whoever opens it."""

import csv
import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ninja.responses import NinjaJSONEncoder

from describer.lib.csv_cells import escape_formula
from describer.serializers import DescriptionOut

JSON = NinjaJSONEncoder(ensure_ascii=False)

COLUMNS: dict[str, Callable[[DescriptionOut], Any]] = {
    "id": lambda one: one.id,
    "status": lambda one: one.status.value,
    "created_at": lambda one: _time(one.created_at),
    "started_at": lambda one: _time(one.started_at),
    "finished_at": lambda one: _time(one.finished_at),
    "owner": lambda one: one.owner,
    "via": lambda one: one.via.value,
    "key": lambda one: one.key,
    "endpoint": lambda one: one.endpoint,
    "model": lambda one: one.model,
    "parameters": lambda one: JSON.encode(one.parameters) if one.parameters else None,
    "images": lambda one: "; ".join([*(image.name for image in one.images), *_bare_links(one)]),
    "question": lambda one: one.question,
    "system_prompt": lambda one: one.system_prompt,
    "answer": lambda one: _first_choice(one, "content"),
    "more_answers": lambda one: JSON.encode(more) if (more := _more(one)) else None,
    "refusal": lambda one: _first_choice(one, "refusal"),
    "finish_reason": lambda one: _first_choice(one, "finish_reason"),
    "prompt_tokens": lambda one: _usage_cell(one, "prompt_tokens"),
    "completion_tokens": lambda one: _usage_cell(one, "completion_tokens"),
    "total_tokens": lambda one: _usage_cell(one, "total_tokens"),
    "estimated": lambda one: JSON.encode(one.usage.estimated) if one.usage else None,
    "cost": lambda one: one.cost,
    "attempts": lambda one: len(one.attempts),
    "error_code": lambda one: one.error.code if one.error else None,
    "error_message": lambda one: one.error.message if one.error else None,
}
NUMBERS = {"cost"}  # in text, and ours: a minus is a minus


def head() -> str:
    """The line with the columns' names."""
    return _line(COLUMNS)


def row(one: DescriptionOut) -> str:
    """The line of a description; nothing is an empty cell."""
    cells = {name: of(one) for name, of in COLUMNS.items()}
    return _line(cell if name in NUMBERS else _safe(cell) for name, cell in cells.items())


def _safe(cell: Any) -> Any:
    return escape_formula(cell) if isinstance(cell, str) else cell


def _line(cells: Any) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()


def _time(moment: datetime | None) -> Any:
    """As the JSON of a description has it."""
    return JSON.default(moment) if moment else None


def _bare_links(one: DescriptionOut) -> list[str]:
    """Addresses whose pictures are not there."""
    return [link.url for link in one.links if link.image_id is None]


def _first_choice(one: DescriptionOut, name: str) -> Any:
    return getattr(one.choices[0], name) if one.choices else None


def _more(one: DescriptionOut) -> list[str | None]:
    return [choice.content for choice in one.choices[1:]]


def _usage_cell(one: DescriptionOut, name: str) -> Any:
    return getattr(one.usage, name) if one.usage else None
