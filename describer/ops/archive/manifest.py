"""The manifest: what an archive holds, by count, sum and hash."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from describer.models import Status
from describer.ops.archive.errors import ArchiveError

FORMAT = 1
MOST_NUMBER = 2**62  # the last id that was given: some must be left
OPEN = (Status.QUEUED, Status.WAITING, Status.RUNNING)
_TOKENS = ("prompt_tokens", "completion_tokens", "total_tokens")


@dataclass
class LedgerSums:
    """The sums of the attempts, exact; by which two databases are compared."""

    COLUMNS: ClassVar = (*_TOKENS, "cost")

    attempts: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    cost: str = "0"

    def add(self, attempt: dict[str, Any]) -> None:
        """Count an attempt, given by column."""
        self.attempts += 1
        for name in _TOKENS:
            setattr(self, name, getattr(self, name) + (attempt[name] or 0))
        if attempt["cost"] is not None:
            self.cost = str(Decimal(self.cost) + attempt["cost"])

    @property
    def sums(self) -> tuple[Decimal | int, ...]:
        return (self.attempts, *(getattr(self, name) for name in _TOKENS), Decimal(self.cost))


@dataclass
class Manifest:
    """`rows` and `numbers` (the last id that was given) are by model, `migrations` by app, `indexes` hashes by member."""

    version: str
    database: str
    made: str = ""
    format: int = FORMAT
    migrations: dict[str, list[str]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    ledger: LedgerSums = field(default_factory=LedgerSums)
    files: int = 0
    file_bytes: int = 0
    gone: int = 0
    changed: int = 0
    under_way: int = 0
    indexes: dict[str, str] = field(default_factory=dict)

    @property
    def moment(self) -> datetime:
        """Return when the rows were as they are here."""
        return datetime.fromisoformat(self.made)

    def as_json(self) -> bytes:
        return json.dumps(asdict(self), indent=1).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "Manifest":
        """Read a manifest as `as_json` wrote it. Raises ArchiveError."""
        try:
            values = json.loads(text)
            ledger = LedgerSums(**values.pop("ledger"))
            manifest = cls(ledger=ledger, **values)
            if not manifest.is_sound():
                raise ValueError("a value of another kind")
        except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError) as error:
            raise ArchiveError("The archive's manifest cannot be read.") from error
        return manifest

    def is_sound(self) -> bool:
        """Tell whether each value is of its kind; what the archive holds is compared with them later."""
        texts = [self.version, self.database, self.made, self.ledger.cost, *self.rows, *self.numbers]
        texts += [*self.migrations, *self.indexes, *self.indexes.values()]
        numbers = [self.files, self.file_bytes, self.gone, self.changed, self.under_way, self.ledger.attempts]
        numbers += [
            *self.rows.values(),
            *self.numbers.values(),
            *(getattr(self.ledger, name) for name in _TOKENS),
        ]
        lists: list[Any] = list(self.migrations.values())
        return (
            all(type(some) is list for some in lists)
            and all(type(one) is str for one in (*texts, *(name for some in lists for name in some)))
            and all(type(number) is int and 0 <= number <= MOST_NUMBER for number in numbers)
            and (type(self.format), self.format) == (int, FORMAT)
            and Decimal(self.ledger.cost).is_finite()
            and self.moment.tzinfo is not None
        )
