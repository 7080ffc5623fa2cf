"""From a multipart form to an ask."""

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from describer.api.access import own
from describer.api.idempotency_key import read_idempotency_key
from describer.chat import ParameterError, read_parameters
from describer.db.row_id import read_row_id
from describer.desk.presets import chosen_preset
from describer.engine.submit import (
    Ask,
    AskImage,
    AskLink,
    Refusal,
    check_rate,
    followable,
    keep_images,
    storable_text,
    tag_names,
)
from describer.lib.json_weight import json_elements
from describer.lib.limits import FIELD_ELEMENTS
from describer.media.allowance import allowance
from describer.models import ApiKey, Description, Preset, Via

_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded", "")
_TEXTS = ("question", "system_prompt", "model")
_LINK = "image_url"
_NO_PARAMETERS = (*_TEXTS, _LINK, "preset", "variables", "follows", "tags")
_MOST_TAGS = 1000  # to be looked at
_MOST_VARIABLES = 100


def read_ask(request: HttpRequest, key: ApiKey, *, together: bool) -> Ask:
    """Return the ask that a form holds, about all pictures together or for an answer each.

    Fields that we do not know are ignored. Raises Refusal: all that can be refused without looking into a
    picture is refused before a picture is stored.
    """
    _check_form(request)
    token = read_idempotency_key(request.headers)
    tags = tag_names(_read_tags(request))
    chosen, followed = _read_preset(request, key), _read_followed(request, key)
    texts, parameters = _read_words(request, chosen, followed)
    links = _read_links(request)
    files = _read_files(request, links, together, may_be_none=followed is not None)
    asks = 1
    if not together:
        asks = max(1, len(files) + len(links))
    check_rate(key, asks)
    return Ask(
        owner=key.user,
        pictures=[*_keep(key, files), *links],
        via=Via.API,
        key=key,
        parameters=parameters,
        together=together,
        token=token,
        question=texts["question"],
        system_prompt=texts["system_prompt"],
        model=texts["model"],
        preset=chosen.name if chosen else "",
        variables=_read_variables(request),
        is_plain=bool(chosen and chosen.is_plain),
        follows=followed,
        tags=tags,
    )


