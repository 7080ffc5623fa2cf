"""What a person marks a description with: tags, favourite, and which of its answers counts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction

from describer.engine.submit import MOST_TAGS, tag_names
from describer.errors import Refusal
from describer.models import Choice, Description, DescriptionTag, Flag, Tag
from describer.models.choice import flags_of
from describer.models.tag import give_tags
from describer.search import index


def mark(
    row: Description,
    *,
    tags: Sequence[str] | None = None,
    favourite: bool | None = None,
    kept: int | None = None,
) -> None:
    """Mark a description with what is given; the rest stays. Raises Refusal, and then nothing was changed."""
    changes: dict[str, bool | int] = {}
    if favourite is not None:
        changes["favourite"] = favourite
    if kept is not None:
        changes |= _kept(row, kept)
    names = None if tags is None else tag_names(tags)
    with transaction.atomic():
        if names is not None:
            _write_tags(row, names)
        if changes:
            Description.objects.filter(pk=row.pk).update(**changes)
        if names is not None or kept is not None:
            index.write([row])
    for name, value in changes.items():
        setattr(row, name, value)


def add_tags(rows: Sequence[Description], names: Mapping[str, str]) -> int:
    """Give descriptions these tags beside those they have; return how many were left as they are, as they would have too many.

    `names` are by what they are compared by.
    """
    with transaction.atomic():
        others = DescriptionTag.objects.filter(description__in=[row.pk for row in rows])
        others = others.exclude(tag__folded__in=names)
        counts = Counter(others.values_list("description_id", flat=True))
        tagged = [row for row in rows if counts[row.pk] + len(names) <= MOST_TAGS]
        for owner in {row.owner_id for row in tagged}:
            give_tags(owner, [row for row in tagged if row.owner_id == owner], names)
        index.write(tagged)
    return len(rows) - len(tagged)


def take_tags(rows: Sequence[Description], names: Iterable[str]) -> int:
    """Take these tags from descriptions, by what they are compared by; return how many had one of them."""
    with transaction.atomic():
        unwanted = DescriptionTag.objects.filter(
            description__in=[row.pk for row in rows], tag__folded__in=list(names)
        )
        taken = list(unwanted.values_list("description_id", "tag_id"))
        unwanted.delete()
        Tag.objects.filter(pk__in={tag for _, tag in taken}, descriptions=None).delete()
        had = {description for description, _ in taken}
        index.write([row for row in rows if row.pk in had])
    return len(had)


def tags_of(rows: Sequence[Description]) -> dict[int, list[str]]:
    """Return the names of each description's tags, by the descriptions' ids, in the order of the alphabet."""
    found = DescriptionTag.objects.filter(description__in=[row.pk for row in rows]).order_by("tag__folded")
    names: dict[int, list[str]] = {row.pk: [] for row in rows}
    for description, name in found.values_list("description_id", "tag__name"):
        names[description].append(name)
    return names


def _kept(row: Description, kept: int) -> dict[str, int]:
    """Return what a description gets by the answer that counts from now on. Raises Refusal where there is none."""
    choice = Choice.objects.filter(description=row.pk, index=kept).first()
    if choice is None:
        raise Refusal(f"There is no answer {kept}.", code="invalid_value", param="kept")
    return {"kept": kept, "flags": (row.flags & Flag.CHANGED) | flags_of(choice)}


def _write_tags(row: Description, names: dict[str, str]) -> None:
    """Give a description these tags and no others; a tag that nothing has any more goes."""
    owned = Tag.objects.filter(owner=row.owner_id)
    give_tags(row.owner_id, [row], names)
    unwanted = DescriptionTag.objects.filter(description=row.pk).exclude(tag__folded__in=names)
    taken = set(unwanted.values_list("tag_id", flat=True))
    unwanted.filter(tag__in=taken).delete()
    owned.filter(pk__in=taken, descriptions=None).delete()
