"""The trash: what can still be restored, and until when; restored, deleted for good or emptied."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render

from describer.db.row_id import read_row_id
from describer.desk.filters import Selection
from describer.desk.trash import delete_for_good, restore, restore_act
from describer.models import Description
from describer.models.description_rows import DescriptionQuerySet
from describer.templatetags.answer import excerpt
from describer.web.cards import Card, cards_of, listed
from describer.web.current_user import current_user
from describer.web.trashed import ends_of

PAGE = 24


@dataclass(frozen=True)
class TrashedCard:
    """A card with the beginning of its answer, and until when it can be restored."""

    card: Card
    ends: datetime | None

    @property
    def lead(self) -> str:
        answer = self.card.answer
        if answer is None:
            return ""
        return excerpt(answer.text) or answer.refusal


@login_required
def trash(request: HttpRequest) -> HttpResponse:
    """Show one page of a person's own trash, the newest asks first."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    rows = _own(request).select_related("endpoint").order_by("-id")
    before = read_row_id(request.GET.get("before"))
    if before:
        rows = rows.filter(id__lt=before)
    page = listed(rows[: PAGE + 1])
    context: dict[str, Any] = {"newer": "", "older": "", "minutes": settings.UNDO_MINUTES}
    context["cards"] = [TrashedCard(card, ends_of(card.description)) for card in cards_of(page[:PAGE])]
    if before:
        context["newer"] = "?"
    if len(page) > PAGE:
        context["older"] = f"?before={page[PAGE - 1].pk}"
    return render(request, "trash.html", context)


@login_required
def trash_restore(request: HttpRequest) -> HttpResponse:
    """Restore what a form names (POST): `description`, one or several, or all that the act of a name put there (`act`)."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if "act" in request.POST:
        return _undone(request)
    count = restore(_chosen(request))
    if count:
        messages.success(request, f"{_so_many(count)} back in the history.")
    else:
        messages.error(request, "Nothing was restored: what you chose is not in the trash any more.")
    return redirect("trash")


@login_required
def trash_delete(request: HttpRequest) -> HttpResponse:
    """Delete for good what a form names (POST): `description`, one or several, or with `all` the whole trash."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    rows = _chosen(request)
    if "all" in request.POST:
        rows = _own(request)
    messages.success(request, f"{_so_many(delete_for_good(rows))} deleted for good.")
    return redirect("trash")


def _undone(request: HttpRequest) -> HttpResponse:
    """Undo an act, and lead to what is back."""
    back = restore_act(current_user(request), request.POST.get("act", ""))
    if not back:
        messages.error(request, "There is nothing to undo: it was restored, or deleted for good.")
        return redirect("trash")
    messages.success(request, f"{_so_many(len(back))} back.")
    if len(back) == 1:
        return redirect("description", back[0])
    return redirect("history")


def _own(request: HttpRequest) -> DescriptionQuerySet:
    return Selection(current_user(request).pk, trashed=True).rows()


def _chosen(request: HttpRequest) -> DescriptionQuerySet:
    """Return the descriptions in the trash that a form names, of those that this person may see.

    `only` is a row's own button, whatever is ticked beside it.
    """
    named = request.POST.getlist("only") or request.POST.getlist("description")
    numbers = {read_row_id(text) for text in named}
    return Description.objects.of(current_user(request)).restorable().filter(pk__in=numbers)


def _so_many(count: int) -> str:
    if count == 1:
        return "The description is"
    return f"{count:,} descriptions are"
