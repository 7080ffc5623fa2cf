"""One description: its pictures, question and answer, what to do next, and, folded, how it came about."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from describer.chat.completion import reading
from describer.db.row_id import read_row_id
from describer.desk.comparisons import rungs_of
from describer.desk.marks import tags_of
from describer.engine import events, pipeline
from describer.engine.submit import Refusal, ask_again
from describer.images import Recipe
from describer.media.storage import seems_there
from describer.models import Description, DescriptionImage, DescriptionLink, SentCopy
from describer.web.answers import MOST_ANSWERS, ShownAnswer
from describer.web.cards import Card, Notice, card_of_page, notices_of
from describer.web.comparison import comparison_of
from describer.web.context_processors import in_words, unfinished
from describer.web.conversation import caller, conversation
from describer.web.current_user import current_user
from describer.web.history import Filter
from describer.web.repeats import repeats_of
from describer.web.shares import shares_of
from describer.web.texts import Beginnings, take_beginnings, with_beginnings
from describer.web.timeline import ShownCall, as_json, asked, bill, set_parameters, timeline

_MOST_CALLS = 100  # on the page; one whose endpoint is away for a day makes a thousand
_LEAST_ROOM = 1024  # tokens; for an answer that was cut off although no limit was set
_TOKEN_CHARACTERS = 255
_SHOWN_BY_BROWSERS = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif")


@dataclass(frozen=True)
class _ShownPicture:
    """A picture as the page shows it.

    `copy` is what the model was sent, or, before that, what it will be sent.
    """

    shown: DescriptionImage
    copy: SentCopy | None
    link: DescriptionLink | None = None

    @cached_property
    def has_copy(self) -> bool:
        return self.copy is not None and seems_there(self.copy.file)

    @cached_property
    def has_original(self) -> bool:
        """Tell whether the original is in storage, and of a format that browsers show."""
        image = self.shown.image
        return image.media_type in _SHOWN_BY_BROWSERS and seems_there(image.original)

    @property
    def is_gone(self) -> bool:
        return not (self.has_copy or self.has_original)


@dataclass(frozen=True)
class _NumberedAnswer:
    """An answer with what is to be known about it; `number` counts from 1, as a text for ids."""

    number: str
    shown: ShownAnswer
    bands: list[Notice]

    @property
    def was_cut_off(self) -> bool:
        return reading(self.shown.choice.finish_reason) == "length"


@login_required
def description(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the page. `?from=` holds the query string of the list that led here."""
    row = _description_of(request, pk)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    context = _context(request, row) | _neighbours(request, row)
    return render(request, "description.html", context)


