"""Estimates of tokens, for endpoints that report none and for the line that tells a cost before sending.

Text: about 4 characters a token in Latin script, about 2 in other alphabets, and one token a character in Chinese,
Japanese and Korean (OpenAI's help page "What are tokens and how to count them"; Anthropic's glossary says 3.5).
Pictures: width x height / 750 after scaling to what the model looks at, a long side of 1568 px and about 1,600
tokens at most (Anthropic, "Vision": https://docs.anthropic.com/en/docs/build-with-claude/vision).
"""

import math
import re
from collections.abc import Iterable

from describer.chat.completion import Usage

PER_MESSAGE = 4
_PIXELS_PER_TOKEN = 750
_LONGEST_SIDE = 1568
_MOST_PER_PICTURE = 1600
_LOW_DETAIL = 85
_SLICE = 100_000  # of a text: other threads go on between two of them, and few letters are listed at once
_CJK = re.compile(
    "[\u2e80-\u30ff\u3100-\u31bf\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef"
    "\U0001f000-\U0001faff\U00020000-\U0003ffff]"
)
_OTHER = re.compile("[^\x00-\u024f\u2000-\u206f]")


def text_tokens(text: str) -> int:
    """Estimate how many tokens a text is; 0 only for an empty text."""
    dense = other = 0
    if not text.isascii():
        for start in range(0, len(text), _SLICE):
            piece = text[start : start + _SLICE]
            dense += len(_CJK.findall(piece))
            other += len(_OTHER.findall(piece))
        other -= dense
    return math.ceil(dense + other / 2 + (len(text) - dense - other) / 4)


def picture_tokens(width: int, height: int, detail: str | None = None) -> int:
    """Estimate how many tokens a picture of this many pixels is; `detail` low is a flat price."""
    if detail == "low":
        return _LOW_DETAIL
    scale = min(1.0, _LONGEST_SIDE / max(width, height, 1))
    return min(_MOST_PER_PICTURE, max(1, math.ceil(width * scale * height * scale / _PIXELS_PER_TOKEN)))


def estimate(
    *,
    question: str = "",
    system_prompt: str = "",
    earlier: Iterable[str] = (),
    sizes: Iterable[tuple[int, int]] = (),
    answers: Iterable[str] = (),
    detail: str | None = None,
    more: int = 0,
) -> Usage:
    """Return the usage in our own numbers, marked as estimated.

    sizes: (width, height) in pixels of each picture as sent. earlier: questions and answers of turns before.
    answers: what the model wrote, thoughts too; leave it out for what a question costs before it is sent.
    more: tokens sent beside all that, as they were estimated before.
    """
    prompt = sum(text_tokens(text) + PER_MESSAGE for text in (system_prompt, *earlier, question) if text)
    prompt += more + sum(picture_tokens(width, height, detail) for width, height in sizes)
    written = sum(map(text_tokens, answers))
    return Usage(prompt, written, prompt + written, estimated=True)
