"""What the parser found, changed before it is shown: numbers of lists as they were given, cells of tables."""

import re
from collections.abc import Sequence

from markdown_it.token import Token


def number_items(tokens: Sequence[Token]) -> None:
    """Give each item of a list the number that the model gave it."""
    lists: list[tuple[Token, int]] = []
    for token in tokens:
        if token.type == "ordered_list_open":
            if token.markup == ")":
                token.attrSet("class", "paren")
            lists.append((token, int(token.attrGet("start") or 1)))
        elif token.type == "ordered_list_close":
            lists.pop()
        elif token.type == "list_item_open" and token.info:
            opened, expected = lists[-1]
            if token.info[0] == "0" and len(token.info) > 1:
                opened.attrSet("class", "zeros")
            if int(token.info) != expected:
                token.attrSet("value", token.info)
            lists[-1] = (opened, int(token.info) + 1)


_BREAK = re.compile(r"<br[ \t]*/?>", re.IGNORECASE)
_ALIGNED = re.compile(r"text-align:(center|right)")


def read_cells(tokens: Sequence[Token]) -> None:
    """Break lines in a table's cells where the model wrote `<br>`, and keep how columns are aligned."""
    for opening, inline in zip(tokens, tokens[1:], strict=False):
        if opening.type not in ("th_open", "td_open"):
            continue
        aligned = _ALIGNED.match(str(opening.attrs.pop("style", "")))
        if aligned:
            opening.attrSet("class", aligned[1])
        if inline.children and _BREAK.search(inline.content):
            inline.children = [part for child in inline.children for part in _with_breaks(child)]


def _with_breaks(token: Token) -> list[Token]:
    if token.type != "text":
        return [token]
    parts: list[Token] = []
    for number, words in enumerate(_BREAK.split(token.content)):
        if number:
            parts.append(Token("hardbreak", "br", 0))
        parts.append(Token("text", "", 0, content=words))
    return parts
