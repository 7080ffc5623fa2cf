"""The history: what a person has asked, newest first, page by page by key.

At a million rows a page is still one short index range, so never an OFFSET and never an exact count.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import F, Prefetch
from django.db.models.functions import Left
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from describer.chat.completion import reading
from describer.db.row_id import read_row_id
from describer.errors import Refusal
from describer.models import Choice, Description, Status, User
from describer.models.choice import text_column
from describer.models.description_image import with_pictures
from describer.models.description_rows import DescriptionQuerySet
from describer.search import index
from describer.search.marking import MarkedPiece, marked
from describer.search.query import Query
from describer.templatetags.answer import excerpt
from describer.web.cards import Card, attempts_of, know_links, listed
from describer.web.context_processors import in_words, unfinished
from describer.web.current_user import current_user
from describer.web.earlier import lent_pictures
from describer.web.history_found import found_words
from describer.web.list_filter import ListFilter, chips, flags, kept_values, removable, spans, toggle
from describer.web.paging import page_by_key
from describer.web.saved_views import view_chips
from describer.web.timeline import ShownCall

PAGE = 24
_TOOLS = "It called a tool instead of answering."
_START_CHARACTERS = 1000  # of an answer; two lines of it are shown
_SEARCHED_CHARACTERS = 20_000  # of an answer whose words were found
# Marks of Markdown that two lines need not; what may be a letter stays.
_MARKS = re.compile(
    r"^[ \t]*(?:#{1,6} |```.*$)|(?<![\w*])\*\*(?=[^\s*])|(?<=[^\s*])\*\*(?![\w*])", re.MULTILINE
)
_TABLE_RULE = re.compile(r"^[ \t]*\|?(?:[ \t]*:?-{3,}:?[ \t]*\|)+(?:[ \t]*:?-{3,}:?)?[ \t]*$", re.MULTILINE)
_TABLE_ROW = re.compile(r"^[ \t]*\|(.*)\|[ \t]*$", re.MULTILINE)
_VIEWS = {"grid": "Grid", "list": "List"}
_VIEW_COOKIE = "history_view"
_COOKIE_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True)
class _HistoryTile(Card):
    """A card in small: two lines, and a few words on what is special. `first` is the answer that counts, cut short."""

    first: Any = None
    query: Query = Query()

    @cached_property
    def found(self) -> list[MarkedPiece]:
        """Return the lines around the first word that a search found: in the answer or, failing that, in the question."""
        if not self.query.terms:
            return []
        answer = ""
        if self.first is not None:
            answer = _without_marks(self.first.start or self.first.refused or "")
        return marked(" ".join(answer.split()), self.query) or marked(
            " ".join(self.description.question.split()), self.query
        )

    @property
    def lead(self) -> str:
        """Return the beginning of the answer, or why there is none; "" while the description is under way."""
        if self.description.status == Status.FAILED:
            return self.description.error_message or "Failed"
        if not (self.first or self.description.is_final):
            return ""
        if self.first is None:
            return "Cancelled"
        return excerpt(_without_marks(self.first.start or "")) or self.first.refused or _TOOLS

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
    chosen = ListFilter.of(request.GET, user)
    if request.method == "POST":
        return _keep_view(request, chosen)
    try:
        with index.loss_told():
            rows, newer, older = _history_page(request, chosen)
    except Refusal as refusal:
        context = {"filter": chosen, "message": refusal.message, "kept": kept_values(chosen, "q")}
        return render(request, "history_unsearched.html", context, status=refusal.status)
    context = {
        "filter": chosen,
        "cards": _cards(rows, chosen.search),
        "newer": "",
        "older": "",
        "chips": chips(chosen),
        "kept": kept_values(chosen, "q"),
        "kept_narrow": kept_values(chosen, "from", "to", "tag", "model", "preset"),
        "nothing_text": "" if rows else _nothing_text(chosen),
        "spans": spans(chosen),
        "flags": flags(chosen),
        "removable": removable(chosen, user),
        "toggle": toggle(chosen),
        "view": _view(request),
        "views": _VIEWS,
        "place": request.GET.urlencode(),
        "newest": _newest(request, rows),
        "found": "",
        **_saved_ones(chosen, user),
    }
    if not (newer or older):
        context["found"] = found_words(len(rows))
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
    chosen = ListFilter.of(QueryDict(place), user)
    rows = Description.objects.of(user).filter(pk=pk, trashed__isnull=not chosen.trashed)
    tiles = listed(_shown(rows, chosen.search))
    if not tiles:
        raise Http404
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    card = _cards(tiles, chosen.search)[0]
    context = {"card": card, "place": place, "filter": chosen, "view": _view(request)}
    response = render(request, "_history_tile.html", context)
    response["X-Running"] = in_words(unfinished(user))
    return response


def _history_page(request: HttpRequest, chosen: ListFilter) -> tuple[list[Description], int, int]:
    """Return the rows of one page with what a card shows, and the ids from which to go on."""
    before, after = read_row_id(request.GET.get("before")), read_row_id(request.GET.get("after"))
    rows = _shown(chosen.rows(current_user(request)), chosen.search)
    return page_by_key(rows, PAGE, before, after, listed)


def _shown(rows: DescriptionQuerySet, query: Query) -> DescriptionQuerySet:
    """Add what a card shows to the rows: three more statements, whatever the number of rows."""
    most = _START_CHARACTERS
    if query.terms:
        most = _SEARCHED_CHARACTERS
    start = Choice.objects.filter(index=F("description__kept")).annotate(
        start=text_column(most), refused=Left("refusal", _START_CHARACTERS)
    )
    return rows.select_related("owner").prefetch_related(
        Prefetch("choices", start.only("description", "finish_reason", "text_begin")), with_pictures()
    )


def _cards(rows: Sequence[Description], query: Query) -> list[_HistoryTile]:
    know_links(rows)
    attempts, lent = attempts_of(rows), lent_pictures(rows)
    return [
        _HistoryTile(
            row,
            row.shown_pictures or lent[row.root],
            attempts[row.pk],
            first=next(iter(row.choices.all()), None),
            query=query,
        )
        for row in rows
    ]


def _without_marks(text: str) -> str:
    """Return an answer's beginning without marks of Markdown; the cells of a table stand between dots."""
    plain = _MARKS.sub("", text)
    if not _TABLE_RULE.search(plain):
        return plain
    rows = _TABLE_RULE.sub("", plain)
    return _TABLE_ROW.sub(lambda row: " · ".join(cell.strip() for cell in row[1].split("|")), rows)


