"""The columns that a fill writes of each table, named as the models name them; a column that is not here gets its default.

Values stand as both databases take them: moments as text in UTC, JSON as text, ids as numbers.
"""

from typing import NamedTuple

from django.db.models import Model

from describer.models import (
    Attempt,
    Choice,
    Description,
    DescriptionImage,
    DescriptionTag,
    Transcript,
    UsageDay,
)


class FilledDescription(NamedTuple):
    """A line of the table of descriptions."""

    id: int
    owner_id: int
    via: str
    key_id: int | None
    endpoint_id: int
    question: str
    model: str
    parameters: str
    preset: str
    is_plain: bool
    favourite: bool
    kept: int
    flags: int
    status: str
    turn: int
    tries: int
    calls: int
    not_before: str | None
    waiting_reason: str
    lease_token: str
    lease_until: str | None
    error_code: str
    error_message: str
    follows_id: int | None
    root: int
    created: str
    started: str | None
    finished: str | None


class FilledAttempt(NamedTuple):
    """A line of the ledger."""

    description: int
    owner: int
    key: int
    endpoint: str
    model_asked: str
    model_answered: str
    number: int
    state: str
    sent: str
    answered: str | None
    http_status: int | None
    error_code: str
    error_message: str
    request_id: str
    changed: str
    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    estimated_usage: str | None
    raw_usage: str | None
    billed: str


class FilledChoice(NamedTuple):
    """A line of the table of answers."""

    description_id: int
    index: int  # type: ignore[assignment]  # hides a method of tuples that nobody calls
    content: str | None
    text_begin: int
    text_end: int
    shape: str
    finish_reason: str | None
    refusal: str | None
    tool_calls: str
    reasoning: str | None


class FilledPicture(NamedTuple):
    """A picture of a description."""

    description_id: int
    image_id: int
    position: int
    name: str
    sent_copy_id: int | None


class FilledTag(NamedTuple):
    """A tag of a description."""

    description_id: int
    tag_id: int


class FilledTranscript(NamedTuple):
    """What was said at our own endpoint."""

    description_id: int
    messages: str
    answer: str | None
    request_id: str


class FilledDay(NamedTuple):
    """A line of the roll-up."""

    day: str
    owner: int
    key: int
    endpoint: str
    model: str
    attempts: int
    asks: int
    failed: int
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    priced: int
    free: int
    unpriced: int
    unknown: int
    cost: str


TABLES: dict[type[Model], type[tuple[object, ...]]] = {
    Description: FilledDescription,
    DescriptionImage: FilledPicture,
    Choice: FilledChoice,
    Attempt: FilledAttempt,
    DescriptionTag: FilledTag,
    Transcript: FilledTranscript,
    UsageDay: FilledDay,
}
"""What is written of each piece, in this order: what others refer to comes first."""
