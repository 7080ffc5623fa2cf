"""Writing an archive: members one after the other, each with its hash in an index."""

import gzip
import hashlib
import io
import json
import tarfile
import time
from typing import IO, Any

from describer.ops.archive.errors import ArchiveError
from describer.ops.archive.manifest import FORMAT, Manifest

PART_BYTES = 4 * 2**20  # of text, before it is compressed
_LEVEL = 4  # of gzip: half the time of the usual 9, and 3 % more bytes
FIRST = "describer.json"
MANIFEST = "manifest.json"
SEAL = "manifest.sha256"
_HELP = "A backup of a Describer site. `manage.py restore` puts it into an empty one; docs/backup.md has the rest."


class Pack:
    """An archive being written into a binary file."""

    def __init__(self, file: IO[bytes], version: str) -> None:
        self.tar: Any = tarfile.TarFile(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)
        self.index = Lines(self, "index")
        first = {"archive": "describer", "format": FORMAT, "version": version, "help": _HELP}
        self.add(FIRST, json.dumps(first).encode() + b"\n")

    def add(self, name: str, data: bytes) -> str:
        """Add a small member; return its hash."""
        return self.add_file(name, io.BytesIO(data))

    def add_file(self, name: str, file: IO[bytes]) -> str:
        """Add a member from a file, at whatever place that stands; return its hash."""
        info = tarfile.TarInfo(name)
        info.size, info.mtime, info.mode = file.seek(0, io.SEEK_END), time.time(), 0o600
        file.seek(0)
        read = _Hashed(name, file)
        self.tar.addfile(info, read)
        self.tar.members.clear()  # tarfile remembers all of them
        digest = read.sha256.hexdigest()
        if not name.startswith((f"{self.index.folder}/", "manifest.")):
            self.index.add({"name": name, "bytes": info.size, "sha256": digest})
        return digest

    def finish(self, manifest: Manifest) -> None:
        """Write the rest: the last index, the manifest and its seal."""
        self.index.flush()
        manifest.indexes = self.index.parts
        digest = self.add(MANIFEST, manifest.as_json())
        self.add(SEAL, f"{digest}  {MANIFEST}\n".encode())
        self.tar.close()


class Lines:
    """JSON objects on lines of their own, compressed, in members of a few MiB; `parts` are their hashes by name."""

    def __init__(self, pack: Pack, folder: str) -> None:
        self.pack, self.folder = pack, folder
        self.parts: dict[str, str] = {}
        self.lines: list[bytes] = []
        self.bytes = 0

    def add(self, row: dict[str, Any]) -> None:
        line = json.dumps(row, default=str, separators=(",", ":")).encode() + b"\n"
        self.lines.append(line)
        self.bytes += len(line)
        if self.bytes >= PART_BYTES:
            self.flush()

    def flush(self) -> None:
        if self.lines:
            name = f"{self.folder}/{len(self.parts) + 1:06}.jsonl.gz"
            text, self.lines, self.bytes = b"".join(self.lines), [], 0
            self.parts[name] = self.pack.add(name, gzip.compress(text, _LEVEL, mtime=0))


class _Hashed:
    """A file that is hashed as it is read. What cannot be read is told from what cannot be written."""

    def __init__(self, name: str, file: IO[bytes]) -> None:
        self.name, self.file = name, file
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        try:
            data = self.file.read(size)
        except OSError as error:
            raise file_unreadable(self.name, error) from error
        self.sha256.update(data)
        return data


def file_unreadable(name: str, error: OSError) -> ArchiveError:
    return ArchiveError(f"{name} cannot be read: {error.strerror or error}. Nothing was written.")
