"""Files of an archive and of the site's storage."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

from django.core.files.base import File
from django.core.files.storage import default_storage

from describer.media.storage import FOLDERS, StorageAway, disk_is_full, drop_files
from describer.ops.archive.errors import ArchiveError
from describer.ops.archive.reading import Tell, members

LONG_AGO, LATER = datetime(1970, 1, 2, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def _archived_files(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the names in storage, and the contents."""
    for member, content in members(path):
        folder, _, name = member.partition("/")
        if folder == "files":
            yield name, content


def refuse_filled_storage(path: Path) -> int:
    """Refuse storage with other files than those of this archive; return how many of these are there.

    A restore that was killed leaves such files.
    """
    there = same = 0
    try:
        there = sum(1 for folder in FOLDERS for _ in _names_in(folder))
        if there:
            same = sum(_is_there(name, content) for name, content in _archived_files(path))
    except StorageAway as error:
        raise ArchiveError(f"{error.message} Nothing was written.") from error
    if same < there:
        raise ArchiveError(
            "This site is not empty: its storage holds pictures that are not in the archive. "
            "Restore into a new DATA_DIR, or an empty bucket or prefix."
        )
    return there


def _names_in(folder: str) -> Iterator[str]:
    """Yield the names of all files of a folder, those in its parts first."""
    storage: Any = default_storage
    try:
        parts, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    for part in parts:
        yield from storage.written_between(f"{folder}/{part}", LONG_AGO, LATER)
    yield from (f"{folder}/{name}" for name in names if name)


def _is_there(name: str, content: IO[bytes]) -> bool:
    try:
        with default_storage.open(name) as file:
            return _hash(cast(IO[bytes], file)) == _hash(content)
    except FileNotFoundError:
        return False


def _hash(file: IO[bytes]) -> bytes:
    return hashlib.file_digest(file, "sha256").digest()  # type: ignore[arg-type]


def put_files(path: Path, tell: Tell) -> None:
    """Write the files under the names that rows know them by.

    Files that are there already were found to be the same.
    """
    try:
        for count, (name, content) in enumerate(_archived_files(path)):
            if not default_storage.exists(name) and default_storage.save(name, File(content)) != name:
                raise ArchiveError(f"The storage would not keep a file under its name: {name}.")
            if count % 10 == 0:
                tell(f"files: {count:,}")
    except StorageAway as error:
        raise ArchiveError(f"{error.message} Nothing was restored.") from error
    except OSError as error:
        why = error.strerror or str(error)
        if disk_is_full(error):
            why = "the disk is full"
        raise ArchiveError(f"A picture cannot be written: {why}. Nothing was restored.") from error


def drop_files_of(path: Path) -> None:
    """Take back what `put_files` wrote."""
    drop_files(name for name, _ in _archived_files(path))
