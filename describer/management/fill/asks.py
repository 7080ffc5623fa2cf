"""Asks of a fill: who asks what about which pictures, in which way; and the rows that each comes to."""

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random
from typing import Any, NamedTuple

from django.db.models import Model

from describer.desk.presets import BUILT_IN
from describer.management.fill.calls import Calls
from describer.management.fill.draft import MODELS, FilledAsk
from describer.management.fill.ends import Ends, is_answered
from describer.management.fill.people import FilledPerson, People
from describer.management.fill.pictures import PoolPicture
from describer.management.fill.rows import (
    FilledDescription,
    FilledPicture,
    FilledTag,
    FilledTranscript,
)
from describer.management.fill.texts import Speech, Texts, draw_length
from describer.management.fill.times import written
from describer.management.fill.usage import DayCounts
from describer.management.fill.words import FILE_STEMS
from describer.models import (
    Attempt,
    Choice,
    Description,
    DescriptionImage,
    DescriptionTag,
    Endpoint,
    Flag,
    Transcript,
    Via,
)
from describer.models.choice import flags_of


class Said(NamedTuple):
    """An answer as flags are read from it."""

    content: str | None
    finish_reason: str | None
    refusal: str | None
    tool_calls: bool


Rows = dict[type[Model], list[tuple[Any, ...]]]
LEASE_SECONDS = 30
_VIAS = ((Via.PAGE, 52), (Via.API, 33), (Via.SHELL, 8), (Via.ENDPOINT, 7))
_FREE = 420  # characters of an answer to a question of one's own, at the median
_MEDIANS = {
    "alt-text": 100,
    "long-description": 1100,
    "describe": 520,
    "read": 260,
    "wrong": 380,
    "compare": 600,
}
_PARAMETERS = (
    '{"temperature": 0.2}',
    '{"temperature": 1.0, "top_p": 0.9}',
    '{"max_tokens": 800}',
    '{"seed": 7}',
)
_PRESETS = tuple((preset.name, preset.question, preset.is_plain) for preset in BUILT_IN)
_PLAIN = {name for name, _, is_plain in _PRESETS if is_plain}
_FOLLOWS, _SEVERAL, _CHOICES, _FAVOURITE, _TAGGED, _PRESET, _SET = 0.02, 0.08, 0.01, 0.04, 0.3, 0.6, 0.12


@dataclass
class FilledPiece:
    """The rows of some descriptions in a row, which are written in one transaction: numbers `first` to `last`, rows by table."""

    first: int
    last: int
    rows: Rows = field(default_factory=lambda: defaultdict(list))


