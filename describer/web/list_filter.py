"""Which descriptions the history holds, as its address says it; chips, lists and exports go by the same words."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date

from describer.db.row_id import read_row_id
from describer.desk.filters import OPEN, Selection
from describer.models import ApiKey, Status, User
from describer.models.description_rows import DescriptionQuerySet
from describer.search.query import FLAGS, MOST_CHARACTERS, Query, read_query

STATES: Mapping[str, tuple[str, tuple[Status, ...]]] = {
    "": ("All", ()),
    "done": ("Answered", (Status.DONE,)),
    "open": ("Under way", OPEN),
    "failed": ("Failed", (Status.FAILED,)),
    "cancelled": ("Cancelled", (Status.CANCELLED,)),
}
FLAG_WORDS = {
    "cut_off": "Cut off",
    "refused": "Declined",
    "empty": "Empty",
    "changed": "Asked otherwise",
}
_WORD_CHARACTERS = 200


@dataclass(frozen=True)
class ListFilter:
    """A list's filter. Each field is a name of the query string, but `first` and `last`: `from` and `to`; `of=everybody`.

    Unknown words mean no filter.
    """

    q: str = ""
    state: str = ""
    model: str = ""
    key: int = 0
    person: int = 0
    everybody: bool = False
    favourite: bool = False
    tag: str = ""
    preset: str = ""
    flag: str = ""
    first: date | None = None
    last: date | None = None
    trashed: bool = False

    @classmethod
    def of(cls, query: QueryDict, user: User) -> "ListFilter":
        """Read a filter from an address. Only an admin can look at others' rows."""
        state, flag = query.get("state", ""), query.get("flag", "")
        if state not in STATES:
            state = ""
        if flag not in FLAGS:
            flag = ""
        chosen = cls(
            q=_word(query, "q", MOST_CHARACTERS),
            state=state,
            model=_word(query, "model"),
            key=read_row_id(query.get("key")),
            favourite=query.get("favourite") == "1",
            tag=_word(query, "tag"),
            preset=_word(query, "preset"),
            flag=flag,
            first=_day_in(query, "from"),
            last=_day_in(query, "to"),
            trashed=query.get("trashed") == "1",
        )
        if not user.is_superuser:
            return chosen
        return replace(
            chosen, person=read_row_id(query.get("person")), everybody=query.get("of") == "everybody"
        )

    @cached_property
    def search(self) -> Query:
        """Return the search as it was read."""
        return read_query(self.q)

    def rows(self, user: User) -> DescriptionQuerySet:
        """Select the descriptions that this person sees through this filter, in no order yet."""
        return self.selection(user).rows()

    def selection(self, user: User) -> Selection:
        owner: int | None = self.person or user.pk
        if self.everybody and not self.person:
            owner = None
        return Selection(
            owner,
            STATES[self.state][1],
            self.model,
            key=self.key,
            first=self.first,
            last=self.last,
            favourite=self.favourite,
            tag=self.tag,
            preset=self.preset,
            trashed=self.trashed,
            flag=self.flag,
            query=self.search,
        )

    @property
    def values(self) -> dict[str, Any]:
        """Return what narrows the list, by the names of the query string."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values["of"] = "everybody" if values.pop("everybody") else ""
        values["from"], values["to"] = values.pop("first"), values.pop("last")
        values |= {"favourite": int(self.favourite), "trashed": int(self.trashed)}
        return {name: value for name, value in values.items() if value}

    def query(self, **changes: str | int | date | None) -> str:
        """Write the query string of this filter with changes, "?" first; the bare page is "?"."""
        return "?" + urlencode({name: value for name, value in (self.values | changes).items() if value})

    @property
    def narrows(self) -> bool:
        """Tell whether times or flags narrow the list, which are folded away else."""
        return bool(self.first or self.last or self.flag)

    @property
    def is_set(self) -> bool:
        return bool(self.values.keys() - {"of"})


def chips(chosen: ListFilter) -> list[tuple[str, str, bool]]:
    """Return (label, address, whether it is the chosen one) of each state."""
    states = [(label, chosen.query(state=name), chosen.state == name) for name, (label, _) in STATES.items()]
    favourites = chosen.query(favourite=int(not chosen.favourite))
    return [*states, ("Favourites", favourites, chosen.favourite)]


def kept_values(chosen: ListFilter, *left_out: str) -> list[tuple[str, Any]]:
    """Return (name, value) of what a form keeps of a filter, without what it asks for itself."""
    return [(name, value) for name, value in chosen.values.items() if name not in left_out]


def toggle(chosen: ListFilter) -> str:
    """Write the address that switches between the person's own rows and everybody's."""
    if chosen.everybody:
        return chosen.query(of="")
    return chosen.query(of="everybody")


def removable(chosen: ListFilter, user: User) -> list[tuple[str, str]]:
    """Return (label, address without it) of what else narrows the list."""
    labels = [(typed.label, chosen.query(q=typed.without)) for typed in chosen.search.typed]
    labels += [(words, chosen.query(**{name: None})) for name, words in _narrowed(chosen).items() if words]
    if chosen.key:
        labels.append((_key_name(chosen.key, user) or "one key", chosen.query(key=0)))
    if chosen.person:
        person = User.objects.filter(pk=chosen.person).values_list("username", flat=True).first()
        labels.append((person or "one person", chosen.query(person=0)))
    return labels


def _narrowed(chosen: ListFilter) -> dict[str, str]:
    """Return in words what narrows the list, by its name in the address; "" for what does not."""
    words = {
        "tag": chosen.tag and f"tag: {chosen.tag}",
        "preset": chosen.preset and f"preset: {chosen.preset}",
    }
    words["trashed"] = "in the trash" if chosen.trashed else ""
    words |= {"model": chosen.model, "flag": FLAG_WORDS.get(chosen.flag, "")}
    words["from"] = chosen.first and f"from {chosen.first:%-d %B %Y}" or ""
    words["to"] = chosen.last and f"to {chosen.last:%-d %B %Y}" or ""
    return words


def spans(chosen: ListFilter) -> list[tuple[str, str, bool]]:
    """Return (label, address, whether it is the chosen one) of the times that are asked for most."""
    today = timezone.localdate()
    found = {"Today": today, "7 days": today - timedelta(days=6), "This month": today.replace(day=1)}
    return [
        (label, chosen.query(**{"from": first, "to": None}), chosen.first == first and not chosen.last)
        for label, first in found.items()
    ]


def flags(chosen: ListFilter) -> list[tuple[str, str, bool]]:
    """Return (label, address, whether it is the chosen one) of what may be odd about an answer."""
    found = []
    for name, label in FLAG_WORDS.items():
        is_chosen = chosen.flag == name
        found.append((label, chosen.query(flag="" if is_chosen else name), is_chosen))
    return found


def _word(query: QueryDict, name: str, most: int = _WORD_CHARACTERS) -> str:
    return query.get(name, "").replace("\x00", "")[:most].strip()


def _day_in(query: QueryDict, name: str) -> date | None:
    """Return the day that a value names; None for whatever is no day, or far from all days that there were."""
    try:
        day = parse_date(query.get(name, "")[:10])
    except ValueError:
        return None
    if day is None or not 2000 <= day.year <= 2999:
        return None
    return day


def _key_name(pk: int, user: User) -> str | None:
    """Return a key's name to its owner and to admins; None for all others."""
    keys = ApiKey.objects.filter(pk=pk)
    if not user.is_superuser:
        keys = keys.filter(user=user)
    return keys.values_list("name", flat=True).first()
