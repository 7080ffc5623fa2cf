"""Comparisons for scripts: the same pictures and question asked in variants, read side by side, judged."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Router, Schema, Status
from pydantic import BaseModel, Field

from describer.api.access import compared
from describer.api.ask import check_question, keep_pictures, read_words
from describer.api.auth import asking, caller
from describer.api.descriptions import NOT_BORN, REFUSED
from describer.api.errors import Error
from describer.api.openapi_forms import IDEMPOTENCY_KEY, comparison_body
from describer.api.variants import read_variants
from describer.desk.comparisons import asks_of, pick_winner
from describer.engine.submit import Refusal, submit_variants
from describer.lib.route_traits import SCRIPT_WITH_FILES, route
from describer.models import Comparison, Description
from describer.serializers import DescriptionOut, serialize

router = Router(tags=["Comparisons"])


class JudgeIn(Schema):
    winner: int | None = Field(
        description="The number of the variant that is the best, from 0, or null: none of them."
    )


class ComparisonSet(BaseModel):
    """What one call made."""

    id: int
    items: list[DescriptionOut] = Field(description="One for each variant, in their order.")


class VariantOut(BaseModel):
    model: str
    preset: str
    parameters: dict[str, Any] = Field(description="All that were set; long values stand in short.")
    long_side: int | None = Field(description="Pixels; null: as the endpoint is sent pictures.")


class ComparisonOut(ComparisonSet):
    """Descriptions of the same pictures beside each other. Those that were deleted, or are in the trash, are not among them."""

    variants: list[VariantOut]
    winner: int | None = Field(description="A variant's number, from 0; null: none, or not judged yet.")
    judged_at: datetime | None = Field(description="Null: not judged yet.")
    created_at: datetime


@router.post(
    "/comparisons",
    auth=asking,
    response={202: ComparisonSet} | NOT_BORN,
    summary="Ask the same in two to four variants",
    openapi_extra={"requestBody": comparison_body(), "parameters": [IDEMPOTENCY_KEY]},
)
@route(SCRIPT_WITH_FILES)
def comparison_create(request: HttpRequest, response: HttpResponse) -> Status[ComparisonSet]:
    """Queue an ask for each variant and answer at once with their descriptions, in the order of the variants.

    All pictures are asked about together. All variants or none: where one is refused, nothing is made, and the error
    says which. Each counts as an ask. One `Idempotency-Key` is one comparison.
    """
    given = read_words(request, caller(request))
    _check_new(request)
    asks = asks_of(given, read_variants(request.POST.getlist("variant")))
    for ask in asks:
        check_question(ask)
    pictures = keep_pictures(request, given, together=True, asks=len(asks))
    born = submit_variants([replace(ask, pictures=pictures) for ask in asks])
    response["Location"] = reverse("api:comparison_detail", args=[born[0].comparison_id]).rstrip("/")
    return Status(202, ComparisonSet(id=born[0].comparison_id or 0, items=serialize(born)))


@router.get(
    "/comparisons/{int:comparison_id}",
    response={200: ComparisonOut, 404: Error} | REFUSED,
    summary="Get a comparison",
)
def comparison_detail(request: HttpRequest, comparison_id: int) -> ComparisonOut:
    """Get a comparison with all of its descriptions, and which of them won."""
    return _out(*compared(caller(request), comparison_id))


@router.patch(
    "/comparisons/{int:comparison_id}",
    auth=asking,
    response={200: ComparisonOut, 400: Error, 404: Error} | REFUSED,
    summary="Judge a comparison",
)
def comparison_judge(request: HttpRequest, comparison_id: int, body: JudgeIn) -> ComparisonOut:
    """Say which variant is the best, or that none is. What was said last counts."""
    comparison, rows = compared(caller(request), comparison_id)
    pick_winner(comparison, body.winner)
    return _out(comparison, rows)


def _check_new(request: HttpRequest) -> None:
    """Raise Refusal for a form that goes on from an answer."""
    if request.POST.get("follows", "").strip():
        message = "A comparison goes on from no answer; ask without `follows`."
        raise Refusal(message, code="invalid_value", param="follows")


def _out(comparison: Comparison, rows: list[Description]) -> ComparisonOut:
    return ComparisonOut(
        id=comparison.pk,
        items=serialize(rows),
        variants=[VariantOut(**variant) for variant in comparison.variants],
        winner=comparison.winner,
        judged_at=comparison.judged,
        created_at=comparison.created,
    )
