"""An answer read once: what the model thought, its words, and of what shape the words are.

Some models write their thoughts into the answer, each family between marks of its own, and some servers leave the special
tokens of a model's template at the edges. Both are taken off here, for pipeline, pages, lists, copies and exports alike; what
came is kept as it came.
"""

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

_NAMES = r"(?:[a-z]{1,12}[:_])?(?:think|thinking|thought|thoughts|reasoning)"
# How a thought opens, and how it ends: as the templates of Qwen, DeepSeek, GLM, Seed, Kimi-VL, Sky-T1, Magistral, Cohere,
# MedGemma and gpt-oss write it.
_MARKS = tuple(
    (re.compile(opening, re.IGNORECASE), re.compile(closing, re.IGNORECASE))
    for opening, closing in (
        (rf"<{_NAMES}>", rf"</{_NAMES}>"),
        (r"◁think▷", r"◁/think▷"),
        (
            r"<\|(?:(?:begin|start)_(?:of_)?)?(?:think|thinking|thought|reasoning)(?:_(?:begin|start))?\|>",
            r"<\|(?:/|end_(?:of_)?)(?:think|thinking|thought|reasoning)\|>|<\|(?:think|thinking|thought|reasoning)_end\|>",
        ),
        (r"\[THINK\]", r"\[/THINK\]"),
        (r"<unused94>(?:thought\b)?", r"<unused95>"),
        (
            r"(?:<\|start\|>assistant)?<\|channel\|>analysis<\|message\|>",
            r"<\|end\|>|(?=<\|start\|>|<\|channel\|>final)",
        ),
    )
)
_CLOSING = re.compile("|".join(f"(?:{closing.pattern})" for _, closing in _MARKS[:4]), re.IGNORECASE)
_CLOSED_AT_A_LINES_END = re.compile(r"[ \t]*(?:\r?\n|\Z)")
_CLOSED_BEHIND_A_SENTENCE = re.compile(r"[.!?…。！？)\]][ \t]?\Z")
# A tag between marks like these is spoken of.
_QUOTES = "\"'`“”‘’«»「」"

_SPECIAL = r"<\|[^|<>\s]{1,40}\|>|<｜[^｜<>\s]{1,40}｜>|◁/?[a-z_]{1,20}▷|<(?:bos|eos|pad|unk|unused\d{1,4}|(?:end|start)_of_turn)>"
_FIRST = re.compile(
    rf"\s*(?:<\|start\|>assistant|<\|im_start\|>(?:assistant\b)?|<start_of_turn>(?:model\b)?|"
    rf"<\|channel\|>final|{_SPECIAL}|\[/INST\])",
    re.IGNORECASE,
)
_LAST = re.compile(rf"(?:{_SPECIAL}|</s>)\s*\Z", re.IGNORECASE)
_LONGEST_SPECIAL = 80
# What may yet become a mark, while an answer comes: at its start, and at its end.
_MARKS_BEGIN = ("<", "◁", "[")
_LONGEST_MARK = 64
_CUT_TOKEN = re.compile(r"<(?:[|｜/][^<>]{0,40})?\Z|◁[^▷]{0,20}\Z")
_WRAPPED = re.compile(r"<(answer|final_answer)>", re.IGNORECASE)
_MOST_MARKS = 200  # thoughts, or tokens at one edge
_LONGEST_THOUGHT = 400_000  # characters in which a closing mark without an opening one is looked for
_MOST_JSON = 200_000  # characters that are parsed to see whether they are JSON


class AnswerShape(StrEnum):
    """Of what shape an answer's words are."""

    MARKDOWN = "markdown"
    JSON = "json"
    PLAIN = "plain"


@dataclass(frozen=True)
class ReadAnswer:
    """An answer taken apart: its text lies between `begin` and `end` of what was written, thoughts come before it."""

    thoughts: str
    text: str
    begin: int
    end: int

    @property
    def shape(self) -> AnswerShape:
        return shape_of(self.text)


def shape_of(text: str) -> AnswerShape:
    """Return JSON where the whole text is an object or a list, else Markdown."""
    if text[:1] in ("{", "[") and text[-1:] in ("}", "]") and len(text) <= _MOST_JSON:
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return AnswerShape.MARKDOWN
        return AnswerShape.JSON
    return AnswerShape.MARKDOWN


