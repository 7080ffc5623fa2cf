"""What the tray is told of pictures: their facts, and what was asked about them before."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from describer.db.row_id import read_row_id
from describer.desk.asked_before import PictureHistory, picture_histories
from describer.models import Description, DescriptionImage, Image, User

MOST_NAMED = 500  # in one look at what is there
MOST_HASHES = 20  # each is looked for in storage
_TOUCH_STEP = timedelta(hours=1)


@dataclass(frozen=True)
class AskedLine:
    """The line under a picture that was asked about before."""

    history: PictureHistory

    @property
    def words(self) -> str:
        how_often = {1: "asked once", 2: "asked twice"}.get(
            self.history.times, f"asked {self.history.times:,} times"
        )
        return f"{how_often}, last: {self.history.question or 'without words'}"

    @property
    def href(self) -> str:
        return reverse("description", args=[self.history.last])


def asked_lines(person: User, images: Iterable[int]) -> dict[int, AskedLine]:
    """Return the lines under these images, but for those that were never asked about."""
    return {image: AskedLine(history) for image, history in picture_histories(person, images).items()}


def visible_images() -> Q:
    """Tell which images are there for somebody at all: shown by a description that is, or not let go of."""
    shown = DescriptionImage.objects.filter(image=OuterRef("pk"))
    present = shown.filter(description__in=Description.objects.present())
    return (Q(let_go=None) & ~Exists(shown)) | Q(Exists(present))


def there(person: User, ids: Iterable[str], hashes: Iterable[str]) -> list[Image]:
    """Return this person's images of these ids, and of these content hashes, that are there still.

    They stay for another day: somebody has them in the tray. One that is known by its hash and has lost its files is left
    out: uploaded again it is whole again.
    """
    wanted = {read_row_id(text) for text in list(ids)[:MOST_NAMED]}
    known = set(list(hashes)[:MOST_HASHES])
    named = Q(pk__in=wanted) | Q(sha256__in=known)
    rows = Image.objects.filter(named, visible_images(), owner=person).order_by("pk")
    found = [row for row in rows if row.pk in wanted or _has_files(row)]
    now = timezone.now()
    old = [image.pk for image in found if now - image.last_given > _TOUCH_STEP]
    if old:
        Image.objects.filter(pk__in=old).update(last_given=now)
    return found


def _has_files(image: Image) -> bool:
    return all(default_storage.exists(name) for name in (image.original, image.thumbnail))


def facts(image: Image, asked: AskedLine | None) -> dict[str, Any]:
    """Return what a page is told of a picture. Sizes in pixels as seen, and in bytes."""
    line = None
    if asked:
        line = {"words": asked.words, "url": asked.href}
    return {
        "id": image.pk,
        "width": image.width,
        "height": image.height,
        "bytes": image.bytes,
        "notes": image.notes,
        "asked": line,
    }


def facts_of(person: User, images: Iterable[Image]) -> list[dict[str, Any]]:
    """Return the facts of several pictures."""
    rows = list(images)
    lines = asked_lines(person, [row.pk for row in rows])
    return [facts(row, lines.get(row.pk)) for row in rows]
