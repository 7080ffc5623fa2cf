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
from describer.models.description_image import with_links, with_pictures

_SHOWN_CHARACTERS = 1800  # of an answer on a card; the rest is one click away
_JUST_NOW = timedelta(minutes=10)


@dataclass(frozen=True)
class Notice:
    """Something to know about an answer: a sentence, `level` "" or "bad".

    `retry` holds the words for asking again with more room, where that may help.
    """

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
        """Sum up a description's attempts."""
        cost = _cost(attempts)
        answered = [attempt for attempt in attempts if attempt.state == Attempt.State.ANSWERED]
        if not answered:
            return cls(cost=cost, attempts=len(attempts))
        last = answered[-1]
        tokens = _total(last.usage)
        is_estimated = tokens is None
        if is_estimated:
            tokens = _total(last.estimated_usage)
        return cls(tokens, is_estimated, cost, last.seconds, last.model_answered, len(attempts))


def _cost(attempts: Iterable[Attempt]) -> Decimal | None:
    """Add up what the attempts cost; None when no price is known of any."""
    costs = [attempt.cost for attempt in attempts if attempt.cost is not None]
    return sum(costs, Decimal(0)) if costs else None


def _total(usage: dict[str, Any] | None) -> int | None:
    """Return the tokens in all: as reported, or the sum of the parts that were; None when none are known."""
    if not usage:
        return None
    if usage.get("total_tokens") is not None:
        return int(usage["total_tokens"])
    parts = [usage.get("prompt_tokens"), usage.get("completion_tokens")]
    known = [part for part in parts if part is not None]
    return sum(known) if known else None


@dataclass(frozen=True)
class Card:
    """A description with what is shown of it.

    `ahead` is how many asks come before a queued one, else None.
    """

    description: Description
    pictures: list[DescriptionImage]
    choices: list[Choice]
    attempts: list[Attempt]
    ahead: int | None = None

    @property
    def picture(self) -> DescriptionImage | None:
        return next(iter(self.pictures), None)

    @property
    def link(self) -> DescriptionLink | None:
        """Return the link that stands for a first picture which is still to be fetched."""
        if self.pictures:
            return None
        return next(iter(self.waiting), None)

    @cached_property
    def waiting(self) -> list[DescriptionLink]:
        """Return the links whose pictures were not fetched yet."""
        return self.description.waiting_links

    @property
    def more(self) -> int:
        """Return how many pictures the description has besides the first."""
        return max(0, len(self.pictures) + len(self.waiting) - 1)

    @property
    def choice(self) -> Choice | None:
        return next(iter(self.choices), None)

    @property
    def is_long(self) -> bool:
        return bool(self.choice and len(self.choice.content or "") > _SHOWN_CHARACTERS)

    @property
    def shown(self) -> str:
        """Return as much of the first answer as a card shows."""
        return ((self.choice and self.choice.content) or "")[: _SHOWN_CHARACTERS * 2]

    @property
    def is_new(self) -> bool:
        return is_new(self.description)

    @cached_property
    def token(self) -> str:
        """Return the token of the buttons that ask again: a double click is one ask."""
        return uuid.uuid4().hex

    @cached_property
    def spent(self) -> Spent:
        return Spent.of(self.attempts)

    @property
    def bands(self) -> list[Notice]:
        """Return what is to be known beside the answer, in the order in which it matters."""
        notices = []
        if self.choice:
            notices += notices_of(self.choice, self.description, self.spent)
        asked = self.description.parameters.get("n") or 1
        if self.choices and len(self.choices) < asked:
            notices.append(Notice(f"Asked for {asked} answers, got {len(self.choices)}."))
        return [*notices, *self._changes(), *self._bills()]

    def _changes(self) -> list[Notice]:
        changes = [change for attempt in self.attempts[-1:] for change in attempt.changed]
        dropped = [change["param"] for change in changes if change.get("kind") == "dropped"]
        if not dropped:
            return []
        return [Notice(f"Asked without {', '.join(dropped)}: this model refuses it.")]

    def _bills(self) -> list[Notice]:
        count = sum(attempt.may_be_billed for attempt in self.attempts)
        if count == 0:
            return []
        if count == 1:
            return [Notice("One call broke off and may have been billed all the same.")]
        return [Notice(f"{count} calls broke off and may have been billed.")]


def is_new(description: Description) -> bool:
    """Tell whether a description was asked a moment ago, or is not at its end yet."""
    return timezone.now() - description.created < _JUST_NOW or not description.is_final


def notices_of(choice: Choice, description: Description, spent: Spent) -> list[Notice]:
    """Return what is to be known about one answer: cut off, filtered, not the JSON that was asked for."""
    notices = []
    end = reading(choice.finish_reason)
    if end == "length":
        notices.append(Notice(_cut_off_text(description), retry="Ask again with more room"))
    if end == "filter":
        notices.append(Notice("Part of this answer was filtered away by the endpoint."))
    if _wants_json(description) and choice.content and not _is_json(choice.content):
        notices.append(Notice("This answer is not the JSON that was asked for."))
    return notices


def _cut_off_text(description: Description) -> str:
    most = description.parameters.get("max_tokens")
    if isinstance(most, int):
        return f"Cut off at {most:,} tokens."
    return "Cut off by the model's own limit."


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
    """Return the cards in the order of the descriptions.

    Four statements for all, five when some are not done, and two to five cheap ones for each that is queued.
    """
    rows = list(descriptions)
    prefetch_related_objects(rows, with_pictures(), "shown_pictures__image", "choices")
    know_links(rows)
    attempts: dict[int, list[Attempt]] = defaultdict(list)
    for attempt in Attempt.objects.filter(description__in=[row.pk for row in rows]).order_by("number"):
        attempts[attempt.description].append(attempt)
    return [_card(row, attempts[row.pk]) for row in rows]


def know_links(rows: Iterable[Description]) -> None:
    """Look up the links of the rows that may have some waiting; the done rows have none."""
    prefetch_related_objects([row for row in rows if row.status != Status.DONE], with_links())


def _card(row: Description, attempts: list[Attempt]) -> Card:
    return Card(
        description=row,
        pictures=row.shown_pictures,
        choices=sorted(row.choices.all(), key=lambda choice: choice.index),
        attempts=attempts,
        ahead=queue.ahead(row) if row.status == Status.QUEUED else None,
    )
