"""What comes of an ask: mostly an answer at once; some fail, some are tried again, a few are still open."""

from bisect import bisect_left
from collections.abc import Callable
from itertools import accumulate, cycle
from random import Random

from describer.answers.reading import AnswerShape
from describer.chat import errors
from describer.engine.queue.pause import pause_reason
from describer.management.fill.calls import Calls
from describer.management.fill.draft import FilledAsk
from describer.models import Attempt, Endpoint, Status

_AGAIN = (errors.RateLimited, errors.Overloaded, errors.TimedOut)
_FINAL = (
    errors.ContentFiltered,
    errors.ContextTooLong,
    errors.ImageRejected,
    errors.ModelNotFound,
    errors.BadRequest,
)
_REFUSAL = "I cannot help with identifying people in pictures."
_TRIES = 8
_SOON = 0.4  # seconds from a row to its call
_OPEN = (Status.QUEUED, Status.WAITING, Status.RUNNING, Status.QUEUED, Status.WAITING)


class Ends:
    """Draws what comes of asks and writes it into them."""

    def __init__(self, random: Random, calls: Calls, endpoint: Endpoint) -> None:
        self.random, self.calls = random, calls
        self.reason = pause_reason(endpoint)
        self.open = cycle(_OPEN)
        shares: tuple[tuple[int, Callable[[FilledAsk], None]], ...] = (
            (912, self._answer),
            (28, self._answer_later),
            (14, self._cut_off),
            (6, self._refuse),
            (4, self._answer_nothing),
            (11, self._fail),
            (7, self._fail_again_and_again),
            (11, self._cancel),
            (7, self._cancel_late),
        )
        self.bounds = list(accumulate(share for share, _ in shares))
        self.ends = [end for _, end in shares]

    def draw(self, ask: FilledAsk) -> None:
        """End an ask in one of the ways, each as often as its share says."""
        self.ends[bisect_left(self.bounds, self.random.random() * self.bounds[-1])](ask)

    def leave_open(self, ask: FilledAsk) -> None:
        """Leave an ask queued, waiting or running; a run's lease has ended, as after a kill of its process."""
        ask.status = next(self.open)
        if ask.status == Status.RUNNING:
            ask.is_leased = True
            self.calls.send(ask, ask.created + _SOON)
        if ask.status == Status.WAITING and self.random.random() < 0.5:
            self.calls.fail(ask, errors.RateLimited, ask.created + _SOON)
            ask.not_before = ask.created + 60
            ask.waiting_reason = f"{errors.RateLimited.sentence} It will be asked again."
        elif ask.status == Status.WAITING:
            ask.waiting_reason = self.reason

    def _answer(self, ask: FilledAsk) -> None:
        self.calls.answer(ask, self._next(ask))

    def _answer_later(self, ask: FilledAsk) -> None:
        for _ in range(self.random.randint(1, 2)):
            self.calls.fail(ask, self.random.choice(_AGAIN), self._next(ask))
        self.calls.answer(ask, self._next(ask))

    def _cut_off(self, ask: FilledAsk) -> None:
        ask.parameters = '{"max_tokens": 100}'
        ask.median, ask.wanted = 300, 1
        self.calls.answer(ask, self._next(ask), finish="length")

    def _refuse(self, ask: FilledAsk) -> None:
        self.calls.answer(ask, self._next(ask), refusal=_REFUSAL)

    def _answer_nothing(self, ask: FilledAsk) -> None:
        self.calls.fail(ask, errors.EmptyAnswer, self._next(ask))
        ask.choices.append(self.calls.choice(ask, 0, "", AnswerShape.MARKDOWN))
        self._failed(ask, errors.EmptyAnswer)

    def _fail(self, ask: FilledAsk) -> None:
        error = self.random.choice(_FINAL)
        self.calls.fail(ask, error, self._next(ask))
        self._failed(ask, error)

    def _fail_again_and_again(self, ask: FilledAsk) -> None:
        error = self.random.choice(_AGAIN)
        for _ in range(_TRIES):
            self.calls.fail(ask, error, self._next(ask))
        self._failed(ask, error)

    def _cancel(self, ask: FilledAsk) -> None:
        ask.status, ask.finished = Status.CANCELLED, ask.created + 30 * self.random.random()

    def _cancel_late(self, ask: FilledAsk) -> None:
        """Cancel an ask under way: the answer is thrown away, the call is accounted for."""
        self.calls.answer(ask, self._next(ask))
        ask.choices.clear()
        ask.status = Status.CANCELLED

    def _next(self, ask: FilledAsk) -> float:
        """Return when the next call of an ask is sent: each failure doubles the pause."""
        if not ask.sent:
            return ask.created + _SOON
        return ask.last_end + min(60.0, 2.0 ** len(ask.sent)) + 5 * self.random.random()

    def _failed(self, ask: FilledAsk, error: type[errors.ChatError]) -> None:
        ask.status, ask.error_code, ask.error_message = Status.FAILED, error.code, error.sentence
        ask.finished = ask.last_end


def is_answered(ask: FilledAsk) -> bool:
    """Tell whether a follow-up may follow this ask."""
    return (
        ask.status == Status.DONE and bool(ask.attempts) and ask.attempts[-1].state == Attempt.State.ANSWERED
    )
