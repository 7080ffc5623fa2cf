"""Pictures as they were held, upright once and only once (U17, U18, U22)."""

import struct

import pytest
from PIL import Image

from tests.images.pictures import at, corners, exif, near, saved, taken, with_chunks, with_segments

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
# Colours at top left, top right, bottom left, bottom right after the turn that each number stands for.
SEEN = {
    1: (RED, GREEN, BLUE, WHITE),
    2: (GREEN, RED, WHITE, BLUE),
    3: (WHITE, BLUE, GREEN, RED),
    4: (BLUE, WHITE, RED, GREEN),
    5: (RED, BLUE, GREEN, WHITE),
    6: (BLUE, RED, WHITE, GREEN),
    7: (WHITE, GREEN, BLUE, RED),
    8: (GREEN, WHITE, RED, BLUE),
}
PLACES = ((0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9))
GARBAGE = [
    b"",
    b"Exif\0\0",
    b"Exif\0\0II*\0\xff\xff\xff\xff",
    b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
    b"Exif\0\0" + b"\xee" * 900,
]


def looks(result, number: int) -> bool:
    size = (48, 64) if number > 4 else (64, 48)
    right = [
        near(at(copy, *place), colour, 60)
        for copy in (result.sent, result.thumbnail)
        for place, colour in zip(PLACES, SEEN[number], strict=True)
    ]
    return all(right) and (result.width, result.height) == size == (result.sent.width, result.sent.height)


@pytest.mark.parametrize("little", [True, False])
@pytest.mark.parametrize("number", range(1, 9))
def test_o19_u17_turns_a_jpeg_by_its_exif_orientation(number, little):
    data = with_segments(saved(corners(), "JPEG", quality=95), (0xE1, exif(number, little=little)))
    assert looks(taken(data), number)


@pytest.mark.parametrize("number", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "HEIF"])
def test_u18_turns_other_formats_once(kind, number):
    tags = Image.Exif()
    tags[274] = number
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95}
    assert looks(taken(saved(corners(), kind, exif=tags.tobytes(), **options)), number)


@pytest.mark.parametrize("packing", ["raw", "tiff_lzw"])
@pytest.mark.parametrize("number", range(1, 9))
def test_u18_turns_a_tiff_by_its_tag(number, packing):
    assert looks(taken(saved(corners(), "TIFF", tiffinfo={274: number}, compression=packing)), number)


def test_u18_a_turn_behind_the_pixels_of_a_png_counts():
    data = saved(corners(), "PNG")
    end = data.index(b"IEND") - 4
    late = with_chunks(data[:33], (b"eXIf", exif(6)[6:]))[33:]
    assert looks(taken(data[:end] + late + data[end:]), 6)


def turned_inside(kind: str, block: bytes) -> bytes:
    """A HEIC or AVIF whose container says nothing of a turn, and whose EXIF block begins like this one."""
    data = saved(corners(), kind, exif=exif(1), quality=95)
    inside = data.index(b"II*\0\x08")
    return data[:inside] + block.ljust(26, b"\0")[:26] + data[inside + 26 :]


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_u18_only_the_container_turns_a_heic_or_avif(kind):
    assert looks(taken(turned_inside(kind, b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 274, 3, 1, 6, 0, 0))), 1)


@pytest.mark.parametrize("number", [0, 9, 65535])
def test_u22_a_turn_that_does_not_exist_is_none(number):
    assert looks(taken(with_segments(saved(corners(), "JPEG", quality=95), (0xE1, exif(number)))), 1)


@pytest.mark.parametrize("block", GARBAGE)
def test_u22_garbage_in_place_of_exif_is_ignored(block):
    assert looks(taken(with_segments(saved(corners(), "JPEG", quality=95), (0xE1, block))), 1)
    assert looks(taken(with_chunks(saved(corners(), "PNG"), (b"eXIf", block[6:]))), 1)
    assert looks(taken(saved(corners(), "WEBP", exif=block or b"x", quality=95)), 1)
    assert looks(taken(turned_inside("AVIF", block[6:])), 1) and looks(
        taken(turned_inside("HEIF", block[6:])), 1
    )
