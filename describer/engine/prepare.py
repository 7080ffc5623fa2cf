"""The pictures of a description as its model is sent them."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from django.core.files.storage import default_storage

from describer.chat import Picture, estimate, text_of
from describer.chat.messages import DataUrl, size_text
from describer.engine.conversation import Earlier
from describer.engine.links import fetch_links
from describer.errors import Refusal
from describer.images import ImageError, MemoryShort, Recipe, prepare
from describer.media.storage import upload_limits
from describer.models import Description, DescriptionImage, Endpoint, SentCopy
from describer.models.transcript import transcript_of

_BODY_BYTES = 30 * 2**20
_BASE64_SHARE = 0.74  # raw bytes of a picture in each byte of its base64 text, with room for the words
_LEAST_SHARE = 24 * 2**10  # bytes of a picture in a conversation: less shows nothing of it
_WORDS_STEPS = 8  # of a body, in which earlier words are counted
_PER_TURN = 200  # bytes around the words of an earlier question and its answer
_TOO_LARGE = "The words and pictures of this conversation do not fit into one request to {}; begin a new one. Nothing was sent."


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


def body_bytes(description: Description) -> int:
    """Return how many bytes its endpoint takes in one body."""
    return int(description.endpoint.settings.get("body_bytes", _BODY_BYTES))


def conversation_too_large(description: Description) -> Refusal:
    """Say that a conversation does not fit into one request."""
    return Refusal(_TOO_LARGE.format(description.endpoint), code="too_large", param="follows")


def _share_of(description: Description, pictures: int, earlier: Sequence[Earlier]) -> int:
    """Return how many bytes each of its pictures may have: the body has a limit, and earlier turns have their words in it.

    Those are counted in steps while there is room, so that copies are not made anew for each question of a conversation.
    """
    room, words = body_bytes(description), words_in(earlier)
    step = max(1, room // _WORDS_STEPS)
    for taken in (math.ceil(words / step) * step, words):
        share = int((room - taken) * _BASE64_SHARE / max(1, pictures))
        if share >= _LEAST_SHARE:
            break
    return share


def _recipe_for(description: Description, share: int) -> Recipe:
    """Return the endpoint's limits of size for a picture that has this share of the body. A variant may ask for smaller ones."""
    settings = description.endpoint.settings
    most = most_side(description.endpoint)
    return Recipe(
        long_side=min(description.long_side or most, most),
        max_bytes=min(settings.get("picture_bytes", Recipe().max_bytes), share),
    )


def most_side(endpoint: Endpoint) -> int:
    """Return the longest side that pictures are sent to an endpoint with."""
    side: int = endpoint.settings.get("long_side", Recipe().long_side)
    return side


def pictures_of_turns(description: Description, earlier: Sequence[Earlier]) -> list[list[Picture | Linked]]:
    """Fetch what is a link still; read, or make where it is missing, the sent copy of each picture.

    Return those of each earlier turn, and last the description's own. Raises ImageMissing, Refusal for a link or for a
    conversation that is too large, or what the site itself cannot do now: OSError, MemoryShort.
    """
    if not description.endpoint.sends_links:
        fetch_links(description)
        _check_links(earlier)
    rows = [*(turn.row for turn in earlier), description]
    count = sum(len(row.shown_pictures) for row in rows)
    share = _share_of(description, count, earlier)
    if earlier and count and share < _LEAST_SHARE:
        raise conversation_too_large(description)
    recipe = _recipe_for(description, share)
    return [_pictures_of(row, description, recipe) for row in rows]


def words_in(earlier: Sequence[Earlier]) -> int:
    """Count the bytes of earlier turns but for their pictures, as they stand in a body."""
    return sum(_json_bytes(_words_of(turn)) + _PER_TURN for turn in earlier)


def tokens_in(earlier: Sequence[Earlier]) -> int:
    """Estimate the tokens of earlier turns with their pictures, for an endpoint that reports no usage."""
    texts = [text for turn in earlier for text in _texts_of(turn)]
    copies = [shown.sent_copy for turn in earlier for shown in turn.row.shown_pictures if shown.sent_copy]
    counted = estimate(earlier=texts, sizes=[(copy.width, copy.height) for copy in copies])
    return counted.prompt_tokens or 0


def _texts_of(turn: Earlier) -> list[str]:
    transcript = transcript_of(turn.row)
    if transcript:
        return [*map(text_of, transcript.messages), turn.answer]
    return [turn.row.question, turn.answer]


def _words_of(turn: Earlier) -> list[Any]:
    transcript = transcript_of(turn.row)
    if transcript:
        return [transcript.messages, turn.answer]
    return [turn.row.question, turn.answer]


def _json_bytes(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def _check_links(earlier: Sequence[Earlier]) -> None:
    """Raise ImageMissing where an earlier picture was sent as its link, and the endpoint takes none now."""
    for turn in earlier:
        for link in turn.row.bare_links:
            raise ImageMissing(link.host)


def _pictures_of(row: Description, description: Description, recipe: Recipe) -> list[Picture | Linked]:
    """Return a row's pictures as the description's endpoint is sent them."""
    is_own = row is description
    sent = {item.position: _sent_picture_of(item, recipe, is_own) for item in row.shown_pictures}
    return _in_order(row, sent, sends_links=description.endpoint.sends_links)


def placeholders(description: Description, earlier: Sequence[Earlier] = ()) -> list[list[Picture | Linked]]:
    """Return the same pictures with their size in place of their bytes, for showing the request."""
    sends_links = description.endpoint.sends_links
    return [
        _in_order(
            row,
            {item.position: _placeholder(item.sent_copy) for item in row.shown_pictures},
            sends_links=sends_links,
        )
        for row in [*(turn.row for turn in earlier), description]
    ]


def _placeholder(copy: SentCopy | None) -> Picture:
    if copy is None:
        return Placeholder(b"")
    return Placeholder(b"", copy.media_type, copy.bytes)


def _in_order(
    description: Description, by_position: Mapping[int, Picture], *, sends_links: bool
) -> list[Picture | Linked]:
    """Sort the pictures, and the links that are sent as they are, by position."""
    every: dict[int, Picture | Linked] = dict(by_position)
    if sends_links:
        every |= {link.position: Linked(link.url) for link in description.bare_links}
    return [every[position] for position in sorted(every)]


def _sent_picture_of(item: DescriptionImage, recipe: Recipe, is_own: bool) -> Picture:
    """Read a picture's copy; `is_own`: its row notes which copy that was, as an earlier row has done for its own call."""
    copy = _kept_copy(item, recipe)
    if not is_own and _fits(item.sent_copy, recipe):
        copy = item.sent_copy
    data = _read(copy) if copy else None
    if copy is None or data is None:
        copy = _made_copy(item, recipe)
        data = _read(copy)
    if data is None:
        raise ImageMissing(item.name)
    if is_own and item.sent_copy_id != copy.pk:
        DescriptionImage.objects.filter(pk=item.pk).update(sent_copy=copy)
        item.sent_copy = copy
    return Picture(data, copy.media_type)


def _fits(copy: SentCopy | None, recipe: Recipe) -> bool:
    if copy is None:
        return False
    return copy.bytes <= recipe.max_bytes and max(copy.width, copy.height) <= recipe.long_side


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
