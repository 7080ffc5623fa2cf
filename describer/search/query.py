"""What a person typed into the search field, read: words, phrases, what must not be there, and typed filters.

`harbour boat` finds both, `"red boat"` side by side, `-night` what does not say so; the last word may be a beginning.
`tag:`, `model:`, `is:` and `file:` narrow further. Whatever else is written is words: no text is a mistake.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from describer.search.words import searched_words

MOST_CHARACTERS = 1000  # of what is typed; the rest is not read
MOST_TERMS = 32
_PIECE = re.compile(
    r'(?P<minus>-?)(?:(?P<name>tag|model|is|file):)?(?:"(?P<phrase>[^"]*)(?:"|$)|(?P<word>[^\s"]+))'
)
STATES = ("done", "open", "failed", "cancelled", "queued", "waiting", "running", "favourite")
FLAGS = ("cut_off", "refused", "empty", "changed")
_SAME = {"answered": "done", "favorite": "favourite"}


@dataclass(frozen=True)
class Term:
    """Words that stand side by side, in the names of files alone where `in_files`.

    `is_beginning`: of the last one its beginning is enough. `is_absent`: they must not be there.
    """

    words: tuple[str, ...]
    is_beginning: bool = False
    is_absent: bool = False
    in_files: bool = False


@dataclass(frozen=True)
class Typed:
    """A typed filter with how it was written, and the search without it."""

    name: str
    value: str
    label: str
    without: str


@dataclass(frozen=True)
class Query:
    """A search as it was read."""

    text: str = ""
    terms: tuple[Term, ...] = ()
    typed: tuple[Typed, ...] = field(default=())

    def values(self, name: str) -> list[str]:
        """Return the values of the typed filters of a name."""
        return [one.value for one in self.typed if one.name == name]

    @property
    def flags(self) -> list[str]:
        """Return what `is:` asks of the answers."""
        return [value for value in self.values("is") if value in FLAGS]

    @property
    def states(self) -> list[str]:
        """Return what `is:` asks of the descriptions."""
        return [value for value in self.values("is") if value in STATES]

    @property
    def is_set(self) -> bool:
        return bool(self.terms or self.typed)

    @property
    def shown(self) -> tuple[Term, ...]:
        """Return the terms that what was found shows."""
        return tuple(term for term in self.terms if not term.is_absent)


def read_query(text: str) -> Query:
    """Read what was typed; never refuses."""
    text = " ".join(text.replace("\x00", " ")[:MOST_CHARACTERS].split())
    pieces = list(_PIECE.finditer(text))
    terms: list[Term] = []
    typed: list[Typed] = []
    for piece in pieces:
        if one := _typed(piece, text):
            typed.append(one)
            continue
        term = _term(piece, is_last=piece is pieces[-1])
        if term and len(terms) < MOST_TERMS:
            terms.append(term)
    return Query(text, tuple(terms), tuple(typed[:MOST_TERMS]))


def _typed(piece: re.Match[str], text: str) -> Typed | None:
    """Return the typed filter of a piece; None for words, and for those in the names of files."""
    name, value = piece["name"], _value(piece)
    if not name or name == "file" or piece["minus"] or not value:
        return None
    if name == "is":
        value = value.lower().replace("-", "_")
        value = _SAME.get(value, value)
        if value not in (*STATES, *FLAGS):
            return None
    without = " ".join((text[: piece.start()] + text[piece.end() :]).split())
    return Typed(name, value, piece[0], without)


def _term(piece: re.Match[str], *, is_last: bool) -> Term | None:
    """Return the words of a piece; None where it has none."""
    text = _value(piece)
    in_files = piece["name"] == "file"
    if piece["name"] and not in_files:
        text = f"{piece['name']} {text}"
    words, is_beginning = searched_words(text)
    if not words:
        return None
    is_absent = bool(piece["minus"])
    if is_last and piece["phrase"] is None and not is_absent:
        is_beginning = is_beginning or len(words[-1]) > 1  # a letter begins half of all words
    return Term(tuple(words), is_beginning, is_absent, in_files)


def _value(piece: re.Match[str]) -> str:
    phrase: str | None = piece["phrase"]
    if phrase is None:
        return str(piece["word"])
    return phrase.strip()


def holds(terms: Sequence[Term], columns: Sequence[Sequence[str]], files: int) -> bool:
    """Tell whether texts, given as their words, hold what the terms ask for: a plain look, without an index.

    `files` is the number of the column with the names of files.
    """
    for term in terms:
        looked_at = columns
        if term.in_files:
            looked_at = [columns[files]]
        if any(_stands_in(term, words) for words in looked_at) == term.is_absent:
            return False
    return True


def _stands_in(term: Term, words: Sequence[str]) -> bool:
    count = len(term.words)
    return any(_is_same(term, tuple(words[begin : begin + count])) for begin in range(len(words) - count + 1))


def _is_same(term: Term, words: tuple[str, ...]) -> bool:
    if not term.is_beginning:
        return words == term.words
    return words[:-1] == term.words[:-1] and words[-1].startswith(term.words[-1])
