"""JSON as HTML that folds: each object and list within it is a fold of its own, without a script, every sign as it was written.

It goes line by line, whoever laid the lines out: a line that opens more than it closes begins a fold, which ends before the
line that closes that again.
"""

import re
from collections.abc import Iterator
from html import escape

from describer.answers.json_lines import json_lines

_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"')
_DEEPEST = 24  # deeper folds are nobody's
_MOST = 500
_STEPS = {"{": 1, "[": 1, "}": -1, "]": -1}


def folded_json(text: str) -> str:
    """Return JSON, which must be whole, as lines that fold."""
    return f'<div class="json" tabindex="0">{"".join(_folding(json_lines(text)))}</div>'


def _folding(text: str) -> Iterator[str]:
    depth, opened, folds = 0, list[int](), 0
    for line in text.split("\n"):
        lowest, depth = _depths(line, depth)
        while opened and lowest <= opened[-1]:
            opened.pop()
            yield "</details>"
        words = escape(line, quote=False)
        if depth > lowest > 0 and folds < _MOST and len(opened) < _DEEPEST:
            opened.append(lowest)
            folds += 1
            yield f"<details open><summary>{words}\n</summary>"
        else:
            yield f"<div>{words}\n</div>"


def _depths(line: str, depth: int) -> tuple[int, int]:
    """Return how deep a line gets at the least, and where it ends."""
    lowest = depth
    for sign in _STRINGS.sub("", line):
        depth += _STEPS.get(sign, 0)
        lowest = min(lowest, depth)
    return lowest, depth
