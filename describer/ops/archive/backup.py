"""Writing a site into one file while it runs: rows of one moment, then the files that they name."""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, cast

from django.core.files.storage import default_storage
from django.utils import timezone

from describer import __version__
from describer.db import version
from describer.media.storage import StorageAway
from describer.ops.archive.checking import checked
from describer.ops.archive.errors import ArchiveError
from describer.ops.archive.manifest import OPEN, Manifest
from describer.ops.archive.packing import Lines, Pack, file_unreadable
from describer.ops.archive.reading import Tell, silent
from describer.ops.archive.rows import MODELS, Row, rows_of
from describer.ops.archive.snapshot import migrations, numbers, snapshot


def backup(path: Path, tell: Tell = silent) -> Manifest:
    """Write the site into `path`, read it back, and return what it holds. Raises ArchiveError.

    The file has another name beside `path` until it is whole and checked. A file that is there already is left alone.
    """
    if mismatch := version.mismatch():
        raise ArchiveError(f"This program and its database are not of one version: {mismatch}.")
    with _new_file(path) as (partial, file):
        manifest = _write_archive(file, tell)
        _to_disk(file)
        if checked(partial, tell) != manifest:
            raise ArchiveError(f"{path} did not read back as it was written.")
        _name_whole(partial, path)
    return manifest


def _write_archive(file: IO[bytes], tell: Tell) -> Manifest:
    manifest = Manifest(__version__, version.database_name())
    pack = Pack(file, __version__)
    with TemporaryFile("w+", encoding="utf-8") as names:
        with snapshot():
            manifest.migrations = migrations()  # the first read: the moment
            manifest.made = timezone.now().isoformat()
            for label in MODELS:
                _write_rows(pack, manifest, label, names, tell)
            # After the rows: on PostgreSQL numbers belong to no transaction, and a later one does no harm.
            manifest.numbers = numbers()
        names.seek(0)
        _write_files(pack, manifest, (json.loads(line) for line in names), tell)
    pack.finish(manifest)
    return manifest


def _write_rows(pack: Pack, manifest: Manifest, label: str, names: IO[str], tell: Tell) -> None:
    lines, count = Lines(pack, f"rows/{label}"), 0
    for count, row in enumerate(rows_of(label), 1):
        lines.add(row)
        if label == "describer.attempt":
            manifest.ledger.add(row)
        elif label == "describer.description":
            manifest.under_way += row["status"] in OPEN
        names.writelines(json.dumps(file) + "\n" for file in _files_of(label, row))
        if count % 1000 == 0:
            tell(f"{label}: {count:,} rows")
    lines.flush()
    manifest.rows[label] = count


def _files_of(label: str, row: Row) -> list[tuple[str, str]]:
    """Return the names of a row's files, each with its hash where one is recorded."""
    if label == "describer.image":
        return [(row["original"], row["sha256"]), (row["thumbnail"], "")]
    if label == "describer.sentcopy":
        return [(row["file"], row["sha256"])]
    return []


def _write_files(pack: Pack, manifest: Manifest, names: Iterator[tuple[str, str]], tell: Tell) -> None:
    problems = Lines(pack, "problems")
    for count, (name, sha256) in enumerate(names):
        if problem := _write_file(pack, manifest, name, sha256):
            problems.add({"name": name, "problem": problem})
            setattr(manifest, problem, getattr(manifest, problem) + 1)
        if count % 10 == 0:
            tell(f"files: {count:,}, {manifest.file_bytes:,} bytes")
    problems.flush()


def _write_file(pack: Pack, manifest: Manifest, name: str, sha256: str) -> str:
    """Copy a file; return "gone" when it is no longer there, "changed" when it is not what its row says."""
    try:
        file = default_storage.open(name)
    except FileNotFoundError:
        return "gone"
    except OSError as error:
        if isinstance(error, StorageAway) and not error.errno:
            raise  # a bucket's: whatever the file is
        raise file_unreadable(name, error) from error
    with file:
        digest = pack.add_file(f"files/{name}", cast(IO[bytes], file))
        manifest.files += 1
        manifest.file_bytes += file.tell()
    if sha256 and digest != sha256:
        return "changed"
    return ""


@contextmanager
def _new_file(path: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """Open a file beside `path`, readable by its owner alone: it holds people's pictures.

    A file that cannot be finished is taken away.
    """
    _refuse_taken(path)
    partial = path.with_name(f"{path.name}.unfinished-{os.getpid()}")
    try:
        handle = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w+b") as file:
                yield partial, file
        finally:
            with suppress(FileNotFoundError):
                partial.unlink()
    except StorageAway as error:
        raise ArchiveError(f"{error.message} Nothing was written.") from error
    except OSError as error:
        why = error.strerror or str(error)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            why = "the disk is full"
        raise ArchiveError(f"{path} cannot be written: {why}. Nothing was left behind.") from error


def _refuse_taken(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise ArchiveError(f"{path} is there already; choose another name.")


def _to_disk(file: Any) -> None:
    """Flush a file to the disk, and out of memory: what is read back shall be what is there."""
    file.flush()
    os.fsync(file.fileno())
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _name_whole(partial: Path, path: Path) -> None:
    _refuse_taken(path)
    partial.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
