"""A call at our own endpoint as its page shows it: its messages, and what is known of the caller."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from describer.chat.request import PLACE, text_of
from describer.lib.lenient_json import as_list
from describer.models import Description
from describer.models.transcript import transcript_of

_LONGEST = 20_000  # characters of one message on the page; the request below has them all
_MOST = 200


@dataclass(frozen=True)
class ShownMessage:
    """One message: who says it, its words, and what is no text, in words."""

    role: str
    words: str
    beside: list[str]


def conversation(description: Description) -> list[ShownMessage]:
    """Return the messages of a call, or none where question and system prompt say it all."""
    transcript = transcript_of(description)
    if transcript is None:
        return []
    messages = transcript.messages
    others = [message for message in messages if message["role"] not in ("system", "developer")]
    if len(others) < 2:
        return []
    return [_shown(message) for message in messages[-_MOST:]]


def caller(description: Description) -> list[tuple[str, str]]:
    """Tell what is known of who called.

    The key, the id that they were told, their client's tries, whether they hung up.
    """
    transcript = transcript_of(description)
    known = [("via", description.get_via_display())]
    if description.key:
        known.append(("key", str(description.key)))
    if transcript is None:
        return known
    known.append(("x-request-id", transcript.request_id))
    if transcript.client_retries:
        known.append(("the client tried again", f"{_times(transcript.client_retries)} before"))
    if transcript.client_gone:
        known.append(("the caller", "hung up before the answer was whole; it was read to its end"))
    return known


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _shown(message: dict[str, Any]) -> ShownMessage:
    return ShownMessage(message["role"], text_of(message)[:_LONGEST], list(_beside(message)))


def _beside(message: dict[str, Any]) -> Iterator[str]:
    for part in as_list(message.get("content")):
        if part["type"] == "image_url":
            yield f"Picture {int(part['image_url']['url'].removeprefix(PLACE)) + 1}"
        elif part["type"] != "text":
            yield str(part["type"])
    for call in as_list(message.get("tool_calls")):
        yield f"calls {json.dumps(call, ensure_ascii=False)[:500]}"
