"""What a person has put together to ask: pictures, question, model, parameters; and what is wrong with it."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict

from describer.chat import ParameterError
from describer.desk.presets import BUILT_IN, preset_named
from describer.engine.submit import BY_THEMSELVES, VARIANTS, Ask, AskImage, AskLink, Refusal
from describer.images import clean_name
from describer.lib.variables import variables_in
from describer.models import Description, Preset, User
from describer.web.ask_fields import RARE, WIDGETS, Field, checked_parameters, typed
from describer.web.ask_submit import submitted
from describer.web.tray import UploadTile, file_tile, named_tiles, sample_tile, tiles_of

_VARIABLE = "variables."


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
    def is_full(self) -> bool:
        return len(self.pictures) >= settings.IMAGES_PER_ASK

    def choose(self, preset: Preset) -> None:
        """Put what a preset asks into the form, to be changed before it is sent."""
        self.preset, self.question, self.system_prompt = preset, preset.question, preset.system_prompt
        self.model = preset.model or self.model
        self.texts = {**self.texts, **typed_parameters(preset.parameters)}

    def refuse(self, refusal: Refusal) -> None:
        """Note what is wrong, beside its field where the form has one."""
        place = ""
        if (refusal.param or "").startswith(_VARIABLE):
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
        parameters = self._parameters()
        if self.errors:
            return []
        ask = Ask(
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
        try:
            return submitted(ask, self.compare)
        except Refusal as refusal:
            self.refuse(refusal)
            return []

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
            (word, self.variables.get(word, ""), self.errors.get(f"{_VARIABLE}{word}", ""))
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


def posted(request: HttpRequest, owner: User) -> AskForm:
    """Read the form that was sent, and keep its files as images.

    Only the owner's own images can be named by id.
    """
    post = request.POST
    form = AskForm(
        question=_typed_text(post.get("question", "")),
        system_prompt=_typed_text(post.get("system_prompt", "")),
        model=post.get("model", "").strip(),
        compare=[text.strip() for text in post.getlist("compare") if text.strip()],
        texts=typed(post),
        together=post.get("together") == "all",
        token=post.get("token", "").replace("\x00", "")[:64] or uuid.uuid4().hex,
    )
    _add_named(form, owner, post)
    for place, file in enumerate(request.FILES.getlist("image"), len(form.tiles) + 1):
        _add_file(form, owner, file, place)
    for text in filter(str.strip, post.getlist("image_url")):
        _add_link(form, text)
    _add_sample(form, sample_tile(owner, post.get("sample", "")))
    form.preset = preset_named(owner, post.get("asked_by", ""))
    form.variables = {
        name.removeprefix(_VARIABLE): _typed_text(str(text).replace("\x00", ""))
        for name, text in post.items()
        if name.startswith(_VARIABLE)
    }
    if chosen := preset_named(owner, post.get("preset", "")):
        form.choose(chosen)
    return form


def _typed_text(text: str) -> str:
    """Return a text as it was typed: browsers send line ends as CRLF."""
    return text.replace("\r\n", "\n")


def _add_named(form: AskForm, owner: User, post: QueryDict) -> None:
    """Add the tiles that the form held already, but for those that the person took away."""
    dropped = post.getlist("drop")
    named = zip(post.getlist("picture"), [*post.getlist("picture_name"), *[""] * 5000], strict=False)
    for tile in named_tiles(owner, [(text, name) for text, name in named if text not in dropped]):
        _add(form, tile)


def _add_file(form: AskForm, owner: User, file: "UploadedFile[Any]", place: int) -> None:
    """Add a file that came with the form; a file beyond the limit is not kept as an image."""
    if form.is_full:
        label = clean_name(file.name or "", f"picture {place}")
        _add(form, UploadTile.refused(label, _too_many()))
    else:
        _add(form, file_tile(owner, file, place))


def _add_link(form: AskForm, text: str) -> None:
    """Add a link as it was typed; a text that is no link stays in its field, to be put right."""
    try:
        _add(form, UploadTile.linked(text))
    except Refusal as refusal:
        form.link = text
        form.refuse(refusal)


def _add_sample(form: AskForm, tile: UploadTile | None) -> None:
    """Add a sample, and ask about it at once: with what was typed, or else with the first preset."""
    if tile:
        _add(form, tile)
        form.question = form.question.strip() or BUILT_IN[0].question


def _add(form: AskForm, tile: UploadTile) -> None:
    if tile.message:
        message = "Take away what cannot be used, or choose other pictures, and ask again."
        form.errors.setdefault("image", message)
        form.fail(tile.status, tile.retry_after)
    elif form.is_full:
        form.refuse(_too_many())
    form.tiles.append(tile)


def _too_many() -> Refusal:
    most = settings.IMAGES_PER_ASK
    return Refusal(f"At most {most} pictures at once; take some away.", code="too_many_images", param="image")


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
