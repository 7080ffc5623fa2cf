"""Aligned columns for a terminal: the first one of names, the rest of numbers."""

import unicodedata
from collections.abc import Iterator, Sequence

NAME_MOST = 48
GAP = "  "


def table(head: Sequence[str], rows: Sequence[Sequence[str]], total: Sequence[str]) -> Iterator[str]:
    """Yield the lines, the total below a rule."""
    lines = [[name_of(row[0]), *row[1:]] for row in (head, *rows, total)]
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    aligned = [GAP.join(_cell(text, widths, place) for place, text in enumerate(line)) for line in lines]
    yield from aligned[:-1]
    yield "-" * (sum(widths) + len(GAP) * (len(widths) - 1))
    yield aligned[-1]


def name_of(text: str) -> str:
    """Return a name on one line, cut where it is long, and without the characters that would drive the terminal."""
    name = plain(text)
    return name if len(name) <= NAME_MOST else f"{name[: NAME_MOST - 1]}…"


def plain(text: str, *, lines: bool = False) -> str:
    """Without the characters that would drive the terminal; with `lines`, those that end a line stay, and tabs."""
    kept = "\n\t" if lines else ""
    return "".join(
        character if character in kept or character.isprintable() else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )


def width(text: str) -> int:
    """Columns that it takes: two for a Chinese character, none for a mark above a letter."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(bool(unicodedata.combining(character)) for character in text)


def _cell(text: str, widths: list[int], place: int) -> str:
    room = " " * (widths[place] - width(text))
    return room + text if place else text + room
