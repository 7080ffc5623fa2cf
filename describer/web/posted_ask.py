"""The ask form as it was sent: pictures of the tray, files, links, and all that was typed."""

import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict

from describer.desk.presets import BUILT_IN, preset_named
from describer.engine.submit import Refusal
from describer.images import clean_name
from describer.models import Preset, User
from describer.models.preset import NAME, NAME_CHARACTERS
from describer.web.ask_fields import typed
from describer.web.ask_form import VARIABLE, AskForm
from describer.web.tray import UploadTile, file_tile, named_tiles, sample_tile


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
    form.preset = _asked_by(owner, post)
    form.variables = {
        name.removeprefix(VARIABLE): _typed_text(str(text).replace("\x00", ""))
        for name, text in post.items()
        if name.startswith(VARIABLE)
    }
    if chosen := preset_named(owner, post.get("preset", "")):
        form.choose(chosen)
    return form


def _asked_by(owner: User, post: QueryDict) -> Preset | None:
    """Return the preset that the page showed: changed or gone meanwhile, it is asked by as it was shown."""
    name = post.get("asked_by", "")
    if "asked_plain" not in post:
        return preset_named(owner, name)
    try:
        NAME(name)
    except ValidationError:
        return None
    if len(name) > NAME_CHARACTERS:
        return None
    return Preset(owner=owner, name=name, is_plain=post["asked_plain"] == "1")


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
        _add(form, UploadTile.refused(label, _too_many(form)))
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
        form.refuse(_too_many(form))
    form.tiles.append(tile)


def _too_many(form: AskForm) -> Refusal:
    message = f"At most {form.most} pictures at once; take some away."
    if form.most < settings.IMAGES_PER_SET:
        message = f"At most {form.most} pictures at once in one answer about all; take some away."
    return Refusal(message, code="too_many_images", param="image")
