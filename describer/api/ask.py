"""From a multipart form to an ask."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from describer.api.access import own
from describer.api.ask_fields import (
    LINK,
    TEXTS,
    check_form,
    read_parameter_fields,
    read_tags,
    read_text,
    read_variables,
)
from describer.api.idempotency_key import read_idempotency_key
from describer.db.row_id import read_row_id
from describer.desk.presets import with_preset
from describer.engine.submit import (
    Ask,
    AskImage,
    AskLink,
    Refusal,
    check_rate,
    followable,
    keep_images,
    tag_names,
)
from describer.media.allowance import allowance
from describer.models import ApiKey, Description, User, Via


def read_ask(request: HttpRequest, key: ApiKey, *, together: bool) -> Ask:
    """Return the ask that a form holds, about all pictures together or for an answer each.

    Fields that we do not know are ignored. Raises Refusal: all that can be refused without looking into a
    picture is refused before a picture is stored.
    """
    ask = _following(request, key, with_preset(read_words(request, key)))
    check_question(ask)
    return replace(ask, pictures=keep_pictures(request, ask, together=together), together=together)


def read_words(request: HttpRequest, key: ApiKey) -> Ask:
    """Return what a form asks, as it stands there: without its pictures, and before its preset is looked up.

    Nor does it say yet what it follows. Raises Refusal.
    """
    check_form(request)
    question, system_prompt, model = (read_text(request, name) for name in TEXTS)
    return Ask(
        owner=key.user,
        question=question,
        system_prompt=system_prompt,
        model=model,
        pictures=(),
        via=Via.API,
        key=key,
        token=read_idempotency_key(request.headers),
        parameters=read_parameter_fields(request),
        preset=read_text(request, "preset").strip(),
        variables=read_variables(request),
        tags=tag_names(read_tags(request)),
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
    files = _read_files(request, links, together, may_be_none=ask.follows is not None)
    if not together:
        asks = max(1, len(files) + len(links))
    if ask.key:
        check_rate(ask.key, asks)
    return [*_keep(ask.owner, files), *links]


def _following(request: HttpRequest, key: ApiKey, ask: Ask) -> Ask:
    """Return the ask with the description that the form goes on from, and what it takes over from that one.

    What is given, or is a preset's, wins. A parameter or a system prompt that is sent empty is not set any more. Raises
    Http404 or Refusal.
    """
    followed = _read_followed(request, key)
    if followed is None:
        return ask
    kept = {name: value for name, value in followed.parameters.items() if name not in request.POST}
    system_prompt = ask.system_prompt
    if "system_prompt" not in request.POST:
        system_prompt = ask.system_prompt or followed.system_prompt
    return replace(
        ask,
        follows=followed,
        model=ask.model or followed.model,
        system_prompt=system_prompt,
        parameters={**kept, **ask.parameters},
    )


def _read_followed(request: HttpRequest, key: ApiKey) -> Description | None:
    """Return the description that the form goes on from, None without one. Raises Http404 or Refusal."""
    text = read_text(request, "follows").strip()
    if not text:
        return None
    if not text.isdecimal():
        raise Refusal("`follows` is the id of a description.", code="invalid_type", param="follows")
    return followable(key.user, own(key, read_row_id(text)).pk)


def read_changes(request: HttpRequest, old: Description) -> dict[str, Any]:
    """Return what a form changes of an old ask: the model, and parameters.

    A parameter that is sent empty is not set any more. Raises Refusal.
    """
    check_form(request)
    kept = {name: value for name, value in old.parameters.items() if name not in request.POST}
    changes: dict[str, Any] = {"parameters": kept | read_parameter_fields(request)}
    if model := read_text(request, "model"):
        changes["model"] = model
    return changes


def _read_links(request: HttpRequest) -> list[AskLink]:
    """Return the links to pictures, in the order in which they were sent."""
    texts = [text for text in request.POST.getlist(LINK) if text.strip()]
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


def _keep(owner: User, files: "list[UploadedFile[bytes]]") -> list[AskImage]:
    """Store the pictures of an ask, all of them or none."""
    contents = [cast(BinaryIO, file.file) for file in files]
    names = [file.name or f"picture {number}" for number, file in enumerate(files, 1)]
    allowance.take(owner.pk, *(file.size or 0 for file in files))
    images = keep_images(owner, list(zip(contents, names, strict=True)))
    return [AskImage(image, name) for image, name in zip(images, names, strict=True)]
