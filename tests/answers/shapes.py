"""Shapes of answers that cost a parser of Markdown more than they seem to, and what showing one costs."""

import time
from collections.abc import Callable
from typing import Any

SHAPES: dict[str, Callable[[int], str]] = {
    "pictures": lambda n: "![" * n,
    "pictures that nest": lambda n: "![" * n + "](a)" * n,
    "brackets": lambda n: "[" * n,
    "brackets that nest": lambda n: "[" * n + "](b)" * n,
    "links": lambda n: "[a](http://b.c) " * n,
    "links without an end": lambda n: "[a](" * n,
    "titles without an end": lambda n: '[a](b "' * n,
    "definitions": lambda n: "".join(f"[{i}]: b\n" for i in range(n)),
    "references": lambda n: "[a]: b\n\n" + "[a]" * n,
    "stars": lambda n: "*a " * n,
    "stars that pair": lambda n: "**" * n + "a" + "**" * n,
    "runs of stars": lambda n: "*" * n + "a" + "*" * n,
    "emphasis of two kinds": lambda n: "*a_ " * n,
    "emphasis that nests": lambda n: "*a **b " * n + "b** a*" * n,
    "underscores": lambda n: "_a " * n,
    "tildes": lambda n: "~~a " * n,
    "backticks": lambda n: "`" * n + " a",
    "backticks apart": lambda n: "` " * n,
    "backticks of each length": lambda n: "".join("`" * (i % 300) + " " for i in range(n // 100 + 2)),
    "quotes": lambda n: ">" * n,
    "quoted lines": lambda n: (">" * 20 + "a\n") * n,
    "lazy lines of a deep quote": lambda n: ">" * 20 + "a\n" + "b\n" * n,
    "lists on one line": lambda n: "- " * n,
    "lists that nest": lambda n: "".join("  " * (i % 200) + "- a\n" for i in range(n)),
    "loose lists": lambda n: "- a\n\n" * n,
    "columns": lambda n: "|a" * n + "|\n" + "|-" * n + "|\n" + "|b" * n + "|",
    "short rows": lambda n: "|a" * 100 + "|\n" + "|-" * 100 + "|\n" + "|x|\n" * n,
    "a square": lambda n: "|a" * n + "|\n" + "|-" * n + "|\n" + "|\n" * n,
    "quoted short rows": lambda n: "> " + "|a" * 100 + "|\n> " + "|-" * 100 + "|\n" + "> |x|\n" * n,
    "rulers": lambda n: "a|b\n" + "-|-\n" * n,
    "dashes": lambda n: "-" * n + "a",
    "less": lambda n: "<" * n,
    "ampersands": lambda n: "&" * n,
    "entities": lambda n: "&amp;" * n,
    "numbers of characters": lambda n: "&#x" * n,
    "tags": lambda n: "<a>" * n,
    "addresses": lambda n: "<http://a.b>" * n,
    "mail": lambda n: "a@b.c <a@b.c> " * n,
    "bare addresses": lambda n: "http://a.b " * n,
    "lines": lambda n: "a\n" * n,
    "paragraphs": lambda n: "a\n\n" * n,
    "gaps": lambda n: "a" + "\n" * n + "a",
    "tabs": lambda n: "-\t" * n,
    "backslashes": lambda n: "\\" * n,
    "backslashes at line ends": lambda n: "a\\\n" * n,
    "headings": lambda n: "# a\n" * n,
    "underlined headings": lambda n: "a\n=\n" * n,
    "fences": lambda n: "```\n" * n,
    "two fences": lambda n: "~~~\na\n" * n,
    "marks on marks": lambda n: "\u0301" * n,
    "wide blanks": lambda n: "\u3000\u200b" * n,
    "thoughts": lambda n: "<think>a</think>" * n,
    "thoughts without an end": lambda n: "<think>" * n,
    "blanks": lambda n: " " * n + "a",
}
_DEPTH = 80  # calls that lie below a filter of a template


def seconds(show: Callable[[], Any]) -> float:
    """The processor time that showing takes as deep as within a page; the least of three, since others run here, too."""
    return min(_once(show) for _ in range(3))


def _once(show: Callable[[], Any]) -> float:
    began = time.thread_time()
    _below(_DEPTH, show)
    return time.thread_time() - began


def _below(depth: int, show: Callable[[], Any]) -> None:
    if depth:
        _below(depth - 1, show)
    else:
        show()
