"""The tray of the ask form: a tile for each picture, link or file that was refused."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit

from django.core.files.uploadedfile import UploadedFile

from describer.db.row_id import read_row_id
from describer.engine.submit import AskImage, AskLink, Refusal, keep_image, pictures_again
from describer.images import clean_name
from describer.lib.guard import host_of
from describer.media.allowance import allowance
from describer.models import Description, Image, User
from describer.web.picture_facts import AskedLine, asked_lines
from describer.web.samples import sample

_GONE = "This picture is not here any more: what is not asked about goes after a day. Add it again."


@dataclass(frozen=True)
class UploadTile:
    """A picture in the tray, or a link to one; one with a `message` was refused, and that says why.

    `given` is what the form sent of a tile that was refused; `asked` tells that the picture was asked about before.
    """

    name: str
    image: Image | None = None
    url: str = ""
    message: str = ""
    status: int = 0
    retry_after: int | None = None
    given: str = ""
    asked: AskedLine | None = None

    @classmethod
    def refused(cls, name: str, refusal: Refusal, given: str = "") -> "UploadTile":
        return cls(
            name,
            message=refusal.message,
            status=refusal.status,
            retry_after=refusal.retry_after,
            given=given,
        )

    @classmethod
    def linked(cls, url: str) -> "UploadTile":
        """Make the tile of a link. Raises Refusal when the text is no link."""
        checked = AskLink(url).checked().url
        return cls(host_of(checked), url=checked)

    @property
    def value(self) -> str:
        """Return what the form sends of a tile: an image's id or a link's address."""
        if self.image:
            return str(self.image.pk)
        return self.url

    @property
    def file_name(self) -> str:
        """Return the last part of a link's address."""
        return clean_name(unquote(urlsplit(self.url).path), "")

    @property
    def picture(self) -> AskImage | AskLink | None:
        if self.image:
            return AskImage(self.image, self.name)
        if self.url:
            return AskLink(self.url)
        return None


def named_tiles(owner: User, named: Sequence[tuple[str, str]]) -> Iterator[UploadTile]:
    """Yield the tiles that the form held already, by (id or address, name).

    Only the owner's own images can be named by id.
    """
    rows = Image.objects.filter(owner=owner, pk__in={read_row_id(text) for text, _ in named})
    images = {image.pk: image for image in rows}
    for position, (text, name) in enumerate(named, 1):
        label = clean_name(name, f"picture {position}")
        if "://" in text:
            yield _linked(text, label)
        elif image := images.get(read_row_id(text)):
            yield UploadTile(label, image)
        else:
            yield UploadTile.refused(label, Refusal(_GONE, code="no_image", param="image"), text)


def _linked(url: str, label: str) -> UploadTile:
    try:
        return UploadTile.linked(url)
    except Refusal as refusal:
        return UploadTile.refused(label, refusal, url)


def with_asked(owner: User, tiles: Sequence[UploadTile]) -> list[UploadTile]:
    """Return the tiles with what was asked about their pictures before."""
    lines = asked_lines(owner, [tile.image.pk for tile in tiles if tile.image])
    return [replace(tile, asked=lines.get(tile.image.pk)) if tile.image else tile for tile in tiles]


def file_tile(owner: User, file: "UploadedFile[Any]", place: int) -> UploadTile:
    """Keep a file that came with the form as an image, and make its tile."""
    label = clean_name(file.name or "", f"picture {place}")
    try:
        allowance.take(owner.pk, file.size or 0)
        return UploadTile(label, keep_image(owner, cast(BinaryIO, file), file.name or ""))
    except Refusal as refusal:
        return UploadTile.refused(label, refusal)


def sample_tile(owner: User, name: str) -> UploadTile | None:
    """Make the tile of a sample of ours by its name; None where there is no sample of this name."""
    if not name:
        return None
    picture = sample(name)
    if picture is None:
        return None
    with picture.path.open("rb") as file:
        return UploadTile(picture.name, keep_image(owner, file, picture.name))


def tiles_of(description: Description) -> list[UploadTile]:
    """Make tiles of an old ask's pictures; a link that was never fetched is a link still."""
    return [_tile(picture) for picture in pictures_again(description)]


def _tile(picture: AskImage | AskLink) -> UploadTile:
    if isinstance(picture, AskImage):
        return UploadTile(picture.name, picture.image)
    return UploadTile(host_of(picture.url), url=picture.url)
