"""What keeps this process from a file or folder, in one sentence that names the path, the right and the remedy."""

import errno
import os
import pwd
import stat
from pathlib import Path

ELSEWHERE = "or set DATA_DIR to another folder"
_RIGHTS = {os.R_OK: "read", os.W_OK: "written", os.X_OK: "entered"}
_ALLOWS = {True: "u+rwx", False: "u+rw"}  # a folder, a file
_FULL = (errno.ENOSPC, errno.EDQUOT)
_REMEDIES = {
    errno.EROFS: f"mount its file system for writing, {ELSEWHERE}",
    errno.ENOTDIR: f"move what is in the way, {ELSEWHERE}",
    errno.EISDIR: "move the folder away",
    errno.ELOOP: f"remove the symbolic link that leads in a circle, {ELSEWHERE}",
    errno.ENAMETOOLONG: "set DATA_DIR to a folder with a shorter path",
    errno.EIO: "see that its disk is well",
    errno.EFBIG: "let files of this user grow (ulimit -f)",
}
_KINDS = {
    stat.S_IFDIR: "folder",
    stat.S_IFREG: "file",
    stat.S_IFIFO: "pipe",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}


def shown(path: object) -> str:
    """Return a path as it can be printed on one line, whatever bytes its name is of."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in str(path)
    )


def me() -> str:
    """Return the name of the user who runs this process."""
    return _user(os.geteuid())


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def refusal_of(path: object, deed: str, error: OSError) -> str:
    """Say why the system did not let us; `deed` is what cannot be done, as "made" or "read"."""
    if error.errno in _FULL:
        return f"The disk is full: {shown(path)} cannot be {deed}; make room."
    why = (error.strerror or str(error)).lower()
    remedy = _REMEDIES.get(error.errno or 0, f"give it to the user {me()}, {ELSEWHERE}")
    return f"{shown(path)} cannot be {deed} by the user {me()}: {why}; {remedy}."


def hindrance(path: Path, *, folder: bool, needs: int = os.R_OK | os.W_OK) -> str:
    """Say what keeps us from a file or folder, or "" when nothing does; one that is not there yet keeps us from nothing."""
    try:
        found = path.stat()
    except FileNotFoundError:
        if path.is_symlink():
            there = shown(os.readlink(path))
            return f"{shown(path)} is a symbolic link to {there}, which is not there; make that, or remove the link."
        return ""
    except OSError as error:
        return refusal_of(path, "used", error)
    kind, wanted = _KINDS.get(stat.S_IFMT(found.st_mode), "file"), "folder" if folder else "file"
    if kind != wanted:
        return f"{shown(path)} is a {kind}, where the site needs a {wanted}; move it away, {ELSEWHERE}."
    if folder:
        needs |= os.X_OK
    lacking = [deed for right, deed in _RIGHTS.items() if needs & right and not _may(path, right)]
    if not lacking:
        return ""
    if lacking == ["written"] and os.statvfs(path).f_flag & os.ST_RDONLY:
        return refusal_of(path, "written", OSError(errno.EROFS, os.strerror(errno.EROFS)))
    mode, whose = stat.S_IMODE(found.st_mode), _user(found.st_uid)
    remedy = f"give it to {me()}"
    if found.st_uid == os.geteuid():
        remedy = f"allow it (chmod {_ALLOWS[folder]})"
    return (
        f"{shown(path)} cannot be {' or '.join(lacking)} by the user {me()}: it is {whose}'s, mode {mode:04o}; "
        f"{remedy}, {ELSEWHERE}."
    )


def _may(path: Path, right: int) -> bool:
    return os.access(path, right, effective_ids=True)


def hindrance_above(path: Path) -> str:
    """Say what keeps us from making a folder: whatever is wrong with the nearest one above it that is there."""
    above = next((one for one in path.parents if os.path.lexists(one)), path.parent)
    return hindrance(above, folder=True, needs=os.W_OK)
