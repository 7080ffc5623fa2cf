"""Where a long answer is cut.

Each line is weighed by what it may cost to show; the weights were measured with markdown-it-py and nh3 within a page,
in microseconds of a slow processor, at their worst. A piece ends at a blank line where there is one, else at a line's end.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_A_LINE, _A_CHARACTER, _A_CELL = 28, 0.15, 20
_MOST_COLUMNS = 300  # a row of a table makes no sense in pieces
_LEAST_PIECE = 10  # so much of what may be shown in characters is worth a piece
_A_GAP, _A_LINE_OF_CODE, _AN_ITEM = 14, 2, 24
_A_MARK = {"[": 60, "<": 30, "|": 2, "`": 8, "*": 12, "_": 12, "~": 12, "\\": 8, "&": 8, "!": 8, ">": 8}
_OTHER_MARK = 8
_OTHER_MARKS = re.compile(r"[#$%+\-:=@\]^{}]")  # at these, too, the parser stops and looks
_RULER = "> \t\r\n|:-"  # what the line below a table's head is made of
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ITEM = re.compile(r"[\s>]*(?:>|[-+*]\s|\d+[.)]\s)")


@dataclass(frozen=True)
class Bounds:
    """How much may be shown at once: `cost` in microseconds as weighed here, and characters."""

    cost: int
    characters: int


@dataclass(frozen=True)
class Piece:
    """The beginning of a text. `end` is where the rest begins; `code`: within a block of code, which goes on there.

    `wild`: even its first line is too costly, so that it can be shown as plain text alone.
    """

    text: str
    end: int
    code: bool
    wild: bool = False


@dataclass
class _Line:
    end: int
    cost: float
    is_blank: bool
    in_code: bool  # after this line


def cut(text: str, bounds: Bounds, *, code: bool = False) -> Piece:
    """Return as much of the beginning of a text as may be shown at once. `code`: it begins within a block of code."""
    head = text[: bounds.characters]
    spent, fitting = 0.0, []
    for line in _weighed(head, code):
        spent += line.cost
        if spent > bounds.cost:
            break
        fitting.append(line)
    else:
        if len(head) == len(text):
            return Piece(text, len(text), code=False)
    if not fitting:
        return _cut_a_costly_line(head, bounds, code)
    return _cut_behind_a_line(head, fitting, code)


def _cut_a_costly_line(head: str, bounds: Bounds, code: bool) -> Piece:
    """Cut within the first line, where what fits is worth a piece; else what there is can be shown as plain text alone."""
    line = head.partition("\n")[0]
    end = len(line)
    while end >= bounds.characters // _LEAST_PIECE and line.count("|") <= _MOST_COLUMNS:
        if _cost(line[:end]) <= bounds.cost:
            return _piece(head, _last_blank(line[:end]), code)
        end = end * 3 // 4
    return _piece(head, _last_blank(head), code, wild=True)


def _cut_behind_a_line(head: str, fitting: list[_Line], code: bool) -> Piece:
    """Cut at a blank line, else at a line's end, else, where no line is whole, within it."""
    whole = [line for line in fitting if head[line.end - 1] == "\n"]
    if not whole:
        return _piece(head, _last_blank(head), fitting[0].in_code)
    last = whole[-1]
    # A blank line far up would leave half of the piece unused.
    gaps = [line for line in whole if line.is_blank and not line.in_code and line.end > last.end // 2]
    if gaps:
        last = gaps[-1]
    return _piece(head, last.end, last.in_code)


def _piece(head: str, end: int, code: bool, *, wild: bool = False) -> Piece:
    return Piece(head[:end], end, code, wild)


def _last_blank(head: str) -> int:
    """Return where to cut within a line: behind the last blank, if that is near the end."""
    blank = max(head.rfind(" "), head.rfind("\n")) + 1
    if blank > len(head) * 7 // 8:
        return blank
    return len(head)


def _weighed(text: str, code: bool) -> Iterator[_Line]:
    """Yield each line with its cost."""
    fence, columns, place = "", 0, 0
    if code:
        fence = "```"
    for words in _each_line(text):
        place += len(words)
        if fence:
            if _closes(fence, words):
                fence = ""
            yield _Line(place, _A_LINE_OF_CODE + len(words) * _A_CHARACTER, False, bool(fence))
        elif words.isspace():
            columns = 0
            yield _Line(place, _A_GAP, True, False)
        else:
            fence = _opens(words)
            if "-" in words and not words.strip(_RULER):
                columns = max(columns, words.count("|") + 1)
            yield _Line(place, _cost(words) + columns * _A_CELL, False, bool(fence))


def _opens(words: str) -> str:
    """Return the fence that a line opens a block of code with, or ""."""
    mark = _FENCE.match(words)
    if mark is None or (mark[1][0] == "`" and "`" in words[mark.end() :]):
        return ""
    return mark[1]


def _closes(fence: str, words: str) -> bool:
    mark = _FENCE.match(words)
    return mark is not None and mark[1].startswith(fence) and not words[mark.end() :].strip()


def _each_line(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        end = text.find("\n", place) + 1 or len(text)
        yield text[place:end]
        place = end


def _cost(words: str) -> float:
    marks = sum(words.count(mark) * cost for mark, cost in _A_MARK.items())
    if _ITEM.match(words):
        marks += _AN_ITEM
    return _A_LINE + len(words) * _A_CHARACTER + marks + len(_OTHER_MARKS.findall(words)) * _OTHER_MARK