def _newest(request: HttpRequest, rows: Sequence[Description]) -> int:
    """Return the newest description that the list can hold now: what is done with all of it is done with none that come later."""
    if rows and not request.GET.keys() & {"before", "after"}:
        return rows[0].pk
    return index.newest_id()


def _saved_ones(chosen: ListFilter, user: User) -> dict[str, Any]:
    """Return the person's saved views, and which of them the list is."""
    saved = view_chips(chosen, user)
    return {"saved": saved, "shown_view": next((chip.view for chip in saved if chip.is_shown), None)}


def _nothing_text(chosen: ListFilter) -> str:
    """Say why a list may be empty."""
    if not chosen.search.terms:
        return "Your other asks are still here."
    if index.lacking():
        return "The index of words is still being filled: older asks are found in some minutes."
    return "No question, answer, file name or tag holds all of these words."


def _view(request: HttpRequest) -> str:
    view = request.COOKIES.get(_VIEW_COOKIE, "")
    if view not in _VIEWS:
        return "grid"
    return view


def _keep_view(request: HttpRequest, chosen: ListFilter) -> HttpResponse:
    """Remember grid or list for a year, then go back to the same place of the list."""
    here = {name: read_row_id(request.GET.get(name)) for name in ("before", "after")}
    response = redirect(reverse("history") + chosen.query(**here))
    view = request.POST.get("view", "")
    if view in _VIEWS:
        response.set_cookie(_VIEW_COOKIE, view, max_age=_COOKIE_SECONDS, samesite="Lax", httponly=True)
    return response
