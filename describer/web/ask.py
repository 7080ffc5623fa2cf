"""The front page: pictures, a question, and beneath it the newest answers."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from describer.db.row_id import read_row_id
from describer.desk.presets import presets_of
from describer.engine.submit import BY_THEMSELVES
from describer.lib.guard import AddressRefused
from describer.lib.route_traits import Body, RouteTraits, route
from describer.models import Description, User
from describer.web.ask_form import AskForm, ChosenPreset, from_description
from describer.web.asked_before import before_of
from describer.web.cards import cards_of, is_new, listed
from describer.web.context_processors import in_words, unfinished
from describer.web.current_user import current_user
from describer.web.offered_models import offered_models
from describer.web.posted_ask import posted
from describer.web.samples import samples
from describer.web.texts import take_beginnings, with_beginnings
from describer.web.tray import with_asked

_CHANGES = {"add", "drop", "preset"}  # buttons that change the form and ask nothing
_NEWEST = 10  # descriptions on the page
_AT_ONCE = 20  # of what is new, one press of the button or several
_BEHAVIOURS = (
    "tray",
    "upload",
    "preview",
    "order",
    "link",
    "drop",
    "kept_tray",
    "question",
    "more",
    "json",
    "learned",
)
_SCRIPTS = [f"js/{name}.js" for name in (*_BEHAVIOURS, "ask", "again")]


@route(RouteTraits(body=Body.FILES))
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Show the form and the newest answers; a POST asks.

    With scripts the reply is the new cards alone, or JSON errors. What was asked before, the very same, is asked again
    only where the person said so (`again`): the old answers are shown first.
    """
    owner = current_user(request)
    if request.method != "POST":
        return _page(request, owner, _first_form(request, owner))
    form = posted(request, owner)
    if _CHANGES & request.POST.keys():
        form.errors = {name: text for name, text in form.errors.items() if name == "image_url"}
        form.status = 200
        return _page(request, owner, form)
    again = request.POST.get("again", "")
    # A sample is in no tray, so that an offer's button could not ask about it.
    if again != "anew" and "sample" not in request.POST and form.look_back(owner, but_new=again == "others"):
        return _offered_before(request, owner, form)
    born = form.submit(owner)
    if not born:
        return _refused(request, owner, form)
    compared = born[0].comparison
    if _is_scripted(request):
        response = _cards(request, born)
        if compared:
            response["Location"] = compared.get_absolute_url()
        return response
    if compared:
        return redirect(compared)
    return redirect(f"{reverse('ask')}#description-{born[-1].pk}")


@login_required
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one card as it stands now, for a page that heard of a change.

    X-Running says how many asks are unfinished.
    """
    viewer = current_user(request)
    rows = listed(Description.objects.of(viewer).untrashed().select_related("endpoint").filter(pk=pk))
    if not rows:
        raise Http404
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    response = render(request, "_description_card.html", {"card": cards_of(rows)[0]})
    response["X-Running"] = in_words(unfinished(viewer))
    return response


def _is_scripted(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers


def _first_form(request: HttpRequest, owner: User) -> AskForm:
    """Return an empty form, or one filled from an earlier ask of the person's own (?from=id)."""
    rows = Description.objects.untrashed().filter(owner=owner, pk=read_row_id(request.GET.get("from", "")))
    earlier = with_beginnings(rows.select_related("endpoint", "transcript")).first()
    if earlier:
        take_beginnings(earlier)
        return from_description(earlier)
    return AskForm()


def _page(request: HttpRequest, owner: User, form: AskForm) -> HttpResponse:
    cards = cards_of(_newest(owner))
    form.tiles = with_asked(owner, form.tiles)
    context = _form_context(form, owner) | {
        "just_now": [card for card in cards if card.is_new],
        "earlier": [card for card in cards if not card.is_new],
        "samples": [],
        "scripts": _SCRIPTS,
        "at_once": _AT_ONCE,
        "before": before_of(form),
    }
    if not cards:
        context["samples"] = samples()
    return render(request, "ask.html", context, status=form.status)


def _newest(owner: User) -> list[Description]:
    newest = Description.objects.untrashed().filter(owner=owner).select_related("endpoint").order_by("-id")
    rows = listed(newest[:_AT_ONCE])
    return [row for place, row in enumerate(rows) if place < _NEWEST or is_new(row)]


def _form_context(form: AskForm, owner: User) -> dict[str, Any]:
    return {
        "form": form,
        "presets": [ChosenPreset(row) for row in presets_of(owner)],
        "known_variables": " ".join(BY_THEMSELVES),
        "offered": offered_models(form.model),
        "most_pictures": settings.IMAGES_PER_SET,
        "most_together": settings.IMAGES_PER_ASK,
        "no_link": AddressRefused().message,
        "most_bytes": settings.IMAGE_MAX_BYTES,
    }


def _offered_before(request: HttpRequest, owner: User, form: AskForm) -> HttpResponse:
    """Show the answers that are there to the very same; nothing was asked."""
    if not _is_scripted(request):
        return _page(request, owner, form)
    return render(request, "_asked_before.html", {"before": before_of(form)})


def _refused(request: HttpRequest, owner: User, form: AskForm) -> HttpResponse:
    told: dict[str, Any] = {"errors": form.errors}
    if form.unusable:
        told["tiles"] = form.unusable
    response: HttpResponse = JsonResponse(told, status=form.status)
    if not _is_scripted(request):
        response = _page(request, owner, form)
    if form.retry_after is not None:
        response["Retry-After"] = str(form.retry_after)
    return response


def _cards(request: HttpRequest, born: list[Description]) -> HttpResponse:
    """Show the new cards, newest first, and tell the token of the next ask. Of a large set the newest are shown."""
    newest = [row.pk for row in born[-_AT_ONCE:]]
    rows = Description.objects.filter(pk__in=newest).select_related("endpoint")
    response = render(request, "_cards.html", {"cards": cards_of(listed(rows.order_by("-id")))}, status=201)
    response["X-Next-Token"] = AskForm().token
    response["X-Asked"] = str(len(born))
    return response
