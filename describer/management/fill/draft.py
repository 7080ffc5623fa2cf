"""An ask of a fill while its rows are made: what is asked, of which model, and what came of it."""

from dataclasses import dataclass, field
from typing import NamedTuple

from describer.management.fill.people import FilledPerson
from describer.management.fill.pictures import PoolPicture
from describer.management.fill.rows import FilledAttempt, FilledChoice
from describer.management.fill.texts import Speech
from describer.models import Status, Via

_CHARACTERS_A_TOKEN = 4


class FilledModel(NamedTuple):
    """A model that is asked; some endpoints report no usage, some models think aloud."""

    name: str
    share: int
    tells_usage: bool = True
    thinks: bool = False


MODELS = (
    FilledModel("claude-sonnet-4-20250514", 40),
    FilledModel("gpt-4.1-mini", 25),
    FilledModel("gemini-2.5-flash", 15),
    FilledModel("qwen2.5-vl-72b-instruct", 9),
    FilledModel("pixtral-large-latest", 5),
    FilledModel("deepseek-vl2", 4, thinks=True),
    FilledModel("llava:13b", 2, tells_usage=False),
)


def tokens_of(text: str | None) -> int:
    """Return about how many tokens a text comes to."""
    return len(text or "") // _CHARACTERS_A_TOKEN + 1


@dataclass(slots=True)
class FilledAsk:
    """One ask; times are seconds of the epoch, `sent` of each attempt. What came of it is filled in later."""

    number: int
    person: FilledPerson
    speech: Speech
    model: FilledModel
    created: float
    question: str
    preset: str
    median: int
    via: Via
    key: int
    pictures: list[PoolPicture]
    parameters: str = "{}"
    wanted: int = 1
    follows: int | None = None
    root: int = 0
    status: Status = Status.DONE
    finished: float | None = None
    last_end: float = 0.0
    error_code: str = ""
    error_message: str = ""
    waiting_reason: str = ""
    not_before: float | None = None
    is_leased: bool = False
    attempts: list[FilledAttempt] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    choices: list[FilledChoice] = field(default_factory=list)

    @property
    def prompt_tokens(self) -> int:
        return tokens_of(self.question) + sum(picture.tokens for picture in self.pictures)
