"""The history: what a person has asked, newest first, page by page by key.

At a million rows a page is still one short index range, so never an OFFSET and never an exact count.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.db.models.functions import Left
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from describer.chat.completion import reading
from describer.desk.filters import BIGGEST_ID, OPEN, Selection
from describer.models import ApiKey, Attempt, Choice, Description, DescriptionImage, Status, User
from describer.models.description import DescriptionQuerySet
from describer.templatetags.answer import excerpt
from describer.web.cards import Card, know_links
from describer.web.context_processors import in_words, unfinished
from describer.web.current_user import current_user
from describer.web.timeline import ShownCall

PAGE = 24
TOOLS = "It called a tool instead of answering."
START_CHARACTERS = 1000  # of an answer; two lines of it are shown
MARKS = re.compile(r"^\s*(?:#{1,6} |[-*+] |> )|\*\*|`", re.MULTILINE)  # of Markdown, which two lines need not
VIEWS = {"grid": "Grid", "list": "List"}
VIEW_COOKIE = "history_view"
COOKIE_SECONDS = 365 * 24 * 3600
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

    @classmethod
    def of(cls, query: QueryDict, user: User) -> "Filter":
        """Only an admin can look at others' rows."""
        state = query.get("state", "")
        return cls(
            state=state if state in STATES else "",
            model=query.get("model", "").replace("\x00", "")[:200],
            key=number(query.get("key")),
            person=number(query.get("person")) if user.is_superuser else 0,
            everybody=user.is_superuser and query.get("of") == "everybody",
        )

    def rows(self, user: User) -> DescriptionQuerySet:
        """The descriptions that this person sees through this filter, in no order yet."""
        owner = None if self.everybody and not self.person else self.person or user.pk
        return Selection(owner, STATES[self.state][1], self.model, key=self.key).rows()

    def query(self, **changes: str | int) -> str:
        """The query string of this filter with changes, "?" first; the bare page is "?"."""
        of = "everybody" if self.everybody else ""
        values: dict[str, str | int] = {"state": self.state, "model": self.model, "key": self.key, "of": of}
        values["person"] = self.person
        return "?" + urlencode({name: value for name, value in (values | changes).items() if value})

    @property
    def is_set(self) -> bool:
        return bool(self.state or self.model or self.key or self.person)


def number(text: str | None) -> int:
    """A row's number from an address; 0 when it is none."""
    text = text or ""
    return min(int(text), BIGGEST_ID) if text.isascii() and text.isdigit() and len(text) < 20 else 0


class HistoryTile(Card):
    """A card in small: two lines, and a few words on what is special."""

    @property
    def lead(self) -> str:
        """The beginning of the answer, or why there is none; "" while it is under way."""
        if self.description.status == Status.FAILED:
            return self.description.error_message or "Failed"
        if self.choice is None:
            return "" if not self.description.is_final else "Cancelled"
        return excerpt(MARKS.sub("", self.choice.start or "")) or self.choice.refusal or TOOLS  # type: ignore[attr-defined]

    @property
    def words(self) -> list[str]:
        found = []
        if self.description.status == Status.FAILED:
            found += sorted({ShownCall(attempt).billed for attempt in self.attempts} - {""})
        if self.choice and reading(self.choice.finish_reason) == "length":
            found.append("cut off")
        if self.choice and self.choice.refusal:
            found.append("declined")
        return found


@login_required
def history(request: HttpRequest) -> HttpResponse:
    """One page of the list. POST keeps how it is shown: grid or list."""
    user = current_user(request)
    chosen = Filter.of(request.GET, user)
    if request.method == "POST":
        return _keep_view(request, chosen)
    before, after = number(request.GET.get("before")), number(request.GET.get("after"))
    rows, newer, older = history_page(chosen.rows(user), before, after)
    context = {
        "filter": chosen,
        "cards": _cards(rows),
        "newer": chosen.query(after=newer) if newer else "",
        "older": chosen.query(before=older) if older else "",
        "chips": _chips(chosen),
        "removable": _removable(chosen, user),
        "toggle": chosen.query(of="" if chosen.everybody else "everybody"),
        "view": _view(request),
        "views": VIEWS,
        "place": request.GET.urlencode(),
    }
    return render(request, "history.html", context)


