"""What a line of the log is about: set once for a run, found on every line that is logged within it."""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

description: ContextVar[int] = ContextVar("description", default=0)
request_id: ContextVar[str] = ContextVar("request_id", default="")


def log_context(
    number: Callable[_Arguments, int],
) -> Callable[[Callable[_Arguments, _Result]], Callable[_Arguments, _Result]]:
    """Say what a function's log lines are about: the description whose id `number` finds in the arguments."""

    def decorated(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
        @wraps(function)
        def within(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
            token = description.set(number(*args, **kwargs))
            try:
                return function(*args, **kwargs)
            finally:
                description.reset(token)

        return within

    return decorated


class LogContextFilter(logging.Filter):
    """Puts `description` (0: none) and `request_id` ("": none) on each record that does not bring its own."""

    def filter(self, record: logging.LogRecord) -> bool:
        fields: dict[str, Any] = vars(record)
        fields.setdefault("description", description.get())
        fields.setdefault("request_id", request_id.get())
        return True
