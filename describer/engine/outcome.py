"""What a call came to, as plain values: what is written down in one transaction, or kept on disk until it can be."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.dateparse import parse_datetime

from describer.db.fitting import fitted, fitted_json
from describer.models import Attempt, Choice, Description, Status

_ALTERED = "The database could not hold this reply as it came: numbers were clipped and letters replaced."
NOT_STORED = {
    "error_code": "not_stored",
    "error_message": "The answer came and was paid for, but the database cannot hold it. It is kept in a file of the site's "
    "data folder; the admin can read it there.",
}
_NUMBERS = (
    "answered",
    "http_status",
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "billed",
    "request_id",
)


@dataclass(frozen=True)
class Outcome:
    """The ledger's line, what becomes of the row, and the answers.

    `line` are columns of the attempt, `ends` columns of the description beside `status`, `choices` those of each answer.
    `status` is None where the ask goes on at once with a changed parameter. `body` is what a caller of our own endpoint
    is given, `pauses` the code for which the endpoint pauses.
    """

    state: Attempt.State
    line: Mapping[str, Any]
    status: Status | None = None
    ends: Mapping[str, Any] = field(default_factory=dict)
    choices: tuple[Mapping[str, Any], ...] = ()
    body: Any = None
    pauses: str = ""

    def unchanged(self) -> "Outcome":
        """Return the outcome as it came."""
        return self

    def fitted(self) -> "Outcome":
        """Return the outcome with all values fitted to their columns; its line says so."""
        line = fitted(Attempt, self.line)
        if not line.get("error_code"):
            line |= {"error_code": "altered", "error_message": _ALTERED}
        choices = tuple(fitted(Choice, {**choice, "index": n}) for n, choice in enumerate(self.choices))
        ends = fitted(Description, self.ends)
        return replace(self, line=line, ends=ends, choices=choices, body=fitted_json(self.body))

    def without_words(self) -> "Outcome":
        """Return an outcome that keeps the numbers alone; an answer's ask fails once, and says where the answer lies."""
        line = fitted(Attempt, {name: value for name, value in self.line.items() if name in _NUMBERS})
        ends, status = fitted(Description, self.ends), self.status
        if status == Status.DONE:
            ends, status = ends | NOT_STORED, Status.FAILED
        return Outcome(self.state, line | NOT_STORED, status, ends, pauses=self.pauses)

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> "Outcome":
        """Make an outcome of its fields as JSON has them. Raises ValueError, KeyError or TypeError."""
        values["state"] = Attempt.State(values["state"])
        if values["status"] is not None:
            values["status"] = Status(values["status"])
        for columns, name in ((values["line"], "answered"), (values["ends"], "not_before")):
            if columns.get(name):
                columns[name] = parse_datetime(columns[name])
        values["choices"] = tuple(values["choices"])
        return cls(**values)
