"""The pictures that the page of a description shows: its own, and those that its conversation brings."""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import prefetch_related_objects

from describer.images import Recipe
from describer.media.storage import seems_there
from describer.models import DescriptionImage, DescriptionLink, SentCopy
from describer.web.cards import Card
from describer.web.earlier import Conversation

_SHOWN_BY_BROWSERS = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif")


@dataclass(frozen=True)
class ShownPicture:
    """A picture as the page shows it.

    `copy` is what the model was sent, or, before that, what it will be sent.
    """

    shown: DescriptionImage
    copy: SentCopy | None
    link: DescriptionLink | None = None

    @cached_property
    def has_copy(self) -> bool:
        return self.copy is not None and seems_there(self.copy.file)

    @cached_property
    def has_original(self) -> bool:
        """Tell whether the original is in storage, and of a format that browsers show."""
        image = self.shown.image
        return image.media_type in _SHOWN_BY_BROWSERS and seems_there(image.original)

    @property
    def is_gone(self) -> bool:
        return not (self.has_copy or self.has_original)


def pictures_of(card: Card, around: Conversation) -> list[ShownPicture]:
    """Return all pictures that the model is sent, those of earlier questions first."""
    pictures = [*around.pictures, *card.pictures]
    prefetch_related_objects(pictures, "sent_copy", "image__sent_copies")
    every = [*around.links, *card.description.shown_links]
    links = {(link.description_id, link.position): link for link in every}
    return [
        ShownPicture(
            shown,
            shown.sent_copy or _next_copy(card, shown),
            links.get((shown.description_id, shown.position)),
        )
        for shown in pictures
    ]


def links_without_picture(card: Card, around: Conversation) -> list[DescriptionLink]:
    """Return the links to show as links: those that no picture came from.

    Where the site fetches pictures itself, only links that are still to be fetched.
    """
    there = {(shown.description_id, shown.position) for shown in around.pictures}
    bare = [link for link in around.links if (link.description_id, link.position) not in there]
    if card.description.endpoint.sends_links:
        return [*bare, *card.description.bare_links]
    return [*bare, *card.waiting]


def _next_copy(card: Card, shown: DescriptionImage) -> SentCopy | None:
    """Return what the model will be sent, if it is there already."""
    if card.description.long_side:
        return None
    recipe = Recipe().key
    return next((copy for copy in shown.image.sent_copies.all() if copy.recipe == recipe), None)
