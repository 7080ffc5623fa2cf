"""The pictures of an ask, kept ones and links, and the rows that show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from describer.engine.links import read_link
from describer.errors import Refusal
from describer.images import Recipe, clean_name
from describer.models import Description, DescriptionImage, DescriptionLink, Image, SentCopy
from describer.models.statements import INSERT_DESCRIPTION_IMAGE, INSERT_DESCRIPTION_LINK


@dataclass(frozen=True)
class AskImage:
    """A picture of an ask, under the name that the person gave it this time; `url` is where it was fetched from, if it was."""

    image: Image
    name: str
    url: str = ""

    @property
    def identity(self) -> list[str]:
        """Return what tells the picture from others."""
        return [self.image.sha256, self.name]

    def checked(self) -> "AskImage":
        return self


@dataclass(frozen=True)
class AskLink:
    """A picture of an ask by its address; the worker will fetch it."""

    url: str

    @property
    def identity(self) -> list[str]:
        return [self.url]

    def checked(self) -> "AskLink":
        """Return the link as it will be kept. Raises Refusal when it is no link that may be followed."""
        return AskLink(read_link(self.url))


def pictures_again(description: Description) -> list[AskImage | AskLink]:
    """Return the pictures of an old ask, in its order; links that were fetched are pictures now."""
    links = {link.position: link.url for link in description.shown_links}
    pictures: dict[int, AskImage | AskLink] = {position: AskLink(url) for position, url in links.items()}
    for shown in description.shown_pictures:
        pictures[shown.position] = AskImage(shown.image, shown.name, links.get(shown.position, ""))
    return [pictures[position] for position in sorted(pictures)]


def check_there(pictures: Sequence[AskImage | AskLink]) -> None:
    """Raise Refusal where a picture went meanwhile with the description that showed it."""
    images = {picture.image.pk for picture in pictures if isinstance(picture, AskImage)}
    if Image.objects.filter(pk__in=images).count() < len(images):
        raise Refusal("A picture was deleted meanwhile; add it again.", code="no_image", param="image")


def show(rows: Sequence[Description], sets: Sequence[Sequence[AskImage | AskLink]]) -> None:
    """Write the pictures and links of each row, with the copies that intake made for the model."""
    images = {picture.image.pk for picture in chain.from_iterable(sets) if isinstance(picture, AskImage)}
    copies = {copy.image_id: copy for copy in SentCopy.made(images, Recipe())}
    shown = [_image_rows(row, pictures, copies) for row, pictures in zip(rows, sets, strict=True)]
    links = [_link_rows(row, pictures) for row, pictures in zip(rows, sets, strict=True)]
    INSERT_DESCRIPTION_IMAGE.each([*chain.from_iterable(shown)])
    INSERT_DESCRIPTION_LINK.each([*chain.from_iterable(links)])
    for row, its_pictures, its_links in zip(rows, shown, links, strict=True):
        row.shown_pictures, row.shown_links = its_pictures, its_links


def _image_rows(
    row: Description, pictures: Sequence[AskImage | AskLink], copies: Mapping[int, SentCopy]
) -> list[DescriptionImage]:
    if row.long_side:  # what it is sent is made for it
        copies = {}
    return [
        DescriptionImage(
            description=row,
            image=picture.image,
            position=position,
            name=clean_name(picture.name, f"picture {position + 1}"),
            sent_copy=copies.get(picture.image.pk),
        )
        for position, picture in enumerate(pictures)
        if isinstance(picture, AskImage)
    ]


def _link_rows(row: Description, pictures: Sequence[AskImage | AskLink]) -> list[DescriptionLink]:
    return [
        DescriptionLink(description=row, position=position, url=picture.url)
        for position, picture in enumerate(pictures)
        if picture.url
    ]