@login_required
def description_words(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the page's words alone, for the page to fetch again when the state has changed."""
    row = _description_of(request, pk)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    context = _context(request, row)
    context["beside"] = bool(row.shown_links)  # pictures come while the page is looked at
    response = render(request, "_description_words.html", context)
    response["X-Running"] = in_words(unfinished(current_user(request)))
    return response


@login_required
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the same once more (POST), in the name of the person who asks.

    With `room`, twice as many tokens may be written.
    """
    row = _description_of(request, pk, own=True, whole=True)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    token = request.POST.get("token", "").replace("\x00", "")[:_TOKEN_CHARACTERS]
    changes = {}
    if request.POST.get("room"):
        changes["parameters"] = _with_more_room(row)
    try:
        born = ask_again(row, token=token or None, **changes)
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect(row)
    return redirect(born)


@login_required
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel a description (POST). A call under way cannot be called back, and is still accounted for."""
    row = _description_of(request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if row.cancel():
        events.publish(row)
    return redirect(reverse("description", args=[pk]) + from_query(request.POST.get("from", "")))


@login_required
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete words and pictures for good (POST); the ledger keeps its numbers."""
    row = _description_of(request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    place = request.POST.get("from", "")
    row.erase()
    messages.success(request, "The description is deleted.")
    return redirect(reverse("history") + "?" + QueryDict(place).urlencode())


def _description_of(request: HttpRequest, pk: int, *, own: bool = False, whole: bool = False) -> Description:
    """Return a description that this person may see, or raise 404.

    `own` returns their own alone, for what is asked in their name; `whole` reads all of its texts.
    """
    rows: QuerySet[Description] = Description.objects.of(current_user(request)).select_related(
        "owner", "endpoint", "key", "transcript"
    )
    if own:
        rows = rows.filter(owner=current_user(request))
    if not whole:
        rows = with_beginnings(rows)
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _context(request: HttpRequest, row: Description) -> dict[str, Any]:
    texts = take_beginnings(row)
    begin = max(read_row_id(request.GET.get("answers")), 1) - 1
    card, found = card_of_page(row, begin)
    answers = [
        _NumberedAnswer(str(number), shown, notices_of(shown, row))
        for number, shown in enumerate(found, begin + 1)
    ]
    shown = _pictures(card)
    return {
        "description": row,
        "card": card,
        "spent": card.spent,
        "answers": answers,
        "others": _other_answers(card.count, begin, len(found)),
        "bands": [band for band in card.bands if not any(band in answer.bands for answer in answers)],
        "pictures": shown,
        "bare_links": _links_without_picture(card),
        "is_whole": not any(picture.is_gone for picture in shown),
        "is_own": row.owner_id == current_user(request).pk,
        "token": uuid4().hex,
        "place": request.GET.get("from", ""),
        "repeats": repeats_of(row),
        "rests": texts.rests,
        "tags": tags_of([row])[row.pk],
        "rungs": rungs_of(row),
        **comparison_of(row),
        **shares_of(request, row),
        **_machinery(card, texts),
    }


def _machinery(card: Card, texts: Beginnings) -> dict[str, Any]:
    """Return what the folds show: how the description came about."""
    row = card.description
    calls = [ShownCall(attempt) for attempt in card.attempts]
    context = {
        "timeline": timeline(row, card.attempts[-_MOST_CALLS:]),
        "calls": calls[-_MOST_CALLS:],
        "earlier_calls": max(0, len(calls) - _MOST_CALLS),
        "bill": bill(calls),
        "parameters": set_parameters(row),
        "asked": asked(row),
        "caller": caller(row),
        "conversation": [],
    }
    if not texts.is_whole:
        return context | {"request_json": texts.request_beginning, "request_parts": texts.request_parts}
    request_json = as_json(pipeline.request_of(row), indent=2)
    return context | {"conversation": conversation(row), "request_json": request_json}


def _other_answers(count: int, begin: int, shown: int) -> list[tuple[str, str]]:
    """Return (words, query string) of the answers before and after the shown ones, if there are more."""
    others = []
    if begin:
        before = max(begin - MOST_ANSWERS, 0)
        others.append((f"Answers {before + 1} to {begin}", f"?answers={before + 1}"))
    if begin + shown < count:
        after = begin + shown
        others.append((f"Answers {after + 1} to {min(after + MOST_ANSWERS, count)}", f"?answers={after + 1}"))
    return others


def _pictures(card: Card) -> list[_ShownPicture]:
    prefetch_related_objects(card.pictures, "sent_copy", "image__sent_copies")
    links = {link.position: link for link in card.description.shown_links}
    return [
        _ShownPicture(shown, shown.sent_copy or _next_copy(card, shown), links.get(shown.position))
        for shown in card.pictures
    ]


def _links_without_picture(card: Card) -> list[DescriptionLink]:
    """Return the links to show as links: those that no picture came from.

    Where the site fetches pictures itself, only links that are still to be fetched.
    """
    if card.description.endpoint.sends_links:
        return card.description.bare_links
    return card.waiting


def _next_copy(card: Card, shown: DescriptionImage) -> SentCopy | None:
    """Return what the model will be sent, if it is there already."""
    if card.description.long_side:
        return None
    recipe = Recipe().key
    return next((copy for copy in shown.image.sent_copies.all() if copy.recipe == recipe), None)


def _neighbours(request: HttpRequest, row: Description) -> dict[str, Any]:
    """Return where to go from here in the list that led here.

    The next (older) row, the previous (newer) row, and the way back to the list.
    """
    place = request.GET.get("from", "")
    rows = Filter.of(QueryDict(place), current_user(request)).rows(current_user(request)).only("pk")
    older = rows.filter(id__lt=row.pk).order_by("-id").first()
    newer = rows.filter(id__gt=row.pk).order_by("id").first()
    return {
        "older": older and reverse("description", args=[older.pk]) + from_query(place),
        "newer": newer and reverse("description", args=[newer.pk]) + from_query(place),
        "back": f"{reverse('history')}?{QueryDict(place).urlencode()}#description-{row.pk}",
    }


def from_query(place: str) -> str:
    """Write where the list stood as a query string to go on with."""
    if not place:
        return ""
    query = QueryDict(mutable=True)
    query["from"] = place
    return f"?{query.urlencode()}"


def _with_more_room(row: Description) -> Mapping[str, Any]:
    """Return the parameters with twice the tokens.

    Without a limit of the person's own, twice what was written.
    """
    written = max((attempt.completion_tokens or 0 for attempt in row.attempts()), default=0)
    room = row.parameters.get("max_tokens") or max(written, _LEAST_ROOM // 2)
    return {**row.parameters, "max_tokens": 2 * room}