def _read_words(
    request: HttpRequest, chosen: Preset | None, followed: Description | None
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return texts and parameters: as given, else the preset's, else those of what is followed. Raises Refusal."""
    parameters = _read_fields(request)
    texts = {name: _read_text(request, name) for name in _TEXTS}
    if chosen:
        parameters = {**chosen.parameters, **parameters}
        texts = {name: text if text.strip() else chosen.words[name] for name, text in texts.items()}
    if followed:
        parameters, texts = _inherit(request, followed, parameters, texts)
    if not texts["question"].strip():
        raise Refusal("Write a question.", code="missing_required_parameter", param="question")
    return texts, parameters


def _read_preset(request: HttpRequest, key: ApiKey) -> Preset | None:
    """Return the preset that the form names, None without one. Raises Refusal."""
    name = _read_text(request, "preset").strip()
    if not name:
        return None
    return chosen_preset(key.user, name)


def _read_followed(request: HttpRequest, key: ApiKey) -> Description | None:
    """Return the description that the form goes on from, None without one. Raises Http404 or Refusal."""
    text = _read_text(request, "follows").strip()
    if not text:
        return None
    if not text.isdecimal():
        raise Refusal("`follows` is the id of a description.", code="invalid_type", param="follows")
    return followable(key.user, own(key, read_row_id(text)).pk)


def _inherit(
    request: HttpRequest, followed: Description, parameters: dict[str, Any], texts: dict[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return parameters and texts with what a follow-up takes over from the description that it follows.

    A parameter or a system prompt that is sent empty is not set any more.
    """
    kept = {name: value for name, value in followed.parameters.items() if name not in request.POST}
    texts = texts | {"model": texts["model"] or followed.model}
    if "system_prompt" not in request.POST:
        texts["system_prompt"] = texts["system_prompt"] or followed.system_prompt
    return kept | parameters, texts


def _read_tags(request: HttpRequest) -> list[str]:
    """Return the tags of the form: the field may be repeated, and may be a JSON list of texts."""
    return [tag for text in request.POST.getlist("tags")[:_MOST_TAGS] for tag in _tags_in(text)]


def _tags_in(text: str) -> list[str]:
    """Read a JSON list of texts as a list; all else is a tag."""
    if not text.startswith("[") or json_elements(text.encode()) > _MOST_TAGS:
        return [text]
    with suppress(ValueError, RecursionError):
        tags = json.loads(text)
        if all(isinstance(tag, str) for tag in tags):
            return list(tags)
    return [text]


def _read_variables(request: HttpRequest) -> dict[str, str]:
    """Return the values of a preset's variables: a JSON object of texts. Raises Refusal."""
    text = _read_text(request, "variables").strip()
    if not text:
        return {}
    values = None
    if json_elements(text.encode()) <= FIELD_ELEMENTS:
        with suppress(ValueError, RecursionError):
            values = json.loads(text)
    if not isinstance(values, dict) or len(values) > _MOST_VARIABLES:
        raise Refusal("Variables are a JSON object of texts.", code="invalid_type", param="variables")
    return {str(word): _as_value(word, value) for word, value in values.items()}


def _as_value(word: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refusal(
            f"The variable {word[:40]} is a text.", code="invalid_type", param=f"variables.{word[:40]}"
        )
    return storable_text(str(value), f"variables.{word[:40]}")


def read_changes(request: HttpRequest, old: Description) -> dict[str, Any]:
    """Return what a form changes of an old ask: the model, and parameters.

    A parameter that is sent empty is not set any more. Raises Refusal.
    """
    _check_form(request)
    kept = {name: value for name, value in old.parameters.items() if name not in request.POST}
    changes: dict[str, Any] = {"parameters": kept | _read_fields(request)}
    if model := _read_text(request, "model"):
        changes["model"] = model
    return changes


def _check_form(request: HttpRequest) -> None:
    """Raise Refusal (415) for a body that is no form."""
    if request.content_type not in _FORMS:
        raise Refusal("Send Content-Type: multipart/form-data.", code="unsupported_media_type", status=415)


def _read_text(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\x00", "")


def _read_fields(request: HttpRequest) -> dict[str, Any]:
    """Return the parameters of the form; `stop` may come several times. Raises Refusal."""
    fields: dict[str, Any] = {
        name: request.POST.get(name) for name in request.POST if name not in _NO_PARAMETERS
    }
    stops = request.POST.getlist("stop")
    if len(stops) > 1:
        fields["stop"] = stops
    try:
        return read_parameters(fields)
    except ParameterError as error:
        raise Refusal(error.message, code=error.code, param=error.param or None) from error


def _read_links(request: HttpRequest) -> list[AskLink]:
    """Return the links to pictures, in the order in which they were sent."""
    texts = [text for text in request.POST.getlist(_LINK) if text.strip()]
    if len(texts) == 1:
        return [_read_link(texts[0], 0)]
    return [_read_link(text, number) for number, text in enumerate(texts, 1)]


def _read_link(text: str, number: int) -> AskLink:
    """Return a link that may be followed.

    Raises Refusal, which says which of several links is at fault: `number` from 1, or 0 for a single link.
    """
    try:
        return AskLink(text).checked()
    except Refusal as refusal:
        if number:
            refusal.message = f"Link {number}: {refusal.message}"
        raise


def _read_files(
    request: HttpRequest, links: Sequence[AskLink], together: bool, *, may_be_none: bool
) -> "list[UploadedFile[bytes]]":
    """Return the pictures in the order in which they were sent.

    Raises Refusal for none and for too many; the links count among them.
    """
    most = settings.IMAGES_PER_SET
    if together:
        most = settings.IMAGES_PER_ASK
    files = request.FILES.getlist("image")
    if not (files or links or may_be_none):
        message = "Add a picture to ask about: a file in the field `image`, or its address in `image_url`."
        raise Refusal(message, code="no_image", param="image")
    if len(files) + len(links) > most:
        message = f"At most {most} pictures at once; take some away."
        raise Refusal(message, code="too_many_images", param="image")
    return files


def _keep(key: ApiKey, files: "list[UploadedFile[bytes]]") -> list[AskImage]:
    """Store the pictures of an ask, all of them or none."""
    contents = [cast(BinaryIO, file.file) for file in files]
    names = [file.name or f"picture {number}" for number, file in enumerate(files, 1)]
    allowance.take(key.user_id, *(file.size or 0 for file in files))
    images = keep_images(key.user, list(zip(contents, names, strict=True)))
    return [AskImage(image, name) for image, name in zip(images, names, strict=True)]
