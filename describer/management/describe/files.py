"""From what was written in the shell to the files of pictures: files, folders, patterns, or paths on standard input."""

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Of a folder these alone are tried; a file that is named is, whatever its name.
_SUFFIXES = frozenset(
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
_STANDARD_INPUT = "-"


@dataclass
class Files:
    """Paths in their order, each once; what leads nowhere, with the reason; and how many folders were not gone into."""

    paths: dict[str, None] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    folders_left: int = 0

    def take(self, argument: str, deep: bool) -> None:
        """Take the files that one argument, or one line of standard input, stands for."""
        if os.path.isdir(argument):
            self._take_folder(argument, deep)
        elif os.path.lexists(argument):
            self.paths[argument] = None
        elif not glob.has_magic(argument):
            self.wrong[argument] = "There is no such file."
        elif paths := sorted(glob.glob(argument, recursive=True)):
            for path in paths:
                self.take(path, deep)
        else:
            self.wrong[argument] = "No file is named like this."

    def _take_folder(self, folder: str, deep: bool) -> None:
        try:
            names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
        except OSError as error:
            self.wrong[folder] = words_of(error)
            return
        for path in (os.path.join(folder, name) for name in names):
            if not os.path.isdir(path):
                if Path(path).suffix.lower() in _SUFFIXES:
                    self.paths[path] = None
            elif deep and not os.path.islink(path):  # a link may lead back up
                self._take_folder(path, deep)
            else:
                self.folders_left += 1


def files_of(arguments: Sequence[str], lines: Iterable[str], *, deep: bool) -> Files:
    """Return the files of these arguments; `-` among them stands for the paths on `lines`.

    `deep` goes into folders of folders.
    """
    files = Files()
    for argument in arguments:
        if argument != _STANDARD_INPUT:
            files.take(argument, deep)
            continue
        for path in _paths_on(lines):
            files.take(path, deep)
    return files


def _paths_on(lines: Iterable[str]) -> Iterator[str]:
    return filter(None, (line.rstrip("\r\n") for line in lines))


def words_of(error: OSError) -> str:
    """Tell why a file cannot be read, in a sentence."""
    return f"It cannot be read: {os.strerror(error.errno or 0).lower()}."


def printable_path(path: str) -> str:
    """Return a path as text: bytes that are no UTF-8 are replaced."""
    return os.fsencode(path).decode("utf-8", "replace")
