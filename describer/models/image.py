"""Images and the copies of them that models are sent."""

import secrets
from collections.abc import Collection
from pathlib import PurePosixPath

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models
from django.utils import timezone

from describer.db.statements import FEW
from describer.images import Copy, Recipe
from describer.models.statements import SELECT_IMAGE, SELECT_SENT_COPY

_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png"}


class Image(models.Model):
    """One uploaded picture, checked and stored once per owner. Sizes in pixels as seen (upright) and in bytes.

    `let_go`: its descriptions were deleted since it was last given. Unless another shows it, nobody sees it any more.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="images", db_index=False)
    sha256 = models.CharField(max_length=64)
    format = models.CharField(max_length=20)
    media_type = models.CharField(max_length=50)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveBigIntegerField()
    notes = models.JSONField(default=list, blank=True)
    original = models.CharField(max_length=200)
    thumbnail = models.CharField(max_length=200)
    created = models.DateTimeField(default=timezone.now, editable=False)
    last_given = models.DateTimeField(default=timezone.now, db_index=True, editable=False)
    let_go = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("owner", "sha256"), name="image_once_per_owner")]
        indexes = [
            models.Index(fields=("let_go",), name="image_let_go", condition=models.Q(let_go__isnull=False))
        ]

    def __str__(self) -> str:
        return f"image {self.pk}"

    @classmethod
    def known(cls, owner: int, sha256: str) -> "Image | None":
        """Return this owner's image with these bytes, or None."""
        return next(iter(SELECT_IMAGE(owner=owner, sha256=sha256)), None)

    @classmethod
    def let_go_of(cls, images: Collection[int]) -> None:
        """Show these images to nobody any more, but those that a description shows; the sweep deletes them."""
        cls.objects.filter(pk__in=images, shown_by=None).update(let_go=timezone.now())

    @classmethod
    def save_file(cls, folder: str, stem: str, copy: Copy) -> str:
        """Store a copy's bytes; return their name in storage."""
        return default_storage.save(f"{folder}/{stem}{_SUFFIXES[copy.media_type]}", ContentFile(copy.data))

    @property
    def stem(self) -> str:
        """Return what its files' names share: its hash, and a mark of the image's own against late deletions."""
        return self.original.partition("/")[2]

    @property
    def files(self) -> list[str]:
        """Return the names in storage of everything kept of this image."""
        return [self.original, self.thumbnail, *(copy.file for copy in self.sent_copies.all())]


class SentCopy(models.Model):
    """What a model is sent of an image: upright, sRGB, without metadata, within the recipe's pixels and bytes."""

    image = models.ForeignKey(Image, models.CASCADE, related_name="sent_copies", db_index=False)
    recipe = models.CharField(max_length=60)
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=50)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveBigIntegerField()
    file = models.CharField(max_length=200)

    class Meta:
        verbose_name_plural = "sent copies"
        constraints = [models.UniqueConstraint(fields=("image", "recipe"), name="sent_copy_once_per_recipe")]

    def __str__(self) -> str:
        return f"sent copy {self.pk}"

    @classmethod
    def keep(cls, image: Image, recipe: Recipe, copy: Copy, *, file: str = "") -> "SentCopy":
        """Store a copy of an image, unless `file` names it in storage already, and its row.

        A later copy by the same recipe replaces it.
        """
        # A name of its own each time: in a bucket, writing to a name that is taken replaces what other rows name.
        stem = f"{image.stem}-{secrets.token_hex(4)}"
        values = {
            "sha256": copy.sha256,
            "media_type": copy.media_type,
            "width": copy.width,
            "height": copy.height,
            "bytes": len(copy.data),
            "file": file or Image.save_file("sent", stem, copy),
        }
        return cls.objects.update_or_create(image=image, recipe=recipe.key, defaults=values)[0]

    @classmethod
    def made(cls, images: Collection[int], recipe: Recipe) -> "list[SentCopy]":
        """Return the copies by this recipe that are there already."""
        if len(images) > FEW:
            return list(cls.objects.filter(image__in=images, recipe=recipe.key))
        return [copy for image in images for copy in SELECT_SENT_COPY(image=image, recipe=recipe.key)]

    @property
    def file_name(self) -> str:
        """Return a name for downloads."""
        return PurePosixPath(self.file).name
