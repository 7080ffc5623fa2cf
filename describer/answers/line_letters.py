"""Letters within a line: stars and underscores of code and sums, backslashes of paths, mathematics."""

import re
from bisect import bisect_left

from markdown_it.rules_inline import StateInline, autolink
from markdown_it.rules_inline.state_inline import Delimiter

from describer.answers.block_letters import FORMULA_CHARACTERS

_ESCAPABLE = frozenset("*_`[]()#+-.!>~|<$")
_OF_FILES = {"/", "\\"}  # and a star beside them stands for any name
_WORD = re.compile(r"\w+")
_RUN = re.compile(r"\S+")
_PATH_OR_FORMULA = re.compile(r"\\[^\W_]")
_CJK = re.compile(r"[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef]")
_FORMULAS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"))


def _formula(state: StateInline, silent: bool) -> bool:
    """Set mathematics apart: as it stands, and nothing in it is a mark."""
    for opening, closing in _FORMULAS:
        if state.src.startswith(opening, state.pos):
            end = _formula_end(state, state.pos + len(opening), opening, closing)
            if end:
                if not silent:
                    state.push("formula", "code", 0).content = state.src[state.pos : end]
                state.pos = end
            return bool(end)
    return False


def _formula_end(state: StateInline, begin: int, opening: str, closing: str) -> int:
    """Return where a formula ends, 0 where none is meant: dollars before numbers are money."""
    found = state.src.find(closing, begin, min(state.posMax, begin + FORMULA_CHARACTERS))
    if found <= begin:
        return 0
    if opening == "$":
        inner, after = state.src[begin:found], state.src[found + 1 : found + 2]
        if inner[0].isspace() or inner[-1].isspace() or after.isdigit() or "\n" in inner:
            return 0
    return found + len(closing)


def escape(state: StateInline, silent: bool) -> bool:
    """Set a formula apart; else take a backslash for an escape only before a mark, and never within a path."""
    place = state.pos
    sign = state.src[place]
    if sign not in "$\\":
        return False
    if _formula(state, silent):
        return True
    if sign == "$":
        return False
    mark = state.src[place + 1 : min(place + 2, state.posMax)]
    if mark in _ESCAPABLE and not _in_path(state, place):
        if not silent:
            token = state.push("text_special", "", 0)
            token.content, token.markup, token.info = mark, f"\\{mark}", "escape"
        state.pos = place + 2
        return True
    if not silent:
        state.append_pending("\\")
    state.pos = place + 1
    return True


def _in_path(state: StateInline, place: int) -> bool:
    """Tell whether the letters around this place hold a backslash before a letter, as paths and formulas do."""
    source, runs = state.env.get("paths", ("", []))
    if source != state.src:  # looked for once in each text
        runs = [run.span() for run in _RUN.finditer(state.src) if _PATH_OR_FORMULA.search(run[0])]
        state.env["paths"] = state.src, runs
    number = bisect_left(runs, (place + 1, 0)) - 1
    return number >= 0 and runs[number][0] <= place < runs[number][1]


def emphasis(state: StateInline, silent: bool) -> bool:
    """Take stars and underscores for emphasis around words, not within them, nor around a name such as `__init__`.

    Beside Chinese, Japanese and Korean, which have no blanks between words, a mark may stand within.
    """
    place, marker = state.pos, state.src[state.pos]
    if silent or marker not in ("_", "*"):
        return False
    if marker == "_" and (name := _name_at(state.src, place, state.posMax)):
        state.append_pending(name)
        state.pos += len(name)
        return True
    scanned = state.scanDelims(place, marker == "*")
    beyond = place + scanned.length
    before, after = state.src[place - 1 : place], state.src[beyond : beyond + 1]
    can_open, can_close = scanned.can_open, scanned.can_close
    if _CJK.match(before) or _CJK.match(after):
        can_open, can_close = bool(after.strip()), bool(before.strip())
    elif (before.isalnum() and after.isalnum()) or {before, after} & _OF_FILES:
        can_open = can_close = False
    for _ in range(scanned.length):
        state.push("text", "", 0).content = marker
        token = len(state.tokens) - 1
        state.delimiters.append(
            Delimiter(ord(marker), scanned.length, token, end=-1, open=can_open, close=can_close)
        )
    state.pos += scanned.length
    return True


def _name_at(source: str, place: int, end: int) -> str:
    """Return the name that begins and ends with underscores at this place, or ""."""
    word = _WORD.match(source, place, end)
    if word is None or not word[0].endswith("_") or not word[0].strip("_"):
        return ""
    return word[0]


def address(state: StateInline, silent: bool) -> bool:
    """Make a link of an address between angle brackets, and keep these."""
    place = state.pos
    if silent or not autolink(state, True):
        return autolink(state, silent)
    state.pos = place
    state.append_pending("<")
    autolink(state, False)
    state.append_pending(">")
    return True
