"""Cells of CSV that no spreadsheet runs, also where one reads the file with another separator than it was written with."""

import csv
import re
import unicodedata
from collections.abc import Iterable
from typing import Any, Protocol

_SIGNS = frozenset("=+-@\N{MINUS SIGN}")
# Letters and signs that are drawn as nothing; blanks, marks and control characters are told by their kind.
_DRAWN_AS_NOTHING = frozenset("\u115f\u1160\u2800\u3164\uffa0\"'`")
_LINE_ENDS = frozenset("\t\r\n")
_A_CELL = 40_000  # characters; no spreadsheet's cell holds more
_MOST_UNSEEN = 100  # characters that are looked at behind a separator
_UNSEEN_KINDS = frozenset("CZM")
_ANOTHER_CELL = re.compile(r"[;\t\r\n]")
# A dash that begins a line of a list, a ruler or a number is no formula.
_HARMLESS = re.compile(r"[+\-](?:[\s+\-]|[\d.,% ]*(?:[;\t\r\n]|\Z))")
# Right behind a value the quote that ends the cell makes a formula invalid.
_ENDED = re.compile(r'[^;\t\r\n"]*[\w)]\Z')


class _Target(Protocol):
    def write(self, text: str, /) -> object: ...


def write_cells(target: _Target, rows: Iterable[Iterable[Any]], line_end: str = "\r\n") -> None:
    """Write rows with every cell in quotes: whoever reads them with semicolons or tabs gets each line as one cell."""
    csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator=line_end).writerows(rows)


def escape_formula(text: str) -> str:
    """Put an apostrophe before what begins as a formula does: the text, and what stands behind a separator in it.

    Some read on behind a semicolon, a tab or a line's end as in another cell, quotes or not. Numbers of ours do not need
    that, and JSON lines stay exact.
    """
    pieces, place, lead = [], 0, len(text) - len(text.lstrip())
    if _begins_formula(text):
        pieces.append("'")
    for separator in _ANOTHER_CELL.finditer(text):
        begin = separator.end()
        if pieces and begin <= lead and _ENDED.match(text, begin):
            continue
        if _hides_formula(text, begin):
            pieces += [text[place:begin], "'"]
            place = begin
    return "".join([*pieces, text[place:]])


def _begins_formula(text: str) -> bool:
    """Tell whether spreadsheets take the text for a formula, what is not seen before the sign left out."""
    for character in text[:_A_CELL]:
        if _is_sign(character) or character in _LINE_ENDS:
            return True
        if not _is_unseen(character):
            return False
    return False


def _hides_formula(text: str, begin: int) -> bool:
    """Tell whether what stands there would be a formula in a cell of its own."""
    for place in range(begin, min(begin + _MOST_UNSEEN, len(text))):
        if _is_sign(text[place]):
            return not _HARMLESS.match(text, place)
        if text[place] in _LINE_ENDS or not _is_unseen(text[place]):
            return False
    return False


def _is_sign(character: str) -> bool:
    """Tell whether formulas begin so, in the wide letters of East Asia, too."""
    return character in _SIGNS or (character > "\x7f" and unicodedata.normalize("NFKC", character) in _SIGNS)


def _is_unseen(character: str) -> bool:
    return character in _DRAWN_AS_NOTHING or unicodedata.category(character)[0] in _UNSEEN_KINDS
