"""Files and their rows: what nothing shows any more goes, with its files; files without a row go after an hour."""

import errno
import logging
import os
import random
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import IntegrityError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Exists, Min, OuterRef, RestrictedError

from describer.db.clock import clock
from describer.images import Limits, Recipe
from describer.models import Description, DescriptionImage, Image, SentCopy

logger = logging.getLogger(__name__)

FOLDERS = ("originals", "thumbnails", "sent")
PARTS = tuple(f"{number:02x}" for number in range(256))  # of each folder: the first two digits of a hash
_AT_ONCE = 500
_POSTGRES_DISK_FULL = "53100"
_LOOK = "look"  # how files begin that are written to see whether files can be
_UNREACHED = "cannot be reached"


class StorageAway(OSError):
    """The storage does not answer, or refuses us. Whether a file is there is not known: it is not to be called gone."""

    message = "The site's storage of pictures cannot be reached right now."


@contextmanager
def _gone_or_away() -> Iterator[None]:
    """Tell a file that is not there (FileNotFoundError) from a disk that refuses or cannot now (StorageAway).

    Out of handles, no right, a broken cable: none of these says that a file is gone. A full disk stays what it is.
    """
    try:
        yield
    except (FileNotFoundError, StorageAway):
        raise
    except OSError as error:
        if disk_is_full(error):
            raise
        logger.warning("the storage of pictures: %s", error)
        raise StorageAway(error.errno, error.strerror) from error


class WholeFiles(FileSystemStorage):
    """Files on disk, each whole or not there: Django leaves behind what it had written when the disk got full.

    As from a bucket, callers see FileNotFoundError for a file that is gone, and StorageAway for all else.
    """

    @_gone_or_away()
    def _save(self, name: str, content: Any) -> str:
        try:
            kept: str = super()._save(name, content)  # type: ignore[misc]
        except OSError:
            with suppress(OSError):
                self.delete(name)
            raise
        return kept

    @_gone_or_away()
    def _open(self, name: str, mode: str = "rb") -> "File[Any]":
        file: File[Any] = super()._open(name, mode)  # type: ignore[misc]
        return file

    @_gone_or_away()
    def exists(self, name: str) -> bool:
        """Tell whether a file is there. Django's own answers no where it could not look."""
        try:
            os.lstat(self.path(name))
        except FileNotFoundError:
            return False
        return True

    def written_between(self, folder: str, since: datetime, until: datetime) -> Iterator[str]:
        """Yield the names of a folder's files by the time of their last change."""
        with suppress(FileNotFoundError), os.scandir(self.path(folder)) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # deleted meanwhile
                    if since <= datetime.fromtimestamp(entry.stat().st_mtime, UTC) < until:
                        yield f"{folder}/{entry.name}"


def disk_is_full(error: BaseException) -> bool:
    """Tell whether this is a full disk, as the file system, SQLite or PostgreSQL tells it."""
    cause = error.__cause__
    return (
        getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        or getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        or getattr(cause, "sqlstate", None) == _POSTGRES_DISK_FULL
    )


def upload_limits() -> Limits:
    """Return what may be uploaded, and decoded at once."""
    return Limits(
        max_bytes=settings.IMAGE_MAX_BYTES,
        max_pixels=settings.IMAGE_MAX_PIXELS,
        decode_budget=settings.DECODE_BUDGET_BYTES,
    )


def sweep_images() -> int:
    """Delete images that no description shows and nobody gave for a day; return how many."""
    old = clock.now() - timedelta(seconds=settings.IMAGE_KEEP_SECONDS)
    unshown = Image.objects.filter(last_given__lt=old, shown_by=None)
    return sum(_delete(image) for image in unshown.prefetch_related("sent_copies")[:_AT_ONCE])


def sweep_let_go() -> int:
    """Delete what a process that is gone let go of and had not deleted yet; return how many images."""
    return drop_let_go(Image.objects.exclude(let_go=None).values_list("pk", flat=True)[:_AT_ONCE])


def drop_let_go(images: Iterable[int]) -> int:
    """Delete those of these images that were let go of, with all their files; return how many.

    One that another description shows, or that was given again meanwhile, stays.
    """
    unshown = Image.objects.filter(pk__in=list(images), shown_by=None).exclude(let_go=None)
    return sum(_delete(image) for image in unshown.prefetch_related("sent_copies"))


