"""Replies that the database does not take now, on disk: a process that dies meanwhile has lost none.

A folder for each process, with a lock that its kernel frees when the process is gone; others then read what it left. The
folders lie in DATA_DIR, or in the folder for temporary files where DATA_DIR takes nothing, since its disk may be full.
Nothing is written for a reply that goes into the database at once.
"""

import fcntl
import hashlib
import json
import logging
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder

from describer.engine.outcome import Outcome
from describer.engine.queue import Run
from describer.lib.whole_file import PART, write_whole
from describer.models import Attempt

logger = logging.getLogger(__name__)

LATE_SECONDS = 1.0  # a reply that is not written by then is kept on disk
_LOCK = "lock"
_REFUSED = "refused"


@dataclass
class Entry:
    """An outcome on its way into the database. `is_refused`: the database does not take it as it came."""

    run: Run
    attempt: Attempt
    outcome: Outcome
    since: float = field(default_factory=time.monotonic)
    path: Path | None = None
    is_refused: bool = False

    @property
    def text(self) -> str:
        """Return the entry as JSON."""
        numbers = {
            "attempt": self.attempt.pk,
            "description": self.run.description.pk,
            "token": self.run.token,
        }
        return json.dumps(numbers | {"outcome": asdict(self.outcome)}, cls=DjangoJSONEncoder)

    def refuse(self) -> None:
        """Keep the entry on disk for good: its words are not, or not all, in the database."""
        if not self.is_refused:
            self.is_refused = True
            journal.keep(self)


@dataclass(frozen=True)
class KeptEntry:
    """What a process that is gone has left: which call it was, under which lease, and what it came to."""

    path: Path
    attempt: int
    description: int
    token: str
    outcome: Outcome


class Journal:
    """The outcomes that this process has not written yet, and its folder."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.entries: dict[int, Entry] = {}
        self.locked: dict[Path, IO[str]] = {}
        self.complained: set[Path] = set()

    def add(self, entry: Entry) -> None:
        """Watch over an outcome until it is written."""
        self.entries[entry.attempt.pk] = entry

    def remove(self, entry: Entry) -> None:
        """Watch no more: the outcome is written, or kept for good."""
        with self.lock:
            self.entries.pop(entry.attempt.pk, None)
            if entry.path and not entry.is_refused:
                entry.path.unlink(missing_ok=True)

    def keep_late(self) -> None:
        """Keep on disk whatever waits for the database for longer than a moment."""
        for entry in list(self.entries.values()):
            if entry.path is None and time.monotonic() - entry.since > LATE_SECONDS:
                self.keep(entry)

    def keep(self, entry: Entry) -> None:
        """Write an entry to disk, whole or not at all; where no disk takes it, only memory holds it."""
        with self.lock:
            if entry.attempt.pk in self.entries:
                before, entry.path = entry.path, self._kept(entry)
                if before and before != entry.path:
                    before.unlink(missing_ok=True)

    def _kept(self, entry: Entry) -> Path | None:
        for root in roots():
            try:
                path = self._folder(root, entry) / f"{entry.attempt.pk}.json"
                write_whole(path, entry.text)
            except (OSError, ValueError, RecursionError) as error:
                self._complain(root, error)
            else:
                self.complained.clear()
                return path
        return entry.path

    def _complain(self, root: Path, error: Exception) -> None:
        """Say once that a disk takes nothing: it is tried again each second."""
        if root not in self.complained:
            self.complained.add(root)
            logger.warning("replies that wait for the database cannot be kept in %s: %s", root, error)

    def kept_tokens(self) -> set[str]:
        """Return the lease tokens of what lies on disk."""
        return {entry.run.token for entry in self.entries.values() if entry.path}

    def close(self) -> None:
        """Give up this process's folders: what still lies there is for others to write down."""
        with self.lock:
            for locked in self.locked.values():
                _remove_if_empty(Path(locked.name).parent)
                locked.close()
            self.locked.clear()

    def _folder(self, root: Path, entry: Entry) -> Path:
        """Return the folder for an entry: this process's, whose lock is held for the life of the process, or that for good."""
        if entry.is_refused:
            return _made(root / _REFUSED)
        if root not in self.locked:
            folder = _made(root / f"{os.getpid()}-{secrets.token_hex(4)}")
            locked = (folder / _LOCK).open("w")
            fcntl.flock(locked, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.locked[root] = locked
        return Path(self.locked[root].name).parent


journal = Journal()


@contextmanager
def guarded(entry: Entry) -> Iterator[Entry]:
    """Watch over an entry while the block writes it."""
    journal.add(entry)
    try:
        yield entry
    finally:
        journal.remove(entry)


def roots() -> list[Path]:
    """Return where folders of processes may lie, the best first."""
    site = hashlib.sha256(os.fsencode(settings.DATA_DIR.resolve())).hexdigest()[:16]
    beside = Path(tempfile.gettempdir()) / f"describer-held-{os.getuid()}-{site}"
    return [settings.DATA_DIR / "held", beside]


def left_folders() -> Iterator[Path]:
    """Yield the folders of processes that are gone, each while this process holds its lock; an empty one is removed after."""
    for root in roots():
        if not _is_ours(root):
            continue
        for folder in list(root.iterdir()):
            with suppress(OSError), (folder / _LOCK).open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield folder
                _remove_if_empty(folder)


def kept_for_good() -> Iterator[KeptEntry]:
    """Yield the replies whose words the database did not take as they came."""
    for root in roots():
        if _is_ours(root):
            yield from entries_in(root / _REFUSED)


def entries_in(folder: Path) -> Iterator[KeptEntry]:
    """Yield what lies in the folder of a process that is gone; what cannot be read stays there, and is told in the log."""
    for path in sorted(folder.glob("*.json")):
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            values["outcome"] = Outcome.from_values(values["outcome"])
            yield KeptEntry(path, **values)
        except (OSError, ValueError, KeyError, TypeError) as error:
            logger.error("%s holds a reply that cannot be read: %s", path, error)


def _remove_if_empty(folder: Path) -> None:
    if not list(folder.glob("*.json")):
        for part in folder.glob(f"*{PART}"):  # of a process that was killed as it wrote
            part.unlink(missing_ok=True)
        (folder / _LOCK).unlink(missing_ok=True)
        folder.rmdir()


def _is_ours(root: Path) -> bool:
    """Tell whether the folder is there and belongs to this user: anybody may make one among temporary files."""
    return root.is_dir() and not root.is_symlink() and root.stat().st_uid == os.getuid()


def _made(folder: Path) -> Path:
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    if not _is_ours(folder.parent):
        raise PermissionError(f"{folder.parent} belongs to somebody else")
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