class Asks:
    """Makes asks, one after the other, the same for the same seed."""

    def __init__(self, random: Random, texts: Texts, people: People, endpoint: Endpoint) -> None:
        self.random, self.texts, self.people, self.endpoint = random, texts, people, endpoint
        self.ends = Ends(random, Calls(random, texts, endpoint.name), endpoint)
        self.counts = DayCounts()
        self.turn = 0
        self.models = list(accumulate(model.share for model in MODELS))
        self.vias = list(accumulate(share for _, share in _VIAS))

    def add(self, piece: FilledPiece, number: int, created: float, *, is_open: bool) -> None:
        """Make an ask and add its rows to a piece."""
        ask = self._ask(number, created)
        if is_open:
            self._keep_from_waiting_inline(ask)
            self.ends.leave_open(ask)
        else:
            self.ends.draw(ask)
        self._write(piece.rows, ask)
        for attempt, second in zip(ask.attempts, ask.sent, strict=True):
            self.counts.count(attempt, second)
        if is_answered(ask):
            ask.person.latest.append((ask.number, ask.root or ask.number, ask.pictures))

    def _ask(self, number: int, created: float) -> FilledAsk:
        random = self.random
        person = self.people.draw(random)
        speech = self.texts.speech(random)
        via = _VIAS[bisect_left(self.vias, random.random() * self.vias[-1])][0]
        question, preset, median = self._question(speech)
        ask = FilledAsk(
            number=number,
            person=person,
            speech=speech,
            model=MODELS[bisect_left(self.models, random.random() * self.models[-1])],
            created=created,
            question=question,
            preset=preset,
            median=median,
            via=via,
            key=person.key if via in (Via.API, Via.ENDPOINT) else 0,
            pictures=self._pictures(person),
        )
        self._vary(ask)
        return ask

    def _question(self, speech: Speech) -> tuple[str, str, int]:
        """Draw question, preset and the median length of its answers; some people tell more than they ask."""
        random = self.random
        if random.random() < _PRESET:
            name, question, _ = random.choice(_PRESETS)
            return question, name, _MEDIANS.get(name, _FREE)
        question = random.choice(speech.questions)
        length = draw_length(random, 60, 0.8)
        if length > len(question) + 20:
            question = f"{speech.sentences(random, length - len(question))} {question}"
        return question, "", _FREE

    def _pictures(self, person: FilledPerson) -> list[PoolPicture]:
        random = self.random
        if random.random() < _SEVERAL:
            return random.sample(person.pictures, min(len(person.pictures), random.randint(2, 5)))
        return [random.choice(person.pictures)]

    def _vary(self, ask: FilledAsk) -> None:
        """Let a few asks follow an answer, want several answers, or set parameters."""
        random = self.random
        if ask.person.latest and random.random() < _FOLLOWS:
            ask.follows, ask.root, ask.pictures = random.choice(ask.person.latest)
        if random.random() < _CHOICES:
            ask.wanted = random.randint(2, 4)
            ask.parameters = f'{{"n": {ask.wanted}}}'
        elif random.random() < _SET:
            ask.parameters = random.choice(_PARAMETERS)

    def _keep_from_waiting_inline(self, ask: FilledAsk) -> None:
        """Let an open ask be one that nobody waits for in a process, which there is not."""
        ask.via, ask.key = Via.PAGE, 0
        self.turn += 1

    def _write(self, rows: Rows, ask: FilledAsk) -> None:
        rows[Description].append(self._description(ask))
        rows[DescriptionImage] += self._shown(ask)
        rows[Attempt] += ask.attempts
        rows[Choice] += ask.choices
        if self.random.random() < _TAGGED:
            tags = self.random.sample(ask.person.tags, self.random.randint(1, 3))
            rows[DescriptionTag] += [FilledTag(ask.number, tag) for tag in tags]
        if ask.via == Via.ENDPOINT:
            rows[Transcript].append(_transcript(ask, self.random))

    def _description(self, ask: FilledAsk) -> FilledDescription:
        random = self.random
        kept = 0
        if len(ask.choices) > 1:
            kept = random.randrange(len(ask.choices))
        return FilledDescription(
            id=ask.number,
            owner_id=ask.person.id,
            via=ask.via.value,
            key_id=ask.key or None,
            endpoint_id=self.endpoint.pk,
            question=ask.question,
            model=ask.model.name,
            parameters=ask.parameters,
            preset=ask.preset,
            is_plain=ask.preset in _PLAIN,
            favourite=random.random() < _FAVOURITE,
            kept=kept,
            flags=_flags(ask, kept),
            status=ask.status.value,
            turn=self.turn,
            tries=min(len(ask.attempts), 8),
            calls=len(ask.attempts),
            not_before=_moment(ask.not_before),
            waiting_reason=ask.waiting_reason,
            lease_token=f"filled-{ask.number}" if ask.is_leased else "",
            lease_until=_moment(ask.created + LEASE_SECONDS if ask.is_leased else None),
            error_code=ask.error_code,
            error_message=ask.error_message,
            follows_id=ask.follows,
            root=ask.root,
            created=written(ask.created),
            started=_moment(ask.sent[0] if ask.sent else None),
            finished=_moment(ask.finished),
        )

    def _shown(self, ask: FilledAsk) -> Iterable[FilledPicture]:
        """Name each picture as people's cameras, scanners and disks do."""
        for position, picture in enumerate(ask.pictures):
            stem = self.random.choice(FILE_STEMS).format(int(self.random.random() * 10_000))
            sent_copy = picture.sent_copy if ask.attempts else None
            yield FilledPicture(ask.number, picture.image, position, f"{stem}{picture.suffix}", sent_copy)


def _flags(ask: FilledAsk, kept: int) -> int:
    """Return what is odd about the answer that counts, as the site flags it when it records one."""
    flags = 0
    if ask.attempts and ask.attempts[-1].changed != "[]":
        flags |= Flag.CHANGED
    for choice in ask.choices[kept : kept + 1]:
        flags |= flags_of(
            Said(choice.content, choice.finish_reason, choice.refusal, choice.tool_calls != "[]")
        )
    return int(flags)


def _moment(second: float | None) -> str | None:
    return None if second is None else written(second)


def _transcript(ask: FilledAsk, random: Random) -> FilledTranscript:
    """Return what a call at our own endpoint said, and the body that its caller was given."""
    parts: list[dict[str, Any]] = [{"type": "text", "text": ask.question}]
    parts += [
        {"type": "image_url", "image_url": {"url": f"picture:{place}"}} for place in range(len(ask.pictures))
    ]
    answer = None
    if ask.choices and not ask.error_code:
        body = {
            "id": f"chatcmpl-{ask.number}",
            "object": "chat.completion",
            "created": int(ask.created),
            "model": ask.model.name,
            "choices": [
                {
                    "index": choice.index,
                    "message": {"role": "assistant", "content": choice.content},
                    "finish_reason": choice.finish_reason,
                }
                for choice in ask.choices
            ],
        }
        answer = json.dumps(body, ensure_ascii=False)
    messages = json.dumps([{"role": "user", "content": parts}], ensure_ascii=False)
    return FilledTranscript(ask.number, messages, answer, f"req_{random.getrandbits(64):016x}")