def drop_copies(copies: Iterable[int]) -> None:
    """Delete those of these sent copies that no description names any more, but for those by the default recipe.

    An ask that is under way may be about to name a copy of its image.
    """
    under_way = DescriptionImage.objects.filter(image=OuterRef("image")).exclude(
        description__status__in=Description.FINAL
    )
    unnamed = SentCopy.objects.filter(~Exists(under_way), pk__in=list(copies), descriptionimage=None)
    for copy in unnamed.exclude(recipe=Recipe().key):
        copy.delete()
        drop_files([copy.file])


def drop_images(images: Iterable[Image], since: datetime) -> int:
    """Delete those of a refused ask's images that were made after `since` and that nothing shows."""
    return sum(_delete(image) for image in images if image.created >= since)


def _delete(image: Image) -> bool:
    files = image.files
    old = Image.objects.filter(pk=image.pk, last_given=image.last_given)
    try:
        deleted = bool(old.delete()[0])
    except (RestrictedError, IntegrityError):
        return False  # shown again meanwhile
    if deleted:
        drop_files(files)
    return deleted


def drop_files(names: Iterable[str]) -> None:
    """Delete files of no row. Files that the storage does not let go now are left to the sweep."""
    try:
        for name in names:
            default_storage.delete(name)
    except OSError as error:
        logger.warning("files without a row are left for later: %s", error)


def seems_there(name: str) -> bool:
    """Tell whether a page may show this file.

    A bucket is not asked: that were forty requests for a page of twenty pictures.
    """
    if not isinstance(default_storage, FileSystemStorage):
        return True
    try:
        return default_storage.exists(name)
    except StorageAway:
        return True


def storage_problem() -> str:
    """Tell why pictures cannot be kept now, or "" when they can: a small file is written, read back and deleted.

    On a disk one in each folder, since a folder can be another user's; in a bucket one. What a killed process leaves of
    them is swept as any file without a row is. A full disk is told by who looks at disks.
    """
    folders: tuple[str, ...] = ("sent",)
    if isinstance(default_storage, FileSystemStorage):
        folders = FOLDERS
    try:
        same = all(_reads_what_it_wrote(folder) for folder in folders)
    except OSError as error:
        if disk_is_full(error):
            return ""
        logger.warning("the storage of pictures: %s", error)
        if error.errno is None:
            return _UNREACHED
        return f"cannot be written and read: {error.strerror}"
    if not same:
        return "gives back other bytes than it was given"
    return ""


def _reads_what_it_wrote(folder: str) -> bool:
    data = secrets.token_bytes(32)
    name = default_storage.save(f"{folder}/{random.choice(PARTS)}/{_LOOK}-{data.hex()}", ContentFile(data))  # noqa: S311
    try:
        with default_storage.open(name) as file:
            return bool(file.read() == data)
    finally:
        default_storage.delete(name)


def sweep_some_files() -> int:
    """Do a 256th of `sweep_files`, picked at random.

    Even with millions of files it is short, and workers need no order.
    """
    return sweep_files([random.choice(PARTS)])  # noqa: S311  no secret


def sweep_files(parts: Sequence[str] = PARTS) -> int:
    """Delete files without a row that are an hour old; return how many. A cut or killed upload left them.

    Files that are older than the database are not ours to judge: a new database beside old pictures is a mistake in
    the settings, and must not cost the pictures.
    """
    since = MigrationRecorder(connection).migration_qs.aggregate(first=Min("applied"))["first"]
    until = clock.now() - timedelta(seconds=settings.ORPHAN_KEEP_SECONDS)
    return sum(_sweep(folder, part, since, until) for part in parts for folder in FOLDERS)


def _sweep(folder: str, part: str, since: datetime, until: datetime) -> int:
    storage: Any = default_storage
    left = set(storage.written_between(f"{folder}/{part}", since, until))
    if left:
        left -= _with_rows(folder, part)
        drop_files(left)
    return len(left)


def _with_rows(folder: str, part: str) -> set[str]:
    """Return the names of this part's files that a row names.

    One query finds them all: none of these columns has an index.
    """
    column = {"originals": "original", "thumbnails": "thumbnail", "sent": "file"}[folder]
    rows = SentCopy.objects if folder == "sent" else Image.objects
    names = rows.filter(**{f"{column}__startswith": f"{folder}/{part}/"})
    return set(names.values_list(column, flat=True))
