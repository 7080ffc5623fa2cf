"""Where the words of a search stand in a text, for showing: the beginning of it, or what is around the first of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from describer.search.query import Query
from describer.search.words import words_of, written_words

_BEFORE = 60  # characters before the first word that was found
_SHOWN = 300


@dataclass(frozen=True)
class MarkedPiece:
    """A stretch of a text; `is_found` for the words of the search."""

    text: str
    is_found: bool = False


@dataclass(frozen=True)
class _Wanted:
    whole: frozenset[str]
    beginnings: tuple[str, ...]

    def has(self, word: str) -> bool:
        return word in self.whole or word.startswith(self.beginnings)


def marked(text: str, query: Query) -> list[MarkedPiece]:
    """Return what to show of a text that was searched: some lines around the first word that was found.

    Empty where none of the words stands in it.
    """
    wanted = _wanted(query)
    spans = _spans(text, wanted)
    first = next(spans, None)
    if first is None:
        return []
    begin = _begin(text, first[0])
    end = begin + _SHOWN
    pieces, at = [MarkedPiece("… ")] if begin else [], begin
    for start, stop in (first, *spans):
        if stop > end:
            break
        pieces += [MarkedPiece(text[at:start]), MarkedPiece(text[start:stop], is_found=True)]
        at = stop
    pieces.append(MarkedPiece(text[at:end] + (" …" if end < len(text) else "")))
    return [piece for piece in pieces if piece.text]


def _wanted(query: Query) -> _Wanted:
    whole: set[str] = set()
    beginnings = []
    for term in query.shown:
        if term.is_beginning:
            beginnings.append(term.words[-1])
            whole.update(term.words[:-1])
        else:
            whole.update(term.words)
    return _Wanted(frozenset(whole), tuple(beginnings))


def _begin(text: str, first: int) -> int:
    """Return where to begin, so that the first word found is not far: between two words, where there are any."""
    begin = max(0, first - _BEFORE)
    if begin == 0:
        return 0
    blank = text.find(" ", begin, first)
    return begin if blank < 0 else blank + 1


def _spans(text: str, wanted: _Wanted) -> Iterator[tuple[int, int]]:
    """Yield where words of the search stand; of characters that are written without blanks, those that were found."""
    for match in written_words(text):
        words = _words(match[0])
        if len(words) == 1:
            if wanted.has(words[0]):
                yield match.span()
        elif len(words) == len(match[0]):
            yield from _paired(match.start(), words, wanted)
        elif any(map(wanted.has, words)):
            yield match.span()


def _paired(begin: int, words: tuple[str, ...], wanted: _Wanted) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a run whose pairs are wanted."""
    start = stop = -1
    for number, word in enumerate(words):
        if not wanted.has(word):
            continue
        if number > stop:
            if stop > 0:
                yield begin + start, begin + stop
            start = number
        stop = number + len(word)
    if stop > 0:
        yield begin + start, begin + stop


@lru_cache(4096)
def _words(text: str) -> tuple[str, ...]:
    return tuple(words_of(text))
