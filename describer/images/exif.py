"""The one fact of EXIF that matters to a viewer: how the picture is turned."""

import io
import struct

from describer.images.tags import ORIENTATION, first_directory, layout_of, numbers, read_directory


def orientation(block: bytes | None) -> int:
    """Return the turn from 1 to 8 as the EXIF standard numbers turns; 1 where EXIF is missing or garbage."""
    body = (block or b"").removeprefix(b"Exif\0\0")
    layout = layout_of(body[:16])
    if layout is None:
        return 1
    file = io.BytesIO(body)
    try:
        directory = read_directory(file, first_directory(body, layout), layout)
        value = numbers(file, directory.tags.get(ORIENTATION), layout)
    except (struct.error, ValueError, OverflowError):
        return 1
    if value and 1 <= value[0] <= 8:
        return value[0]
    return 1
