"""Whatever bytes come, there is an Intake or an ImageError."""

import functools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from describer.images import ImageError, Intake, Limits
from tests.images.pictures import (
    avif,
    exif,
    frames,
    heic,
    photo,
    png,
    saved,
    scene,
    taken,
    webp,
    with_segments,
)

pytestmark = pytest.mark.slow

STARTS = [
    b"",
    b"\xff\xd8\xff\xe0",
    b"\x89PNG\r\n\x1a\n",
    b"GIF89a",
    b"BM",
    b"II*\0",
    b"MM\0+",
    b"RIFF\0\0\0\0WEBPVP8X",
]
STARTS += [b"\0\0\0\x18ftypheic", b"\0\0\0\x18ftypavif", b"\0\0\0\x18ftypmif1"]
LIMITS = Limits(decode_budget=64 << 20)


@functools.cache
def seeds() -> list[bytes]:
    """One small file of each kind."""
    small = scene(40, 30)
    return [
        photo(40, 30),
        with_segments(photo(40, 30, progressive=True), (0xE1, exif(6))),
        saved(small.convert("CMYK"), "JPEG"),
        png(40, 30),
        png(40, 30, "P"),
        frames(3, "PNG", (24, 16)),
        frames(3, "GIF", (24, 16)),
        frames(2, "WEBP", (24, 16)),
        frames(2, "TIFF", (24, 16), compression="tiff_lzw"),
        saved(small.convert("I;16") if small.mode == "I" else small.convert("L"), "TIFF", big_tiff=True),
        webp(40, 30),
        avif(40, 30),
        heic(40, 30),
        saved(small, "BMP"),
        saved(small.convert("P"), "BMP"),
    ]


def outcome(data: bytes, name: str) -> Intake | ImageError:
    try:
        return taken(data, name, LIMITS)
    except ImageError as error:
        assert name in error.message and error.status in (400, 413, 415)
        return error


@settings(max_examples=300, deadline=None)
@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=400))
def test_random_bytes_are_taken_or_refused(start, rest):
    outcome(start + rest, "cat.jpg")


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.data_too_large])
@given(data=st.data())
def test_mutated_pictures_are_taken_or_refused(data):
    picture = bytearray(data.draw(st.sampled_from(seeds())))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(picture) - 1))
        with_ = data.draw(st.binary(min_size=1, max_size=8))
        if data.draw(st.booleans()):
            picture[at : at + len(with_)] = with_
        else:
            picture[at:at] = with_
    result = outcome(bytes(picture), "cat.jpg")
    if isinstance(result, Intake):
        assert (
            min(result.sent.width, result.sent.height) >= 28
            and max(result.sent.width, result.sent.height) <= 2000
        )


@pytest.mark.parametrize("number", range(15))
def test_each_seed_is_taken_whole_and_refused_or_taken_in_every_shorter_form(number):
    whole = seeds()[number]
    assert isinstance(outcome(whole, "cat.jpg"), Intake)
    for length in range(0, len(whole), max(1, len(whole) // 60)):
        outcome(whole[:length], "cat.jpg")
