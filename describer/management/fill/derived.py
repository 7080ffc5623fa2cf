"""What the site keeps beside a piece's rows so that it need not look at them all: written with them, in one transaction.

Whoever adds a table of this kind adds what a piece comes to in `derive`: rows by table for those of TABLES, or statements of its own
for the descriptions `piece.first` to `piece.last`, in `derive_afterwards`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache

from describer.management.fill.asks import FilledPiece
from describer.management.fill.rows import FilledChoice, FilledDescription, FilledPicture, FilledTag
from describer.management.fill.usage import DayCounts
from describer.models import Choice, Description, DescriptionImage, DescriptionTag, Tag, UsageDay
from describer.search.entry import WordEntry, column_words
from describer.search.index import write_entries


def derive(piece: FilledPiece, counts: DayCounts) -> None:
    """Add to a piece the rows that follow from its rows, before they are written."""
    piece.rows[UsageDay] += counts.take()


def derive_afterwards(piece: FilledPiece) -> None:
    """Write what follows from the rows of a piece, which are written by now, within their transaction: the index of words."""
    write_entries(list(_entries(piece)))


def _entries(piece: FilledPiece) -> Iterator[WordEntry]:
    """Yield what the index holds of each description, made from the piece's rows: to read them again takes longer."""
    names = _by_description((row.description_id, row.name) for row in _picture_rows(piece))
    tags = _by_description((row.description_id, _tag_name(row.tag_id)) for row in _tag_rows(piece))
    choices = {(row.description_id, row.index): row for row in _choice_rows(piece)}
    for row in _description_rows(piece):
        kept = choices.get((row.id, row.kept))
        yield WordEntry(
            row.id,
            row.owner_id,
            column_words("question", row.question),
            column_words("files", *names[row.id]),
            column_words("tags", *sorted(tags[row.id])),
            _answer_words(kept),
        )


def _answer_words(choice: FilledChoice | None) -> list[str]:
    if choice is None:
        return []
    text = (choice.content or "")[choice.text_begin : choice.text_end]
    return column_words("answer", text, choice.refusal)


def _by_description(pairs: Iterable[tuple[int, str]]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for number, text in pairs:
        found[number].append(text)
    return found


@cache
def _tag_name(number: int) -> str:
    return str(Tag.objects.values_list("name", flat=True).get(pk=number))


def _description_rows(piece: FilledPiece) -> Iterator[FilledDescription]:
    yield from (row for row in piece.rows[Description] if isinstance(row, FilledDescription))


def _picture_rows(piece: FilledPiece) -> Iterator[FilledPicture]:
    yield from (row for row in piece.rows[DescriptionImage] if isinstance(row, FilledPicture))


def _tag_rows(piece: FilledPiece) -> Iterator[FilledTag]:
    yield from (row for row in piece.rows[DescriptionTag] if isinstance(row, FilledTag))


def _choice_rows(piece: FilledPiece) -> Iterator[FilledChoice]:
    yield from (row for row in piece.rows[Choice] if isinstance(row, FilledChoice))
