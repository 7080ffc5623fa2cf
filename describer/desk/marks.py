"""What a person marks a description with: tags, favourite, and which of its answers counts."""

from collections.abc import Sequence

from django.db import transaction

from describer.errors import Refusal
from describer.lib.lenient_json import clean
from describer.models import Choice, Description, DescriptionTag, Tag
from describer.models.tag import FOLDED_CHARACTERS, TAG_CHARACTERS, folded

MOST_TAGS = 50  # of a description


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
        changes["kept"] = _checked_kept(row, kept)
    names = None if tags is None else _checked_names(tags)
    with transaction.atomic():
        if names is not None:
            _write_tags(row, names)
        if changes:
            Description.objects.filter(pk=row.pk).update(**changes)
    for name, value in changes.items():
        setattr(row, name, value)


def tags_of(rows: Sequence[Description]) -> dict[int, list[str]]:
    """Return the names of each description's tags, by the descriptions' ids, in the order of the alphabet."""
    found = DescriptionTag.objects.filter(description__in=[row.pk for row in rows]).order_by("tag__folded")
    names: dict[int, list[str]] = {row.pk: [] for row in rows}
    for description, name in found.values_list("description_id", "tag__name"):
        names[description].append(name)
    return names


def _checked_kept(row: Description, kept: int) -> int:
    if not Choice.objects.filter(description=row.pk, index=kept).exists():
        raise Refusal(f"There is no answer {kept}.", code="invalid_value", param="kept")
    return kept


def _checked_names(tags: Sequence[str]) -> dict[str, str]:
    """Return names by what they are compared by; the first spelling counts."""
    names: dict[str, str] = {}
    for text in tags:
        name = " ".join(clean(text).replace("\x00", "").split())
        if not name:
            continue
        if len(name) > TAG_CHARACTERS or len(folded(name)) > FOLDED_CHARACTERS:
            message = f"A tag has at most {TAG_CHARACTERS} characters."
            raise Refusal(message, code="invalid_value", param="tags")
        if "," in name:  # by which the page's field parts them
            raise Refusal("A tag holds no comma.", code="invalid_value", param="tags")
        names.setdefault(folded(name), name)
    if len(names) > MOST_TAGS:
        raise Refusal(f"A description has at most {MOST_TAGS} tags.", code="invalid_value", param="tags")
    return names


def _write_tags(row: Description, names: dict[str, str]) -> None:
    """Give a description these tags and no others; a tag that nothing has any more goes."""
    owned = Tag.objects.filter(owner=row.owner_id)
    Tag.objects.bulk_create(
        (Tag(owner_id=row.owner_id, name=name, folded=key) for key, name in sorted(names.items())),
        ignore_conflicts=True,
    )
    wanted = set(owned.filter(folded__in=names).values_list("pk", flat=True))
    had = set(DescriptionTag.objects.filter(description=row.pk).values_list("tag_id", flat=True))
    DescriptionTag.objects.filter(description=row.pk, tag__in=had - wanted).delete()
    DescriptionTag.objects.bulk_create(
        (DescriptionTag(description=row, tag_id=tag) for tag in sorted(wanted - had)), ignore_conflicts=True
    )
    owned.filter(pk__in=had - wanted, descriptions=None).delete()
