"""A call at our own endpoint as its page shows it: the messages as they came, and what is known of the caller."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from describer.chat.request import PLACE, text_of
from describer.lib.lenient_json import as_list
from describer.models import Description
from describer.models.transcript import transcript_of

LONGEST = 20_000  # characters of one message on the page; the request below has them all
MOST = 200


@dataclass(frozen=True)
class ShownMessage:
    """One message: who says it, the words, and what is no text, in words."""

    role: str
    words: str
    beside: list[str]


def conversation(description: Description) -> list[ShownMessage]:
    """The messages of a call, or none where question and system prompt say it all."""
    transcript = transcript_of(description)
    messages = transcript.messages if transcript else []
    others = [message for message in messages if message["role"] not in ("system", "developer")]
    return [_said(message) for message in messages[-MOST:]] if len(others) > 1 else []


def caller(description: Description) -> list[tuple[str, str]]:
    """What is known of who called: the key, the id that they were told, their client's tries, whether they hung up."""
    transcript = transcript_of(description)
    known = [("via", description.get_via_display())]
    if description.key:
        known.append(("key", str(description.key)))
    if transcript is None:
        return known
    known.append(("x-request-id", transcript.request_id))
    if transcript.client_retries:
        times = "once" if transcript.client_retries == 1 else f"{transcript.client_retries} times"
        known.append(("the client tried again", f"{times} before"))
    if transcript.client_gone:
        known.append(("the caller", "hung up before the answer was whole; it was read to its end"))
    return known


def _said(message: dict[str, Any]) -> ShownMessage:
    return ShownMessage(message["role"], text_of(message)[:LONGEST], list(_beside(message)))


def _beside(message: dict[str, Any]) -> Iterator[str]:
    content = message.get("content")
    for part in content if isinstance(content, list) else ():
        if part["type"] == "image_url":
            yield f"Picture {int(part['image_url']['url'].removeprefix(PLACE)) + 1}"
        elif part["type"] != "text":
            yield str(part["type"])
    for call in as_list(message.get("tool_calls")):
        yield f"calls {json.dumps(call, ensure_ascii=False)[:500]}"
