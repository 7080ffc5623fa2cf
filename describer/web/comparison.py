"""A comparison: the answers to the same question beside each other, what each took, and which is the best."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import F, QuerySet, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render

from describer.desk.comparisons import climb, headings, pick_winner
from describer.engine import queue
from describer.engine.submit import Refusal
from describer.models import Choice, Comparison, Description, SentCopy, Status
from describer.models.description_image import with_pictures
from describer.web.answers import PAGED, shown_answers
from describer.web.cards import Card, attempts_of, know_links, listed
from describer.web.coming_words import coming_words
from describer.web.context_processors import in_words, unfinished
from describer.web.current_user import current_user

_NONE = "none"
_DIGITS = 6  # of a number that may be a variant's
_TOKEN_CHARACTERS = 255


@dataclass(frozen=True)
class _Column:
    """A variant as the page shows it: in what it differs, its card, and whether it was found the best."""

    heading: str
    card: Card
    is_best: bool

    @property
    def sent_copies(self) -> list[SentCopy]:
        """Return what the model was sent of each picture, as far as it is made."""
        return [shown.sent_copy for shown in self.card.pictures if shown.sent_copy]


@login_required
def comparison(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the pictures once, and the answers beside each other."""
    row = _comparison_of(request, pk)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    columns = _columns(row, Description.objects.untrashed().filter(comparison=row))
    if not columns:
        raise Http404
    context = {
        "comparison": row,
        "columns": columns,
        "first": columns[0].card,
        "is_none": row.judged is not None and row.winner is None,
    }
    return render(request, "comparison.html", context)


@login_required
def comparison_column(request: HttpRequest, pk: int, variant: int) -> HttpResponse:
    """Show one variant as it stands now, for a page that heard of a change."""
    row = _comparison_of(request, pk)
    columns = _columns(row, Description.objects.untrashed().filter(comparison=row, variant=variant))
    if not columns:
        raise Http404
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    context = {"comparison": row, "column": columns[0]}
    response = render(request, "_comparison_column.html", context)
    response["X-Running"] = in_words(unfinished(current_user(request)))
    return response


@login_required
def winner(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep which variant is the best (POST): its number in `winner`, or `none`; what is said last counts."""
    row = _comparison_of(request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    said = request.POST.get("winner", "")
    try:
        pick_winner(row, _number_said(said))
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect(row)


@login_required
def ladder(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the same at each size that the pictures have (POST), in the name of the person who asks."""
    rows = (
        Description.objects.untrashed()
        .filter(owner=current_user(request))
        .select_related("owner", "endpoint")
    )
    row = get_object_or_404(rows, pk=pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    token = request.POST.get("token", "").replace("\x00", "")[:_TOKEN_CHARACTERS]
    try:
        born = climb(row, token or None)
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect(row)
    return redirect("comparison", born[0].comparison_id)


def comparison_of(row: Description) -> dict[str, Any]:
    """Return the comparison that a description was asked in, for its page: its id, and of how many; None without one that is shown."""
    if row.comparison_id is None:
        return {"compared": None}
    variants = Comparison.objects.untrashed().filter(pk=row.comparison_id).values_list("variants", flat=True)
    found = variants.first()
    if found is None:
        return {"compared": None}
    return {"compared": {"pk": row.comparison_id, "count": len(found)}}


def _comparison_of(request: HttpRequest, pk: int) -> Comparison:
    """Return a comparison that this person may see, or raise 404: one whose descriptions are all in the trash, too."""
    return get_object_or_404(Comparison.objects.of(current_user(request)).untrashed(), pk=pk)


def _number_said(said: str) -> int | None:
    """Return the number of a variant, None for none of them, and for what is no number one that there is not."""
    if said == _NONE:
        return None
    if said.isascii() and said.isdigit() and len(said) < _DIGITS:
        return int(said)
    return -1


def _columns(row: Comparison, rows: "QuerySet[Description]") -> list[_Column]:
    words = headings(row.variants)
    return [
        _Column(
            heading=words[card.description.variant],
            card=card,
            is_best=row.winner == card.description.variant,
        )
        for card in _cards(listed(rows.select_related("endpoint").order_by("variant")))
    ]


def _cards(rows: list[Description]) -> list[Card]:
    """Return the descriptions with the answers that count, as their own pages show them; few statements for all of them."""
    prefetch_related_objects(rows, with_pictures(), "shown_pictures__image", "shown_pictures__sent_copy")
    know_links(rows)
    attempts = attempts_of(rows)
    kept = Choice.objects.filter(description__in=[row.pk for row in rows], index=F("description__kept"))
    answers = {shown.choice.description_id: shown for shown in shown_answers(kept, PAGED)}
    coming = coming_words(rows, answers)
    return [
        Card(
            description=row,
            pictures=row.shown_pictures,
            attempts=attempts[row.pk],
            answer=answers.get(row.pk),
            ahead=queue.ahead(row) if row.status == Status.QUEUED else None,
            coming=coming.get(row.pk),
        )
        for row in rows
    ]
