"""The words of an ask by a preset: its variables filled, for each description by the pictures that it shows."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from django.utils import timezone

from describer.engine.submit.pictures import AskImage, AskLink
from describer.errors import Refusal
from describer.lib.variables import filled, variables_in

if TYPE_CHECKING:
    from describer.engine.submit.ask import Ask

BY_THEMSELVES = ("file_name", "date", "width", "height", "tags")


def filled_ask(ask: "Ask", pictures: Sequence[AskImage | AskLink]) -> "Ask":
    """Return the ask about these pictures with its variables filled; without a preset, braces are letters.

    Raises Refusal that names a variable without a value.
    """
    if not ask.preset:
        return ask
    wanted = variables_in(ask.question, ask.system_prompt)
    values = {
        word: text
        for word, text in (_known(ask, pictures or ask.carried) | dict(ask.variables)).items()
        if word in wanted
    }
    for word in wanted:
        if word not in values:
            raise _missing(word)
    return replace(
        ask,
        question=filled(ask.question, values),
        system_prompt=filled(ask.system_prompt, values),
        variables=values,
    )


def _known(ask: "Ask", pictures: Sequence[AskImage | AskLink]) -> dict[str, str]:
    """Return the values that fill themselves; width and height are the first picture's, if it is here."""
    known = {"date": timezone.localdate().isoformat(), "tags": ", ".join(ask.tags.values())}
    known["file_name"] = ", ".join(map(_name_of, pictures))
    first = next(iter(pictures), None)
    if isinstance(first, AskImage):
        known |= {"width": str(first.image.width), "height": str(first.image.height)}
    return known


def _name_of(picture: AskImage | AskLink) -> str:
    if isinstance(picture, AskImage):
        return picture.name
    address = urlsplit(picture.url)
    return unquote(address.path.rpartition("/")[2]) or address.netloc


def _missing(word: str) -> Refusal:
    message = f"The variable {word} has no value."
    if word in ("width", "height"):
        message = (
            f"The {word} of a picture from a link is not known before it is fetched; give {word} a value."
        )
    return Refusal(message, code="missing_required_parameter", param=f"variables.{word}")
