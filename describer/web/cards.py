"""What a card shows of a description, gathered in a handful of statements for a whole list."""

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils import timezone

from describer.chat import reading
from describer.engine import queue
from describer.models import Attempt, Choice, Description, DescriptionImage, DescriptionLink, Status

SHOWN_CHARACTERS = 1800  # of an answer on a card; the rest is one click away
JUST_NOW = timedelta(minutes=10)


@dataclass(frozen=True)
class Notice:
    """Something to know about an answer: a sentence, `level` "" or "bad", and maybe the words for asking again with more room."""

    words: str
    level: str = ""
    retry: str = ""


@dataclass(frozen=True)
class Spent:
    """What a description came to. Its usage is its answering attempt's, its cost the sum of its attempts'."""

    tokens: int | None = None
    estimated: bool = False
    cost: Decimal | None = None
    seconds: float | None = None
    model: str = ""
    attempts: int = 0

    @classmethod
    def of(cls, attempts: Sequence[Attempt]) -> "Spent":
        costs = [attempt.cost for attempt in attempts if attempt.cost is not None]
        cost = sum(costs, Decimal(0)) if costs else None
        answered = [attempt for attempt in attempts if attempt.state == Attempt.State.ANSWERED]
        if not answered:
            return cls(cost=cost, attempts=len(attempts))
        last = answered[-1]
        reported = _total(last.usage)
        tokens = _total(last.estimated_usage) if reported is None else reported
        return cls(tokens, reported is None, cost, last.seconds, last.model_answered, len(attempts))


def _total(usage: dict[str, Any] | None) -> int | None:
    """Tokens in all, where they are known: said, or the sum of the two parts where only those were said."""
    if not usage:
        return None
    if usage.get("total_tokens") is not None:
        return int(usage["total_tokens"])
    parts = [usage.get("prompt_tokens"), usage.get("completion_tokens")]
    known = [part for part in parts if part is not None]
    return sum(known) if known else None


@dataclass(frozen=True)
class Card:
    """A description with what is shown of it. `ahead` is how many asks come before a queued one, else None."""

    description: Description
    pictures: list[DescriptionImage]
    choices: list[Choice]
    attempts: list[Attempt]
    ahead: int | None = None

    @property
    def picture(self) -> DescriptionImage | None:
        return self.pictures[0] if self.pictures else None

    @property
    def link(self) -> DescriptionLink | None:
        """What stands for a first picture that is still to be fetched."""
        return None if self.pictures or not self.waiting else self.waiting[0]

    @cached_property
    def waiting(self) -> list[DescriptionLink]:
        """The links whose pictures were not fetched yet."""
        return self.description.waiting_links

    @property
    def more(self) -> int:
        """How many pictures it has besides the first."""
        return max(0, len(self.pictures) + len(self.waiting) - 1)

    @property
    def choice(self) -> Choice | None:
        return self.choices[0] if self.choices else None

    @property
    def is_long(self) -> bool:
        return bool(self.choice and len(self.choice.content or "") > SHOWN_CHARACTERS)

    @property
    def shown(self) -> str:
        """As much of the first answer as a card shows."""
        return ((self.choice and self.choice.content) or "")[: SHOWN_CHARACTERS * 2]

    @property
    def is_new(self) -> bool:
        return is_new(self.description)

    @cached_property
    def token(self) -> str:
        """Of the buttons that ask again: a double click is one ask."""
        return uuid.uuid4().hex

    @cached_property
    def spent(self) -> Spent:
        return Spent.of(self.attempts)

    @property
    def bands(self) -> list[Notice]:
        """What is to be known beside the answer, in the order in which it matters."""
        found = notices_of(self.choice, self.description, self.spent) if self.choice else []
        asked = self.description.parameters.get("n") or 1
        if self.choices and len(self.choices) < asked:
            found.append(Notice(f"Asked for {asked} answers, got {len(self.choices)}."))
        return [*found, *self._changes(), *self._bills()]

    def _changes(self) -> list[Notice]:
        changed = self.attempts[-1].changed if self.attempts else []
        dropped = [change["param"] for change in changed if change.get("kind") == "dropped"]
        return [Notice(f"Asked without {', '.join(dropped)}: this model refuses it.")] if dropped else []

    def _bills(self) -> list[Notice]:
        open_bills = [attempt for attempt in self.attempts if attempt.may_be_billed]
        if not open_bills:
            return []
        one = "One call broke off and may have been billed all the same."
        return [
            Notice(
                one
                if len(open_bills) == 1
                else f"{len(open_bills)} calls broke off and may have been billed."
            )
        ]


def is_new(description: Description) -> bool:
    """Asked a moment ago, or not at its end yet."""
    return timezone.now() - description.created < JUST_NOW or not description.is_final


def notices_of(choice: Choice, description: Description, spent: Spent) -> list[Notice]:
    """What is to be known about one answer: cut off, filtered, not the JSON that was asked for."""
    found = []
    end = reading(choice.finish_reason)
    if end == "length":
        most = description.parameters.get("max_tokens")
        at = f" at {most:,} tokens" if isinstance(most, int) else " by the model's own limit"
        found.append(Notice(f"Cut off{at}.", retry="Ask again with more room"))
    if end == "filter":
        found.append(Notice("Part of this answer was filtered away by the endpoint."))
    if _wants_json(description) and choice.content and not _is_json(choice.content):
        found.append(Notice("This answer is not the JSON that was asked for."))
    return found


def _wants_json(description: Description) -> bool:
    asked = description.parameters.get("response_format")
    return isinstance(asked, dict) and asked.get("type") in ("json_object", "json_schema")


def _is_json(content: str) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def cards_of(descriptions: Iterable[Description]) -> list[Card]:
    """Cards in the order given: four statements for all, five with some that are not done, and two to five cheap ones for each that is queued."""
    rows = list(descriptions)
    prefetch_related_objects(rows, "pictures__image", "choices")
    know_links(rows)
    attempts: dict[int, list[Attempt]] = defaultdict(list)
    for attempt in Attempt.objects.filter(description__in=[row.pk for row in rows]).order_by("number"):
        attempts[attempt.description].append(attempt)
    return [_card(row, attempts[row.pk]) for row in rows]


def know_links(rows: Iterable[Description]) -> None:
    """Look up the links of those that may have some waiting; the done ones have none."""
    prefetch_related_objects([row for row in rows if row.status != Status.DONE], "links")


def _card(row: Description, attempts: list[Attempt]) -> Card:
    return Card(
        description=row,
        pictures=sorted(row.pictures.all(), key=lambda picture: picture.position),
        choices=sorted(row.choices.all(), key=lambda choice: choice.index),
        attempts=attempts,
        ahead=queue.ahead(row) if row.status == Status.QUEUED else None,
    )
