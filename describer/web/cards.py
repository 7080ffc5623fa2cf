"""What a card shows of a description, gathered in a handful of statements for a whole list."""

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, cast

from django.db.models import Count, F, QuerySet, prefetch_related_objects
from django.db.models.functions import Left
from django.utils import timezone

from describer.chat import reading
from describer.engine import queue
from describer.engine.endpoints import adaptations
from describer.lib.masks import API_KEY_MASK
from describer.models import Attempt, Choice, Description, DescriptionImage, DescriptionLink, Status
from describer.models.description_image import with_links, with_pictures
from describer.web.answers import ShownAnswer, answers_of, first_answers
from describer.web.coming_words import ComingWords, coming_words
from describer.web.earlier import lent_pictures
from describer.web.spent import Spent

_QUESTION_CHARACTERS = 2_000  # in lists
_JUST_NOW = timedelta(minutes=10)


@dataclass(frozen=True)
class Notice:
    """Something to know about an answer: a sentence, `level` "", "bad" or, where nothing is wrong, "plain".

    `retry` holds the words for asking again with more room, where that may help.
    """

    words: str
    level: str = ""
    retry: str = ""


@dataclass(frozen=True)
class Card:
    """A description with what is shown of it.

    `answer` is the first one, `count` how many there are. `ahead` is how many asks come before a queued one, else None.
    `coming` are the words of an answer that is not whole.
    """

    description: Description
    pictures: list[DescriptionImage]
    attempts: list[Attempt]
    answer: ShownAnswer | None = None
    count: int = 0
    ahead: int | None = None
    coming: ComingWords | None = None

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
    def is_several(self) -> bool:
        """Tell whether the description has several answers, or will have."""
        return max(self.count, asked_for(self.description)) > 1

    @property
    def is_long(self) -> bool:
        """Tell whether the answer goes on behind what the card shows."""
        return self.answer is not None and not self.answer.is_whole

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
        notices = self._keys()
        if self.answer:
            notices += notices_of(self.answer, self.description)
        asked = asked_for(self.description)
        if self.count and self.count < asked:
            notices.append(Notice(f"Asked for {asked} answers, got {self.count}."))
        return [*notices, *self._changes(), *self._bills()]

    def _keys(self) -> list[Notice]:
        if API_KEY_MASK not in self.description.question + self.description.system_prompt:
            return []
        taken_out = "An API key of this site stood in the question; it was taken out and sent to nobody. "
        return [Notice(taken_out + "Revoke it on your account page if somebody else may have seen it.")]

    def _changes(self) -> list[Notice]:
        changes = [change for attempt in self.attempts[-1:] for change in attempt.changed]
        dropped = [change["param"] for change in changes if change.get("kind") == "dropped"]
        dropped = [param for param in dropped if param not in adaptations.OURS]
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


def asked_for(description: Description) -> int:
    """Return how many answers were asked for."""
    count = description.parameters.get("n")
    if not isinstance(count, int):
        return 1
    return count


def notices_of(answer: ShownAnswer, description: Description) -> list[Notice]:
    """Return what is to be known about one answer: cut off, filtered, not the JSON that was asked for."""
    notices = []
    end = reading(answer.choice.finish_reason)
    if end == "length":
        notices.append(Notice(_cut_off_text(description), retry="Ask again with more room"))
    if end == "broken":
        word = f"“{answer.choice.finish_reason}”"
        notices.append(
            Notice(f"This answer broke off: the endpoint ended it with {word}.", retry="Ask again")
        )
    if end == "filter":
        notices.append(Notice("Part of this answer was filtered away by the endpoint."))
    if answer.length and answer.is_read:
        notices += _json_notices(_wanted_format(description), answer.text)
    return notices


def _json_notices(wanted: str, text: str) -> list[Notice]:
    if wanted not in ("json_object", "json_schema"):
        return []
    if not _is_json(text):
        return [Notice("This answer is not the JSON that was asked for.")]
    if wanted == "json_object":
        return []
    return [Notice("This is JSON. Whether it fits the schema is not checked here.", level="plain")]


