"""Files that are cut, scratched or lying about their size (U44 to U50)."""

import random
import struct
import time
import zlib

import pytest

from describer.images import ImageError
from tests.images.pictures import (
    avif,
    bare_png,
    chunk,
    heic,
    photo,
    png,
    saved,
    scene,
    taken,
    webp,
    with_chunks,
)

WHOLE = {
    "JPEG": photo(600, 450),
    "progressive": photo(600, 450, progressive=True),
    "PNG": png(600, 450),
    "HEIC": heic(600, 450),
    "WebP": webp(600, 450),
    "AVIF": avif(600, 450),
    "TIFF": saved(scene(600, 450), "TIFF", compression="tiff_lzw"),
    "BMP": saved(scene(600, 450), "BMP"),
    "GIF": saved(scene(600, 450).convert("P"), "GIF"),
}
SCRATCHES = {"zeros": bytes(300), "ones": b"\xff" * 300, "noise": random.Random(3).randbytes(1500)}


def code(data: bytes, name: str = "cat.jpg") -> str:
    with pytest.raises(ImageError) as caught:
        taken(data, name)
    assert name in caught.value.message and caught.value.status in (400, 413)
    return caught.value.code


@pytest.mark.parametrize("kind", WHOLE)
def test_whole_files_are_taken(kind):
    assert taken(WHOLE[kind]).width == 600


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.97])
def test_u44_u45_a_file_that_is_cut_off_is_refused(kind, share):
    data = WHOLE[kind]
    with pytest.raises(ImageError) as caught:
        taken(data[: int(len(data) * share)], "cat.jpg")
    assert (caught.value.code, caught.value.status) == ("image_damaged", 400)
    assert caught.value.message == "cat.jpg is cut off or damaged; upload it again."


@pytest.mark.parametrize("kind", WHOLE)
def test_u44_only_the_head_of_a_file_is_refused(kind):
    assert code(WHOLE[kind][:60]) == "image_damaged"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "HEIC"])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("scratch", ["zeros", "ones"])
def test_u46_a_file_that_is_scratched_in_the_middle_is_refused(kind, share, scratch):
    data = bytearray(WHOLE[kind])
    at = int(len(data) * share)
    data[at : at + 300] = SCRATCHES[scratch]
    assert code(bytes(data)) == "image_damaged"


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("share", [0.2, 0.4, 0.6, 0.8])
def test_u46_noise_in_the_middle_is_found_too(kind, share):
    data = bytearray(WHOLE[kind])
    at = int(len(data) * share)
    data[at : at + 1500] = SCRATCHES["noise"]
    assert code(bytes(data)) == "image_damaged"


def test_u46_a_single_changed_byte_of_a_png_is_found():
    data = bytearray(WHOLE["PNG"])
    data[len(data) // 2] ^= 1
    assert code(bytes(data)) == "image_damaged"


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1, 1), (7, 900), (640, 480), (1, 3000), (3000, 1), (2100, 1900)])
@pytest.mark.parametrize("colour", ["white", "black", "red"])
def test_flat_pictures_are_not_taken_for_damaged(size, colour):
    flat = scene(*size).point(lambda value: 0).convert("RGB")
    flat.paste(colour, (0, 0, *size))
    for options in ({"quality": 75}, {"optimize": True}, {"restart_marker_blocks": 3}, {"progressive": True}):
        assert taken(saved(flat, "JPEG", **options)).height == size[1]
        assert taken(saved(flat.convert("L"), "JPEG", **options)).height == size[1]


def test_bytes_that_a_camera_left_before_the_end_do_no_harm():
    data = photo(600, 450)
    assert taken(data[:-2] + bytes(60) + data[-2:]).width == 600


def sized(data: bytes, mark: bytes, skip: int, form: str, *size: int) -> bytes:
    """The same file with another size in its header."""
    at = data.index(mark) + skip
    packed = struct.pack(form, *size)
    return data[:at] + packed + data[at + len(packed) :]


BOMBS = {
    "PNG": bare_png(20000, 20000, 1, 0, bytes(2501 * 100)),
    "JPEG": sized(photo(64, 48), b"\xff\xc0", 5, ">HH", 65500, 65500),
    "WebP lossy": sized(webp(64, 48), b"\x9d\x01\x2a", 3, "<HH", 16383, 16383),
    "WebP": webp(64, 48)[:12] + b"VP8X\x0a\0\0\0\0\0\0\0\x9f\x86\x01\x9f\x86\x01" + webp(64, 48)[12:],
    "GIF": sized(saved(scene(64, 48).convert("P"), "GIF"), b"GIF8", 6, "<HH", 65535, 65535),
    "TIFF": sized(
        sized(saved(scene(64, 48), "TIFF"), struct.pack("<HHII", 256, 4, 1, 64), 8, "<I", 100_000),
        struct.pack("<HHII", 257, 4, 1, 48),
        8,
        "<I",
        100_000,
    ),
    "BMP": sized(saved(scene(64, 48), "BMP"), b"BM", 18, "<ii", 100_000, 100_000),
    "AVIF": sized(avif(64, 48), b"ispe", 8, ">II", 100_000, 100_000),
    "HEIC": sized(heic(64, 48), b"ispe", 8, ">II", 100_000, 100_000),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_u47_u48_u49_a_bomb_is_refused_from_its_header(kind):
    data = BOMBS[kind]
    if data[:4] == b"RIFF":
        data = data[:4] + struct.pack("<I", len(data) - 8) + data[8:]
    started = time.perf_counter()
    with pytest.raises(ImageError) as caught:
        taken(data, "cat.jpg")
    assert (caught.value.code, caught.value.status) == ("image_too_many_pixels", 413)
    assert "too many pixels" in caught.value.message and "million" in caught.value.message
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    "chunks",
    [
        [(b"zTXt", b"x\0\0" + zlib.compress(bytes(64 << 20)))],
        [(b"iTXt", b"x\0\1\0\0\0" + zlib.compress(bytes(64 << 20)))],
        [(b"iCCP", b"x\0\0" + zlib.compress(bytes(64 << 20)))],
        [(b"tEXt", b"x\0" + bytes(3 << 20))],
    ],
)
def test_u50_text_and_profiles_that_unpack_to_megabytes_are_left_out(chunks):
    assert taken(with_chunks(png(64, 48), *chunks)).sent.data == png(64, 48)


def test_thousands_of_tiny_parts_are_no_way_to_keep_the_site_busy():
    head, rest = png(64, 48)[:33], png(64, 48)[33:]
    many = head + chunk(b"teXt", b"") * 250_000 + rest
    started = time.perf_counter()
    assert code(many) == "image_damaged"
    scans = photo(64, 48, progressive=True)
    start = scans.index(b"\xff\xda")
    assert code(scans[:start] + scans[start:-2] * 30 + scans[-2:]) == "image_damaged"
    assert time.perf_counter() - started < 10
