"""JSON laid out with a line for each value, every sign as it was written: numbers and escapes are not read and written anew."""

import re
from collections.abc import Iterator

_SIGNS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_INDENT = "  "


def json_lines(text: str) -> str:
    """Lay out JSON; what the model laid out itself stays as it is."""
    if "\n" in text:
        return text
    return "".join(_laid_out(_SIGNS.findall(text)))


def _laid_out(signs: list[str]) -> Iterator[str]:
    depth = 0
    for sign, following in zip(signs, [*signs[1:], ""], strict=True):
        if sign in "{[":
            depth += 1
        if following in ("}", "]"):
            depth -= 1
        yield sign
        if sign in "{[" and following in ("}", "]"):
            continue
        if sign in "{[," or following in ("}", "]"):
            yield "\n" + _INDENT * depth
        elif sign == ":":
            yield " "
