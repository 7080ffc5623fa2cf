"""What a description shows its model: pictures, and links that become pictures."""

from collections.abc import Sequence

from django.db import models

from describer.db.statements import Insert, Param, Select
from describer.lib.guard import host_of
from describer.models.description import Description
from describer.models.image import Image, SentCopy


class DescriptionImage(models.Model):
    """A picture of a description, under the name that the person gave it this time."""

    description = models.ForeignKey(Description, models.CASCADE, related_name="pictures", db_index=False)
    image = models.ForeignKey(Image, models.RESTRICT, related_name="shown_by")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=255)
    sent_copy = models.ForeignKey(SentCopy, models.SET_NULL, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("description", "position"), name="picture_position_once")
        ]

    def __str__(self) -> str:
        return self.name


class DescriptionLink(models.Model):
    """A picture of a description given by its address; the worker that takes the ask fetches it into `pictures`."""

    description = models.ForeignKey(Description, models.CASCADE, related_name="links", db_index=False)
    position = models.PositiveSmallIntegerField()
    url = models.CharField("address", max_length=2000)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("description", "position"), name="link_position_once")]

    def __str__(self) -> str:
        return self.url

    @property
    def host(self) -> str:
        return host_of(self.url)


AT_BIRTH = ("pictures_at_birth", "links_at_birth")
INSERT_DESCRIPTION_IMAGE, INSERT_DESCRIPTION_LINK = Insert(DescriptionImage), Insert(DescriptionLink)
SELECT_PICTURES = Select(
    lambda: (
        DescriptionImage.objects.filter(description_id=Param("description"))
        .select_related("image", "sent_copy")
        .order_by("position")
    )
)
SELECT_LINKS = Select(
    lambda: DescriptionLink.objects.filter(description_id=Param("description")).order_by("position")
)


def pictures_of(description: Description) -> list[DescriptionImage]:
    """`description.images`, by a statement that is built once: the engine asks for them with every run."""
    found = vars(description).pop(AT_BIRTH[0], None)
    return SELECT_PICTURES(description=description.pk) if found is None else list(found)


def links_of(description: Description) -> list[DescriptionLink]:
    """Its links in order, by such a statement."""
    found = vars(description).pop(AT_BIRTH[1], None)
    return SELECT_LINKS(description=description.pk) if found is None else list(found)


def shown_at_birth(
    description: Description, pictures: Sequence[DescriptionImage], links: Sequence[DescriptionLink]
) -> None:
    """Of a row that its own process runs at once: the first look need not ask for what was written a moment ago."""
    vars(description).update(zip(AT_BIRTH, (pictures, links), strict=True))
