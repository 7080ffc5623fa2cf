"""Rows narrowed to what holds the words of a search, in the order in which the index has them: by the descriptions' ids.

A list is read along the index: SQLite would walk all of a person's rows and look each up there, a second for a rare word.
"""

from typing import Any

from django.db.models import F, Lookup, QuerySet

from describer.models import SearchEntry
from describer.search.entry import ALL, OWN
from describer.search.query import Query
from describer.search.tables import table

LISTED_BY = "listed_by"  # by which a list is ordered and read on, whatever narrows it


class _Matches(Lookup):
    """`words__matches`: the entry holds what is looked for, as `looked_for` writes it."""

    lookup_name = "matches"
    prepare_rhs = False

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        sql, params = self.process_lhs(compiler, connection)
        return f"{sql} MATCH %s", [*params, self.rhs]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        sql, params = self.process_lhs(compiler, connection)
        return f"{sql} @@ %s::tsquery", [*params, self.rhs]


SearchEntry._meta.get_field("words").register_lookup(_Matches)


def matching(rows: "QuerySet[Any]", query: Query, owner: int | None) -> Any:
    """Return the descriptions that hold the words, of one person or of all (None), with what a list is ordered by.

    Without words all of them.
    """
    if not query.terms:
        return rows.alias(**{LISTED_BY: F("pk")})
    mark = ALL
    if owner is not None:
        mark = f"{OWN}{owner}"
    wanted = table().looked_for(mark, query.terms)
    found = rows.filter(search_entry__words__matches=wanted)
    return found.alias(**{LISTED_BY: F("search_entry__pk")})


def newest_first(rows: Any) -> Any:
    """Return the rows of a list in its order."""
    return rows.order_by(f"-{LISTED_BY}")


def older_than(rows: Any, number: int) -> Any:
    """Return what comes after a description in a list."""
    return rows.filter(**{f"{LISTED_BY}__lt": number})


def newer_than(rows: Any, number: int) -> Any:
    """Return what comes before a description in a list."""
    return rows.filter(**{f"{LISTED_BY}__gt": number})


def oldest_first(rows: Any) -> Any:
    """Return the rows of a list from its end."""
    return rows.order_by(LISTED_BY)
