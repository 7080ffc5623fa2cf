"""A request body as bytes: JSON in UTF-8, not escaped, without NaN."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from describer.chat.messages import DataUrl


class RequestBody:
    """The bytes of a request, given up as they leave: pictures as text are not held while a model thinks.

    To requests and urllib3 it is a file of known length; it is read once, and whole.
    """

    def __init__(self, data: bytes, model: str = "") -> None:
        self.data, self.size, self.model = data, len(data), model

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[bytes]:
        yield self.read()

    def read(self, size: int = -1) -> bytes:
        data, self.data = self.data, b""
        return data


def encode(body: Mapping[str, Any]) -> bytes:
    """Return the bytes to send. Raises ValueError where JSON cannot carry a value.

    Pictures are put in after the rest was written: JSON would look at each of their letters, 80 ms for 30 MB.
    """
    mark = uuid4().hex
    pictures: list[DataUrl] = []
    rest = _without_pictures(body, mark, pictures)
    try:
        text = json.dumps(rest, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, RecursionError):
        raise ValueError("no JSON") from None
    written = text.encode("utf-8", "replace").split(mark.encode())
    pieces = [written[0]]
    for picture, piece in zip(pictures, written[1:], strict=True):
        pieces += (picture.encode("ascii"), piece)
    return b"".join(pieces)


def _without_pictures(value: Any, mark: str, pictures: list[DataUrl]) -> Any:
    """Return `value` with `mark` in place of each data URL of ours; add the URLs to `pictures` in order."""
    if isinstance(value, DataUrl):
        pictures.append(value)
        return mark
    if isinstance(value, Mapping):
        return {key: _without_pictures(member, mark, pictures) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_without_pictures(entry, mark, pictures) for entry in value]
    return value
