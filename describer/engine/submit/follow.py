"""A follow-up: a question that goes on from an answer, and what of the conversation before it comes along."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.conf import settings

from describer.engine import conversation
from describer.engine.submit.pictures import AskImage, AskLink, pictures_again
from describer.errors import Refusal
from describer.lib.limits import CONVERSATION_QUESTIONS
from describer.models import Choice, Description, Status, User
from describer.models.choice import text_column

if TYPE_CHECKING:
    from describer.engine.submit.ask import Ask

_SEEN_CHARACTERS = 10_000  # of an answer, to tell whether it has words
_NOT_YET = "Only a finished answer can be followed up; this description is {}."


def followable(person: User, pk: int) -> Description:
    """Return the description if this person may go on from its answer: their own, done, with an answer that has words.

    Raises Refusal: 404 for one that is another person's, in the trash or never was, else what is in the way.
    """
    row = Description.objects.untrashed().filter(owner=person, pk=pk).first()
    if row is None:
        raise _not_found()
    if row.status != Status.DONE:
        raise _in_the_way(_NOT_YET.format(row.get_status_display().lower()))
    kept = Choice.objects.filter(description=row.pk, index=row.kept)
    text = kept.values_list(text_column(_SEEN_CHARACTERS), flat=True).first()
    if not (text or "").strip():
        raise _in_the_way("Its answer has no words to go on from.")
    return row


def following(ask: "Ask") -> "Ask":
    """Return the ask with the pictures that its conversation brings. Raises Refusal where it cannot be sent again."""
    if ask.follows is None:
        return ask
    _check_present(ask.follows)
    try:
        path = [*conversation.path_to(ask.follows), ask.follows.pk]
        earlier = conversation.all_of(path)
    except Refusal as refusal:
        raise _in_the_way(refusal.message) from refusal
    if conversation.follow_ups_in(ask.follows.first).count() >= CONVERSATION_QUESTIONS - 1:
        raise _in_the_way(
            f"A conversation has at most {CONVERSATION_QUESTIONS:,} questions; begin a new one."
        )
    conversation.check_length(path, len(ask.question) + len(ask.system_prompt))
    carried = [picture for row in earlier for picture in pictures_again(row)]
    _check_pictures(ask, carried)
    return replace(ask, carried=carried)


def hold_followed(ask: "Ask") -> None:
    """Keep what an ask follows from being deleted before the ask is written. Raises Refusal where it is gone."""
    if ask.follows is None:
        return
    rows = Description.objects.untrashed().select_for_update(no_key=True).filter(pk=ask.follows.pk)
    if not rows.values_list("pk", flat=True):
        raise _not_found()


def place_of(ask: "Ask") -> dict[str, Any]:
    """Return the columns that say where in a conversation an ask stands."""
    if ask.follows is None:
        return {}
    return {"follows": ask.follows, "root": ask.follows.first}


def followed_again(description: Description) -> Description | None:
    """Return what an old ask follows, to be followed once more; None where it is no follow-up. Raises Refusal."""
    if not description.root:
        return None
    if description.follows_id is None:
        raise _in_the_way("The answer that this goes on from was deleted.")
    return followable(description.owner, description.follows_id)


def _check_pictures(ask: "Ask", carried: Sequence[AskImage | AskLink]) -> None:
    most = settings.IMAGES_PER_ASK
    own = min(len(ask.pictures), 1)
    if ask.together:
        own = len(ask.pictures)
    if own and own + len(carried) > most:
        message = f"With the {len(carried)} of its conversation these are more than {most} pictures at once."
        raise Refusal(message, code="too_many_images", param="image")


def _check_present(followed: Description) -> None:
    if not Description.objects.untrashed().filter(pk=followed.pk).exists():
        raise _not_found()


def _not_found() -> Refusal:
    return Refusal("No description with this id.", code="not_found", param="follows", status=404)


def _in_the_way(message: str) -> Refusal:
    return Refusal(message, code="invalid_value", param="follows")
