"""The calls of a fill's asks: lines of the ledger, and the answers that they brought."""

import json
from random import Random
from typing import NamedTuple

from describer.answers.reading import AnswerShape
from describer.chat import errors
from describer.management.fill.draft import FilledAsk, tokens_of
from describer.management.fill.rows import FilledAttempt, FilledChoice
from describer.management.fill.texts import Texts, draw_length
from describer.management.fill.times import written
from describer.models import Attempt

_HTTP = {
    "rate_limited": 429,
    "overloaded": 503,
    "content_filtered": 400,
    "context_too_long": 400,
    "image_rejected": 400,
    "model_not_found": 404,
    "bad_request": 400,
    "empty_answer": 200,
}
_SECONDS = 3.5  # of a call, at the median
_PATIENCE = 60.0  # seconds for which a silent endpoint is waited for
_RENAMED = json.dumps([{"kind": "renamed", "param": "max_tokens", "to": "max_completion_tokens"}])
_State = Attempt.State
_Billed = Attempt.Billed


class FilledUsage(NamedTuple):
    """What a call used, as columns of the ledger."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    estimated_usage: str | None = None
    raw_usage: str | None = None


_NO_USAGE = FilledUsage()


class Calls:
    """Makes calls at one endpoint."""

    def __init__(self, random: Random, texts: Texts, endpoint: str) -> None:
        self.random, self.texts, self.endpoint = random, texts, endpoint

    def send(self, ask: FilledAsk, second: float) -> None:
        """Add a call that is under way."""
        self._add(ask, second, None, _State.SENT, _Billed.UNKNOWN)

    def fail(self, ask: FilledAsk, error: type[errors.ChatError], second: float) -> None:
        """Add a call that met this error."""
        status = _HTTP.get(error.code)
        state, seconds = _State.REFUSED, 1.0
        if status is None:
            state, seconds = _State.UNKNOWN, _PATIENCE
        elif status == 200:
            state = _State.ANSWERED
        self._add(
            ask, second, seconds, state, _Billed(error.usual[1]), status, error=(error.code, error.sentence)
        )

    def answer(self, ask: FilledAsk, second: float, finish: str = "stop", refusal: str | None = None) -> None:
        """Add a call that was answered, and its answers."""
        for index in range(ask.wanted):
            content, shape = self._content(ask, refusal)
            ask.choices.append(self.choice(ask, index, content, shape, finish, refusal))
        seconds = draw_length(self.random, 1000 * _SECONDS, 0.6) / 1000
        self._add(ask, second, seconds, _State.ANSWERED, _Billed.YES, 200, usage=_usage(ask))
        ask.finished = ask.last_end

    def choice(
        self,
        ask: FilledAsk,
        index: int,
        content: str | None,
        shape: AnswerShape,
        finish: str = "stop",
        refusal: str | None = None,
    ) -> FilledChoice:
        """Return an answer's line; its words have no thoughts or tokens at the edges."""
        reasoning = None
        if ask.model.thinks:
            reasoning = ask.speech.sentences(self.random, 200)
        length = len(content or "")
        return FilledChoice(
            ask.number, index, content, 0, length, shape.value, finish, refusal, "[]", reasoning
        )

    def _content(self, ask: FilledAsk, refusal: str | None) -> tuple[str | None, AnswerShape]:
        if refusal:
            return None, AnswerShape.MARKDOWN
        if ask.preset == "keywords":
            return self.random.choice(ask.speech.keywords), AnswerShape.JSON
        return self.texts.answer(self.random, ask.speech, ask.median), AnswerShape.MARKDOWN

    def _add(
        self,
        ask: FilledAsk,
        second: float,
        seconds: float | None,
        state: Attempt.State,
        billed: Attempt.Billed,
        status: int | None = None,
        usage: FilledUsage = _NO_USAGE,
        error: tuple[str, str] = ("", ""),
    ) -> None:
        """Add a line of the ledger."""
        ask.sent.append(second)
        ask.last_end = second + (seconds or 0)
        ask.attempts.append(
            FilledAttempt(
                description=ask.number,
                owner=ask.person.id,
                key=ask.key,
                endpoint=self.endpoint,
                model_asked=ask.model.name,
                model_answered=ask.model.name if state == _State.ANSWERED else "",
                number=len(ask.sent),
                state=state.value,
                sent=written(second),
                answered=None if seconds is None else written(second + seconds),
                http_status=status,
                error_code=error[0],
                error_message=error[1],
                request_id=f"req_{self.random.getrandbits(64):016x}" if status else "",
                changed=_changed(ask),
                billed=billed.value,
                **usage._asdict(),
            )
        )


def _usage(ask: FilledAsk) -> FilledUsage:
    """Return what the answers of an ask used; where an endpoint reports no usage, an estimate in its place."""
    prompt = ask.prompt_tokens
    completion = sum(tokens_of(choice.content) for choice in ask.choices)
    total = prompt + completion
    usage = f'{{"prompt_tokens": {prompt}, "completion_tokens": {completion}, "total_tokens": {total}}}'
    if ask.model.tells_usage:
        return FilledUsage(prompt, completion, total, raw_usage=usage)
    return FilledUsage(estimated_usage=usage)


def _changed(ask: FilledAsk) -> str:
    if "max_tokens" in ask.parameters and ask.model.name.startswith("gpt"):
        return _RENAMED
    return "[]"
