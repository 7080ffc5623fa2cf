"""The history: what a person has asked, newest first, page by page by key.

At a million rows a page is still one short index range, so never an OFFSET and never an exact count.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.db.models.functions import Left
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from describer.chat.completion import reading
from describer.db.row_id import read_row_id
from describer.desk.filters import OPEN, Selection
from describer.models import ApiKey, Choice, Description, Status, User
from describer.models.choice import text_column
from describer.models.description_image import with_pictures
from describer.models.description_rows import DescriptionQuerySet
from describer.templatetags.answer import excerpt
from describer.web.cards import Card, attempts_of, know_links, listed
from describer.web.context_processors import in_words, unfinished
from describer.web.current_user import current_user
from describer.web.earlier import lent_pictures
from describer.web.timeline import ShownCall

PAGE = 24
_TOOLS = "It called a tool instead of answering."
_START_CHARACTERS = 1000  # of an answer; two lines of it are shown
# Marks of Markdown that two lines need not; what may be a letter stays.
_MARKS = re.compile(
    r"^[ \t]*(?:#{1,6} |```.*$)|(?<![\w*])\*\*(?=[^\s*])|(?<=[^\s*])\*\*(?![\w*])", re.MULTILINE
)
_VIEWS = {"grid": "Grid", "list": "List"}
_VIEW_COOKIE = "history_view"
_COOKIE_SECONDS = 365 * 24 * 3600
STATES: Mapping[str, tuple[str, tuple[Status, ...]]] = {
    "": ("All", ()),
    "done": ("Answered", (Status.DONE,)),
    "open": ("Under way", OPEN),
    "failed": ("Failed", (Status.FAILED,)),
    "cancelled": ("Cancelled", (Status.CANCELLED,)),
}


@dataclass(frozen=True)
class Filter:
    """Which descriptions a list holds, as its address says it. Unknown words mean no filter."""

    state: str = ""
    model: str = ""
    key: int = 0
    person: int = 0
    everybody: bool = False
    favourite: bool = False
    tag: str = ""
    preset: str = ""
    trashed: bool = False

    @classmethod
    def of(cls, query: QueryDict, user: User) -> "Filter":
        """Read a filter from an address. Only an admin can look at others' rows."""
        state = query.get("state", "")
        if state not in STATES:
            state = ""
        model = _word(query, "model")
        chosen = cls(
            state=state,
            model=model,
            key=read_row_id(query.get("key")),
            favourite=query.get("favourite") == "1",
            tag=_word(query, "tag"),
            preset=_word(query, "preset"),
            trashed=query.get("trashed") == "1",
        )
        if not user.is_superuser:
            return chosen
        return replace(
            chosen, person=read_row_id(query.get("person")), everybody=query.get("of") == "everybody"
        )

    def rows(self, user: User) -> DescriptionQuerySet:
        """Select the descriptions that this person sees through this filter, in no order yet."""
        owner: int | None = self.person or user.pk
        if self.everybody and not self.person:
            owner = None
        return Selection(
            owner,
            STATES[self.state][1],
            self.model,
            key=self.key,
            favourite=self.favourite,
            tag=self.tag,
            preset=self.preset,
            trashed=self.trashed,
        ).rows()

    def query(self, **changes: str | int) -> str:
        """Write the query string of this filter with changes, "?" first; the bare page is "?"."""
        values: dict[str, str | int] = {"state": self.state, "model": self.model, "key": self.key, "of": ""}
        if self.everybody:
            values["of"] = "everybody"
        values |= {"favourite": int(self.favourite), "tag": self.tag, "preset": self.preset}
        values |= {"person": self.person, "trashed": int(self.trashed)}
        return "?" + urlencode({name: value for name, value in (values | changes).items() if value})

    @property
    def is_set(self) -> bool:
        narrows = (self.state, self.model, self.key, self.person, self.favourite, self.tag, self.preset)
        return any(narrows) or self.trashed


@dataclass(frozen=True)
class _HistoryTile(Card):
    """A card in small: two lines, and a few words on what is special. `first` is the first answer, cut short."""

    first: Any = None

    @property
    def lead(self) -> str:
        """Return the beginning of the answer, or why there is none; "" while the description is under way."""
        if self.description.status == Status.FAILED:
            return self.description.error_message or "Failed"
        if not (self.first or self.description.is_final):
            return ""
        if self.first is None:
            return "Cancelled"
        return excerpt(_MARKS.sub("", self.first.start or "")) or self.first.refused or _TOOLS

    @property
    def words(self) -> list[str]:
        marks = []
        if self.description.root:
            marks.append("follow-up")
        if self.description.favourite:
            marks.append("★ favourite")
        if self.description.status == Status.FAILED:
            marks += sorted({ShownCall(attempt).billed for attempt in self.attempts} - {""})
        if self.first and reading(self.first.finish_reason) == "length":
            marks.append("cut off")
        if self.first and self.first.refused:
            marks.append("declined")
        return marks


