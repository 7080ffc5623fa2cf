"""The index in each database: FTS5 on SQLite, a tsvector with a GIN index on PostgreSQL. Words are made before they come here.

In both the table is called `describer_search`, and so is what is looked for in: a column of PostgreSQL's, the hidden one
of FTS5's.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from describer.search.entry import COLUMN_NAMES, MOST_WORDS, WordEntry
from describer.search.query import Term
from describer.search.words import LEFT_OUT

_WEIGHTS = {"question": "A", "answer": "B", "files": "C", "tags": "D"}
NAME = "describer_search"
_GAP = 2  # between columns, so that no phrase begins in one and ends in another


class SqliteTable:
    """FTS5 with the words as they are made: `ascii` folds nothing that is left to fold, and parts at blanks alone."""

    make = (
        "CREATE VIRTUAL TABLE IF NOT EXISTS describer_search USING "
        "fts5(marks, question, files, tags, answer, tokenize='ascii', prefix='2 3')",
    )
    insert = "INSERT INTO describer_search (rowid, marks, question, files, tags, answer) VALUES (%s, %s, %s, %s, %s, %s)"
    answer = "UPDATE describer_search SET answer = %s WHERE rowid = %s"
    stored = (
        "SELECT rowid FROM describer_search "
        "WHERE rowid = %s AND marks = %s AND question = %s AND files = %s AND tags = %s AND answer = %s"
    )

    @staticmethod
    def row(entry: WordEntry) -> tuple[Any, ...]:
        columns = (" ".join(getattr(entry, name)) for name in COLUMN_NAMES)
        return (entry.description, " ".join(entry.marks), *columns)

    @staticmethod
    def answer_of(words: Sequence[str]) -> str:
        return " ".join(words)

    @staticmethod
    def looked_for(mark: str, terms: Iterable[Term]) -> str:
        """Write what is looked for in the words of FTS5; words hold neither quotes nor blanks."""
        wanted: list[str] = [f'"{mark}"']
        absent: list[str] = []
        for term in terms:
            text = f'"{" ".join(term.words)}"'
            if term.is_beginning:
                text += " *"
            if term.in_files:
                text = f"files : {text}"
            (absent if term.is_absent else wanted).append(text)
        return " NOT ".join([f"({' AND '.join(wanted)})", *absent])


class PostgresTable:
    """A tsvector that is written as such: no configuration of PostgreSQL's parts or folds a word."""

    make = (
        "CREATE TABLE IF NOT EXISTS describer_search (rowid bigint PRIMARY KEY, describer_search tsvector NOT NULL)",
        "CREATE INDEX IF NOT EXISTS describer_search_words ON describer_search USING gin (describer_search)",
    )
    insert = (
        "INSERT INTO describer_search (rowid, describer_search) VALUES (%s, %s::tsvector) "
        "ON CONFLICT (rowid) DO UPDATE SET describer_search = EXCLUDED.describer_search"
    )
    # What stays are the columns of other weights, and the marks.
    answer = (
        "UPDATE describer_search SET describer_search = ts_filter(describer_search, '{a,c,d}') || %s::tsvector "
        "WHERE rowid = %s"
    )
    # Places differ with the way in which the words came here.
    stored = "SELECT rowid FROM describer_search WHERE rowid = %s AND strip(describer_search) = strip(%s::tsvector)"

    @staticmethod
    def row(entry: WordEntry) -> tuple[Any, ...]:
        places: list[str] = [f"'{mark}':1" for mark in entry.marks]
        begin = 1 + _GAP
        for name in COLUMN_NAMES:
            words: Sequence[str] = getattr(entry, name)
            places += _with_places(words, begin, _WEIGHTS[name])
            begin += len(words) + _GAP
        return entry.description, " ".join(places)

    @staticmethod
    def answer_of(words: Sequence[str]) -> str:
        return " ".join(_with_places(words, _GAP, _WEIGHTS["answer"]))

    @staticmethod
    def looked_for(mark: str, terms: Iterable[Term]) -> str:
        """Write what is looked for in the words of a tsquery."""
        parts = [f"'{mark}'"]
        for term in terms:
            weight = ""
            if term.in_files:
                weight = _WEIGHTS["files"]
            words = [f"'{word}':{weight}" for word in term.words]
            if term.is_beginning:
                words[-1] += "*"
            text = f"({' <-> '.join(word.removesuffix(':') for word in words)})"
            parts.append(f"!{text}" if term.is_absent else text)
        return " & ".join(parts)


def _with_places(words: Sequence[str], begin: int, weight: str) -> list[str]:
    return [f"'{word}':{place}{weight}" for place, word in enumerate(words, begin) if word != LEFT_OUT]


assert sum(MOST_WORDS.values()) + 8 * _GAP < 16383  # noqa: S101  places of a tsvector

_TABLES: dict[str, Any] = {"sqlite": SqliteTable, "postgresql": PostgresTable}


def table() -> Any:
    """Return how the database in use keeps the index."""
    return _TABLES[connection.vendor]


def make_table() -> None:
    """Make the index where it is missing, empty."""
    for statement in table().make:
        _execute(statement)


def drop_table() -> None:
    """Drop the index, whatever is in it."""
    _execute("DROP TABLE IF EXISTS describer_search")


def look_up() -> None:
    """Read from the index. Raises what the database says where it is lost or broken."""
    _execute("SELECT 1 FROM describer_search LIMIT 1")


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
