"""The request body: a question, its pictures, and only those parameters that were set."""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

_SHORTEST_PICTURE = 64
_LONG_RUN = 400  # characters of base64 that are bytes rather than words
_BASE64 = re.compile(rf"[A-Za-z0-9+/]{{{_LONG_RUN},}}={{0,2}}")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")


class DataUrl(str):
    """A data URL of ours: known to hold nothing that JSON would escape, so it need not be searched for it."""


class Shown(Protocol):
    """What a picture part needs: an address, a data URL or a link."""

    @property
    def data_url(self) -> str: ...


@dataclass(frozen=True)
class Picture:
    """An encoded picture; `media_type` is that of its bytes, such as image/jpeg."""

    data: bytes = field(repr=False)
    media_type: str

    def __post_init__(self) -> None:
        if not _MEDIA_TYPE.fullmatch(self.media_type):
            raise ValueError("not a media type")

    @property
    def data_url(self) -> DataUrl:
        return DataUrl(f"data:{self.media_type};base64,{base64.b64encode(self.data).decode('ascii')}")


@dataclass(frozen=True)
class Turn:
    """An earlier question, with its pictures, and its answer."""

    question: str
    answer: str
    pictures: Sequence[Shown] = ()


def request_body(
    *,
    model: str,
    question: str,
    system_prompt: str = "",
    pictures: Sequence[Shown] = (),
    parameters: Mapping[str, Any] | None = None,
    opening: Sequence[Mapping[str, Any]] = (),
    earlier: Sequence[Turn] = (),
) -> dict[str, Any]:
    """Build the JSON object to send: nothing that was not set, never a default, never null.

    `opening` are messages as they came, before the earlier turns.
    """
    chosen = {name: value for name, value in (parameters or {}).items() if value is not None}
    detail = chosen.pop("detail", None)
    messages: list[dict[str, Any]] = []
    if system_prompt.strip():
        messages.append({"role": "system", "content": system_prompt})
    messages += [dict(message) for message in opening]
    before = _pictures_in(opening)
    for turn in earlier:
        messages.append(
            {"role": "user", "content": _content_of(turn.question, turn.pictures, detail, before)}
        )
        messages.append({"role": "assistant", "content": turn.answer})
        before += len(turn.pictures)
    messages.append({"role": "user", "content": _content_of(question, pictures, detail, before)})
    return {"model": model, "messages": messages, **chosen}


def _pictures_in(messages: Sequence[Mapping[str, Any]]) -> int:
    contents = [message.get("content") for message in messages]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    return sum(part.get("type") == "image_url" for part in parts)


def _content_of(
    question: str, pictures: Sequence[Shown], detail: str | None, before: int = 0
) -> str | list[dict[str, Any]]:
    """Put the text first, then the pictures in order; several are numbered, or models would mix them up.

    `before` is how many there are in earlier turns, which the numbers go on from.
    """
    if not pictures:
        return question
    parts: list[dict[str, Any]] = [{"type": "text", "text": question}]
    for number, picture in enumerate(pictures, start=before + 1):
        if before + len(pictures) > 1:
            parts.append({"type": "text", "text": f"Picture {number}:"})
        image_url = {"url": picture.data_url}
        if detail:
            image_url["detail"] = detail
        parts.append({"type": "image_url", "image_url": image_url})
    return parts


def redacted(body: Any) -> Any:
    """Return the same JSON without the bytes of its pictures: "data:image/jpeg;base64,... (612 kB)"."""
    if isinstance(body, str) and body.startswith("data:"):
        return _without_bytes(body)
    if isinstance(body, str):
        return without_base64(body)
    if isinstance(body, Mapping):
        return {key: redacted(value) for key, value in body.items()}
    if isinstance(body, list | tuple):
        return [redacted(entry) for entry in body]
    return body


def without_base64(text: str) -> str:
    """Return a text with its long runs of base64 told by their size: bytes of parts that are no picture of ours."""
    if len(text) < _LONG_RUN:
        return text
    return _BASE64.sub(lambda run: f"... ({size_text(len(run[0]) * 3 // 4)} as base64)", text)


def _without_bytes(url: str) -> str:
    head, comma, packed = url.partition(",")
    if not comma or len(packed) < _SHORTEST_PICTURE:
        return url
    return f"{head},... ({size_text(len(packed) * 3 // 4)})"


def size_text(size: int) -> str:
    """Put a number of bytes in words: 950 bytes, 612 kB, 3.9 MB."""
    if size < 1000:
        return f"{size} bytes"
    if size < 1_000_000:
        return f"{size / 1000:.0f} kB"
    return f"{size / 1_000_000:.1f} MB"
