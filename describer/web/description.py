"""One description: its pictures, question and answer, what to do next, and, folded, how it came about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from describer.chat.completion import reading
from describer.db.row_id import read_row_id
from describer.desk.comparisons import rungs_of
from describer.desk.marks import tags_of
from describer.desk.trash import delete_for_good, trash
from describer.engine import events, pipeline
from describer.engine.submit import Refusal, ask_again
from describer.models import Description, Status
from describer.search.matching import newer_than, newest_first, older_than, oldest_first
from describer.web.answers import MOST_ANSWERS, ShownAnswer
from describer.web.cards import Card, Notice, card_of_page, notices_of
from describer.web.comparison import comparison_of
from describer.web.context_processors import in_words, unfinished
from describer.web.conversation import caller, conversation
from describer.web.current_user import current_user
from describer.web.earlier import Conversation, adds, conversation_around
from describer.web.list_filter import ListFilter
from describer.web.repeats import repeats_of
from describer.web.shares import shares_of
from describer.web.shown_pictures import links_without_picture, pictures_of
from describer.web.texts import REQUEST_CHARACTERS, Beginnings, take_beginnings, with_beginnings
from describer.web.timeline import ShownCall, as_json, asked, bill, set_parameters, timeline
from describer.web.trashed import ends_of, say_trashed

_MOST_CALLS = 100  # on the page; one whose endpoint is away for a day makes a thousand
_LEAST_ROOM = 1024  # tokens; for an answer that was cut off although no limit was set
_TOKEN_CHARACTERS = 255


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
    row = description_of(request, pk)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    return page_of(request, row)


def page_of(request: HttpRequest, row: Description, status: int = 200, **more: Any) -> HttpResponse:
    """Render the page; `more` is what its forms hold that were refused."""
    context = _context(request, row) | _neighbours(request, row) | more
    return render(request, "description.html", context, status=status)


@login_required
def description_words(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the page's words alone, for the page to fetch again when the state has changed."""
    row = description_of(request, pk)
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
    row = untrashed_of(request, pk, own=True, whole=True)
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
    row = untrashed_of(request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if row.cancel():
        events.publish(row)
    return redirect(reverse("description", args=[pk]) + from_query(request.POST.get("from", "")))


@login_required
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a description into the trash (POST) or, with `for_good`, delete its words and pictures at once."""
    rows = Description.objects.filter(pk=description_of(request, pk).pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    place = request.POST.get("from", "")
    if request.POST.get("for_good"):
        delete_for_good(rows)
        messages.success(request, "The description is deleted.")
    else:
        say_trashed(request, trash(rows))
    return redirect(reverse("history") + "?" + QueryDict(place).urlencode())


def description_of(request: HttpRequest, pk: int, *, own: bool = False, whole: bool = False) -> Description:
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


def untrashed_of(request: HttpRequest, pk: int, **how: bool) -> Description:
    """Return a description with which something can be done, or raise 404: with one in the trash nothing can."""
    row = description_of(request, pk, **how)
    if row.trashed:
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
    around = conversation_around(row)
    shown = pictures_of(card, around)
    is_whole = not any(picture.is_gone for picture in shown)
    is_own = row.owner_id == current_user(request).pk
    return {
        "description": row,
        "card": card,
        "spent": card.spent,
        "answers": answers,
        "others": _other_answers(card.count, begin, len(found)),
        "bands": [band for band in card.bands if not any(band in answer.bands for answer in answers)],
        "pictures": shown,
        "bare_links": links_without_picture(card, around),
        "is_whole": is_whole,
        "is_own": is_own,
        "around": around,
        "adds": _adds(card, around, found) if is_own and is_whole else "",
        "token": uuid4().hex,
        "place": request.GET.get("from", ""),
        "ends": ends_of(row),
        "undo_minutes": settings.UNDO_MINUTES,
        "repeats": repeats_of(row),
        "rests": texts.rests,
        "tags": tags_of([row])[row.pk],
        "rungs": rungs_of(row),
        **comparison_of(row),
        **shares_of(request, row),
        **_machinery(card, texts, around),
    }


def _machinery(card: Card, texts: Beginnings, around: Conversation) -> dict[str, Any]:
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
    return context | {"conversation": conversation(row), "request_json": _request_json(row, around)}


def _request_json(row: Description, around: Conversation) -> str:
    """Write the exact request, or why it is not shown: what a follow-up goes on from may be gone, or long."""
    if around.characters > REQUEST_CHARACTERS:
        return f"Too long to be shown as one: {len(around.path)} questions and answers as turns, then this question."
    try:
        return as_json(pipeline.request_of(row), indent=2)
    except Refusal as refusal:
        return refusal.message


def _adds(card: Card, around: Conversation, found: Sequence[ShownAnswer]) -> str:
    """Tell what a follow-up sends again, "" where there is no answer to go on from."""
    row = card.description
    if row.status != Status.DONE or around.is_broken or not found:
        return ""
    kept = [shown for shown in found if shown.choice.index == row.kept] or found[:1]
    if not kept[0].length:
        return ""
    return adds(row, around, card.pictures, kept[0])


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


def _neighbours(request: HttpRequest, row: Description) -> dict[str, Any]:
    """Return where to go from here in the list that led here.

    The next (older) row, the previous (newer) row, and the way back to the list.
    """
    place = request.GET.get("from", "")
    rows = ListFilter.of(QueryDict(place), current_user(request)).rows(current_user(request)).only("pk")
    older = newest_first(older_than(rows, row.pk)).first()
    newer = oldest_first(newer_than(rows, row.pk)).first()
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
