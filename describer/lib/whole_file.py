"""Files that are there whole, also after a power cut, or not at all; for the eyes of this process's user."""

import os
import secrets
from pathlib import Path

PART = ".part"  # how the name of a file ends that is not whole yet


def write_whole(path: Path, text: str) -> None:
    """Write a text under another name, bring it to the disk, and only then give it its name. Raises OSError."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}{PART}")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
