"""What the index holds of a description: the words of its question, the answer that counts, names of files, tags."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from django.db.models import Prefetch, prefetch_related_objects

from describer.models import Choice, Description, DescriptionImage, DescriptionLink, DescriptionTag
from describer.search.words import LEFT_OUT, words_of

# Words of each column, and how often each: PostgreSQL keeps 16,383 places in a row and 256 of a word.
MOST_WORDS = {"question": 4000, "files": 1000, "tags": 600, "answer": 10_000}
MOST_OFTEN = {"question": 60, "files": 40, "tags": 36, "answer": 120}
COLUMN_NAMES = ("question", "files", "tags", "answer")
_CHARACTERS = 12  # of a word on average; far more than any language has
OWN = LEFT_OUT + "o"
ALL = LEFT_OUT + "a"

_CHOICES = Prefetch("choices", Choice.objects.order_by("index"), to_attr="searched_choices")
_NAMES = Prefetch(
    "pictures", DescriptionImage.objects.only("description", "name"), to_attr="searched_pictures"
)
_LINKS = Prefetch("links", DescriptionLink.objects.only("description", "url"), to_attr="searched_links")
_TAGS = Prefetch("tagged", DescriptionTag.objects.select_related("tag"), to_attr="searched_tags")


@dataclass(frozen=True)
class WordEntry:
    """The words of each column, in their order."""

    description: int
    owner: int
    question: Sequence[str] = ()
    files: Sequence[str] = ()
    tags: Sequence[str] = ()
    answer: Sequence[str] = ()

    @property
    def marks(self) -> tuple[str, str]:
        """Return the words by which everybody's rows, and one person's, are found; no text comes to such words."""
        return ALL, f"{OWN}{self.owner}"


def column_words(column: str, *texts: str | None) -> list[str]:
    """Return what a column holds of texts: a word that comes too often is left out where it comes again."""
    most = MOST_WORDS[column]
    text = "\n".join(filter(None, texts))[: most * _CHARACTERS]
    words = words_of(text, most)
    often = MOST_OFTEN[column]
    if len(words) <= often or max(Counter(words).values()) <= often:
        return words
    seen: Counter[str] = Counter()
    for number, word in enumerate(words):
        seen[word] += 1
        if seen[word] > often:
            words[number] = LEFT_OUT
    return words


def entries_of(rows: Sequence[Description]) -> list[WordEntry]:
    """Return the entries of descriptions as they stand; four statements, whatever their number."""
    prefetch_related_objects(rows, _CHOICES, _NAMES, _LINKS, _TAGS)
    return [_entry_of(row) for row in rows]


def newborn_entry(row: Description, tags: Iterable[str] = ()) -> WordEntry:
    """Return the entry of a description that was just born, with its pictures and links at hand."""
    return WordEntry(
        row.pk,
        row.owner_id,
        column_words("question", row.question),
        _file_words([shown.name for shown in row.shown_pictures], [link.url for link in row.shown_links]),
        column_words("tags", *tags),
    )


def answer_words(choice: Choice | None) -> list[str]:
    """Return the words of an answer: its text, or why there is none."""
    if choice is None:
        return []
    return column_words("answer", choice.text, choice.refusal)


def _entry_of(row: Description) -> WordEntry:
    found = vars(row)
    choices: list[Choice] = found["searched_choices"]
    kept = next((choice for choice in choices if choice.index == row.kept), None)
    return WordEntry(
        row.pk,
        row.owner_id,
        column_words("question", row.question),
        _file_words(
            [shown.name for shown in found["searched_pictures"]],
            [link.url for link in found["searched_links"]],
        ),
        column_words("tags", *sorted(tagged.tag.name for tagged in found["searched_tags"])),
        answer_words(kept),
    )


def _file_words(names: Sequence[str], links: Sequence[str]) -> list[str]:
    return column_words("files", *names, *map(unquote, links))
