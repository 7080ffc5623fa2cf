"""The index of words: an entry of each description, and which descriptions still lack theirs."""

from django.db import connection, models

from describer.models.description import Description


class SearchEntry(models.Model):
    """An entry of the index, in a table that `search/tables.py` makes: of FTS5 on SQLite, a tsvector on PostgreSQL.

    `words` is what is looked for in, and never read. Django knows the rows so that they go with their descriptions.
    """

    description = models.OneToOneField(
        Description,
        models.CASCADE,
        primary_key=True,
        db_column="rowid",
        db_constraint=False,
        related_name="search_entry",
    )
    words = models.TextField(db_column="describer_search")

    class Meta:
        managed = False
        db_table = "describer_search"
        default_permissions = ()

    def __str__(self) -> str:
        return f"words of description {self.pk}"


class SearchGapQuerySet(models.QuerySet["SearchGap"]):
    def to_fill(self) -> "SearchGapQuerySet":
        """Return the gaps in which entries are to be written."""
        return self.filter(below__gt=0)

    def note_left_words(self) -> None:
        """Note that something is deleted whose words FTS5 keeps; PostgreSQL clears up by itself."""
        if connection.vendor == "sqlite":
            self.create(below=0)

    def left_words(self) -> "SearchGapQuerySet":
        """Return what says that words of deleted descriptions are still in the index's file."""
        return self.filter(below=0)


class SearchGap(models.Model):
    """Descriptions whose entries are still to be written: those with ids below `below`, and not below `last`.

    Upkeep writes them from the newest on; a search meanwhile finds what has its entry. One below 0 says that something was
    deleted, whose words FTS5 keeps until it merges.
    """

    last = models.BigIntegerField(default=0)
    below = models.BigIntegerField()

    objects = SearchGapQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        if not self.below:
            return "words of deleted descriptions"
        return f"no entries from {self.last} to {self.below - 1}"
