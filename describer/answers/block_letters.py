"""Blocks of letters: amounts below each other, what was typed at a prompt, lines of dashes, mathematics."""

import re
from bisect import bisect_left

from markdown_it.rules_block import StateBlock, blockquote, hr

_AMOUNT = re.compile(r"[ \t]*([-+])[ \t]+[^\w\s]{0,3}[ \t]?\d")
_BARE_AMOUNT = re.compile(r"[ \t]*[-+][ \t]+[^\w\s]{0,3}[ \t]?\d[\d.,' ]*[ \t]?[^\d\s]{0,3}[ \t]*\Z")
_MOST_AMOUNTS = 40  # lines that are looked at for each line
_RULE = re.compile(r"(?:---|\*\*\*|___|- - -|\* \* \*)[ \t]*\Z")
_OPTION = re.compile(r"[ \t]*>[ \t]?[a-z][\w./-]*(?:[ \t]+\S+)*[ \t]+(?:--?[a-zA-Z]|[/~.|>])")
_BEGINNING = re.compile(r"\\begin\{([a-zA-Z*]{1,20})\}")
FORMULA_CHARACTERS = 4_000


def _line_at(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def _sign_at(state: StateBlock, number: int) -> str:
    """Return the first sign of a line: asked of each line by each rule, before anything that costs more."""
    place = state.bMarks[number] + state.tShift[number]
    return state.src[place : place + 1]


def _as_letters(state: StateBlock, begin: int, end: int) -> bool:
    """Make a paragraph of lines as they stand."""
    state.push("paragraph_open", "p", 1).map = [begin, end]
    inline = state.push("inline", "", 0)
    inline.content = "\n".join(_line_at(state, number).strip() for number in range(begin, end))
    inline.map, inline.children = [begin, end], []
    state.push("paragraph_close", "p", -1)
    state.line = end
    return True


def _lines_while(state: StateBlock, begin: int, end: int) -> int:
    """Return where the lines that stand together end."""
    while begin < end and not state.isEmpty(begin) and state.sCount[begin] >= state.blkIndent:
        begin += 1
    return begin


def amounts(state: StateBlock, begin: int, end: int, silent: bool) -> bool:
    """Keep the signs of amounts below each other, where both signs stand, or nothing but amounts: no list is meant."""
    if _sign_at(state, begin) not in ("-", "+") or state.is_code_block(begin):
        return False
    if not _AMOUNT.match(_line_at(state, begin)):
        return False
    until, signs, bare = begin, set(), True
    end = min(end, begin + _MOST_AMOUNTS)
    while until < end and not state.isEmpty(until) and (amount := _AMOUNT.match(_line_at(state, until))):
        signs.add(amount[1])
        bare = bare and bool(_BARE_AMOUNT.match(_line_at(state, until)))
        until += 1
    if not bare and len(signs) < 2:
        return False
    return silent or _as_letters(state, begin, until)


def quote(state: StateBlock, begin: int, end: int, silent: bool) -> bool:
    """Keep the signs of what was typed at a prompt: an answer that is nothing but a quote, options, an output below."""
    if _sign_at(state, begin) != ">" or state.is_code_block(begin):
        return False
    until = _lines_while(state, begin, end)
    quoted = [_line_at(state, number).startswith(">") for number in range(begin, until)]
    nothing_else = begin == 0 and until == state.lineMax and state.level == 0
    if nothing_else or not all(quoted) or _OPTION.match(_line_at(state, begin)):
        return silent or _as_letters(state, begin, until)
    return blockquote(state, begin, end, silent)


def rule(state: StateBlock, begin: int, end: int, silent: bool) -> bool:
    """Take three marks behind a blank line for a rule; any other line of dashes is the line of a sum, or a drawing."""
    below_text = silent and state.parentType == "paragraph"
    if below_text or _sign_at(state, begin) not in ("-", "*", "_"):
        return False
    if not _RULE.match(_line_at(state, begin)):
        return False
    return hr(state, begin, end, silent)


def formula(state: StateBlock, begin: int, end: int, silent: bool) -> bool:
    """Set mathematics apart that begins a line and ends one."""
    if _sign_at(state, begin) not in ("$", "\\") or state.is_code_block(begin):
        return False
    line = _line_at(state, begin)
    place = state.bMarks[begin] + state.tShift[begin]
    closing, skipped = _closing_of(line)
    if not closing:
        return False
    found = state.src.find(closing, place + skipped, min(place + FORMULA_CHARACTERS, state.eMarks[end - 1]))
    if found < 0:
        return False
    last = bisect_left(state.eMarks, found + len(closing))
    if last >= end or state.src[found + len(closing) : state.eMarks[last]].strip():
        return False
    if silent:
        return True
    token = state.push("formula_block", "p", 0)
    token.content = state.getLines(begin, last + 1, state.blkIndent, False).strip()
    token.map = [begin, last + 1]
    state.line = last + 1
    return True


def _closing_of(line: str) -> tuple[str, int]:
    """Return what ends a formula that begins with this line, and how long what begins it is."""
    if line.startswith("$$"):
        return "$$", 2
    if line.startswith("\\["):
        return "\\]", 2
    if named := _BEGINNING.match(line):
        return f"\\end{{{named[1]}}}", named.end()
    return "", 0
