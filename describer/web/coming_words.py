"""The words of an answer that is not whole, as pages show them: while they come, or as far as they came."""

from collections.abc import Container, Iterable
from dataclasses import dataclass

from describer.models import Description, Status, StreamedWords

_MAY_HAVE_SOME = (Status.RUNNING, Status.QUEUED, Status.WAITING, Status.FAILED)


@dataclass(frozen=True)
class ComingWords:
    """Words of a call of this number. `comes`: more may come of it, and a page with scripts adds them in place."""

    call: int
    text: str = ""
    thinks: bool = False
    comes: bool = False

    @property
    def broke_off(self) -> bool:
        return bool(self.text) and not self.comes


def coming_words(rows: Iterable[Description], answered: Container[int]) -> dict[int, ComingWords]:
    """Return the words of those descriptions that have some, or a place for some, and no answer; one statement at most."""
    asked = [row for row in rows if row.pk not in answered and _may_have_some(row)]
    if not asked:
        return {}
    kept = StreamedWords.objects.in_bulk([row.pk for row in asked])
    found = {row.pk: _shown(row, kept.get(row.pk)) for row in asked}
    return {number: words for number, words in found.items() if words}


def _may_have_some(row: Description) -> bool:
    return row.policy.is_watched and row.status in _MAY_HAVE_SOME and (row.calls > 0 or row.streams_words)


def _shown(row: Description, kept: StreamedWords | None) -> ComingWords | None:
    runs = row.status == Status.RUNNING and row.streams_words
    if kept is None:
        return ComingWords(row.calls, comes=True) if runs else None
    return ComingWords(kept.call, kept.text, kept.thinks and runs, comes=runs and kept.call == row.calls)