@login_required
def history(request: HttpRequest) -> HttpResponse:
    """Show one page of the list. POST keeps how the list is shown: grid or list."""
    user = current_user(request)
    chosen = Filter.of(request.GET, user)
    if request.method == "POST":
        return _keep_view(request, chosen)
    before, after = read_row_id(request.GET.get("before")), read_row_id(request.GET.get("after"))
    rows, newer, older = _history_page(chosen.rows(user), before, after)
    context = {
        "filter": chosen,
        "cards": _cards(rows),
        "newer": "",
        "older": "",
        "chips": _chips(chosen),
        "removable": _removable(chosen, user),
        "toggle": _toggle(chosen),
        "view": _view(request),
        "views": _VIEWS,
        "place": request.GET.urlencode(),
    }
    if newer:
        context["newer"] = chosen.query(after=newer)
    if older:
        context["older"] = chosen.query(before=older)
    return render(request, "history.html", context)


@login_required
def history_tile(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one tile as it stands now, for a page that heard of a change.

    `?from=` holds the query string of its list.
    """
    user = current_user(request)
    place = request.GET.get("from", "")
    chosen = Filter.of(QueryDict(place), user)
    rows = Description.objects.of(user).filter(pk=pk, trashed__isnull=not chosen.trashed)
    tiles = listed(_shown(rows))
    if not tiles:
        raise Http404
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    context = {"card": _cards(tiles)[0], "place": place, "filter": chosen, "view": _view(request)}
    response = render(request, "_history_tile.html", context)
    response["X-Running"] = in_words(unfinished(user))
    return response


def _history_page(rows: DescriptionQuerySet, before: int, after: int) -> tuple[list[Description], int, int]:
    """Return the rows of one page with what a card shows, and where to go on.

    The two numbers are the ids from which the newer and the older page go on (0: none).
    """
    if after:
        page = listed(_shown(rows.filter(id__gt=after).order_by("id"))[: PAGE + 1])
        more_newer, more_older = len(page) > PAGE, True
        page = page[:PAGE][::-1]
    else:
        if before:
            rows = rows.filter(id__lt=before)
        page = listed(_shown(rows.order_by("-id"))[: PAGE + 1])
        more_newer, more_older = bool(before), len(page) > PAGE
        page = page[:PAGE]
    newer = older = 0
    if page and more_newer:
        newer = page[0].pk
    if page and more_older:
        older = page[-1].pk
    return page, newer, older


def _shown(rows: DescriptionQuerySet) -> DescriptionQuerySet:
    """Add what a card shows to the rows: three more statements, whatever the number of rows."""
    start = Choice.objects.filter(index=0).annotate(
        start=text_column(_START_CHARACTERS), refused=Left("refusal", _START_CHARACTERS)
    )
    return rows.select_related("owner").prefetch_related(
        Prefetch("choices", start.only("description", "finish_reason", "text_begin")), with_pictures()
    )


def _cards(rows: Sequence[Description]) -> list[_HistoryTile]:
    know_links(rows)
    attempts, lent = attempts_of(rows), lent_pictures(rows)
    return [
        _HistoryTile(
            row,
            row.shown_pictures or lent[row.root],
            attempts[row.pk],
            first=next(iter(row.choices.all()), None),
        )
        for row in rows
    ]


def _chips(chosen: Filter) -> list[tuple[str, str, bool]]:
    """Return (label, address, whether it is the chosen one) of each state."""
    states = [(label, chosen.query(state=name), chosen.state == name) for name, (label, _) in STATES.items()]
    favourites = chosen.query(favourite=int(not chosen.favourite))
    return [*states, ("Favourites", favourites, chosen.favourite)]


def _word(query: QueryDict, name: str) -> str:
    return query.get(name, "").replace("\x00", "")[:200]


def _toggle(chosen: Filter) -> str:
    """Write the address that switches between the person's own rows and everybody's."""
    if chosen.everybody:
        return chosen.query(of="")
    return chosen.query(of="everybody")


def _removable(chosen: Filter, user: User) -> list[tuple[str, str]]:
    """Return (label, address without it) of what else narrows the list."""
    labels = []
    if chosen.trashed:
        labels.append(("in the trash", chosen.query(trashed=0)))
    if chosen.tag:
        labels.append((f"tag: {chosen.tag}", chosen.query(tag="")))
    if chosen.preset:
        labels.append((f"preset: {chosen.preset}", chosen.query(preset="")))
    if chosen.model:
        labels.append((chosen.model, chosen.query(model="")))
    if chosen.key:
        labels.append((_key_name(chosen.key, user) or "one key", chosen.query(key=0)))
    if chosen.person:
        name = User.objects.filter(pk=chosen.person).values_list("username", flat=True).first()
        labels.append((name or "one person", chosen.query(person=0)))
    return labels


def _key_name(pk: int, user: User) -> str | None:
    """Return a key's name to its owner and to admins; None for all others."""
    keys = ApiKey.objects.filter(pk=pk)
    if not user.is_superuser:
        keys = keys.filter(user=user)
    return keys.values_list("name", flat=True).first()


def _view(request: HttpRequest) -> str:
    view = request.COOKIES.get(_VIEW_COOKIE, "")
    if view not in _VIEWS:
        return "grid"
    return view


def _keep_view(request: HttpRequest, chosen: Filter) -> HttpResponse:
    """Remember grid or list for a year, then go back to the same place of the list."""
    here = {name: read_row_id(request.GET.get(name)) for name in ("before", "after")}
    response = redirect(reverse("history") + chosen.query(**here))
    view = request.POST.get("view", "")
    if view in _VIEWS:
        response.set_cookie(_VIEW_COOKIE, view, max_age=_COOKIE_SECONDS, samesite="Lax", httponly=True)
    return response
