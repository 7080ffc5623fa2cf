"""The same ask once more, at the person's one click."""

from collections.abc import Sequence
from typing import Any

from describer.engine.submit.ask import Ask, submit
from describer.engine.submit.follow import followed_again
from describer.engine.submit.pictures import pictures_again
from describer.models import Description
from describer.models.transcript import transcript_of


def ask_again(description: Description, *, token: str | None = None, **changes: Any) -> Description:
    """Submit pictures, question and parameters of an old description again; `changes` replace fields of Ask."""
    return submit(the_same_ask(description, token=token, **changes))[0]


def the_same_ask(description: Description, **changes: Any) -> Ask:
    """Return the ask of an old description once more; `changes` replace its fields.

    A follow-up goes on from the same answer once more. Raises Refusal where that is gone.
    """
    messages: Sequence[dict[str, Any]] = ()
    if transcript := transcript_of(description):
        messages = transcript.messages
    known = {
        "question": description.question,
        "system_prompt": description.system_prompt,
        "model": description.model,
        "parameters": description.parameters,
        "is_plain": description.is_plain,
        "long_side": description.long_side,
        "messages": messages,
    }
    return Ask(
        owner=description.owner,
        pictures=pictures_again(description),
        together=True,
        follows=followed_again(description),
        **(known | changes),
    )
