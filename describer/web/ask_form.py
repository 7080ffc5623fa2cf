"""What a person has put together to ask: pictures, question, model, parameters; and what is wrong with it."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from describer.chat import ParameterError
from describer.desk.asked_before import AnsweredBefore, answered_before
from describer.engine.submit import BY_THEMSELVES, VARIANTS, Ask, AskImage, AskLink, Refusal
from describer.lib.variables import variables_in
from describer.models import Description, Preset, User
from describer.web.ask_fields import RARE, WIDGETS, Field, checked_parameters
from describer.web.ask_submit import submitted
from describer.web.tray import UploadTile, tiles_of

VARIABLE = "variables."


@dataclass
class AskForm:
    """The form as it stands. `errors` holds messages by field ("" for the whole), `status` the reply's."""

    question: str = ""
    system_prompt: str = ""
    model: str = ""
    compare: list[str] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    together: bool = False
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    tiles: list[UploadTile] = field(default_factory=list)
    link: str = ""
    preset: Preset | None = None
    variables: dict[str, str] = field(default_factory=dict)
    before: AnsweredBefore = field(default_factory=AnsweredBefore)
    errors: dict[str, str] = field(default_factory=dict)
    status: int = 200
    retry_after: int | None = None

    @property
    def fields(self) -> list[Field]:
        return [Field(name, self.texts.get(name, []), self.errors.get(name, "")) for name in WIDGETS]

    @property
    def common_fields(self) -> list[Field]:
        return [item for item in self.fields if item.name not in RARE]

    @property
    def rare_fields(self) -> list[Field]:
        return [item for item in self.fields if item.name in RARE]

    @property
    def is_rare(self) -> bool:
        """Tell whether something stands among the rare fields: they are shown then."""
        return any(item.is_set or item.error for item in self.rare_fields)

    @property
    def compared(self) -> list[str]:
        """Return the models to compare with, "" for each that is not chosen."""
        return [*self.compare, *[""] * VARIANTS[1]][: VARIANTS[1] - 1]

    @property
    def summary(self) -> str:
        """Tell what is set in the folded part, in a few words."""
        parts = []
        if self.model:
            parts.append(self.model)
        parts += [f"compared with {model}" for model in self.compare]
        if self.system_prompt:
            parts.append("system prompt")
        parts += [f"{item.label.lower()} {item.text[:20]}" for item in self.fields if item.is_set]
        return " · ".join(parts)

    @property
    def is_unfolded(self) -> bool:
        """Tell whether an error stands in the folded part, where none may hide."""
        return bool(self.errors.keys() & {"model", "system_prompt", *WIDGETS})

    @property
    def pictures(self) -> list[AskImage | AskLink]:
        return [tile.picture for tile in self.tiles if tile.picture]

    @property
    def most(self) -> int:
        """Return how many pictures the ask may hold: one about all is sent all of them at once."""
        if self.together or self.compare:
            return int(settings.IMAGES_PER_ASK)
        return int(settings.IMAGES_PER_SET)

    @property
    def is_full(self) -> bool:
        return len(self.pictures) >= self.most

    @property
    def unusable(self) -> dict[str, str]:
        """Return what is wrong with pictures that the form named, by what it sent of each."""
        return {tile.given: tile.message for tile in self.tiles if tile.given}

    def choose(self, preset: Preset) -> None:
        """Put what a preset asks into the form, to be changed before it is sent."""
        self.preset, self.question, self.system_prompt = preset, preset.question, preset.system_prompt
        self.model = preset.model or self.model
        self.texts = {**self.texts, **typed_parameters(preset.parameters)}

    def refuse(self, refusal: Refusal) -> None:
        """Note what is wrong, beside its field where the form has one."""
        place = ""
        if (refusal.param or "").startswith(VARIABLE):
            place = refusal.param or ""
        if refusal.param in {"question", "system_prompt", "model", "image", "image_url", *WIDGETS}:
            place = refusal.param
        self.errors.setdefault(place, refusal.message)
        self.fail(refusal.status, refusal.retry_after)

    def fail(self, status: int, retry_after: int | None = None) -> None:
        """Take the status of the first error for the reply's."""
        if self.status < 400:
            self.status, self.retry_after = status, retry_after

    def submit(self, owner: User) -> list[Description]:
        """Ask; an empty list when something is wrong, which `errors` then holds."""
        ask = self._ask(owner)
        try:
            return submitted(ask, self.compare) if ask else []
        except Refusal as refusal:
            self.refuse(refusal)
            return []

    def look_back(self, owner: User, *, but_new: bool = False) -> bool:
        """Tell whether some of it was answered before, which `before` then holds; `but_new` leaves those out of the ask."""
        ask = None if self.compare else self._ask(owner)
        try:
            self.before = answered_before(ask) if ask else AnsweredBefore()
        except Refusal as refusal:
            self.refuse(refusal)
        if but_new and self.before.others:
            self.tiles = [tile for tile in self.tiles if tile.picture in self.before.others]
            return False
        return bool(self.before.descriptions)

    def _ask(self, owner: User) -> Ask | None:
        """Return what is asked; None when something is wrong."""
        parameters = self._parameters()
        if self.errors:
            return None
        return Ask(
            owner,
            self.question,
            self.pictures,
            system_prompt=self.system_prompt,
            model=self.model,
            parameters=parameters,
            together=self.together,
            token=self.token,
            **self._by_preset(),
        )

    def _by_preset(self) -> dict[str, Any]:
        """Return what the chosen preset adds to the ask."""
        if self.preset is None:
            return {}
        given = {word: text for word, text in self.variables.items() if text.strip()}
        return {"preset": self.preset.name, "variables": given, "is_plain": self.preset.is_plain}

    @property
    def variable_fields(self) -> list[tuple[str, str, str]]:
        """Return (word, value, what is wrong) for each variable that somebody has to give a value for."""
        words = variables_in(self.question, self.system_prompt) if self.preset else []
        return [
            (word, self.variables.get(word, ""), self.errors.get(f"{VARIABLE}{word}", ""))
            for word in words
            if word not in BY_THEMSELVES
        ]

    def _parameters(self) -> dict[str, Any]:
        try:
            return checked_parameters(self.texts)
        except ParameterError as error:
            for fault in error.errors:
                self.refuse(Refusal.of_parameter(fault))
            return {}


@dataclass(frozen=True)
class ChosenPreset:
    """A preset as a chip has it: what a click puts into the form."""

    row: Preset

    @property
    def fields(self) -> str:
        """Return the texts of the form's other fields by name, as JSON."""
        texts = {name: text[0] for name, text in typed_parameters(self.row.parameters).items()}
        return json.dumps({"system_prompt": self.row.system_prompt, "model": self.row.model, **texts})


def from_description(description: Description) -> AskForm:
    """Fill a form for the same ask once more, to be changed before it is sent."""
    tiles = tiles_of(description)
    model = ""
    if description.model in description.endpoint.offered[1:]:  # the first is asked when none is chosen
        model = description.model
    return AskForm(
        question=description.question,
        system_prompt=description.system_prompt,
        model=model,
        texts=typed_parameters(description.parameters),
        together=len(tiles) > 1,
        tiles=tiles,
    )


def typed_parameters(parameters: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return parameters as they would be typed."""
    texts = {name: [_typed_value(value)] for name, value in parameters.items()}
    stops = parameters.get("stop") or []
    if isinstance(stops, str):
        stops = [stops]
    if stops:
        texts["stop"] = [stop.replace("\n", "\\n").replace("\t", "\\t") for stop in stops]
    return texts


def _typed_value(value: Any) -> str:
    """Return a parameter's value as it would be typed: a text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)
