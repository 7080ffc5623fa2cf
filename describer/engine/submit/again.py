"""The same ask once more, at the person's one click."""

from typing import Any

from describer.engine.submit.ask import Ask, submit
from describer.engine.submit.pictures import pictures_again
from describer.models import Description
from describer.models.transcript import transcript_of


def ask_again(description: Description, *, token: str | None = None, **changes: Any) -> Description:
    """A new description with the pictures, question and parameters of an old one; `changes` replace fields of Ask."""
    transcript = transcript_of(description)
    ask = Ask(
        owner=description.owner,
        question=description.question,
        pictures=pictures_again(description),
        system_prompt=description.system_prompt,
        model=changes.pop("model", description.model),
        parameters=changes.pop("parameters", description.parameters),
        together=True,
        token=token,
        messages=transcript.messages if transcript else (),
        **changes,
    )
    return submit(ask)[0]
