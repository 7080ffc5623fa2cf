"""Rows for tests of all kinds, made straight: without a way in, an endpoint or a worker."""

import hashlib
import itertools
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from describer.images import Recipe
from describer.ledger import rollup
from describer.models import (
    Attempt,
    Choice,
    Comparison,
    Description,
    DescriptionImage,
    Endpoint,
    Image,
    SentCopy,
    UsageDay,
    User,
)

ENDED = ("done", "failed", "cancelled")
numbers = itertools.count(1)


def make_image(owner: User, *, files: bool = True, **values: Any) -> Image:
    """An image with its sent copy; its files hold no true picture."""
    sha256 = hashlib.sha256(f"picture {next(numbers)}".encode()).hexdigest()
    known = {
        "format": "JPEG",
        "media_type": "image/jpeg",
        "width": 4032,
        "height": 3024,
        "bytes": 3_250_000,
        "original": f"originals/{sha256}",
        "thumbnail": f"thumbnails/{sha256}.jpg",
    }
    image = Image.objects.create(owner=owner, sha256=sha256, **(known | values))
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


def boat(owner: User) -> list[tuple[Image, str]]:
    """The picture of a description of which a test says no more."""
    return [(make_image(owner), "boat.jpg")]


def make_description(
    owner: User,
    *answers: str | dict[str, Any],
    pictures: Sequence[tuple[Image, str]] = (),
    attempt: dict[str, Any] | None = None,
    **values: Any,
) -> Description:
    """A description at the default endpoint: queued; or, with answers, done, with a counted attempt and a picture."""
    status = values.setdefault("status", "done" if answers else "queued")
    known = {
        "endpoint": Endpoint.objects.filter(is_default=True).first() or Endpoint.from_environment(),
        "question": "What is in the picture?",
        "model": "vision-1",
        "finished": timezone.now() if status in ENDED else None,
    }
    row = Description.objects.create(owner=owner, **(known | values))
    if answers and not pictures:
        pictures = boat(owner)
    for position, (image, name) in enumerate(pictures):
        add_picture(row, image, name, position, sent_copy=image.sent_copies.first() if answers else None)
    for index, answer in enumerate(answers):
        fields = {"content": answer, "finish_reason": "stop"} if isinstance(answer, str) else answer
        Choice.objects.create(description=row, index=index, **fields)
    if answers or attempt is not None:
        make_counted_attempt(row, **(attempt or {}))
    return row


def make_comparison(owner: User, *variants: dict[str, Any], **values: Any) -> Comparison:
    """A comparison without its descriptions; of two models, where nothing is said."""
    known: dict[str, Any] = {"model": "vision-1", "preset": "", "parameters": {}, "long_side": None}
    told = [known | one for one in variants or ({}, {"model": "vision-2"})]
    return Comparison.objects.create(owner=owner, variants=told, **values)


def add_picture(
    row: Description, image: Image, name: str = "boat.jpg", position: int = 0, **values: Any
) -> DescriptionImage:
    """A picture of a description, at its place."""
    return DescriptionImage.objects.create(
        description=row, image=image, name=name, position=position, **values
    )


def make_attempt(row: Description, **values: Any) -> Attempt:
    """An attempt of a description, just sent."""
    known = {
        "owner": row.owner_id,
        "key": row.key_id or 0,
        "endpoint": row.endpoint.name,
        "model_asked": row.model,
        "number": row.attempts().count() + 1,
    }
    return Attempt.objects.create(description=row.pk, **(known | values))


def make_counted_attempt(row: Description, **values: Any) -> Attempt:
    """An attempt of a description, answered for 1,284 tokens, and counted in its day unless it is still under way."""
    state = values.setdefault("state", Attempt.State.ANSWERED)
    known: dict[str, Any] = {"endpoint": "endpoint"}
    if state == Attempt.State.ANSWERED:
        known |= {"prompt_tokens": 1000, "completion_tokens": 284, "total_tokens": 1284}
        known |= {"billed": "yes", "http_status": 200}
    if state == Attempt.State.SENT:
        return make_attempt(row, **(known | values))
    attempt = make_attempt(row, **(known | {"answered": timezone.now()} | values))
    rollup.roll_up(attempt, Attempt.State.SENT)
    return attempt


def make_usage_day(
    owner: User | int, tokens: int = 0, *, day: date | None = None, days_ago: int = 0, **values: Any
) -> UsageDay:
    """What a person, or the number of somebody who is gone, used on a day: today, unless told otherwise."""
    known = {"endpoint": "endpoint", "model": "vision-1", "attempts": 1, "asks": 1}
    return UsageDay.objects.create(
        owner=owner if isinstance(owner, int) else owner.pk,
        day=day or timezone.localdate() - timedelta(days=days_ago),
        total_tokens=tokens,
        **(known | values),
    )
