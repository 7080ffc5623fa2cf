"""Reading an archive: member by member, in one pass, and the check of all hashes."""

import gzip
import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from describer.ops.archive.errors import ArchiveError
from describer.ops.archive.manifest import FORMAT, Manifest
from describer.ops.archive.packing import FIRST, MANIFEST, SEAL

_NOT_OURS = "{path} is no archive of Describer."
_CUT = "{path} is not whole: its end is missing. It was cut, or its backup never ended."
_BROKEN = "{path} is damaged: {name} is not what was written."
_NEWER = "{path} is of format {format}, which this version does not know; restore it with the version that made it ({version})."
_CHUNK = 2**20
Tell = Callable[[str], None]


def silent(text: str) -> None:
    """Tell nobody."""


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Raise what reading an archive can meet as ArchiveError, in words."""
    try:
        yield
    except (tarfile.TarError, EOFError) as error:
        raise ArchiveError(_CUT.format(path=path)) from error
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read: {error.strerror or error}.") from error


def members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield names and contents in order. Each content is to be read before the next member."""
    with path.open("rb") as file:
        try:
            tar: Any = tarfile.open(fileobj=file, mode="r:")  # noqa: SIM115  it holds nothing but `file`
        except tarfile.TarError as error:
            raise ArchiveError(_NOT_OURS.format(path=path)) from error
        while (info := tar.next()) is not None:
            tar.members.clear()  # tarfile remembers all of them
            content = tar.extractfile(info)
            if content is None:
                raise ArchiveError(_BROKEN.format(path=path, name=info.name))
            yield info.name, content


def lines(content: IO[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the objects of a member of lines."""
    with gzip.open(content) as text:
        for line in text:
            yield json.loads(line)


def checked(path: Path, tell: Tell = silent) -> Manifest:
    """Read an archive through, compare each byte with its hash, and return its manifest.

    Raises ArchiveError.
    """
    check = _Check(path)
    with translate_errors(path):
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
    text = content.read(_CHUNK)
    if name != FIRST:
        raise ArchiveError(_NOT_OURS.format(path=path))
    try:
        values = json.loads(text)
        kind, number, version = values["archive"], int(values["format"]), values["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise ArchiveError(_NOT_OURS.format(path=path)) from error
    if kind != "describer":
        raise ArchiveError(_NOT_OURS.format(path=path))
    if number > FORMAT:
        raise ArchiveError(_NEWER.format(path=path, format=number, version=version))
    return text


class _Check:
    """Hashes of members that no index has named yet, and of indexes, until the manifest names these."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen: dict[str, tuple[int, str]] = {}
        self.indexes: dict[str, str] = {}
        self.manifest: Manifest | None = None
        self.sealed = False
        self.text = b""

    def see(self, name: str, content: IO[bytes]) -> None:
        if self.sealed:
            raise self.broken(name)
        if name == MANIFEST:
            self.text = content.read()
        elif name == SEAL:
            self._see_seal(content.read())
        elif name.startswith("index/"):
            self._see_index(name, content.read())
        else:
            self.seen[name] = _facts(content)

    def _see_index(self, name: str, data: bytes) -> None:
        self.indexes[name] = hashlib.sha256(data).hexdigest()
        try:
            entries = [json.loads(line) for line in gzip.decompress(data).splitlines()]
            named = {entry["name"]: (entry["bytes"], entry["sha256"]) for entry in entries}
        except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error) as error:
            raise self.broken(name) from error
        for member in {**named, **self.seen}:
            if named.get(member) != self.seen.get(member):
                raise self.broken(member)
        self.seen.clear()

    def _see_seal(self, seal: bytes) -> None:
        if seal.split()[:1] != [hashlib.sha256(self.text).hexdigest().encode()]:
            raise self.broken(MANIFEST)
        self.manifest = Manifest.from_json(self.text)
        if self.seen or self.indexes != self.manifest.indexes:
            raise self.broken("index")
        self.sealed = True

    def ended(self) -> Manifest:
        if self.manifest is None:
            raise ArchiveError(_CUT.format(path=self.path))
        return self.manifest

    def broken(self, name: str) -> ArchiveError:
        return ArchiveError(_BROKEN.format(path=self.path, name=name))


def _facts(content: IO[bytes]) -> tuple[int, str]:
    """Return a member's size in bytes, and its hash."""
    size, sha256 = 0, hashlib.sha256()
    while data := content.read(_CHUNK):
        size += len(data)
        sha256.update(data)
    return size, sha256.hexdigest()
