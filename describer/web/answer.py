"""One answer read piece by piece, as Markdown: where its description's page leaves off."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import TextField
from django.db.models.functions import Cast, Length, Substr
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, render
from django.utils.safestring import mark_safe

from describer.answers.rendering import PAGE, render_beginning, render_piece
from describer.db.row_id import read_row_id
from describer.models import Choice, Description
from describer.web.answers import PAGED, where
from describer.web.current_user import current_user


@login_required
def answer(request: HttpRequest, pk: int, index: int) -> HttpResponse:
    """Show the piece that begins at `?begin=`; `?code=1` when that is within a block of code."""
    rows = Choice.objects.filter(description__in=Description.objects.of(current_user(request)).filter(pk=pk))
    begin = read_row_id(request.GET.get("begin"))
    content = Cast("content", TextField())
    pieces = rows.only("id").annotate(
        piece=Substr(content, begin + 1, PAGED.content, output_field=TextField()), length=Length(content)
    )
    found: Any = get_object_or_404(pieces, index=index)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    if begin:
        piece = render_piece(found.piece or "", PAGE, code="code" in request.GET)
    else:
        piece = render_beginning(found.piece or "", PAGE)
    end, length = begin + piece.end, found.length or 0
    context = {"pk": pk, "index": index, "begin": begin, "end": end, "length": length, "rest": ""}
    if begin < end < length:
        context["rest"] = request.path + where(end, code=piece.code)
    html = mark_safe(piece.html)  # noqa: S308  made by our own renderer
    return render(request, "answer.html", context | {"html": html})
