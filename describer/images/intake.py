"""From the bytes of an upload to checked facts, a thumbnail and the default sent copy, in one decode."""

import hashlib
from typing import BinaryIO

from describer.images import errors
from describer.images.decode import decoded, read_header
from describer.images.encode import encode_thumbnail
from describer.images.facts import Intake, Limits, Recipe
from describer.images.formats import MEDIA_TYPES
from describer.images.header import Header
from describer.images.prepare import as_shown, is_sendable, seen_size, sent_copy

_THUMBNAIL_SIDE = 512
_BLOCK = 1 << 20


def intake(file: BinaryIO, name: str, *, limits: Limits, recipe: Recipe) -> Intake:
    """Check a picture and make its thumbnail and sent copy. Raises `ImageError` and nothing else.

    `file` is any seekable binary file, read several times, and never wholly held where its format allows.
    """
    header = read_header(file, name, limits)
    side = recipe.long_side
    if is_sendable(header, recipe):
        # A JPEG that is sent as it is need be decoded no larger than its thumbnail.
        side = _THUMBNAIL_SIDE
    with decoded(header, side, name, limits) as (header, picture), errors.edge(name):
        sight = as_shown(header, picture, side)
        sent = sent_copy(header, sight, recipe, name)
        small = encode_thumbnail(sight[0])
    width, height = seen_size(header)
    return Intake(
        sha256=_digest(file),
        format=header.format,
        media_type=MEDIA_TYPES[header.format],
        width=width,
        height=height,
        bytes=file.seek(0, 2),
        notes=_notes(header) + sent.notes,
        thumbnail=small,
        sent=sent,
    )


def _notes(header: Header) -> tuple[str, ...]:
    if header.frames < 2:
        return header.notes
    if header.format == "TIFF":
        return (f"Only page 1 of {header.frames} is used.", *header.notes)
    return (f"The first of {header.frames} frames is used.", *header.notes)


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()
