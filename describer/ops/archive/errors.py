"""What can be wrong with an archive, in words for the admin who holds it."""

from typing import Any


def as_words(text: Any) -> str:
    """Return what an archive says of itself as it can be shown: on one line, not long, without orders to a terminal."""
    shown = str(text)[:100]
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in shown
    )


class ArchiveError(Exception):
    """A backup or a restore that cannot be; its text says why and what to do."""