def read_answer(content: str) -> ReadAnswer:
    """Take an answer apart. Thoughts stand at its start alone: a mark further on is part of what it says."""
    place, thoughts = _after_thoughts(content)
    begin, end = _without_tokens(content, place, len(content))
    begin, end = _unwrapped(content, begin, end)
    return ReadAnswer("\n\n".join(filter(None, thoughts)), content[begin:end], begin, end)


def read_coming(content: str) -> ReadAnswer:
    """Take an answer apart that is still coming: what may yet become the mark of a thought, or a token, is held back.

    Thoughts whose opening mark the server took for its own look like words until their closing mark comes.
    """
    read = read_answer(content)
    rest = content[_after_thoughts(content)[0] :].lstrip()
    if rest.startswith(_MARKS_BEGIN) and len(rest) < _LONGEST_MARK:
        return ReadAnswer(read.thoughts, "", read.begin, read.begin)
    begin = read.begin
    if opened := _WRAPPED.match(content, begin, read.end):
        begin = opened.end()
    cut = _CUT_TOKEN.search(content, max(begin, read.end - _LONGEST_SPECIAL), read.end)
    begin, end = _stripped(content, begin, cut.start() if cut else read.end)
    return ReadAnswer(read.thoughts, content[begin:end], begin, end)


def _after_thoughts(content: str) -> tuple[int, list[str]]:
    """Return where the thoughts at the start end, and what they are."""
    place, thoughts = 0, []
    for _ in range(_MOST_MARKS):
        begin = _stripped(content, place, len(content))[0]
        found = _opened(content, begin)
        if found is None:
            token = _FIRST.match(content, begin)
            if token is None or _opened(content, _stripped(content, token.end(), len(content))[0]) is None:
                break
            place = token.end()
            continue
        thought, place = found
        thoughts.append(thought.strip())
    if not thoughts and (closed := _closed_alone(content)):
        return closed[1], [content[: closed[0]].strip()]
    return place, thoughts


def _opened(content: str, begin: int) -> tuple[str, int] | None:
    """Return the thought that opens at this place, and where it ends: with the answer, where nothing closes it."""
    for opening, closing in _MARKS:
        if opened := opening.match(content, begin):
            closed = closing.search(content, opened.end())
            if closed is None:
                return content[opened.end() :], len(content)
            return content[opened.end() : closed.start()], closed.end()
    return None


def _closed_alone(content: str) -> tuple[int, int] | None:
    """Return where a closing mark without an opening one stands: the server took the opening one for its own.

    Only where nothing but the thought can have come before: one mark, at a line's end or behind a sentence, spoken of by
    nobody.
    """
    closings = list(islice(_CLOSING.finditer(content, 0, _LONGEST_THOUGHT), 2))
    if len(closings) != 1:
        return None
    begin, end = closings[0].span()
    if any(opening.search(content, 0, begin) for opening, _ in _MARKS[:4]):
        return None
    before, after = content[max(0, begin - 2) : begin], content[end : end + 1]
    if before[-1:] in tuple(_QUOTES) or after in tuple(_QUOTES):
        return None
    if _CLOSED_AT_A_LINES_END.match(content, end) or not before.strip() or before.endswith("\n"):
        return begin, end
    return (begin, end) if _CLOSED_BEHIND_A_SENTENCE.search(before) else None


def _without_tokens(content: str, begin: int, end: int) -> tuple[int, int]:
    """Leave out special tokens at both edges."""
    for _ in range(_MOST_MARKS):
        token = _FIRST.match(content, begin, end)
        if token is None:
            break
        begin = token.end()
    for _ in range(_MOST_MARKS):
        begin, end = _stripped(content, begin, end)
        token = _LAST.search(content, max(begin, end - _LONGEST_SPECIAL), end)
        if token is None or (token[0].strip().lower() == "</s>" and "<s>" in content[begin:end].lower()):
            break
        end = token.start()
    return _stripped(content, begin, end)


def _unwrapped(content: str, begin: int, end: int) -> tuple[int, int]:
    """Take off tags that say that all between them is the answer."""
    opened = _WRAPPED.match(content, begin, end)
    if opened is None:
        return begin, end
    closing = f"</{opened[1]}>".lower()
    if content[end - len(closing) : end].lower() != closing or opened.end() > end - len(closing):
        return begin, end
    return _stripped(content, opened.end(), end - len(closing))


def _stripped(content: str, begin: int, end: int) -> tuple[int, int]:
    """Leave out blanks at both edges."""
    inner = content[begin:end]
    begin += len(inner) - len(inner.lstrip())
    return begin, max(begin, end - (len(inner) - len(inner.rstrip())))
