"""What a person has put together to ask: pictures, question, model, parameters; and what is wrong with it."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from describer.chat import ParameterError
from describer.images import clean_name
from describer.models import Description, Image, User
from describer.submit import Ask, Given, Refusal, keep_image, submit

from .ask_fields import RARE, WIDGETS, Field, given, typed
from .presets import PRESETS, preset
from .samples import sample

GONE = "This picture is not here any more; add it again."
REUSED = "idempotency_key_reused"
BIGGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Tile:
    """A picture in the tray; without an image it was refused, and `message` says why."""

    name: str
    image: Image | None = None
    message: str = ""


@dataclass
class AskForm:
    """The form as it stands. `errors` holds messages by field ("" for the whole), `status` the reply's."""

    question: str = ""
    system_prompt: str = ""
    model: str = ""
    texts: dict[str, list[str]] = field(default_factory=dict)
    together: bool = False
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    tiles: list[Tile] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    status: int = 200

    @property
    def fields(self) -> list[Field]:
        return [Field(name, self.texts.get(name, []), self.errors.get(name, "")) for name in WIDGETS]

    @property
    def common_fields(self) -> list[Field]:
        return [one for one in self.fields if one.name not in RARE]

    @property
    def rare_fields(self) -> list[Field]:
        return [one for one in self.fields if one.name in RARE]

    @property
    def is_rare(self) -> bool:
        """Something stands among the rare ones: they are shown then."""
        return any(one.is_set or one.error for one in self.rare_fields)

    @property
    def summary(self) -> str:
        """What is set in the folded part, in a few words."""
        words = [f"{one.label.lower()} {one.text[:20]}" for one in self.fields if one.is_set]
        chosen = [self.model] if self.model else []
        return " · ".join([*chosen, *(["system prompt"] if self.system_prompt else []), *words])

    @property
    def is_unfolded(self) -> bool:
        """Nothing that is wrong may hide in the folded part."""
        return bool(self.errors.keys() & {"model", "system_prompt", *WIDGETS})

    @property
    def pictures(self) -> list[Given]:
        return [Given(tile.image, tile.name) for tile in self.tiles if tile.image]

    def refuse(self, refusal: Refusal) -> None:
        """Note what is wrong, beside its field where the form has one."""
        known = {"question", "system_prompt", "model", "image", *WIDGETS}
        self.errors.setdefault(refusal.param if refusal.param in known else "", refusal.message)
        self.status = self.status if self.status >= 400 else refusal.status

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
        )
        try:
            return _submit(ask)
        except Refusal as refusal:
            self.refuse(refusal)
            return []

    def _parameters(self) -> dict[str, Any]:
        try:
            return given(self.texts)
        except ParameterError as error:
            for one in error.errors:
                self.refuse(Refusal.of_parameter(one))
            return {}


def _submit(ask: Ask) -> list[Description]:
    """A form sent again after it was changed (the back button) holds an old token: that is a new ask."""
    try:
        return submit(ask)
    except Refusal as refusal:
        if refusal.code != REUSED:
            raise
        return submit(replace(ask, token=uuid.uuid4().hex))


def posted(request: HttpRequest, owner: User) -> AskForm:
    """The form that was sent, its files kept as images. Only the owner's own images can be named by id."""
    post = request.POST
    form = AskForm(
        question=_text(post.get("question", "")),
        system_prompt=_text(post.get("system_prompt", "")),
        model=post.get("model", "").strip(),
        texts=typed(post),
        together=post.get("together") == "all",
        token=post.get("token", "").replace("\x00", "")[:64] or uuid.uuid4().hex,
    )
    dropped = post.getlist("drop")
    named = zip(post.getlist("picture"), [*post.getlist("picture_name"), *[""] * 5000], strict=False)
    _add_named(form, owner, [(text, name) for text, name in named if text not in dropped])
    for file in request.FILES.getlist("image"):
        _add_file(form, owner, file)
    _add_sample(form, owner, post.get("sample", ""))
    if chosen := preset(post.get("preset", "")):
        form.question = chosen.question
    return form


def _text(text: str) -> str:
    """As it was typed: browsers send line ends as CRLF."""
    return text.replace("\r\n", "\n")


def row_id(text: str) -> int:
    """A row's number as a form or an address gives it; 0, which no row has, when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _add_named(form: AskForm, owner: User, named: list[tuple[str, str]]) -> None:
    rows = Image.objects.filter(owner=owner, pk__in={row_id(text) for text, _ in named})
    images = {image.pk: image for image in rows}
    for position, (text, name) in enumerate(named, 1):
        label = clean_name(name, f"picture {position}")
        image = images.get(row_id(text))
        if image:
            _add(form, Tile(label, image))
        else:
            _fail(form, label, Refusal(GONE, code="no_image", param="image"))


def _add_file(form: AskForm, owner: User, file: "UploadedFile[Any]") -> None:
    label = clean_name(file.name or "", f"picture {len(form.tiles) + 1}")
    try:
        if len(form.pictures) >= settings.IMAGES_PER_ASK:
            raise too_many()
        _add(form, Tile(label, keep_image(owner, cast(BinaryIO, file), file.name or "")))
    except Refusal as refusal:
        _fail(form, label, refusal)


def _add_sample(form: AskForm, owner: User, name: str) -> None:
    """A sample is asked about at once: with what was typed, or else with the first preset."""
    found = sample(name) if name else None
    if found is None:
        return
    with found.path.open("rb") as file:
        _add(form, Tile(found.name, keep_image(owner, file, found.name)))
    form.question = form.question.strip() or PRESETS[0].question


def _add(form: AskForm, tile: Tile) -> None:
    if len(form.pictures) >= settings.IMAGES_PER_ASK:
        form.refuse(too_many())
    form.tiles.append(tile)


def _fail(form: AskForm, label: str, refusal: Refusal) -> None:
    form.tiles.append(Tile(label, message=refusal.message))
    form.errors.setdefault("image", "Take away what cannot be used, or choose other pictures, and ask again.")
    form.status = form.status if form.status >= 400 else refusal.status


def too_many() -> Refusal:
    most = settings.IMAGES_PER_ASK
    return Refusal(f"At most {most} pictures at once; take some away.", code="too_many_images", param="image")


def from_description(description: Description) -> AskForm:
    """The same ask once more, to be changed before it is sent."""
    return AskForm(
        question=description.question,
        system_prompt=description.system_prompt,
        model=description.model if description.model in description.endpoint.offered[1:] else "",
        texts=_texts(description.parameters),
        together=description.pictures.count() > 1,
        tiles=[Tile(shown.name, shown.image) for shown in description.images],
    )


def _texts(parameters: Mapping[str, Any]) -> dict[str, list[str]]:
    """Parameters as they would be typed."""
    texts = {
        name: [value if isinstance(value, str) else json.dumps(value)] for name, value in parameters.items()
    }
    if stop := parameters.get("stop"):
        stops = [stop] if isinstance(stop, str) else stop
        texts["stop"] = [one.replace("\n", "\\n").replace("\t", "\\t") for one in stops]
    return texts
