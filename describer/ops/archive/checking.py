"""The check of an archive: every byte is what was written, and the rows are such that a restore takes them."""

import hashlib
import io
import json
from pathlib import Path
from typing import IO

from describer.ops.archive.contents import judge_contents
from describer.ops.archive.errors import ArchiveError, as_words
from describer.ops.archive.manifest import FORMAT, Manifest
from describer.ops.archive.packing import FIRST, MANIFEST, SEAL
from describer.ops.archive.reading import (
    BROKEN,
    CHUNK,
    CUT,
    NOT_OURS,
    Tell,
    lines,
    members,
    silent,
    small,
    translate_errors,
)
from describer.ops.archive.register import Register, register

_NEWER = "{path} is of format {format}, which this version does not know; restore it with the version that made it ({version})."
_MOST_UNNAMED = 100_000  # members before an index that names them


def checked(path: Path, tell: Tell = silent) -> Manifest:
    """Read an archive through, compare each byte with its hash, judge its rows, and return its manifest.

    Raises ArchiveError: for whatever a restore would refuse, too.
    """
    with translate_errors(path):
        manifest = compare_hashes(path, tell)
        judge_contents(path, manifest, tell)
    return manifest


def compare_hashes(path: Path, tell: Tell = silent) -> Manifest:
    """Read an archive through, and compare each byte with its hash."""
    with register() as seen:
        check = _Check(path, seen)
        for count, (name, content) in enumerate(members(path)):
            if count == 0:
                content = io.BytesIO(_first_member(path, name, content))
            check.see(name, content)
            if count % 100 == 0:
                tell(f"checking: {count:,} members")
        return check.ended()


def _first_member(path: Path, name: str, content: IO[bytes]) -> bytes:
    """Return the first member, when it is of an archive and of a format that we know. Raises ArchiveError.

    It is read before all else is believed.
    """
    not_ours = ArchiveError(NOT_OURS.format(path=as_words(path)))
    if name != FIRST:
        raise not_ours
    text = small(content, CHUNK)
    try:
        values = json.loads(text)
        kind, number, version = values["archive"], values["format"], values["version"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise not_ours from error
    if kind != "describer":
        raise not_ours
    if type(number) is not int or number != FORMAT:
        raise ArchiveError(
            _NEWER.format(path=as_words(path), format=as_words(number), version=as_words(version))
        )
    return text


class _Check:
    """Hashes of members that no index has named yet, and of indexes, until the manifest names these."""

    def __init__(self, path: Path, names: Register) -> None:
        self.path, self.names = path, names
        self.seen: dict[str, tuple[int, str]] = {}
        self.indexes: dict[str, str] = {}
        self.files = self.file_bytes = 0
        self.manifest: Manifest | None = None
        self.text = b""

    def see(self, name: str, content: IO[bytes]) -> None:
        if self.manifest or len(self.seen) > _MOST_UNNAMED or not self.names.see("member", name):
            raise self.broken(name)
        try:
            if name == MANIFEST:
                self.text = small(content)
            elif name == SEAL:
                self._see_seal(small(content, 200))
            elif name.startswith("index/"):
                self._see_index(name, small(content))
            else:
                self._see_member(name, content)
        except (OSError, EOFError):
            raise
        except ValueError as error:
            raise self.broken(name) from error

    def _see_member(self, name: str, content: IO[bytes]) -> None:
        size, digest = _facts(content)
        self.seen[name] = size, digest
        if name.startswith("files/"):
            self.files += 1
            self.file_bytes += size

    def _see_index(self, name: str, data: bytes) -> None:
        self.indexes[name] = hashlib.sha256(data).hexdigest()
        entries = list(lines(io.BytesIO(data)))
        try:
            named = {entry["name"]: (entry["bytes"], entry["sha256"]) for entry in entries}
        except (KeyError, TypeError) as error:
            raise self.broken(name) from error
        for member in {**named, **self.seen}:
            if named.get(member) != self.seen.get(member):
                raise self.broken(member)
        self.seen.clear()

    def _see_seal(self, seal: bytes) -> None:
        if seal != f"{hashlib.sha256(self.text).hexdigest()}  {MANIFEST}\n".encode():
            raise self.broken(MANIFEST)
        self.manifest = Manifest.from_json(self.text)
        if self.seen or self.indexes != self.manifest.indexes:
            raise self.broken("index")
        if (self.files, self.file_bytes) != (self.manifest.files, self.manifest.file_bytes):
            raise self.broken(MANIFEST)

    def ended(self) -> Manifest:
        if self.manifest is None:
            raise ArchiveError(CUT.format(path=as_words(self.path)))
        return self.manifest

    def broken(self, name: object) -> ArchiveError:
        return ArchiveError(BROKEN.format(path=as_words(self.path), name=as_words(name)))


def _facts(content: IO[bytes]) -> tuple[int, str]:
    """Return a member's size in bytes, and its hash."""
    size, sha256 = 0, hashlib.sha256()
    while data := content.read(CHUNK):
        size += len(data)
        sha256.update(data)
    return size, sha256.hexdigest()
