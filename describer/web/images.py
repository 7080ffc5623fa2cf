"""Pictures: taken in one by one from the tray, and shown to their owner and to admins alone."""

from pathlib import PurePosixPath
from typing import BinaryIO, cast

from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseNotFound,
    JsonResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_http_methods

from describer.engine.submit import keep_image
from describer.errors import Refusal, error_response
from describer.images import Recipe, clean_name
from describer.lib.route_traits import PICTURE, Body, RouteTraits, route
from describer.media.allowance import allowance
from describer.media.storage import StorageAway
from describer.models import Description, DescriptionImage, Image, SentCopy, User
from describer.web.current_user import current_user
from describer.web.picture_facts import facts_of, there, visible_images

_GONE = "This picture's file is gone from the site's disk; its admin can look for it with manage.py doctor."
_PLAIN_TEXT = "text/plain; charset=utf-8"
_SHUT = "default-src 'none'; sandbox"


@route(RouteTraits(json_methods=frozenset({"GET", "HEAD", "POST"}), body=Body.FILES))
@require_http_methods(["GET", "HEAD", "POST"])
def images(request: HttpRequest) -> JsonResponse:
    """Take one picture into the tray: 201 and its facts, or the reason why not, in words and with a code.

    A GET tells which of the pictures that are named by `id` or `sha256`, each repeated, are there.
    """
    if not request.user.is_authenticated:
        return error_response(
            Refusal("You are logged out. Log in again, then add it once more.", code="login", status=401)
        )
    person = current_user(request)
    if request.method != "POST":
        rows = there(person, request.GET.getlist("id"), request.GET.getlist("sha256"))
        return JsonResponse({"items": facts_of(person, rows)})
    file = request.FILES.get("image") or request.FILES.get("file")
    try:
        if file is None:
            raise Refusal("Choose a picture file.", code="no_image", param="image")
        allowance.take(person.pk, file.size or 0)
        image = keep_image(person, cast(BinaryIO, file), file.name or "")
    except Refusal as refusal:
        return error_response(refusal)
    name = clean_name(file.name or "", f"picture {image.pk}")
    return JsonResponse(facts_of(person, [image])[0] | {"name": name}, status=201)


@route(PICTURE)
@login_required
def original(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Serve the file as it was uploaded; ?download to save it.

    Whatever else may hide in the file, it is a picture and no page.
    """
    row = _visible_image(current_user(request), pk)
    name = row.shown_by.order_by("-id").values_list("name", flat=True).first()
    response = _file(
        request, row.original, row.media_type, f"{row.sha256}-original", name or _download_name(row)
    )
    response["Content-Security-Policy"] = _SHUT
    return response


@route(PICTURE)
@login_required
def thumbnail(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Serve the small picture of lists."""
    row = _visible_image(current_user(request), pk)
    suffix = PurePosixPath(row.thumbnail).suffix
    media_type = {".png": "image/png"}.get(suffix, "image/jpeg")
    return _file(request, row.thumbnail, media_type, f"{row.sha256}-thumbnail", f"thumbnail-{row.pk}{suffix}")


@route(PICTURE)
@login_required
def sent(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Serve what a model is sent of this picture by default."""
    row = _visible_image(current_user(request), pk)
    return sent_file(request, row.sent_copies.filter(recipe=Recipe().key).first())


@route(PICTURE)
@login_required
def sent_copy(request: HttpRequest, pk: int, position: int) -> HttpResponseBase:
    """Serve the very copy that the model saw of one picture of a description."""
    visible = Description.objects.of(current_user(request))
    pictures = DescriptionImage.objects.select_related("sent_copy", "image")
    picture = get_object_or_404(pictures, description__in=visible.filter(pk=pk), position=position)
    copy = picture.sent_copy
    if copy is None and visible.filter(pk=pk, long_side=None).exists():
        copy = picture.image.sent_copies.filter(recipe=Recipe().key).first()
    return sent_file(request, copy)


def _visible_image(user: User, pk: int) -> Image:
    """Return an image to its owner and to admins; for all others it does not exist, which is a 404.

    One whose descriptions were deleted does not exist for anybody, though its files may be swept later.
    """
    rows = Image.objects.filter(visible_images())
    if not user.is_superuser:
        rows = rows.filter(owner=user)
    return get_object_or_404(rows, pk=pk)


def sent_file(request: HttpRequest, copy: SentCopy | None) -> HttpResponseBase:
    if copy is None:
        raise Http404
    return _file(request, copy.file, copy.media_type, f"{copy.sha256}-sent", copy.file_name)


def _download_name(image: Image) -> str:
    return f"picture-{image.pk}.{image.media_type.rpartition('/')[2]}"


def _file(request: HttpRequest, stored: str, media_type: str, tag: str, name: str) -> HttpResponseBase:
    """Serve a stored file for its owner's eyes. A file that is gone is a 404 with words, never a 500."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    headers = {"Cache-Control": "private, no-cache", "ETag": f'"{tag}"'}
    if get_conditional_response(request, etag=headers["ETag"], response=None):
        return HttpResponse(status=304, headers=headers)
    try:
        file = default_storage.open(stored)
    except FileNotFoundError:
        return HttpResponseNotFound(_GONE, content_type=_PLAIN_TEXT)
    except OSError:
        message = f"{StorageAway.message} Try again in a few seconds."
        return HttpResponse(message, status=503, content_type=_PLAIN_TEXT, headers={"Retry-After": "5"})
    attached = "download" in request.GET
    return FileResponse(file, as_attachment=attached, filename=name, content_type=media_type, headers=headers)
