"""What a description shows its model: pictures, and links that become pictures."""

from typing import Any

from django.db import models

from describer.lib.guard import LONGEST, host_of
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
    url = models.CharField("address", max_length=LONGEST)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("description", "position"), name="link_position_once")]

    def __str__(self) -> str:
        return self.url

    @property
    def host(self) -> str:
        """Return the host of the address, in the letters in which it is asked for."""
        return host_of(self.url)


def with_pictures(rows: "models.QuerySet[DescriptionImage] | None" = None) -> "models.Prefetch[Any]":
    """Prefetch `shown_pictures` of descriptions, in their order; `rows` says with which related rows."""
    if rows is None:
        rows = DescriptionImage.objects.all()
    return models.Prefetch("pictures", rows.order_by("position"), to_attr="shown_pictures")


def with_links() -> "models.Prefetch[Any]":
    """Prefetch `shown_links` of descriptions, in their order."""
    return models.Prefetch("links", DescriptionLink.objects.order_by("position"), to_attr="shown_links")
