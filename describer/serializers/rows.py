"""Rows become JSON: any number of descriptions with the same few queries."""

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Prefetch, prefetch_related_objects

from describer.ledger import rollup
from describer.ledger.totals import cost_of
from describer.models import Attempt, Choice, Description, DescriptionImage, Transcript
from describer.models.description_image import with_links, with_pictures
from describer.models.states import Status, Via
from describer.models.transcript import transcript_of
from describer.serializers.schema import (
    AttemptOut,
    ChoiceOut,
    DescriptionOut,
    DescriptionUsageOut,
    Fault,
    ImageOut,
    LinkOut,
    UsageOut,
    Waiting,
)

WITH = (
    "owner",
    "endpoint",
    with_links(),
    with_pictures(DescriptionImage.objects.select_related("image")),
)
CALLED = Prefetch("transcript", Transcript.objects.defer("messages", "answer"))
CHOICES = Prefetch("choices", Choice.objects.order_by("index"))


def serialize(rows: Sequence[Description]) -> list[DescriptionOut]:
    """The JSON of these descriptions, in their order."""
    prefetch_related_objects(rows, *WITH)
    if called := [row for row in rows if row.policy.has_transcript]:
        prefetch_related_objects(called, CALLED)
    attempts: dict[int, list[Attempt]] = defaultdict(list)
    # What was just born has neither: the answer to a submit is the quicker by two queries.
    if begun := [row for row in rows if not _is_new(row)]:
        prefetch_related_objects(begun, CHOICES)
        for attempt in Attempt.objects.filter(description__in=[row.pk for row in begun]).order_by("number"):
            attempts[attempt.description].append(attempt)
    return [_description_out(row, attempts[row.pk]) for row in rows]


def _description_out(row: Description, attempts: Sequence[Attempt]) -> DescriptionOut:
    waiting = Waiting(reason=row.waiting_reason, until=row.not_before)
    called = transcript_of(row) if row.policy.has_transcript else None
    return DescriptionOut(
        id=row.pk,
        status=Status(row.status),
        waiting=waiting if row.status == Status.WAITING else None,
        error=_fault_out(row) if row.is_final else None,
        owner=row.owner.get_username(),
        via=Via(row.via),
        key=row.key_id,
        request_id=called.request_id if called else None,
        client_retries=called.client_retries if called else 0,
        client_gone=bool(called and called.client_gone),
        question=row.question,
        system_prompt=row.system_prompt,
        endpoint=row.endpoint.name,
        model=row.model,
        parameters=row.parameters,
        images=[_image_out(shown) for shown in row.shown_pictures],
        links=_links_out(row),
        choices=[_choice_out(choice) for choice in row.choices.all()] if not _is_new(row) else [],
        usage=_usage_out(attempts) if row.is_final else None,
        cost=cost_of(attempt.cost for attempt in attempts) if row.is_final else None,
        attempts=[_attempt_out(attempt) for attempt in attempts],
        created_at=row.created,
        started_at=row.started,
        finished_at=row.finished,
    )


def _is_new(row: Description) -> bool:
    return row.status == Status.QUEUED and row.started is None


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


def _choice_out(choice: Choice) -> ChoiceOut:
    return ChoiceOut(
        index=choice.index,
        content=choice.content,
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
        usage=UsageOut(**attempt.usage) if attempt.usage else None,
        cost=cost_of([attempt.cost]),
        sent_at=attempt.sent,
        answered_at=attempt.answered,
    )


def _fault_out(row: Description | Attempt) -> Fault | None:
    return Fault(code=row.error_code, message=row.error_message) if row.error_code else None


def _usage_out(attempts: Sequence[Attempt]) -> DescriptionUsageOut | None:
    found = rollup.used(attempts)
    return DescriptionUsageOut(**found) if found else None
