"""A ZIP archive as a stream of bytes, in memory that does not grow with it: its table of contents waits in a file."""

import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import Any

_CHUNK = 64 * 1024
_OLDEST = datetime(1980, 1, 1)
_KEPT = ("compress_type", "flag_bits", "CRC", "compress_size", "file_size", "header_offset")


class ZipStream:
    """Writes an archive file by file; each step yields the bytes that are ready."""

    def __init__(self) -> None:
        self._ready = _Ready()
        self._written = _FilesWritten()
        target: Any = self._ready
        written: Any = self._written
        self._archive = zipfile.ZipFile(target, "w")
        self._archive.filelist = written
        self._archive.NameToInfo = _Forgetful()

    def add(
        self, name: str, parts: Iterable[bytes], written: datetime, *, is_text: bool = False
    ) -> Iterator[bytes]:
        """Add a file of these parts; texts are packed, pictures are packed already. `written` is its time."""
        info = zipfile.ZipInfo(name, max(written.replace(tzinfo=None), _OLDEST).timetuple()[:6])
        info.external_attr = 0o644 << 16
        if is_text:
            info.compress_type = zipfile.ZIP_DEFLATED
        with self._archive.open(info, "w") as file:
            for part in parts:
                file.write(part)
                yield from self._ready.taken()
        yield from self._ready.taken()

    def end(self) -> Iterator[bytes]:
        """Write the table of contents; nothing can be added after it."""
        self._archive.close()
        yield from self._ready.taken()

    def close(self) -> None:
        """Let go of the files on disk, also of an archive that was given up."""
        self._written.count = 0
        self._archive.close()
        self._written.file.close()
        self._ready.file.close()


class _Ready:
    """Where the archive is written to: what was written and not taken yet."""

    def __init__(self) -> None:
        self.file = SpooledTemporaryFile(max_size=16 * _CHUNK)  # noqa: SIM115  closed by the stream's end

    def write(self, data: Any) -> int:
        return self.file.write(data)

    def flush(self) -> None:
        """Do nothing: what is written is taken from here."""

    def taken(self) -> Iterator[bytes]:
        self.file.seek(0)
        while part := self.file.read(_CHUNK):
            yield part
        self.file.seek(0)
        self.file.truncate()


class _FilesWritten:
    """What zipfile keeps of each file for the table at the end, as lines of a file: 100,000 objects would be 60 MB."""

    def __init__(self) -> None:
        self.file = TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115  closed by the stream's end
        self.count = 0

    def append(self, info: zipfile.ZipInfo) -> None:
        json.dump([info.filename, info.date_time, [getattr(info, name) for name in _KEPT]], self.file)
        self.file.write("\n")
        self.count += 1

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[zipfile.ZipInfo]:
        self.file.seek(0)
        for line in islice(self.file, self.count):
            name, time, values = json.loads(line)
            info = zipfile.ZipInfo(name, tuple(time))
            info.external_attr = 0o644 << 16
            for key, value in zip(_KEPT, values, strict=True):
                setattr(info, key, value)
            yield info


class _Forgetful(dict[str, zipfile.ZipInfo]):
    """Keeps no name: whoever adds files gives each a name of its own."""

    def __setitem__(self, name: str, info: zipfile.ZipInfo) -> None:
        """Do nothing."""
