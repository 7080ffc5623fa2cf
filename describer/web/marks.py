"""Marking a description on its page: its star, its tags, and which of its answers counts."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from describer.db.row_id import read_row_id
from describer.desk.marks import mark
from describer.engine.submit import Refusal
from describer.models import Description
from describer.web.current_user import current_user
from describer.web.description import from_query


@login_required
def marks(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what a form names: `favourite` (1 or 0), `tags` (separated by commas), `kept` (an answer's index)."""
    row = get_object_or_404(Description.objects.of(current_user(request)).untrashed().filter(pk=pk))
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    post = request.POST
    try:
        mark(
            row,
            tags=post["tags"].split(",") if "tags" in post else None,
            favourite=post["favourite"] == "1" if "favourite" in post else None,
            kept=read_row_id(post["kept"]) if "kept" in post else None,
        )
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect(reverse("description", args=[pk]) + from_query(post.get("from", "")))
