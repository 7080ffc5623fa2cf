"""From a request of the contract to an ask: key, model and pictures, each judged before the next."""

import difflib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from io import BytesIO

from django.conf import settings
from django.utils import timezone

from describer.api.auth import known, may, secret_in
from describer.chat import ChatRequest, ParameterError, is_data_url, read_data_url, read_request
from describer.chat.request import PicturePart
from describer.db.connections import release, released
from describer.engine.endpoints.client import refresh_models
from describer.engine.links import guarded_client, read_link
from describer.engine.submit import AskImage, AskLink, Refusal, keep_image
from describer.images import ImageError, fetched
from describer.media.allowance import allowance
from describer.media.site_fault import OF_THE_SITE
from describer.media.storage import drop_images
from describer.models import ApiKey, Endpoint, Image, Scope, User

_LINK_SECONDS = 10.0
_LINK_BYTES = 20 * 10**6
_LIST_SECONDS = 10.0  # for an endpoint to list its models while a caller waits
_LIST_FRESH = timedelta(seconds=1)
_SITE_FAULTS = (*OF_THE_SITE, "upload_limit")  # whatever the picture is
_PASSED_ON = ("invalid_image_url", "image_download_failed", "invalid_base64_image")


def opened(authorization: str, scope: Scope) -> ApiKey:
    """Return the key of a call.

    Raises Refusal: 401 when the secret opens nothing, 403 when its person is disabled or the key may not.
    """
    return allowed(known(secret_in(authorization)), scope)


def allowed(key: ApiKey, scope: Scope) -> ApiKey:
    """Return the key. Raises Refusal (403) when its person is disabled or the key may not."""
    if not key.user.is_active:
        message = "The person of this API key is disabled; an admin can activate them."
        raise Refusal(message, code="permission_denied", status=403)
    may(key, scope)
    return key


def asked_of(body: bytes) -> ChatRequest:
    """Return the request that a body holds. Raises Refusal."""
    try:
        asked = read_request(body)
    except ParameterError as fault:
        raise Refusal.of_parameter(fault) from fault
    if len(asked.pictures) > settings.IMAGES_PER_ASK:
        message = f"At most {settings.IMAGES_PER_ASK} pictures at once; take some away."
        raise Refusal(message, code="too_many_images", param="messages")
    return asked


def offered(key: ApiKey, endpoint: Endpoint) -> list[str]:
    """Return the models that this key may ask, the default first."""
    return [name for name in endpoint.offered if key.may_ask(name)]


def endpoint_of(model: str, key: ApiKey) -> Endpoint:
    """Return the endpoint that is asked.

    Raises Refusal for a model that nobody serves (404), or that this key may not ask (403).
    """
    endpoint = Endpoint.default()
    if endpoint.refuses_by_list(model):
        with released():
            refresh_models(endpoint, keep=_LIST_FRESH, seconds=_LIST_SECONDS)
        endpoint.refresh_from_db(fields=["model_names"])
    if len(model) > 200 or endpoint.refuses_by_list(model):
        hint = _model_hint(model, offered(key, endpoint))
        message = f"The model {model[:200]} does not exist here. {hint}"
        raise Refusal(message, code="model_not_found", param="model", status=404)
    if not key.may_ask(model):
        message = f"This API key may not ask {model}; it may ask {', '.join(key.model_names)}."
        raise Refusal(message, code="permission_denied", param="model", status=403)
    return endpoint


def _model_hint(model: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(model[:200], names)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    return "GET /v1/models lists what there is."


def kept(owner: User, parts: Sequence[PicturePart], endpoint: Endpoint) -> list[AskImage | AskLink]:
    """Store the pictures of a request, all of them or none.

    Raises Refusal that names the place of the picture at fault.
    """
    began = timezone.now()
    images: list[Image] = []
    pictures: list[AskImage | AskLink] = []
    try:
        for number, part in enumerate(parts, 1):
            with _at(part):
                picture = _taken(owner, part.take(), number, endpoint.sends_links)
            if isinstance(picture, AskImage):
                images.append(picture.image)
            pictures.append(picture)
    except Refusal:
        drop_images(images, began)
        raise
    return pictures


@contextmanager
def _at(part: PicturePart) -> Iterator[None]:
    """Raise what is wrong with a picture as a Refusal that names its place."""
    try:
        yield
    except ImageError as error:
        raise Refusal(error.message, code=error.code, param=part.param) from error
    except Refusal as refusal:
        if refusal.code in _SITE_FAULTS:
            raise
        code = "invalid_image_format"
        if refusal.code in _PASSED_ON:
            code = refusal.code
        raise Refusal(refusal.message, code=code, param=part.param) from refusal


def _taken(owner: User, url: str, number: int, as_they_are: bool) -> AskImage | AskLink:
    """Take a picture in, from its data URL or from its address.

    No connection to the database is held meanwhile: sixteen slow links would take those of all pages.
    """
    release()
    if is_data_url(url):
        name = f"picture {number}"
        new = partial(allowance.take, owner.pk)
        return AskImage(keep_image(owner, BytesIO(_bytes(url)), name, when_new=new), name)
    url = read_link(url)
    if as_they_are:
        return AskLink(url)
    with fetched(url, guarded_client(), most=_LINK_BYTES, seconds=_LINK_SECONDS) as picture:
        return AskImage(keep_image(owner, picture.file, picture.name), picture.name, url)


def _bytes(url: str) -> bytes:
    try:
        return read_data_url(url)
    except ValueError:
        message = "This data URL holds no base64 that can be read; it looks like data:image/jpeg;base64,…"
        raise Refusal(message, code="invalid_base64_image") from None
