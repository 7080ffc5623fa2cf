"""What a follow-up goes on from: the answered questions before it, from the first of its conversation on.

They are read as they stand when the call is made: the answer that counts then is the one that is sent. What a follow-up
goes on from is never cut: where some of it is gone, or all of it is too much, nothing is sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F, QuerySet, Sum, TextField, prefetch_related_objects
from django.db.models.functions import Cast, Length

from describer.errors import Refusal
from describer.lib.limits import CONVERSATION_CHARACTERS, CONVERSATION_QUESTIONS
from describer.models import Choice, Description, DescriptionImage, Transcript
from describer.models.description_image import with_links, with_pictures

_GONE = (
    "An earlier answer of this conversation was deleted, so this cannot be asked any more. Nothing was sent."
)
_WORDLESS = (
    "The answer that counts of description {} has no words to go on from; keep another one. Nothing was sent."
)
_TOO_LONG = "This conversation is too long to be sent again; begin a new one. Nothing was sent."


@dataclass(frozen=True)
class Earlier:
    """An answered question that a follow-up sends again: its row, with pictures and links, and the answer that counts."""

    row: Description
    answer: str


def follow_ups_in(first: int) -> "QuerySet[Description]":
    """Return all follow-ups of the conversation that begins with this description; whatever branch they are of."""
    # Says what the partial index holds, so that it can be used.
    return Description.objects.untrashed().filter(root=first, root__gt=0)


def path_to(row: Description) -> list[int]:
    """Return the numbers of the descriptions that a follow-up goes on from, the first one first; none for no follow-up.

    Raises Refusal where one of them is gone.
    """
    if not row.root:
        return []
    followed = dict(follow_ups_in(row.root).filter(pk__lt=row.pk).values_list("pk", "follows_id"))
    path, is_whole = known_path(row, followed)
    if not is_whole:
        raise Refusal(_GONE, code="follows_deleted", param="follows")
    return path


def known_path(row: Description, followed: Mapping[int, int | None]) -> tuple[list[int], bool]:
    """Return as much of that path as is there, and whether it begins with the conversation's first.

    `followed` says what each follow-up of the conversation follows.
    """
    path: list[int] = []
    place = row.follows_id
    while place is not None and place in followed and len(path) < len(followed):
        path.append(place)
        place = followed[place]
    if place is None:
        return path[::-1], not row.root
    return [place, *reversed(path)], place == row.root


def check_length(path: Sequence[int], more: int = 0) -> None:
    """Raise Refusal where these descriptions, and `more` characters, are more than is sent again."""
    if len(path) > CONVERSATION_QUESTIONS or characters_of(path) + more > CONVERSATION_CHARACTERS:
        raise Refusal(_TOO_LONG, code="too_large", param="follows")


def characters_of(path: Sequence[int]) -> int:
    """Count the characters of these questions and of the answers that count, without reading them."""
    if not path:
        return 0
    asked = Description.objects.filter(pk__in=path).aggregate(all=Sum(Length("question")))
    said = kept_choices(path).aggregate(all=Sum(Length("content")))
    called = Transcript.objects.filter(pk__in=path[:1])
    brought = called.aggregate(all=Sum(Length(Cast("messages", TextField()))))
    return sum(part["all"] or 0 for part in (asked, said, brought))


def kept_choices(path: Sequence[int]) -> "QuerySet[Choice]":
    """Return the answers of these descriptions that count."""
    return Choice.objects.filter(description__in=path, index=F("description__kept"))


def earlier_of(row: Description) -> list[Earlier]:
    """Read the answered questions that a follow-up goes on from, in their order. Raises Refusal."""
    path = path_to(row)
    if not path:
        return []
    check_length(path)
    rows = all_of(path)
    answers = {choice.description_id: choice.text for choice in kept_choices(path)}
    found = [Earlier(one, answers.get(one.pk) or "") for one in rows]
    for earlier in found:
        if not earlier.answer.strip():
            message = _WORDLESS.format(earlier.row.pk)
            raise Refusal(message, code="follows_deleted", param="follows")
    return found


def all_of(path: Sequence[int]) -> list[Description]:
    """Read these descriptions with their pictures and links. Raises Refusal where one was deleted or is in the trash."""
    found = Description.objects.untrashed().filter(pk__in=path).select_related("transcript")
    rows = list(found.defer("transcript__answer").order_by("pk"))
    if len(rows) < len(path):
        raise Refusal(_GONE, code="follows_deleted", param="follows")
    pictures = DescriptionImage.objects.select_related("image", "sent_copy")
    prefetch_related_objects(rows, with_links(), with_pictures(pictures))
    return rows
