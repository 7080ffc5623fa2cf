"""From a multipart form to an ask."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from describer.api.idempotency_key import read_idempotency_key
from describer.chat import ParameterError, read_parameters
from describer.desk.presets import with_preset
from describer.engine.submit import Ask, AskImage, AskLink, Refusal, check_rate, keep_images, storable_text
from describer.lib.json_weight import json_elements
from describer.lib.limits import FIELD_ELEMENTS
from describer.media.allowance import allowance
from describer.models import ApiKey, Description, User, Via

_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded", "")
_TEXTS = ("question", "system_prompt", "model")
_LINK = "image_url"
_NO_PARAMETERS = (*_TEXTS, _LINK, "preset", "variables", "variant")
_MOST_VARIABLES = 100


def read_ask(request: HttpRequest, key: ApiKey, *, together: bool) -> Ask:
    """Return the ask that a form holds, about all pictures together or for an answer each.

    Fields that we do not know are ignored. Raises Refusal: all that can be refused without looking into a
    picture is refused before a picture is stored.
    """
    ask = with_preset(read_words(request, key))
    check_question(ask)
    return replace(ask, pictures=keep_pictures(request, ask, together=together), together=together)


def read_words(request: HttpRequest, key: ApiKey) -> Ask:
    """Return what a form asks, as it stands there: without its pictures, and before its preset is looked up.

    Raises Refusal.
    """
    _check_form(request)
    question, system_prompt, model = (_read_text(request, name) for name in _TEXTS)
    return Ask(
        owner=key.user,
        question=question,
        system_prompt=system_prompt,
        model=model,
        pictures=(),
        via=Via.API,
        key=key,
        token=read_idempotency_key(request.headers),
        parameters=_read_fields(request),
        preset=_read_text(request, "preset").strip(),
        variables=_read_variables(request),
    )


def check_question(ask: Ask) -> None:
    """Raise Refusal for an ask without a question."""
    if not ask.question.strip():
        raise Refusal("Write a question.", code="missing_required_parameter", param="question")


def keep_pictures(
    request: HttpRequest, ask: Ask, *, together: bool, asks: int = 1
) -> list[AskImage | AskLink]:
    """Store the pictures of a form, which will be asked about in so many asks together, or in one each.

    Raises Refusal.
    """
    links = _read_links(request)
    files = _read_files(request, links, together)
    if not together:
        asks = len(files) + len(links)
    if ask.key:
        check_rate(ask.key, asks)
    return [*_keep(ask.owner, files), *links]


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
    request: HttpRequest, links: Sequence[AskLink], together: bool
) -> "list[UploadedFile[bytes]]":
    """Return the pictures in the order in which they were sent.

    Raises Refusal for none and for too many; the links count among them.
    """
    most = settings.IMAGES_PER_SET
    if together:
        most = settings.IMAGES_PER_ASK
    files = request.FILES.getlist("image")
    if not (files or links):
        message = "Add a picture to ask about: a file in the field `image`, or its address in `image_url`."
        raise Refusal(message, code="no_image", param="image")
    if len(files) + len(links) > most:
        message = f"At most {most} pictures at once; take some away."
        raise Refusal(message, code="too_many_images", param="image")
    return files


def _keep(owner: User, files: "list[UploadedFile[bytes]]") -> list[AskImage]:
    """Store the pictures of an ask, all of them or none."""
    contents = [cast(BinaryIO, file.file) for file in files]
    names = [file.name or f"picture {number}" for number, file in enumerate(files, 1)]
    allowance.take(owner.pk, *(file.size or 0 for file in files))
    images = keep_images(owner, list(zip(contents, names, strict=True)))
    return [AskImage(image, name) for image, name in zip(images, names, strict=True)]
