"""File names, as labels: never a path on any disk."""

import re

_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MOST = 255


def clean_name(raw: str, fallback: str) -> str:
    """Return the last part of an owner's name for a file, or `fallback` where nothing is left.

    Left out are control characters and the marks that turn the direction of writing, with which `gpj.exe`
    can be made to read `exe.jpg`. The rest is cut to 255 characters; the extension survives the cut.
    """
    label = _HIDDEN.sub("", raw.replace("\\", "/").rpartition("/")[2]).strip()
    if label in {"", ".", ".."}:
        return fallback
    stem, dot, extension = label.rpartition(".")
    if len(label) <= _MOST or not stem or len(extension) > 16:
        return label[:_MOST]
    return stem[: _MOST - len(extension) - 1] + dot + extension
