"""What is in a request: its texts, its question, its pictures."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from describer.lib.lenient_json import as_list

_LABEL = re.compile(r"Picture \d+:")


@dataclass(frozen=True, slots=True)
class Sent:
    """One picture: its bytes (None: it came as a link; empty: nothing could be decoded), and the detail asked for."""

    data: bytes | None
    detail: str | None


def texts_of(body: Mapping[str, Any]) -> list[str]:
    """Return all texts of all messages, in their order."""
    return [text for message in _messages(body) for text in _message_texts(message)]


def question_of(body: Mapping[str, Any]) -> str:
    """Return what the person asked last, without the labels of pictures."""
    asked = [message for message in _messages(body) if message.get("role") == "user"]
    if not asked:
        return ""
    texts = _message_texts(asked[-1])
    return " ".join(text for text in texts if not _LABEL.fullmatch(text.strip()))


def answers_in(body: Mapping[str, Any]) -> int:
    """Count the answers that a follow-up brings along."""
    return sum(message.get("role") == "assistant" for message in _messages(body))


def pictures_of(body: Mapping[str, Any]) -> list[Sent]:
    """Return all pictures of all messages, so that a follow-up speaks of those that were sent before."""
    parts = [part for message in _messages(body) for part in _parts(message)]
    return [_sent_picture(part) for part in parts if part.get("type") == "image_url"]


def _messages(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    messages = as_list(body.get("messages"))
    return [message for message in messages if isinstance(message, dict)]


def _parts(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    content = as_list(message.get("content"))
    return [part for part in content if isinstance(part, dict)]


def _message_texts(message: Mapping[str, Any]) -> Iterator[str]:
    content = message.get("content")
    if isinstance(content, str):
        yield content
    for part in _parts(message):
        if isinstance(part.get("text"), str):
            yield part["text"]


def _sent_picture(part: Mapping[str, Any]) -> Sent:
    image = part.get("image_url")
    if not isinstance(image, dict):
        image = {"url": image}
    url, detail = image.get("url"), image.get("detail")
    if not isinstance(url, str):
        url = ""
    if not isinstance(detail, str):
        detail = None
    return Sent(_data(url), detail)


def _data(url: str) -> bytes | None:
    """Return the bytes of a data URL (empty where they cannot be decoded), or None for a link."""
    head, comma, text = url.partition(",")
    if head[:5].lower() != "data:":
        return None if url else b""
    if not comma or not head.lower().endswith(";base64"):
        return b""
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return b""
