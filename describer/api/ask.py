"""From a multipart form to an ask."""

from collections.abc import Sequence
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from describer.chat import ParameterError, read_parameters
from describer.engine.submit import Ask, AskImage, AskLink, Refusal, keep_images
from describer.models import ApiKey, Description, Via

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded", "")
TEXTS = ("question", "system_prompt", "model")
LINK = "image_url"
LONGEST_TOKEN = 255


def read_ask(request: HttpRequest, key: ApiKey, *, together: bool) -> Ask:
    """The ask that a form holds, about all pictures together or for an answer each. Fields that we do not know are ignored.

    Raises Refusal. All that can be refused without looking into a picture is refused before one is stored.
    """
    check_form(request)
    token = read_token(request)
    parameters = read_fields(request)
    texts = {name: request.POST.get(name, "").replace("\x00", "") for name in TEXTS}
    if not texts["question"].strip():
        raise Refusal("Write a question.", code="missing_required_parameter", param="question")
    links = read_links(request)
    files = read_files(request, links, settings.IMAGES_PER_ASK if together else settings.IMAGES_PER_SET)
    return Ask(
        owner=key.user,
        pictures=[*keep(key, files), *links],
        via=Via.API,
        key=key,
        parameters=parameters,
        together=together,
        token=token,
        question=texts["question"],
        system_prompt=texts["system_prompt"],
        model=texts["model"],
    )


def read_changes(request: HttpRequest, old: Description) -> dict[str, Any]:
    """What a form changes of an old ask: the model, and parameters; one that is sent empty is not set any more."""
    check_form(request)
    kept = {name: value for name, value in old.parameters.items() if name not in request.POST}
    model = request.POST.get("model", "").replace("\x00", "")
    return {"parameters": kept | read_fields(request)} | ({"model": model} if model else {})


def check_form(request: HttpRequest) -> None:
    """Raises Refusal (415) for a body that is no form."""
    if request.content_type not in FORMS:
        raise Refusal("Send Content-Type: multipart/form-data.", code="unsupported_media_type", status=415)


def read_token(request: HttpRequest) -> str | None:
    """The caller's own name for this ask: sent twice, it is one ask."""
    token = request.headers.get("Idempotency-Key", "").strip()
    if len(token) > LONGEST_TOKEN:
        message = f"An Idempotency-Key has at most {LONGEST_TOKEN} characters."
        raise Refusal(message, code="invalid_value", param="Idempotency-Key")
    return token or None


def read_fields(request: HttpRequest) -> dict[str, Any]:
    """The parameters of the form; `stop` may come several times."""
    fields = {name: request.POST.get(name) for name in request.POST if name not in (*TEXTS, LINK)}
    stops = request.POST.getlist("stop")
    given = fields | ({"stop": stops} if len(stops) > 1 else {})
    try:
        return read_parameters(given)
    except ParameterError as error:
        raise Refusal(error.message, code=error.code, param=error.param or None) from error


def read_links(request: HttpRequest) -> list[AskLink]:
    """The links to pictures, in the order in which they were sent."""
    texts = [text for text in request.POST.getlist(LINK) if text.strip()]
    return [read_link(text, number if len(texts) > 1 else 0) for number, text in enumerate(texts, 1)]


def read_link(text: str, number: int) -> AskLink:
    """A link that may be followed. Raises Refusal, which says which of several (`number` from 1) is none."""
    try:
        return AskLink(text).checked()
    except Refusal as refusal:
        refusal.message = f"Link {number}: {refusal.message}" if number else refusal.message
        raise


def read_files(request: HttpRequest, links: Sequence[AskLink], most: int) -> "list[UploadedFile[bytes]]":
    """The pictures in the order in which they were sent; the links count among them."""
    files = request.FILES.getlist("image")
    if not (files or links):
        message = "Add a picture to ask about: a file in the field `image`, or its address in `image_url`."
        raise Refusal(message, code="no_image", param="image")
    if len(files) + len(links) > most:
        message = f"At most {most} pictures at once; take some away."
        raise Refusal(message, code="too_many_images", param="image")
    return files


def keep(key: ApiKey, files: "list[UploadedFile[bytes]]") -> list[AskImage]:
    """The pictures of an ask, all of them or none."""
    named = [
        (cast(BinaryIO, file.file), file.name or f"picture {number}") for number, file in enumerate(files, 1)
    ]
    images = keep_images(key.user, named)
    return [AskImage(image, name) for image, (_, name) in zip(images, named, strict=True)]
