"""What a form of the history chose: descriptions that were ticked, or all that the list held when its page was made."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from describer.db.row_id import read_row_id
from describer.desk.bulk import chosen_ones, found_then
from describer.models import User
from describer.models.description_rows import DescriptionQuerySet
from describer.web.list_filter import ListFilter

_MOST = 200  # that are ticked on one page


@dataclass(frozen=True)
class Chosen:
    """Either `numbers`, or all that the list at `place` (its query string) held up to the description `newest`."""

    place: str
    newest: int
    numbers: tuple[int, ...] = ()

    @classmethod
    def of(cls, form: QueryDict) -> "Chosen":
        """Read what a form chose; of both, all that was found counts."""
        place, newest = form.get("place", ""), read_row_id(form.get("newest"))
        if form.get("all") == "1" and newest:
            return cls(place, newest)
        numbers = sorted({read_row_id(text) for text in form.getlist("description")} - {0})
        return cls(place, 0, tuple(numbers[:_MOST]))

    @classmethod
    def kept(cls, values: dict[str, Any]) -> "Chosen":
        return cls(values["place"], values["newest"], tuple(values["numbers"]))

    @property
    def values(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def is_all(self) -> bool:
        return bool(self.newest)

    @property
    def is_nothing(self) -> bool:
        return not (self.newest or self.numbers)

    def rows(self, person: User, begun: datetime) -> DescriptionQuerySet:
        """Return the descriptions, of those that this person may see, none of them in the trash."""
        if not self.is_all:
            return chosen_ones(person, self.numbers)
        chosen = ListFilter.of(QueryDict(self.place), person)
        return found_then(chosen.selection(person), self.newest, begun).untrashed()

    def query(self) -> str:
        """Write the choice as a query string, "?" first."""
        values: dict[str, str | int | Sequence[int]] = {"place": self.place, "description": self.numbers}
        if self.is_all:
            values |= {"all": 1, "newest": self.newest}
        return "?" + urlencode(values, doseq=True)

    def back(self, person: User) -> str:
        """Return the address of the list, at the page that it was."""
        query = QueryDict(self.place)
        here = {name: read_row_id(query.get(name)) for name in ("before", "after")}
        return reverse("history") + ListFilter.of(query, person).query(**here)
