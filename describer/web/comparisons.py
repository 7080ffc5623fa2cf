"""All comparisons of a person that are not in the trash, newest first, page by page by key; and what won how often."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import F, Prefetch, QuerySet
from django.db.models.functions import Left
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render

from describer.db.row_id import read_row_id
from describer.desk.comparisons import headings, wins_of
from describer.models import Comparison, Description, DescriptionImage
from describer.models.description_image import with_pictures
from describer.search.matching import LISTED_BY
from describer.web.current_user import current_user
from describer.web.paging import page_by_key

_PAGE = 24
_QUESTION_CHARACTERS = 300


@dataclass(frozen=True)
class _ComparedLine:
    """A comparison in the list: in what its variants differ, and how it was judged."""

    row: Any
    headings: list[str]

    @property
    def picture(self) -> DescriptionImage | None:
        """Return the first picture of the first description that is still there."""
        first = next(iter(self.row.shown_descriptions), None)
        if first is None:
            return None
        return next(iter(first.shown_pictures), None)

    @property
    def verdict(self) -> str:
        if self.row.judged is None:
            return "not judged yet"
        if self.row.winner is None:
            return "none of them is the best"
        return f"best: {self.headings[self.row.winner]}"


@login_required
def comparisons(request: HttpRequest) -> HttpResponse:
    """Show one page of the list."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    user = current_user(request)
    before, after = read_row_id(request.GET.get("before")), read_row_id(request.GET.get("after"))
    listed = _shown(Comparison.objects.untrashed().filter(owner=user)).alias(**{LISTED_BY: F("pk")})
    rows, newer, older = page_by_key(listed, _PAGE, before, after)
    context = {
        "lines": [_ComparedLine(row, headings(row.variants)) for row in rows],
        "wins": wins_of(user),
        "newer": "",
        "older": "",
    }
    if newer:
        context["newer"] = f"?after={newer}"
    if older:
        context["older"] = f"?before={older}"
    return render(request, "comparisons.html", context)


def _shown(rows: "QuerySet[Comparison]") -> "QuerySet[Any]":
    """Add what a line shows: the beginning of the question, and the first picture."""
    pictures = with_pictures(DescriptionImage.objects.filter(position=0))
    descriptions = Description.objects.untrashed().only("comparison", "variant").order_by("variant")
    shown = Prefetch("descriptions", descriptions.prefetch_related(pictures), to_attr="shown_descriptions")
    start = Left("question", _QUESTION_CHARACTERS)
    return rows.defer("question").annotate(question_start=start).prefetch_related(shown)
