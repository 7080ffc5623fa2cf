"""Patterns over foreign words take time in proportion to them, whatever the words are."""

import re
import time
from types import ModuleType

import pytest

from describer.chat import (
    address,
    amendments,
    error_patterns,
    error_text,
    messages,
    parse_parameters,
    response,
    tokens,
)
from describer.images import formats, names
from describer.lib import masks
from describer.lib.guard import link
from describer.lib.limits import ERROR_CHARACTERS

pytestmark = pytest.mark.slow

MODULES = (address, amendments, error_patterns, error_text, messages, parse_parameters, response, tokens)
OTHERS = (formats, names, masks, link)
UNITS = (
    "image", "image ", "vision a ", "model ", "api key ", "a ", "exceed", "exceeds ", "prompt ", "request ", "<", "<a", "<!--",
    "[", "[a", "'", "data:a/", "data:a/a;base64,", "sk-", "sk-a", "Bearer ", "try again in ", "retry after 1h", "context ",
    "cannot ", "does not support ", "unable ", "error ", "invalid ", "parameter: ", "name ", "too many ", "<title>", "<think>",
    "a.", " ", "\n", "\u6a21\u578b", "\u56fe\u7247", "\u4e0d\u652f\u6301", "per", "image_url", "x", "_", "0", "dsc_",
)  # fmt: skip
MATCHED = (
    "_HAS_SCHEME",
    "_LOCAL",
    "_PAGE",
    "_WHOLE",
    "_NUMBER",
    "_MEDIA_TYPE",
)  # at the beginning of a text alone


def patterns(*modules: ModuleType) -> list[tuple[str, re.Pattern[str]]]:
    return [
        (name, pattern)
        for module in modules
        for name, pattern in vars(module).items()
        if isinstance(pattern, re.Pattern) and isinstance(pattern.pattern, str)
    ]


def hostile(length: int) -> list[str]:
    """Texts that begin a match over and over, and those that begin many and end none."""
    halves = [unit * (length // 2 // len(unit)) for unit in UNITS]
    tails = [half + tail for half in halves for tail in ("x" * (length // 2), " x" * (length // 4))]
    return [(unit * length)[:length] for unit in UNITS] + tails


@pytest.mark.parametrize(("name", "pattern"), patterns(*MODULES, *OTHERS))
def test_fe01_a_pattern_reads_hostile_words_in_no_time(name: str, pattern: re.Pattern[str]) -> None:
    look = pattern.match if name in MATCHED else pattern.search
    slowest = 0.0
    for text in hostile(ERROR_CHARACTERS):
        began = time.thread_time()
        look(text)
        slowest = max(slowest, time.thread_time() - began)
    assert slowest < 0.1
