"""What a shared link shows: question, answer and pictures of one description, and nothing else of the site.

No login is asked for. The same as a single file, with its pictures inside, is for its owner to save.
"""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from describer.db.optional_write import write_if_free
from describer.db.row_id import read_row_id
from describer.desk.shares import DAYS, own_share, share
from describer.desk.single_page import attached, copy_of, pictures_for_others, shown_words, single_page
from describer.engine.submit import Refusal
from describer.lib.route_traits import PICTURE, route
from describer.models import Description, Share
from describer.web.current_user import current_user
from describer.web.images import sent_file

_MADE = "made_share"  # in a session, until its page has shown the link once
_INERT = {"X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"}


def shared(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a link shares to anybody; one that has ended, or never was, is not there."""
    row = _share_of(token)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    write_if_free(row.count_view)
    pictures = [
        (shown, reverse("shared_picture", args=[token, shown.position]))
        for shown in pictures_for_others(row.description)
    ]
    context = shown_words(row.description) | {"pictures": pictures}
    response = render(request, "shared.html", context)
    for name, value in _INERT.items():
        response[name] = value
    return response


@route(PICTURE)
def shared_picture(request: HttpRequest, token: str, position: int) -> HttpResponseBase:
    """Serve what the model was sent of a shared picture, which holds no metadata."""
    row = _share_of(token)
    for shown in pictures_for_others(row.description):
        if shown.position == position:
            return sent_file(request, copy_of(shown))
    raise Http404


@login_required
def share_made(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a link for `days` (POST), which its page shows once."""
    row = _own(request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        _, token = share(row, read_row_id(request.POST.get("days", str(DAYS))))
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        request.session[_MADE] = {"description": pk, "token": token}
    return redirect(row)


@login_required
def share_ended(request: HttpRequest, pk: int, share: int) -> HttpResponse:
    """End a link (POST)."""
    row = _own(request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        own_share(current_user(request), share).revoke()
    except Refusal as refusal:
        raise Http404 from refusal
    return redirect(row)


@login_required
def single_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a description as one page with its pictures inside, to be saved."""
    row = _own(request, pk)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    return HttpResponse(single_page(row), headers=attached(row))


def shares_of(request: HttpRequest, row: Description) -> dict[str, Any]:
    """Return a description's open links, and the one that was made just now with its address, for its page."""
    made = request.session.get(_MADE) or {}
    link = ""
    if made.get("description") == row.pk:
        del request.session[_MADE]
        link = request.build_absolute_uri(reverse("shared", args=[made["token"]]))
    return {
        "shares": list(Share.objects.open().filter(description=row).order_by("-pk")),
        "made_link": link,
        "share_days": DAYS,
    }


def _share_of(token: str) -> Share:
    row = Share.objects.select_related("description").by_token(token)
    if row is None:
        raise Http404
    return row


def _own(request: HttpRequest, pk: int) -> Description:
    return get_object_or_404(Description.objects.of(current_user(request)).untrashed().filter(pk=pk))
