"""The conversation around a description: what it goes on from, what else was asked there, and what goes on from it.

Whatever its length, a page reads it by the same few statements, and of each question and answer a beginning.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models.functions import Left
from django.urls import reverse

from describer.chat.tokens import PER_MESSAGE, picture_tokens, text_tokens
from describer.engine.conversation import characters_of, follow_ups_in, kept_choices, known_path
from describer.lib.limits import CONVERSATION_QUESTIONS
from describer.models import Description, DescriptionImage, DescriptionLink, Status
from describer.web.answers import LISTED, ShownAnswer, shown_answers

_SHOWN = 50  # earlier questions on a page
_LINKS = 12  # to questions that were asked at one place
_CHARACTERS = 600  # of a question
_SAMPLE = 2_000  # characters of an answer, by which its tokens are estimated


@dataclass(frozen=True)
class Question:
    """A question of the conversation: the beginning of its words, and where it stands."""

    pk: int
    words: str
    status: str

    @property
    def href(self) -> str:
        return reverse("description", args=[self.pk])

    @property
    def state(self) -> str:
        """Return its state in a word, "" for one that is answered."""
        if self.status == Status.DONE:
            return ""
        return str(Status(self.status).label).lower()


@dataclass(frozen=True)
class EarlierQuestion:
    """A question above the shown one, with the answer that counts, and with what was asked in its place."""

    question: Question
    answer: ShownAnswer | None
    beside: Sequence[Question] = ()


@dataclass(frozen=True)
class Conversation:
    """What stands around a description.

    `path` are the numbers of all that comes before it, `earlier` the nearest of them, behind `hidden` others; `before` is the
    last of those; `characters` is how many are sent again. `beside` are the questions that follow the same answer, its own among them, `after` those that follow it.
    """

    path: Sequence[int] = ()
    earlier: Sequence[EarlierQuestion] = ()
    hidden: int = 0
    before: str = ""
    is_broken: bool = False
    beside: Sequence[Question] = ()
    after: Sequence[Question] = ()
    pictures: Sequence[DescriptionImage] = ()
    links: Sequence[DescriptionLink] = ()
    characters: int = 0
    sample: str = field(default="", repr=False)


def conversation_around(row: Description) -> Conversation:
    """Read what stands around a description: one statement where there is nothing."""
    known = follow_ups_in(row.first).order_by("pk").values_list("pk", "follows_id")
    followed = dict(known[: 2 * CONVERSATION_QUESTIONS])
    if not followed:
        return Conversation()
    path, is_whole = known_path(row, followed)
    visible = path[-_SHOWN:]
    after = _after(followed)
    places = {pk: _window(after[followed.get(pk)], pk) for pk in [*visible, row.pk] if followed.get(pk)}
    found = _questions([*visible, *_flat(places.values()), *after[row.pk][-_LINKS:]])
    questions = [found[pk] for pk in visible if pk in found]
    answers = _answers([one.pk for one in questions])
    return Conversation(
        path=path,
        earlier=[
            EarlierQuestion(one, answers.get(one.pk), _those_found(found, places.get(one.pk, ())))
            for one in questions
        ],
        hidden=len(path) - len(visible),
        before=_address_before(path),
        is_broken=not is_whole or len(questions) < len(visible),
        beside=_those_found(found, places.get(row.pk, ())),
        after=_those_found(found, after[row.pk][-_LINKS:]),
        pictures=_pictures(path),
        links=list(DescriptionLink.objects.filter(description__in=path).order_by("description", "position")),
        characters=characters_of(path),
        sample="".join(
            [*(one.words for one in questions), *(shown.text[:_SAMPLE] for shown in answers.values())]
        ),
    )


def adds(row: Description, around: Conversation, own: Sequence[DescriptionImage], answer: ShownAnswer) -> str:
    """Tell what a follow-up of a description sends again: "the picture and 2 answers again, about 1,900 tokens".

    `own` are the description's pictures, `answer` is the one that counts.
    """
    count = len(around.path) + 1
    pictures = [*around.pictures, *own]
    sample = f"{around.sample}{row.question[:_SAMPLE]}{answer.text[:_SAMPLE]}"
    characters = around.characters + len(row.question) + answer.length - answer.begin
    tokens = characters * text_tokens(sample) / max(1, len(sample))
    tokens += 2 * PER_MESSAGE * count + text_tokens(row.system_prompt)
    tokens += sum(picture_tokens(shown.image.width, shown.image.height) for shown in pictures)
    parts = [_count(len(pictures), "picture"), _count(count, "answer")]
    return f"{' and '.join(filter(None, parts))} again, about {_rounded(tokens):,} tokens"


def lent_pictures(rows: Iterable[Description]) -> Mapping[int, list[DescriptionImage]]:
    """Return the pictures of the first in the conversations of those that brought none, by its number."""
    first = {row.root for row in rows if row.root and not row.shown_pictures}
    lent: dict[int, list[DescriptionImage]] = defaultdict(list)
    if first:
        for shown in _pictures(first):
            lent[shown.description_id].append(shown)
    return lent


def _after(followed: Mapping[int, int | None]) -> dict[int | None, list[int]]:
    """Return the numbers of what follows each description."""
    after: dict[int | None, list[int]] = defaultdict(list)
    for pk, place in followed.items():
        after[place].append(pk)
    return after


def _window(numbers: Sequence[int], pk: int) -> Sequence[int]:
    """Return some of the questions that follow one answer, around this one; none where it is the only one."""
    if len(numbers) < 2:
        return ()
    start = max(0, min(numbers.index(pk) - _LINKS // 2, len(numbers) - _LINKS))
    return numbers[start : start + _LINKS]


def _questions(numbers: Iterable[int]) -> dict[int, Question]:
    rows = (
        Description.objects.untrashed()
        .filter(pk__in=set(numbers))
        .annotate(start=Left("question", _CHARACTERS))
    )
    return {row[0]: Question(*row) for row in rows.values_list("pk", "start", "status")}


def _answers(numbers: Sequence[int]) -> dict[int, ShownAnswer]:
    if not numbers:
        return {}
    return {shown.choice.description_id: shown for shown in shown_answers(kept_choices(numbers), LISTED)}


def _pictures(numbers: Iterable[int]) -> list[DescriptionImage]:
    shown = DescriptionImage.objects.filter(description__in=numbers, description__trashed=None)
    return list(shown.select_related("image").order_by("description", "position"))


def _those_found(found: Mapping[int, Question], numbers: Iterable[int]) -> list[Question]:
    return [found[pk] for pk in numbers if pk in found]


def _flat(lists: Iterable[Sequence[int]]) -> list[int]:
    return [pk for numbers in lists for pk in numbers]


def _address_before(path: Sequence[int]) -> str:
    """Return the page of the last question that is not shown, "" where all are."""
    if len(path) <= _SHOWN:
        return ""
    return reverse("description", args=[path[-_SHOWN - 1]])


def _count(number: int, word: str) -> str:
    """Write "the picture", "3 pictures", or "" for none."""
    if not number:
        return ""
    if number == 1:
        return f"the {word}"
    return f"{number} {word}s"


def _rounded(tokens: float) -> int:
    """Round an estimate to two digits: it is no closer than that."""
    step = 10 ** max(1, math.floor(math.log10(max(tokens, 1))) - 1)
    return int(max(step, round(tokens / step) * step))
