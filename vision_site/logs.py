"""How a log line looks: one line each, whatever was logged, and no secret in it."""

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from textwrap import indent

# All that ends a line for one reader or another, and the escape by which a terminal takes orders.
_CONTROLS = (*range(9), *range(10, 32), *range(127, 160), 0x2028, 0x2029)
_ESCAPED = {code: chr(code).encode("unicode_escape").decode() for code in _CONTROLS}
_WITHIN = {code: shown for code, shown in _ESCAPED.items() if code != 10}


class LineFormatter(logging.Formatter):
    """Writes `time level logger: message` on one line; control characters are escaped, known secrets blacked out.

    Within the run of a description its id stands before the message, and the request's id where there is one.

    The lines of a traceback are indented: none of them can pass for a line of its own.
    """

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")
        self.secrets = [text for text in secrets if text]

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = "".join(f"{name} {value}: " for name, value in _ids(record).items()) + record.message
        return self._cleaned(super().formatMessage(record)).translate(_ESCAPED)

    def formatException(self, ei: object) -> str:
        text = self._cleaned(super().formatException(ei))  # type: ignore[arg-type]
        return indent(text.translate(_WITHIN), "  ")

    def _cleaned(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, "[secret]")
        return text


class JsonFormatter(LineFormatter):
    """Writes one JSON object per line: time, level, logger, message; description, request and exception where there are."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {"time": time, "level": record.levelname, "logger": record.name}
        line["message"] = self._cleaned(record.getMessage())
        for name, value in _ids(record).items():
            line[name] = value
            if isinstance(value, str):
                line[name] = self._cleaned(value)
        if record.exc_info:
            line["exception"] = self._cleaned(logging.Formatter.formatException(self, record.exc_info))
        return json.dumps(line).replace("\x7f", "\\u007f")


def _ids(record: logging.LogRecord) -> dict[str, object]:
    """Return what a record is about: the ids of a description and of a request, where there are."""
    values = {"description": getattr(record, "description", 0), "request": getattr(record, "request_id", "")}
    return {name: value for name, value in values.items() if value}


class CallersFault(logging.Filter):
    """What a caller did wrong is one line: its traceback would show Django's own code, as often as they like."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return True
