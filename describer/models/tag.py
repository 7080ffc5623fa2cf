"""Tags: words under which a person finds descriptions again."""

import unicodedata
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.db import models

from describer.models.description import Description

TAG_CHARACTERS = 60
FOLDED_CHARACTERS = 120  # some letters come to several once they are folded


def folded(name: str) -> str:
    """Return a tag's name as names are compared: letter case, width and blanks make no difference."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


class Tag(models.Model):
    """A person's word; `folded` is what it is compared by."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tags", db_index=False)
    name = models.CharField(max_length=TAG_CHARACTERS)
    folded = models.CharField(max_length=FOLDED_CHARACTERS)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("owner", "folded"), name="tag_once")]

    def __str__(self) -> str:
        return self.name


class DescriptionTag(models.Model):
    """A tag of a description."""

    description = models.ForeignKey(Description, models.CASCADE, related_name="tagged", db_index=False)
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="descriptions", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("description", "tag"), name="description_tag_once")]
        indexes = [models.Index(fields=("tag", "description"), name="tag_descriptions")]

    def __str__(self) -> str:
        return f"{self.tag_id} of description {self.description_id}"


def give_tags(owner: int, rows: Sequence[Description], names: Mapping[str, str]) -> None:
    """Give a person's descriptions these tags beside those they have; `names` are by what they are compared by."""
    Tag.objects.bulk_create(
        (Tag(owner_id=owner, name=name, folded=key) for key, name in sorted(names.items())),
        ignore_conflicts=True,
    )
    tags = list(Tag.objects.filter(owner=owner, folded__in=names).values_list("pk", flat=True))
    DescriptionTag.objects.bulk_create(
        (DescriptionTag(description=row, tag_id=tag) for row in rows for tag in sorted(tags)),
        ignore_conflicts=True,
    )


def begin_tags(owner: int, rows: Sequence[Description], names: Mapping[str, str]) -> None:
    """Give descriptions that were just born their tags; of those without any it is known that they have none."""
    if names:
        give_tags(owner, rows, names)
        return
    for row in rows:
        row.shown_tags = []
