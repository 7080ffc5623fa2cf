"""How a log line looks: one line each, whatever was logged, and no secret in it."""

import logging
from collections.abc import Sequence


class LineFormatter(logging.Formatter):
    """Writes `time level logger: message` on one line; line breaks are escaped, known secrets blacked out."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")
        self.secrets = [text for text in secrets if text]

    def formatMessage(self, record: logging.LogRecord) -> str:
        return self._cleaned(super().formatMessage(record)).replace("\r", "\\r").replace("\n", "\\n")

    def formatException(self, ei: object) -> str:
        return self._cleaned(super().formatException(ei))  # type: ignore[arg-type]

    def _cleaned(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, "[secret]")
        return text
