"""The JSON of presets."""

from typing import Any, Self

from ninja import Schema
from pydantic import BaseModel, Field

from describer.models import Preset
from describer.models.preset import LABEL_CHARACTERS, NAME_CHARACTERS


class PresetChanges(Schema):
    """What of a preset is to be otherwise; what is left out stays."""

    label: str | None = Field(None, max_length=LABEL_CHARACTERS, description="What its chip says.")
    question: str | None = Field(None, description="The question; `{word}` is a variable, `{{` a brace.")
    system_prompt: str | None = None
    model: str | None = Field(None, max_length=200, description="Empty: the endpoint's default.")
    parameters: dict[str, Any] | None = Field(None, description="As with an ask; only what shall be set.")
    plain: bool | None = Field(
        None, description="Its answers are plain text, letter by letter, and no Markdown."
    )


class PresetIn(PresetChanges):
    """What a preset is made of: a label, or a name, and a question."""

    name: str | None = Field(
        None,
        max_length=NAME_CHARACTERS,
        description="Small letters, digits and `-`; without it, made of the label.",
    )


class PresetOut(BaseModel):
    """A named question. `variables` are the words to give values for; `shared`: it is the site's."""

    name: str
    label: str
    question: str
    system_prompt: str
    model: str
    parameters: dict[str, Any]
    plain: bool
    variables: list[str]
    shared: bool

    @classmethod
    def of(cls, row: Preset) -> Self:
        """Return the JSON of a preset."""
        return cls(
            name=row.name,
            label=row.label,
            question=row.question,
            system_prompt=row.system_prompt,
            model=row.model,
            parameters=row.parameters,
            plain=row.is_plain,
            variables=row.variables,
            shared=row.is_shared,
        )


class PresetList(BaseModel):
    items: list[PresetOut]
