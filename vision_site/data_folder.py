"""The folder in which a site keeps what is its own: for its user alone, and what is made once is made whole or not at all."""

import fcntl
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from vision_site.rights import hindrance, hindrance_above, refusal_of, shown

_SECRET = "secret_key"  # noqa: S105  a file's name
_DATABASE = "describer.sqlite3"
_DATABASES = (_DATABASE, f"{_DATABASE}-wal", f"{_DATABASE}-shm")
_LOCKS = ("lock", "secret.lock", "migrate.lock", "static.lock")
_OUR_FOLDERS = ("media", "static", "held", "tmp", "lost+found")
_OTHERS = 0o077


class UnusableFolder(ImproperlyConfigured):
    """The data folder, or something in it, cannot be used; the text says what, why, and what to do."""

    is_whole = True  # a sentence, which needs no words before it


class DataFolder:
    """`database` and `pictures` say whether these lie in it, and not elsewhere."""

    def __init__(self, path: Path, *, database: bool, pictures: bool) -> None:
        self.path = path
        self.database = path / _DATABASE
        self._files = [*_LOCKS, _SECRET]
        self._folders = ["static"]
        if database:
            self._files += _DATABASES
        if pictures:
            self._folders.append("media")

    def make(self) -> None:
        """Make the folder, and close it to other users of the machine: what this process writes, and what is there."""
        os.umask(_OTHERS)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnusableFolder(self._unmade(error)) from error
        self._close_to_others()

    def _unmade(self, error: OSError) -> str:
        return (
            hindrance(self.path, folder=True)
            or hindrance_above(self.path)
            or refusal_of(self.path, "made", error)
        )

    def problems(self) -> list[str]:
        """Say what keeps this process from the folder and from what is in it: a sentence each."""
        if above := hindrance(self.path, folder=True):
            return [above]
        if not self.path.exists():
            return list(filter(None, [hindrance_above(self.path)]))
        files = [hindrance(self.path / name, folder=False) for name in self._files]
        folders = [hindrance(self.path / name, folder=True) for name in self._folders]
        return list(filter(None, files + folders))

    def refuse_unusable(self) -> None:
        """Raise UnusableFolder with the first problem, when there is one."""
        for problem in self.problems():
            raise UnusableFolder(problem)

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Let one process of this folder go on at a time; the others wait. The kernel frees it, also after kill -9."""
        self.make()
        with _told(self.path / name):
            file = (self.path / name).open("w")
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def secret(self) -> str:
        """Return the site's generated secret, made once: an empty one, as a full disk leaves it, is none."""
        self.make()
        path = self.path / _SECRET
        if text := _secret_in(path):
            return text
        with self.locked("secret.lock"):
            return _secret_in(path) or _new_secret(path)

    def refusal(self, error: OSError) -> str:
        """Say why the system refused a file of whatever place."""
        return refusal_of(error.filename or self.path, "used", error)

    def is_open(self) -> bool:
        """Tell whether other users of the machine may look into the folder."""
        return self.path.exists() and bool(self.path.stat().st_mode & _OTHERS)

    def _close_to_others(self) -> None:
        """Take from others what they may do here; also in files of a version that left them open.

        A folder with folders of somebody's else is left open: a home, or /srv, was not made for us.
        """
        with suppress(OSError):
            folders = {entry.name for entry in os.scandir(self.path) if entry.is_dir(follow_symlinks=False)}
            if folders <= set(_OUR_FOLDERS):
                _close([self.path])
        _close(self.path / name for name in (*_LOCKS, *_DATABASES, _SECRET))
        for name in ("media", "static"):
            if _close([self.path / name]):
                for folder, names, files in os.walk(self.path / name):
                    paths = (Path(folder, one) for one in names + files)
                    _close(path for path in paths if not path.is_symlink())


def _close(paths: Iterable[Path]) -> bool:
    """Take a file or folder of ours from all others; tell whether any was open to them."""
    was_open = False
    for path in paths:
        with suppress(OSError):
            found = path.stat()
            if found.st_mode & _OTHERS and found.st_uid == os.geteuid():
                path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
                was_open = True
    return was_open


@contextmanager
def _told(path: Path, deed: str = "written") -> Iterator[None]:
    """Raise what the system refuses as UnusableFolder, in words."""
    try:
        yield
    except OSError as error:
        if error.filename is not None and os.fspath(error.filename) != os.fspath(path):
            raise
        raise UnusableFolder(hindrance(path, folder=False) or refusal_of(path, deed, error)) from error


def _secret_in(path: Path) -> str:
    """Return the secret, "" when there is none."""
    try:
        with _told(path, "read"):
            return path.read_text(encoding="ascii").strip()
    except UnusableFolder as error:
        if isinstance(error.__cause__, FileNotFoundError) and not path.is_symlink():
            return ""
        raise
    except ValueError as error:
        raise UnusableFolder(
            f"{shown(path)} holds no secret that a site wrote; move it away: a new one is made, and people log in again."
        ) from error


def _new_secret(path: Path) -> str:
    """Write a secret under another name, bring it to the disk, and name it as it is looked for."""
    text, unfinished = secrets.token_urlsafe(50), path.with_name(f"{path.name}.unfinished")
    with _told(unfinished):
        try:
            with unfinished.open("w", encoding="ascii") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
    return text
