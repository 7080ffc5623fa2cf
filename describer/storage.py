"""Files and their rows: what nothing shows any more goes, with its files; files without a row go after an hour."""

import errno
import logging
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db.models import RestrictedError
from django.utils import timezone

from describer.images import Limits
from describer.models import Image, SentCopy

logger = logging.getLogger(__name__)

FOLDERS = ("originals", "thumbnails", "sent")
AT_ONCE = 500
POSTGRES_DISK_FULL = "53100"


class WholeFiles(FileSystemStorage):
    """Files on disk, each whole or not there: Django leaves behind what it had written when the disk got full."""

    def _save(self, name: str, content: Any) -> str:
        try:
            kept: str = super()._save(name, content)  # type: ignore[misc]
        except OSError:
            self.delete(name)
            raise
        return kept


def disk_is_full(error: BaseException) -> bool:
    """Whether this is a full disk, as the file system, SQLite or PostgreSQL tells it."""
    cause = error.__cause__
    return (
        getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        or getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        or getattr(cause, "sqlstate", None) == POSTGRES_DISK_FULL
    )


def upload_limits() -> Limits:
    """What may be uploaded, and decoded at once."""
    return Limits(
        max_bytes=settings.IMAGE_MAX_BYTES,
        max_pixels=settings.IMAGE_MAX_PIXELS,
        decode_budget=settings.DECODE_BUDGET_BYTES,
    )


def sweep_images() -> int:
    """Delete images that no description shows and nobody gave for a day; answers how many."""
    old = timezone.now() - timedelta(seconds=settings.IMAGE_KEEP_SECONDS)
    unshown = Image.objects.filter(last_given__lt=old, shown_by=None)
    return sum(_delete(image) for image in unshown.prefetch_related("sent_copies")[:AT_ONCE])


def drop_images(images: Iterable[Image], since: datetime) -> int:
    """Delete those of these images that were made after `since` and that nothing shows: of an ask that was refused."""
    return sum(_delete(image) for image in images if image.created >= since)


def _delete(image: Image) -> bool:
    files = image.files
    old = Image.objects.filter(pk=image.pk, last_given=image.last_given)
    try:
        deleted = bool(old.delete()[0])
    except RestrictedError:
        return False  # shown again meanwhile
    if deleted:
        for name in files:
            default_storage.delete(name)
    return deleted


def sweep_files() -> int:
    """Delete files without a row that are an hour old: what an upload left that was cut or killed."""
    old = timezone.now() - timedelta(seconds=settings.ORPHAN_KEEP_SECONDS)
    count = 0
    for name in _files():
        if default_storage.get_modified_time(name) < old and not _has_row(name):
            default_storage.delete(name)
            count += 1
    return count


def _files() -> Iterator[str]:
    for folder in FOLDERS:
        if not default_storage.exists(folder):
            continue
        for part in default_storage.listdir(folder)[0]:
            yield from (f"{folder}/{part}/{name}" for name in default_storage.listdir(f"{folder}/{part}")[1])


def _has_row(name: str) -> bool:
    column = {"originals": "original", "thumbnails": "thumbnail"}.get(name.partition("/")[0])
    if column:
        return Image.objects.filter(**{column: name}).exists()
    return SentCopy.objects.filter(file=name).exists()
