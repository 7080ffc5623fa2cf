"""One answer read piece by piece, as Markdown: where its description's page leaves off."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import F, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, Length, Substr
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, render
from django.utils.safestring import mark_safe

from describer.answers.rendering import PAGE, render_piece
from describer.db.row_id import read_row_id
from describer.models import Choice, Description
from describer.web.answer_copy import FORMS, as_form
from describer.web.answers import PAGED, shown_answers, where
from describer.web.current_user import current_user


@login_required
def answer(request: HttpRequest, pk: int, index: int) -> HttpResponse:
    """Show the piece that begins at `?begin=`; `?code=1` when that is within a block of code. `?as=` gives all of it to be copied."""
    rows = Choice.objects.filter(description__in=Description.objects.of(current_user(request)).filter(pk=pk))
    begin = read_row_id(request.GET.get("begin"))
    found: Any = get_object_or_404(_pieces(rows, begin), index=index)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    if request.GET.get("as") in FORMS:
        return as_form(rows.get(index=index), found.is_plain, request.GET["as"])
    if begin:
        words = found.piece[: max(0, found.length - begin)]
        piece = render_piece(words, PAGE, code="code" in request.GET, plain=found.is_plain)
        html = mark_safe(piece.html)  # noqa: S308  made by our own renderer
        end, in_code = begin + piece.end, piece.code
    else:
        (shown,) = shown_answers(rows.filter(index=index), PAGED)
        html, end, in_code = shown.html, shown.end, shown.code
    context = {"pk": pk, "index": index, "begin": begin, "end": end, "length": found.length, "rest": ""}
    if begin < end < found.length:
        context["rest"] = request.path + where(end, code=in_code)
    return render(request, "answer.html", context | {"html": html})


def _pieces(rows: "QuerySet[Choice]", begin: int) -> "QuerySet[Choice]":
    """Read of an answer no more than is shown from this place on, and where its text ends."""
    content = Cast("content", TextField())
    piece = Substr(content, begin + 1, PAGED.content, output_field=TextField())
    return rows.only("id").annotate(
        piece=Coalesce(piece, Value(""), output_field=TextField()),
        length=Coalesce("text_end", Length(content), 0),
        is_plain=F("description__is_plain"),
    )
