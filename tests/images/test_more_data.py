"""JPEGs that hold more than their picture: a browser shows them, and so they are taken (FC02)."""

import random
import struct

import pytest

from describer.images import ImageError
from tests.images.pictures import GPS, exif, opened, page, photo, saved, scene, taken, with_segments

MORE = ("The file holds more than its picture; the rest is left out.",)
WHOLE = photo(640, 304)
END = b"\xff\xd9"
NOISE = random.Random(5).randbytes


def of_rows(jpeg: bytes, rows: int) -> bytes:
    """The same data under a header of so many rows."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">H", rows) + jpeg[at + 2 :]


def scan(jpeg: bytes) -> int:
    return jpeg.index(b"\xff\xda") + 14


def before_end(more: bytes) -> bytes:
    return WHOLE[:-2] + more + END


def with_restart(jpeg: bytes, share: float) -> bytes:
    """One restart marker where none was announced."""
    at = scan(jpeg) + int((len(jpeg) - scan(jpeg)) * share)
    while jpeg[at - 1] == 0xFF:
        at += 1
    return jpeg[:at] + b"\xff\xd0" + jpeg[at:]


MORE_ROWS = {
    "4:2:0": photo(640, 480),
    "4:4:4": photo(640, 480, subsampling="4:4:4"),
    "own tables": photo(640, 480, optimize=True),
    "grey": saved(scene(640, 480).convert("L"), "JPEG"),
    "restarts": photo(640, 480, restart_marker_rows=2),
    "words": saved(page(640, 480), "JPEG"),
    "no whole block": photo(637, 477),
    "one row of blocks": photo(640, 305),
}
BEHIND = {
    "a comment": b"\xff\xfe\0\x06abcd",
    "EXIF": b"\xff\xe1" + struct.pack(">H", len(exif()) + 2) + exif(),
    "a comment that is cut off": b"\xff\xfe\xff\xffabcd",
    "a second picture": photo(64, 48),
    "tables": b"\xff\xc4\0\x05abc",
    "a marker that nobody knows": b"\xff\x02\0\x04ab",
    "a restart marker": b"\xff\xd0",
    "noise of 200": NOISE(200),
    "noise of 20,000": NOISE(20_000),
}
FILLERS = {"blanks": b" ", "lines": b"\r\n", "0x55": b"\x55", "ones and zeros": b"\xff\0", "a word": b"END "}


@pytest.mark.parametrize("kind", MORE_ROWS)
def test_fc02_rows_that_the_header_does_not_tell_are_left_out(kind):
    data = of_rows(MORE_ROWS[kind], 304)
    result = taken(data)
    assert result.height == 304 and result.notes == MORE
    sent = opened(result.sent)
    sent.load()
    whole = opened(taken(MORE_ROWS[kind]).sent).crop((0, 0, sent.width, 288))
    assert sent.crop((0, 0, sent.width, 288)).tobytes() == whole.tobytes()
    left_out = 0.8
    if kind == "one row of blocks":
        left_out = 1
    assert len(result.sent.data) < left_out * len(data)


@pytest.mark.parametrize("count", [200, 1000, 20_000])
@pytest.mark.parametrize("kind", FILLERS)
def test_fc02_a_filler_behind_the_last_row_is_left_out(kind, count):
    filler = FILLERS[kind] * (count // len(FILLERS[kind]))
    result = taken(before_end(filler))
    assert result.notes == MORE and len(WHOLE) <= len(result.sent.data) < len(WHOLE) + 60


@pytest.mark.parametrize("kind", BEHIND)
def test_fc02_whatever_follows_the_data_is_left_out(kind):
    result = taken(before_end(BEHIND[kind]))
    assert result.notes == MORE and len(result.sent.data) < len(WHOLE) + 60
    assert GPS not in result.sent.data
    assert opened(result.sent).tobytes() == opened(taken(WHOLE).sent).tobytes()


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_fc02_one_restart_marker_that_nobody_announced_is_passed_over(share):
    result = taken(with_restart(WHOLE, share))
    assert (result.notes, result.sent.data) == (MORE, WHOLE)


@pytest.mark.parametrize(
    "more", [b"\xff\xfe\0\x06abcd", b"\xff\xd0", b" " * 1000, NOISE(2000), photo(64, 48)]
)
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_fc02_a_file_without_its_last_rows_is_refused_whatever_follows(more, share):
    cut = WHOLE[: scan(WHOLE) + int((len(WHOLE) - scan(WHOLE)) * share)]
    with pytest.raises(ImageError) as caught:
        taken(cut.rstrip(b"\xff") + more + END)
    assert caught.value.code == "image_damaged"


@pytest.mark.parametrize("count", [2, 5])
def test_fc02_several_restart_markers_that_nobody_announced_are_damage(count):
    data = WHOLE
    for number in range(count):
        data = with_restart(data, 0.2 + 0.6 * number / count)
    with pytest.raises(ImageError):
        taken(data)


def test_fc02_a_scratch_that_ends_the_rows_early_is_no_filler_and_no_more_rows():
    """What is left over is seldom a whole number of rows; a few scratches shift nothing, and are not seen."""
    whole, refused = photo(600, 450), 0
    for seed in range(40):
        source = random.Random(seed)
        at = source.randrange(scan(whole), len(whole) - 3000)
        scratch = bytes(source.choice(b"abcdefgh") for _ in range(1500))
        try:
            taken(whole[:at] + scratch + whole[at + 1500 :])
        except ImageError:
            refused += 1
    assert refused >= 32


def test_fc02_what_lies_before_the_picture_does_not_hide_where_its_rows_end():
    data = with_segments(of_rows(photo(640, 480), 304), (0xE1, exif(6)), (0xFE, bytes(60_000)))
    assert taken(data).notes == MORE
