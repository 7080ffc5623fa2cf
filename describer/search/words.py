"""The words of a text as they are compared: the same on each database, since neither parts or folds them itself.

Letter case, accents and width make no difference, ß is ss; hyphens and underscores part words. Runs of Han, kana and
hangul are written without blanks, so they become overlapping pairs, and two characters find: 東京都 is 東京, 京都, 都.
"""

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

LEFT_OUT = "·"  # in the place of a word that came too often; no word is written so
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_LONGEST = 100  # characters of a word; what is longer is cut, and found by its beginning
# Letters with a stroke or joined ones, which have no accent to take away.
_PLAIN = {
    "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"
}  # fmt: skip
_STROKES = re.compile(f"[{''.join(_PLAIN)}]")
# Accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic; signs of Indian scripts are letters, and stay.
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0640]+")
_PAIRED = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3038-\u303b\u3040-\u309f\u30a0-\u30fa\u30fc-\u30ff"
    "\u3100-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_RUNS = re.compile(f"([{_PAIRED}]+)")


def folded(text: str) -> str:
    """Return a text as texts are compared: NFKC, without letter case and accents."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    plain = unicodedata.normalize("NFC", _ACCENTS.sub("", parts))
    return _STROKES.sub(lambda match: _PLAIN[match[0]], plain)


def words_of(text: str, most: int = sys.maxsize) -> list[str]:
    """Return the words of a text in their order, so many at most."""
    plain = folded(text)
    if plain.isascii():
        return [word[:_LONGEST] for word in _ASCII_WORD.findall(plain)[:most]]
    found: list[str] = []
    for match in _word().finditer(plain):
        if len(found) >= most:
            break
        word = match[0]
        if word.isascii() or not _RUNS.search(word):
            found.append(word[:_LONGEST])
        else:
            for part in filter(None, _RUNS.split(word)):
                found += _pairs(part) if _RUNS.match(part) else [part[:_LONGEST]]
    return found[:most]


def searched_words(text: str) -> tuple[list[str], bool]:
    """Return the words that find this text where it stands, side by side, and whether the last is the beginning of a word.

    The last character of a run is a word of its own in the index, where something may follow it in the text: it is left
    out here, and a run of a single character is the beginning of a pair.
    """
    found = words_of(text)
    if not found or not _RUNS.fullmatch(found[-1]) or len(found[-1]) > 1:
        return found, False
    if len(found) > 1 and _ends_with(found[-2], found[-1]):
        return found[:-1], False
    return found, True


def written_words(text: str) -> Iterator[re.Match[str]]:
    """Yield where words stand in a text as it is written; one of them can come to several words of the index."""
    return _word().finditer(text)


def _ends_with(pair: str, character: str) -> bool:
    """Tell whether a word is the pair before the last character of its run."""
    return len(pair) == 2 and bool(_RUNS.fullmatch(pair)) and pair[1] == character


def _pairs(run: str) -> list[str]:
    """Return the overlapping pairs of a run, and its last character, which is a word of its own."""
    return [*map("".join, pairwise(run)), run[-1]]


@cache
def _word() -> re.Pattern[str]:
    """Return the pattern of letters, digits, and marks that belong to letters; made at its first use, in 60 ms."""
    codes = (code for code in range(0x300, sys.maxunicode + 1) if unicodedata.category(chr(code))[0] == "M")
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    marks = "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
    return re.compile(rf"[^\W_](?:[^\W_]+|[{marks}])*")