@login_required
def history_tile(request: HttpRequest, pk: int) -> HttpResponse:
    """One tile as it stands now, for a page that heard of a change. `?from=` holds the query string of its list."""
    user = current_user(request)
    rows = list(_shown(Description.objects.of(user).filter(pk=pk)))
    if not rows:
        raise Http404
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    place = request.GET.get("from", "")
    context = {"card": _cards(rows)[0], "place": place, "filter": Filter.of(QueryDict(place), user)}
    response = render(request, "_history_tile.html", context | {"view": _view(request)})
    response["X-Running"] = in_words(unfinished(user))
    return response


def history_page(rows: DescriptionQuerySet, before: int, after: int) -> tuple[list[Description], int, int]:
    """Rows of one page with what a card shows, and the ids from which the newer and the older page go on (0: none)."""
    if after:
        found = list(_shown(rows.filter(id__gt=after).order_by("id"))[: PAGE + 1])
        more_newer, more_older = len(found) > PAGE, True
        found = found[:PAGE][::-1]
    else:
        range_ = rows.filter(id__lt=before) if before else rows
        found = list(_shown(range_.order_by("-id"))[: PAGE + 1])
        more_newer, more_older = bool(before), len(found) > PAGE
        found = found[:PAGE]
    if not found:
        return [], 0, 0
    return found, found[0].pk if more_newer else 0, found[-1].pk if more_older else 0


def _shown(rows: DescriptionQuerySet) -> DescriptionQuerySet:
    """With what a card shows: three more statements, whatever the number of rows."""
    start = Choice.objects.filter(index=0).annotate(start=Left("content", START_CHARACTERS))
    return rows.select_related("owner").prefetch_related(
        Prefetch("choices", start.only("description", "finish_reason", "refusal", "tool_calls")),
        Prefetch("pictures", DescriptionImage.objects.order_by("position")),
    )


def _cards(rows: Sequence[Description]) -> list[HistoryTile]:
    know_links(rows)
    attempts: dict[int, list[Attempt]] = defaultdict(list)
    for attempt in Attempt.objects.filter(description__in=[row.pk for row in rows]).order_by("number"):
        attempts[attempt.description].append(attempt)
    return [
        HistoryTile(row, list(row.pictures.all()), list(row.choices.all()), attempts[row.pk]) for row in rows
    ]


def _chips(chosen: Filter) -> list[tuple[str, str, bool]]:
    """(words, address, whether it is the one) of each state."""
    return [(words, chosen.query(state=name), chosen.state == name) for name, (words, _) in STATES.items()]


def _removable(chosen: Filter, user: User) -> list[tuple[str, str]]:
    """(words, address without it) of what else narrows the list."""
    found = [(chosen.model, chosen.query(model=""))] if chosen.model else []
    if chosen.key:
        keys = ApiKey.objects.all() if user.is_superuser else user.api_keys.all()
        name = keys.filter(pk=chosen.key).values_list("name", flat=True).first()
        found.append((name or "one key", chosen.query(key=0)))
    if chosen.person:
        name = User.objects.filter(pk=chosen.person).values_list("username", flat=True).first()
        found.append((name or "one person", chosen.query(person=0)))
    return found


def _view(request: HttpRequest) -> str:
    view = request.COOKIES.get(VIEW_COOKIE, "")
    return view if view in VIEWS else "grid"


def _keep_view(request: HttpRequest, chosen: Filter) -> HttpResponse:
    """Grid or list, for a year; then back to the same place of the list."""
    here = {name: number(request.GET.get(name)) for name in ("before", "after")}
    response = redirect(reverse("history") + chosen.query(**here))
    view = request.POST.get("view", "")
    if view in VIEWS:
        response.set_cookie(VIEW_COOKIE, view, max_age=COOKIE_SECONDS, samesite="Lax", httponly=True)
    return response
