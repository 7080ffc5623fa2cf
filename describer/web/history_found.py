"""How many descriptions a list of the history holds, and all that it or a choice holds as a file."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from describer.db.clock import clock
from describer.desk.bulk import MOST_COUNTED, counted
from describer.desk.exports import exported
from describer.desk.picture_exports import KINDS
from describer.errors import Refusal
from describer.lib.route_traits import FILE, route
from describer.search import index
from describer.web.chosen import Chosen
from describer.web.current_user import current_user
from describer.web.list_filter import ListFilter


@route(FILE)
@login_required
def history_found(request: HttpRequest) -> HttpResponse:
    """Tell in words how many the list at this query string holds, for its page, which did not wait for it."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    person = current_user(request)
    try:
        with index.loss_told():
            count = counted(ListFilter.of(request.GET, person).rows(person))
    except Refusal:
        return HttpResponse("", content_type="text/plain")
    return HttpResponse(found_words(count), content_type="text/plain")


@route(FILE)
@login_required
def history_export(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Give what was chosen as a file: `description`, any number of them, or `all` of the list at `place` up to `newest`."""
    if kind not in KINDS:
        raise Http404
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    person, chosen = current_user(request), Chosen.of(request.GET)
    try:
        return exported(person.pk, chosen.rows(person, clock.now()), KINDS[kind])
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect(chosen.back(person))


def found_words(count: int) -> str:
    """Write how many were found: "312", "more than 10,000"."""
    if count > MOST_COUNTED:
        return f"more than {MOST_COUNTED:,}"
    return f"{count:,}"
