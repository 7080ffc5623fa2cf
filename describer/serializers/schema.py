"""The JSON of a description and of a list of them. One source for replies and for their documentation."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from describer.models import Attempt, CostState
from describer.models.states import Status, Via


class Fault(BaseModel):
    code: str = Field(description="Stable, for scripts: `rate_limited`, `timeout`, `image_rejected`, …")
    message: str = Field(description="What happened and what to do.")


class ImageOut(BaseModel):
    id: int
    name: str = Field(description="The file's name as it was given with this ask.")
    width: int = Field(description="Pixels, as seen: after any turn by EXIF.")
    height: int
    bytes: int
    sha256: str = Field(description="Of the uploaded file.")
    notes: list[str] = Field(description="What was done to the picture that its owner should know.")


class LinkOut(BaseModel):
    position: int = Field(description="Its place among the pictures, from 0.")
    url: str
    image_id: int | None = Field(description="The image that was fetched from it; null before that.")


class ChoiceOut(BaseModel):
    index: int
    content: str | None = Field(description="What the model wrote, as it came.")
    text: str | None = Field(description="The same without thoughts and special tokens at its edges.")
    refusal: str | None
    finish_reason: str | None = Field(description="As the endpoint said it: `stop`, `length`, …")
    tool_calls: Any = None
    reasoning: str | None = Field(
        description="What the model thought, where the endpoint tells; not an answer."
    )


class UsageOut(BaseModel):
    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None


class DescriptionUsageOut(UsageOut):
    estimated: bool = Field(description="True: the endpoint reported nothing, these numbers are an estimate.")


class AttemptOut(BaseModel):
    number: int
    state: Attempt.State
    endpoint: str
    model: str = Field(description="The model that answered, else the one that was asked.")
    http_status: int | None
    error: Fault | None
    billed: Attempt.Billed
    request_id: str | None = Field(description="The endpoint's own id of the call.")
    changed: list[Any] = Field(description="What was left out or renamed against `parameters`.")
    usage: UsageOut | None = Field(description="As the endpoint reported it; never an estimate.")
    cost: str | None
    sent_at: datetime
    answered_at: datetime | None


class Waiting(BaseModel):
    reason: str
    until: datetime | None = Field(description="Null: until its endpoint is open again.")


class ComparedOut(BaseModel):
    id: int
    variant: int = Field(description="Which of its variants this is, from 0.")


class DescriptionOut(BaseModel):
    """One ask and its answer. `usage`, `error`, `cost` and `cost_state` are null before its end."""

    id: int
    status: Status
    waiting: Waiting | None = Field(description="Why and how long, while `status` is `waiting`.")
    error: Fault | None
    owner: str
    via: Via
    key: int | None = Field(description="The id of the API key that it was asked with.")
    request_id: str | None = Field(
        description="Of a call at our own endpoint: the `x-request-id` that its caller was told."
    )
    client_retries: int = Field(description="How often the caller's client had tried this call before.")
    client_gone: bool = Field(description="The caller hung up before the answer was whole.")
    question: str
    system_prompt: str
    endpoint: str
    model: str
    parameters: dict[str, Any] = Field(description="Only what was set with the ask.")
    images: list[ImageOut] = Field(
        description="Its own, those of `links` once they are fetched. A follow-up is sent those of its conversation, too."
    )
    preset: str = Field(description="The name of the preset that it was asked by, or empty.")
    variables: dict[str, str] = Field(description="What the preset's variables were filled with.")
    tags: list[str]
    favourite: bool
    trashed_at: datetime | None = Field(description="When it was put into the trash; null outside of it.")
    kept: int = Field(description="The index of the choice that counts; 0 unless one was picked.")
    answer: str | None = Field(description="The text of the choice that counts.")
    follows: int | None = Field(
        description="The description whose answer it goes on from; null too once that is deleted."
    )
    root: int = Field(
        description="The first description of its conversation: its own `id` where it follows none. It stays, also when "
        "that one is deleted."
    )
    comparison: ComparedOut | None = Field(description="The comparison that it was asked in.")
    links: list[LinkOut] = Field(description="Pictures that were given by their addresses.")
    choices: list[ChoiceOut]
    usage: DescriptionUsageOut | None
    cost: str | None = Field(
        description="The sum of its attempts, as far as it is known, as a decimal number in text; null where nothing is."
    )
    cost_state: CostState | None = Field(
        description="What is known of the cost: `priced`; `free`; `unpriced`: of some call no price is set, or not what it "
        "used; `unknown`: some call may be billed or not, and `cost` lacks it. Null before the end."
    )
    attempts: list[AttemptOut]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class DescriptionSet(BaseModel):
    """What one call made."""

    items: list[DescriptionOut] = Field(description="One for each picture, in their order.")


class DescriptionList(BaseModel):
    items: list[DescriptionOut]
    next: str | None = Field(description="The `cursor` of the next page; null on the last one.")
