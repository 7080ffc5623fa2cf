"""An uploaded file becomes an image: checked, stored once per owner, with thumbnail and the default sent copy."""

import hashlib
import io
import secrets
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import BinaryIO, cast

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from describer.db.connections import release
from describer.errors import Refusal
from describer.images import ImageError, Intake, MemoryShort, Recipe, intake
from describer.media.site_fault import site_fault
from describer.media.storage import disk_is_full, drop_files, drop_images, upload_limits
from describer.models import Image, SentCopy, User

_TOUCH_STEP = timedelta(hours=1)  # far below the day after which an image that nothing shows is swept
# Many asks about one new picture arrive at once: the first takes it in, the others find it known.
_INTAKES = tuple(threading.Lock() for _ in range(64))


def keep_image(
    owner: User, file: BinaryIO, name: str, *, when_new: Callable[[int], None] | None = None
) -> Image:
    """Check a file and keep it as this owner's image; the same bytes again give the same image.

    Raises Refusal with the words for the person when it is no picture that can be taken. `when_new` is called with the
    size of one that is not known, and may refuse it.
    """
    sha256 = _digest(file)
    try:
        with _INTAKES[int(sha256[:2], 16) % len(_INTAKES)]:
            if known := _known(owner, sha256):
                return known
            if when_new:
                when_new(file.seek(0, io.SEEK_END))
            return _taken_in(owner, file, name)
    except MemoryShort as error:
        raise site_fault(error) from error
    except ImageError as error:
        raise Refusal.of_image(error) from error
    except (OSError, MemoryError) as error:
        raise site_fault(error) from error
    except DatabaseError as error:
        if not disk_is_full(error):
            raise
        raise site_fault(error) from error


def keep_images(owner: User, files: Sequence[tuple[BinaryIO, str]]) -> list[Image]:
    """Keep all of these files, or, when one of them is refused, none that was new."""
    began = timezone.now()
    kept: list[Image] = []
    try:
        for file, name in files:
            kept.append(keep_image(owner, file, name))
    except Refusal:
        drop_images(kept, began)
        raise
    return kept


def _digest(file: BinaryIO) -> str:
    file.seek(0)
    return hashlib.file_digest(cast(io.BufferedIOBase, file), "sha256").hexdigest()


def _taken_in(owner: User, file: BinaryIO, name: str) -> Image:
    file.seek(0)
    release()  # many may stand in line for memory to decode in
    return _stored(owner, file, intake(file, name, limits=upload_limits(), recipe=Recipe()))


def _known(owner: User, sha256: str) -> Image | None:
    """Return this owner's image with these bytes, if its files are still there.

    The image is touched, so that it is not swept.
    """
    image = Image.known(owner.pk, sha256)
    if image is None or not all(default_storage.exists(name) for name in (image.original, image.thumbnail)):
        return None
    now = timezone.now()
    if now - image.last_given < _TOUCH_STEP and image.let_go is None:
        return image
    if not Image.objects.filter(pk=image.pk).update(last_given=now, let_go=None):
        return None
    return image


def _stored(owner: User, file: BinaryIO, facts: Intake) -> Image:
    """Write the files, then the rows; what was written goes again when not all could be written.

    Rows without files must never be.
    """
    stem = f"{facts.sha256[:2]}/{facts.sha256}-{secrets.token_hex(4)}"
    file.seek(0)
    written: list[str] = []
    try:
        written.append(default_storage.save(f"originals/{stem}", File(file)))
        written.append(Image.save_file("thumbnails", stem, facts.thumbnail))
        written.append(Image.save_file("sent", stem, facts.sent))
        return _rows(owner, facts, *written)
    except (OSError, DatabaseError):
        drop_files(written)
        raise


def _rows(owner: User, facts: Intake, original: str, thumbnail: str, sent: str) -> Image:
    values = {
        "format": facts.format,
        "media_type": facts.media_type,
        "width": facts.width,
        "height": facts.height,
        "bytes": facts.bytes,
        "notes": list(facts.notes),
        "original": original,
        "thumbnail": thumbnail,
        "last_given": timezone.now(),
        "let_go": None,
    }
    with transaction.atomic():
        image = _row(owner, facts.sha256, values)
        SentCopy.keep(image, Recipe(), facts.sent, file=sent)
    return image


def _row(owner: User, sha256: str, values: dict[str, object]) -> Image:
    """Make or update the owner's row for these bytes.

    Two uploads of them at once share a row, and the later upload's files are kept.
    """
    try:
        with transaction.atomic():
            return Image.objects.create(owner=owner, sha256=sha256, **values)
    except IntegrityError:
        return Image.objects.update_or_create(owner=owner, sha256=sha256, defaults=values)[0]