def _cut_off_text(description: Description) -> str:
    most = description.parameters.get("max_tokens")
    if isinstance(most, int):
        return f"Cut off at {most:,} tokens."
    return "Cut off by the model's own limit."


def _wanted_format(description: Description) -> str:
    """Return the type of the response format that was asked for, "" where none was."""
    asked = description.parameters.get("response_format")
    if not isinstance(asked, dict):
        return ""
    return str(asked.get("type", ""))


def _is_json(content: str) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def listed(rows: "QuerySet[Description]") -> list[Description]:
    """Read descriptions as lists show them: the beginning of the question, and of the parameters what cards tell.

    A call at our own endpoint may have brought megabytes of either.
    """
    shown = rows.defer("question", "system_prompt", "parameters").annotate(
        question_start=Left("question", _QUESTION_CHARACTERS),
        system_start=Left("system_prompt", _QUESTION_CHARACTERS),
        asked_n=F("parameters__n"),
        asked_most=F("parameters__max_tokens"),
        asked_format=F("parameters__response_format__type"),
    )
    return [_begun(row) for row in shown]


def _begun(row: Any) -> Description:
    row.question, row.system_prompt = row.question_start, row.system_start
    known = {"n": row.asked_n, "max_tokens": row.asked_most}
    if row.asked_format is not None:
        known["response_format"] = {"type": row.asked_format}
    row.parameters = {name: value for name, value in known.items() if value is not None}
    return cast(Description, row)


def cards_of(descriptions: Iterable[Description]) -> list[Card]:
    """Return the cards in the order of the descriptions.

    Four statements for all, up to four more when some are not done, asked for several answers or are follow-ups, and two to
    five cheap ones for each that is queued.
    """
    rows = list(descriptions)
    prefetch_related_objects(rows, with_pictures(), "shown_pictures__image")
    know_links(rows)
    attempts, lent = attempts_of(rows), lent_pictures(rows)
    answers = first_answers([row.pk for row in rows])
    counts = _counts([row.pk for row in rows if asked_for(row) > 1])
    coming = coming_words(rows, answers)
    return [
        Card(
            description=row,
            pictures=row.shown_pictures or lent[row.root],
            attempts=attempts[row.pk],
            answer=answers.get(row.pk),
            count=counts.get(row.pk, int(row.pk in answers)),
            ahead=queue.ahead(row) if row.status == Status.QUEUED else None,
            coming=coming.get(row.pk),
        )
        for row in rows
    ]


def card_of_page(row: Description, begin: int) -> tuple[Card, list[ShownAnswer]]:
    """Return what the page of a description shows: its card, and its answers from the one at this place on."""
    know_links([row])
    answers = answers_of(row.pk, begin)
    count = Choice.objects.filter(description=row.pk).count()
    ahead = queue.ahead(row) if row.status == Status.QUEUED else None
    coming = coming_words([row], [row.pk] if count else []).get(row.pk)
    card = Card(row, row.shown_pictures, list(row.attempts()), count=count, ahead=ahead, coming=coming)
    return card, answers


def attempts_of(rows: Sequence[Description]) -> dict[int, list[Attempt]]:
    """Return the attempts of the descriptions, by their ids."""
    attempts: dict[int, list[Attempt]] = defaultdict(list)
    for attempt in Attempt.objects.filter(description__in=[row.pk for row in rows]).order_by("number"):
        attempts[attempt.description].append(attempt)
    return attempts


def _counts(descriptions: Sequence[int]) -> dict[int, int]:
    """Count the answers of the descriptions that asked for several."""
    if not descriptions:
        return {}
    rows = Choice.objects.filter(description__in=descriptions).values("description").order_by()
    return dict(rows.annotate(count=Count("pk")).values_list("description", "count"))


def know_links(rows: Iterable[Description]) -> None:
    """Look up the links of the rows that may have some waiting; the done rows have none."""
    prefetch_related_objects([row for row in rows if row.status != Status.DONE], with_links())
