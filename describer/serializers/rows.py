"""Rows become JSON: any number of descriptions with the same few queries."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects

from describer.ledger.rollup import used
from describer.ledger.totals import cost_of
from describer.models import Attempt, Choice, Description, DescriptionImage, DescriptionTag, Transcript
from describer.models.attempt import CostState, cost_state_of
from describer.models.description_image import with_links, with_pictures
from describer.models.states import Status, Via
from describer.models.transcript import transcript_of
from describer.serializers.schema import (
    AttemptOut,
    ChoiceOut,
    ComparedOut,
    DescriptionOut,
    DescriptionUsageOut,
    Fault,
    ImageOut,
    LinkOut,
    UsageOut,
    Waiting,
)

_WITH = (
    "owner",
    "endpoint",
    with_links(),
    with_pictures(DescriptionImage.objects.select_related("image")),
)
_CALLED = Prefetch("transcript", Transcript.objects.defer("messages", "answer"))
_TAGS = Prefetch(
    "tagged", DescriptionTag.objects.select_related("tag").order_by("tag__folded"), to_attr="shown_tags"
)
_CHOICES = Prefetch("choices", Choice.objects.order_by("index"))


def serialize(rows: Sequence[Description]) -> list[DescriptionOut]:
    """Return the JSON of these descriptions, in their order."""
    prefetch_related_objects(rows, *_WITH)
    if known := [row for row in rows if not hasattr(row, "shown_tags")]:
        prefetch_related_objects(known, _TAGS)
    if called := [row for row in rows if row.policy.has_transcript]:
        prefetch_related_objects(called, _CALLED)
    attempts: dict[int, list[Attempt]] = defaultdict(list)
    # What was just born has neither, and knows its tags: the answer to a submit is the quicker by some queries.
    if begun := [row for row in rows if not _is_new(row)]:
        prefetch_related_objects(begun, _CHOICES)
        for attempt in Attempt.objects.filter(description__in=[row.pk for row in begun]).order_by("number"):
            attempts[attempt.description].append(attempt)
    return [_description_out(row, attempts[row.pk]) for row in rows]


def _description_out(row: Description, attempts: Sequence[Attempt]) -> DescriptionOut:
    return DescriptionOut(
        id=row.pk,
        status=Status(row.status),
        waiting=_waiting_out(row),
        owner=row.owner.get_username(),
        via=Via(row.via),
        key=row.key_id,
        question=row.question,
        system_prompt=row.system_prompt,
        endpoint=row.endpoint.name,
        model=row.model,
        parameters=row.parameters,
        preset=row.preset,
        variables=row.variables or {},
        follows=row.follows_id,
        root=row.first,
        comparison=_compared_out(row),
        tags=[tagged.tag.name for tagged in row.shown_tags],
        favourite=row.favourite,
        trashed_at=row.trashed,
        kept=row.kept,
        answer=_answer_of(row),
        images=[_image_out(shown) for shown in row.shown_pictures],
        links=_links_out(row),
        choices=_choices_out(row),
        attempts=[_attempt_out(attempt) for attempt in attempts],
        created_at=row.created,
        started_at=row.started,
        finished_at=row.finished,
        **_caller_fields(row),
        **_end_fields(row, attempts),
    )


def _compared_out(row: Description) -> ComparedOut | None:
    if row.comparison_id is None:
        return None
    return ComparedOut(id=row.comparison_id, variant=row.variant)


def _answer_of(row: Description) -> str | None:
    """Return the text of the answer that counts."""
    if _is_new(row):
        return None
    return next((choice.text for choice in row.choices.all() if choice.index == row.kept), None)


def _is_new(row: Description) -> bool:
    return row.status == Status.QUEUED and row.started is None


def _waiting_out(row: Description) -> Waiting | None:
    if row.status != Status.WAITING:
        return None
    return Waiting(reason=row.waiting_reason, until=row.not_before)


def _caller_fields(row: Description) -> dict[str, Any]:
    """Return what our own endpoint knows of its caller; an ask that came in another way has none."""
    transcript = None
    if row.policy.has_transcript:
        transcript = transcript_of(row)
    if transcript is None:
        return {"request_id": None, "client_retries": 0, "client_gone": False}
    return {
        "request_id": transcript.request_id,
        "client_retries": transcript.client_retries,
        "client_gone": transcript.client_gone,
    }


def _end_fields(row: Description, attempts: Sequence[Attempt]) -> dict[str, Any]:
    """Return why a description failed, what it used and cost: nulls before its end."""
    if not row.is_final:
        return {"error": None, "usage": None, "cost": None, "cost_state": None}
    state = cost_state_of(attempts)
    costs = [attempt.cost for attempt in attempts]
    if state == CostState.FREE:
        costs.append(Decimal(0))
    return {
        "error": _fault_out(row),
        "usage": _usage_out(attempts),
        "cost": cost_of(costs),
        "cost_state": state,
    }


def _image_out(shown: DescriptionImage) -> ImageOut:
    image = shown.image
    return ImageOut(
        id=image.pk,
        name=shown.name,
        width=image.width,
        height=image.height,
        bytes=image.bytes,
        sha256=image.sha256,
        notes=image.notes,
    )


def _links_out(row: Description) -> list[LinkOut]:
    images = {shown.position: shown.image_id for shown in row.shown_pictures}
    return [
        LinkOut(position=link.position, url=link.url, image_id=images.get(link.position))
        for link in row.shown_links
    ]


def _choices_out(row: Description) -> list[ChoiceOut]:
    if _is_new(row):
        return []
    return [choice_out(choice) for choice in row.choices.all()]


def choice_out(choice: Choice) -> ChoiceOut:
    """Return an answer as JSON tells it."""
    return ChoiceOut(
        index=choice.index,
        content=choice.content,
        text=choice.text,
        refusal=choice.refusal,
        finish_reason=choice.finish_reason,
        tool_calls=choice.tool_calls,
        reasoning=choice.reasoning,
    )


def _attempt_out(attempt: Attempt) -> AttemptOut:
    return AttemptOut(
        number=attempt.number,
        state=Attempt.State(attempt.state),
        endpoint=attempt.endpoint,
        model=attempt.model_answered or attempt.model_asked,
        http_status=attempt.http_status,
        error=_fault_out(attempt),
        billed=Attempt.Billed(attempt.billed),
        request_id=attempt.request_id or None,
        changed=attempt.changed,
        usage=_reported_usage(attempt),
        cost=cost_of([attempt.cost]),
        sent_at=attempt.sent,
        answered_at=attempt.answered,
    )


def _reported_usage(attempt: Attempt) -> UsageOut | None:
    if not attempt.usage:
        return None
    return UsageOut(**attempt.usage)


def _fault_out(row: Description | Attempt) -> Fault | None:
    if not row.error_code:
        return None
    return Fault(code=row.error_code, message=row.error_message)


def _usage_out(attempts: Sequence[Attempt]) -> DescriptionUsageOut | None:
    tokens = used(attempts)
    if not tokens:
        return None
    return DescriptionUsageOut(**tokens)
