"""What a line of the log is about: set once for a run, found on every line that is logged within it."""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")

description: ContextVar[int] = ContextVar("description", default=0)
request_id: ContextVar[str] = ContextVar("request_id", default="")


def log_context(number: Callable[Given, int]) -> Callable[[Callable[Given, Result]], Callable[Given, Result]]:
    """What the function logs is about the description whose id `number` finds in the function's own arguments."""

    def decorated(function: Callable[Given, Result]) -> Callable[Given, Result]:
        @wraps(function)
        def within(*args: Given.args, **kwargs: Given.kwargs) -> Result:
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
        given: dict[str, Any] = vars(record)
        given.setdefault("description", description.get())
        given.setdefault("request_id", request_id.get())
        return True
