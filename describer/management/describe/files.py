"""From what was written in the shell to the files of pictures: files, folders, patterns, or paths on standard input."""

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Of a folder these alone are tried; a file that is named is, whatever its name.
SUFFIXES = frozenset(
    [
        ".avif",
        ".bmp",
        ".dib",
        ".gif",
        ".heic",
        ".heif",
        ".hif",
        ".jfif",
        ".jpe",
        ".jpeg",
        ".jpg",
        ".png",
        ".tif",
        ".tiff",
        ".webp",
    ]
)
STANDARD_INPUT = "-"


@dataclass
class Files:
    """Paths in their order, each once; what leads nowhere, with the reason; and how many folders were not gone into."""

    paths: dict[str, None] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    folders_left: int = 0

    def take(self, given: str, deep: bool) -> None:
        """What one argument, or one line of standard input, stands for."""
        if os.path.isdir(given):
            self._take_folder(given, deep)
        elif os.path.lexists(given):
            self.paths[given] = None
        elif not glob.has_magic(given):
            self.wrong[given] = "There is no such file."
        elif found := sorted(glob.glob(given, recursive=True)):
            for path in found:
                self.take(path, deep)
        else:
            self.wrong[given] = "No file is named like this."

    def _take_folder(self, folder: str, deep: bool) -> None:
        try:
            names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
        except OSError as error:
            self.wrong[folder] = words_of(error)
            return
        for path in (os.path.join(folder, name) for name in names):
            if not os.path.isdir(path):
                if Path(path).suffix.lower() in SUFFIXES:
                    self.paths[path] = None
            elif deep and not os.path.islink(path):  # a link may lead back up
                self._take_folder(path, deep)
            else:
                self.folders_left += 1


def files_of(given: Sequence[str], lines: Iterable[str], *, deep: bool) -> Files:
    """The files of these arguments; `-` among them stands for the paths on `lines`. `deep` goes into folders of folders."""
    files = Files()
    for one in given:
        for path in _paths_on(lines) if one == STANDARD_INPUT else [one]:
            files.take(path, deep)
    return files


def _paths_on(lines: Iterable[str]) -> Iterator[str]:
    return filter(None, (line.rstrip("\r\n") for line in lines))


def words_of(error: OSError) -> str:
    """Why a file cannot be read, in a sentence."""
    return f"It cannot be read: {os.strerror(error.errno or 0).lower()}."


def printable_path(path: str) -> str:
    """A path as text: bytes that are no UTF-8 are replaced."""
    return os.fsencode(path).decode("utf-8", "replace")
