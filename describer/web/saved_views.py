"""Saved views of the history: chips before its filters, and the forms that save, rename and remove one."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from describer.desk.saved_views import rename_view, save_view, views_of
from describer.errors import Refusal
from describer.models import SavedView, User
from describer.web.current_user import current_user
from describer.web.list_filter import ListFilter


@dataclass(frozen=True)
class ViewChip:
    """A saved view as a chip: its row, its address, whether it is what the list shows."""

    view: SavedView
    href: str
    is_shown: bool


@login_required
def saved_views(request: HttpRequest) -> HttpResponse:
    """Save the list whose query string is `place` under a `name` (POST)."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    person, place = current_user(request), request.POST.get("place", "")
    chosen = ListFilter.of(QueryDict(place), person)
    try:
        if not chosen.is_set:
            raise Refusal("Narrow the list first; all of it needs no saved view.", code="invalid_value")
        view = save_view(person, request.POST.get("name", ""), chosen.query()[1:])
        messages.success(request, f"Saved as {view.name}.")
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect(reverse("history") + chosen.query())


@login_required
def saved_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a person's own view (POST of `name`), or remove it (`remove`)."""
    person = current_user(request)
    view = get_object_or_404(SavedView, pk=pk, owner=person)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        if "remove" in request.POST:
            view.delete()
            messages.success(request, f"{view.name} is no saved view any more.")
        else:
            rename_view(view, request.POST.get("name", ""))
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect(reverse("history") + _address_of_view(view, person))


def view_chips(chosen: ListFilter, person: User) -> list[ViewChip]:
    """Return the person's saved views; what is stored is read as any address is, and may mean less by now."""
    shown = chosen.query()
    chips = [(view, _address_of_view(view, person)) for view in views_of(person)]
    return [ViewChip(view, href, href == shown) for view, href in chips]


def _address_of_view(view: SavedView, person: User) -> str:
    return ListFilter.of(QueryDict(view.query), person).query()
