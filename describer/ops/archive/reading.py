"""Reading an archive: member by member, in one pass. It may come from anywhere, so nothing that it says of itself is believed.

A member says how large it is, and tarfile would ask for so much memory; a link says where it leads, and gzip unpacks a
kilobyte into a gigabyte. Only what a backup writes is read: plain files under known names, in parts of a known size.
"""

import gzip
import io
import json
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from describer.ops.archive.errors import ArchiveError, as_words
from describer.ops.archive.packing import FIRST, MANIFEST, PART_BYTES, SEAL
from describer.ops.archive.rows import OURS

NOT_OURS = "{path} is no archive of Describer."
CUT = "{path} is not whole: its end is missing. It was cut, or its backup never ended."
BROKEN = "{path} is damaged: {name} is not what was written."
CHUNK = 2**20
_MOST_AT_ONCE = 2**26  # bytes that are read in one piece: a bucket takes parts of 8 MiB
_LONGEST_LINE = 2**27
_LONGEST_SKELETON = 2**24  # of a line without its texts: a short one can stand for millions of objects
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*+"')
_PART = re.compile(r"(?:rows/[a-z_.]+|problems|index)/[0-9]{6}\.jsonl\.gz")
Tell = Callable[[str], None]


def silent(text: str) -> None:
    """Tell nobody."""


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Raise what reading an archive can meet as ArchiveError, in words.

    tarfile, gzip and json raise whatever comes to pass in them, and a new Python adds to it.
    """
    try:
        yield
    except ArchiveError:
        raise
    except MemoryError as error:
        raise ArchiveError(f"{as_words(path)} needs more memory than this machine has.") from error
    except zlib.error as error:
        raise ArchiveError(BROKEN.format(path=as_words(path), name="what is packed in it")) from error
    except (tarfile.TarError, EOFError) as error:
        raise ArchiveError(CUT.format(path=as_words(path))) from error
    except OSError as error:
        raise ArchiveError(
            f"{as_words(path)} cannot be read: {error.strerror or as_words(error)}."
        ) from error
    except (ValueError, ArithmeticError, LookupError, TypeError, RecursionError) as error:
        raise ArchiveError(BROKEN.format(path=as_words(path), name="what it says of itself")) from error


class _Bounded:
    """A file that gives no more at once than a backup's members need."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self.file, self.path = file, path
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _MOST_AT_ONCE:
            raise ArchiveError(BROKEN.format(path=as_words(self.path), name="what it says of itself"))
        return self.file.read(size)


def members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield names and contents in order. Each content is to be read before the next member."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise ArchiveError(NOT_OURS.format(path=as_words(path)))
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        try:
            tar: Any = tarfile.open(fileobj=_Bounded(file, path), mode="r:")  # type: ignore[call-overload]  # noqa: SIM115
        except tarfile.TarError as error:
            raise ArchiveError(NOT_OURS.format(path=as_words(path))) from error
        first = True
        while (info := tar.next()) is not None:
            tar.members.clear()  # tarfile remembers all of them
            if first and info.name != FIRST:
                raise ArchiveError(NOT_OURS.format(path=as_words(path)))
            first = False
            if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or info.sparse or info.size < 0:
                raise ArchiveError(
                    f"{as_words(path)} holds {as_words(info.name)}, which is no plain file; no backup has such."
                )
            if not is_known(info.name):
                raise ArchiveError(f"{as_words(path)} holds {as_words(info.name)}, which no backup has.")
            if info.offset_data + info.size > size:
                raise ArchiveError(CUT.format(path=as_words(path)))
            yield info.name, tar.extractfile(info)


def is_known(name: str) -> bool:
    """Tell whether a backup gives a member this name."""
    if name in (FIRST, MANIFEST, SEAL) or _PART.fullmatch(name):
        return True
    return name.startswith("files/") and OURS.fullmatch(name.removeprefix("files/")) is not None


def lines(content: IO[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the objects of a member of lines, which ends with the line that fills it. Raises ValueError."""
    read = 0
    with gzip.open(content) as packed:
        while line := packed.readline(_LONGEST_LINE + 1):
            if read >= PART_BYTES or len(line) > _LONGEST_LINE:
                raise ValueError("larger than any part that is written")
            read += len(line)
            value = _parsed(line)
            if not isinstance(value, dict):
                raise ValueError("no object")
            yield value


def _parsed(line: bytes) -> Any:
    if len(line) > CHUNK and len(_TEXT.sub(b"", line)) > _LONGEST_SKELETON:
        raise ValueError("more objects than any row has")
    return json.loads(line, parse_constant=_no_number)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def small(content: IO[bytes], most: int = 2**23) -> bytes:
    """Read a member that is small in every backup, whole. Raises ValueError."""
    data = content.read(most + 1)
    if len(data) > most:
        raise ValueError("larger than any that is written")
    return data
