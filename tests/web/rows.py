"""Rows as the pages find them, made without a worker."""

import hashlib
import itertools
from collections.abc import Sequence
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from describer.images import Recipe
from describer.ledger import rollup as usage
from describer.models import Attempt, Choice, Description, DescriptionImage, Endpoint, Image, SentCopy, User

_numbers = itertools.count(1)


def make_image(owner: User, *, files: bool = True, **values: Any) -> Image:
    """An image with its sent copy; its files hold no true picture."""
    sha256 = hashlib.sha256(f"picture {next(_numbers)}".encode()).hexdigest()
    facts = {
        "format": "JPEG",
        "media_type": "image/jpeg",
        "width": 4032,
        "height": 3024,
        "bytes": 3_250_000,
        "original": f"originals/{sha256}",
        "thumbnail": f"thumbnails/{sha256}.jpg",
    }
    image = Image.objects.create(owner=owner, sha256=sha256, **(facts | values))
    SentCopy.objects.create(
        image=image,
        recipe=Recipe().key,
        sha256=sha256,
        media_type="image/jpeg",
        width=2000,
        height=1500,
        bytes=612_000,
        file=f"sent/{sha256}.jpg",
    )
    for name in image.files if files else ():
        default_storage.save(name, ContentFile(b"not looked at"))
    return image


def make_description(
    owner: User,
    *answers: str | dict[str, Any],
    pictures: Sequence[tuple[Image, str]] = (),
    attempt: dict[str, Any] | None = None,
    **values: Any,
) -> Description:
    """A description, done when it has answers, with its pictures, choices and (unless queued) one attempt."""
    status = values.pop("status", "done" if answers else "queued")
    final = status in ("done", "failed", "cancelled")
    row = Description.objects.create(
        owner=owner,
        endpoint=values.pop("endpoint", None) or Endpoint.from_environment(),
        question=values.pop("question", "What is in the picture?"),
        model=values.pop("model", "vision-1"),
        status=status,
        finished=timezone.now() if final else None,
        **values,
    )
    for position, (image, name) in enumerate(pictures or [(make_image(owner), "boat.jpg")]):
        copy = image.sent_copies.first()
        DescriptionImage.objects.create(
            description=row, image=image, position=position, name=name, sent_copy=copy if answers else None
        )
    for index, answer in enumerate(answers):
        fields = {"content": answer, "finish_reason": "stop"} if isinstance(answer, str) else answer
        Choice.objects.create(description=row, index=index, **fields)
    if answers or attempt is not None:
        make_attempt(row, **(attempt or {}))
    return row


def make_attempt(row: Description, **values: Any) -> Attempt:
    """An attempt of a description, rolled up into its day unless it is still under way."""
    known = {
        "prompt_tokens": 1000,
        "completion_tokens": 284,
        "total_tokens": 1284,
        "billed": "yes",
        "http_status": 200,
    }
    state = values.pop("state", Attempt.State.ANSWERED)
    attempt = Attempt.objects.create(
        description=row.pk,
        owner=row.owner_id,
        key=row.key_id or 0,
        endpoint=values.pop("endpoint", "endpoint"),
        model_asked=row.model,
        number=row.attempts().count() + 1,
        state=state,
        answered=None if state == Attempt.State.SENT else timezone.now(),
        **((known if state == Attempt.State.ANSWERED else {}) | values),
    )
    if state != Attempt.State.SENT:
        usage.roll_up(attempt, Attempt.State.SENT)
    return attempt
