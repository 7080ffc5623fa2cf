"""The pictures of a description as its model is sent them."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, cast

from django.core.files.storage import default_storage

from describer.chat import Picture
from describer.chat.messages import DataUrl, size_text
from describer.engine.links import fetch_links
from describer.images import ImageError, MemoryShort, Recipe, prepare
from describer.media.storage import upload_limits
from describer.models import Description, DescriptionImage, Endpoint, SentCopy

_BODY_BYTES = 30 * 2**20
_BASE64_SHARE = 0.74  # raw bytes of a picture in each byte of its base64 text, with room for the words


class ImageMissing(Exception):
    """A stored picture is gone or changed on disk: there is nothing honest to ask about."""

    code = "image_missing"

    def __init__(self, name: str) -> None:
        self.message = f"The stored picture {name} is gone or damaged on the site's disk; upload it again."
        super().__init__(self.message)


@dataclass(frozen=True)
class Linked:
    """A picture that its endpoint fetches by itself."""

    data_url: str


@dataclass(frozen=True)
class Placeholder(Picture):
    """A picture of `size` bytes, without them."""

    media_type: str = "image/jpeg"
    size: int = 0

    @property
    def data_url(self) -> DataUrl:
        return DataUrl(f"data:{self.media_type};base64,... ({size_text(self.size)})")


def _recipe_for(description: Description, pictures: int) -> Recipe:
    """Return the endpoint's limits of size, shared among the pictures of an ask: the body has a limit, too.

    A variant may ask for smaller ones.
    """
    settings = description.endpoint.settings
    share = int(settings.get("body_bytes", _BODY_BYTES) * _BASE64_SHARE / max(1, pictures))
    most = most_side(description.endpoint)
    return Recipe(
        long_side=min(description.long_side or most, most),
        max_bytes=min(settings.get("picture_bytes", Recipe().max_bytes), share),
    )


def most_side(endpoint: Endpoint) -> int:
    """Return the longest side that pictures are sent to an endpoint with."""
    side: int = endpoint.settings.get("long_side", Recipe().long_side)
    return side


def pictures(description: Description) -> list[Picture | Linked]:
    """Fetch what is a link still; read, or make where it is missing, the sent copy of each picture.

    Raises ImageMissing, Refusal for a link, or what the site itself cannot do now: OSError, MemoryShort.
    """
    if not description.endpoint.sends_links:
        fetch_links(description)
    shown = description.shown_pictures
    recipe = _recipe_for(description, len(shown))
    return _in_order(description, {item.position: _sent_picture_of(item, recipe) for item in shown})


def placeholders(description: Description) -> list[Picture | Linked]:
    """Return the same pictures with their size in place of their bytes, for showing the request."""
    return _in_order(
        description, {item.position: _placeholder(item.sent_copy) for item in description.shown_pictures}
    )


def _placeholder(copy: SentCopy | None) -> Picture:
    if copy is None:
        return Placeholder(b"")
    return Placeholder(b"", copy.media_type, copy.bytes)


def _in_order(description: Description, by_position: Mapping[int, Picture]) -> list[Picture | Linked]:
    """Sort the pictures, and the links that are sent as they are, by position."""
    every: dict[int, Picture | Linked] = dict(by_position)
    if description.endpoint.sends_links:
        every |= {link.position: Linked(link.url) for link in description.bare_links}
    return [every[position] for position in sorted(every)]


def _sent_picture_of(item: DescriptionImage, recipe: Recipe) -> Picture:
    copy = _kept_copy(item, recipe)
    data = _read(copy) if copy else None
    if copy is None or data is None:
        copy = _made_copy(item, recipe)
        data = _read(copy)
    if data is None:
        raise ImageMissing(item.name)
    if item.sent_copy_id != copy.pk:
        DescriptionImage.objects.filter(pk=item.pk).update(sent_copy=copy)
        item.sent_copy = copy
    return Picture(data, copy.media_type)


def _kept_copy(item: DescriptionImage, recipe: Recipe) -> SentCopy | None:
    """Find a copy that was made before and fits: the default one if small enough, or a copy by this recipe."""
    wanted = (Recipe(long_side=recipe.long_side).key, recipe.key)
    return next(
        (copy for copy in _copies(item) if copy.recipe in wanted and copy.bytes <= recipe.max_bytes), None
    )


def _copies(item: DescriptionImage) -> Iterator[SentCopy]:
    """Yield the picture's own copy first: with that the image's others are rarely asked for."""
    if item.sent_copy:
        yield item.sent_copy
    yield from item.image.sent_copies.all()


def _made_copy(item: DescriptionImage, recipe: Recipe) -> SentCopy:
    try:
        with default_storage.open(item.image.original) as file:
            copy = prepare(cast(BinaryIO, file), item.name, recipe=recipe, limits=upload_limits())
    except MemoryShort:
        raise
    except (FileNotFoundError, ImageError) as error:
        raise ImageMissing(item.name) from error
    return SentCopy.keep(item.image, recipe, copy)


def _read(copy: SentCopy) -> bytes | None:
    """Return the very bytes that were recorded, or None when they are gone or are others."""
    try:
        with default_storage.open(copy.file) as file:
            data: bytes = file.read()
    except FileNotFoundError:
        return None
    if hashlib.sha256(data).hexdigest() != copy.sha256:
        return None
    return data
