"""Nothing leaves that the picture does not show (U19 to U21, U55)."""

import struct
import zlib

import pytest
from PIL import Image

from tests.images.pictures import (
    GPS,
    exif,
    opened,
    photo,
    png,
    saved,
    scene,
    taken,
    with_chunks,
    with_segments,
)

SECRETS = (GPS, b"SECRET", b"<x:xmpmeta", b"Photoshop", b"Exif", b"http")
XMP = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>SECRET</x:xmpmeta>"
SEGMENTS = [
    (0xE1, exif(1, thumbnail=photo(40, 30))),
    (0xE1, XMP),
    (0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x06SECRET"),
    (0xFE, b"SECRET comment"),
    (0xE2, b"MPF\0SECRET"),
    (0xEB, b"JPSECRET"),
    (0xE0, b"JFXX\0\x10SECRET"),
]
CHUNKS = [
    (b"tEXt", b"Location\0SECRET"),
    (b"zTXt", b"More\0\0" + zlib.compress(b"SECRET")),
    (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta>SECRET"),
    (b"eXIf", exif(1)[6:]),
    (b"tIME", b"\x07\xe6SECRET"[:7]),
    (b"prVt", b"SECRET"),
]


def is_bare(result) -> bool:
    found = [secret for copy in (result.sent, result.thumbnail) for secret in SECRETS if secret in copy.data]
    return not found and "SECRET" not in repr([opened(copy).info for copy in (result.sent, result.thumbnail)])


@pytest.mark.parametrize("size", [(300, 200), (2600, 300)])
@pytest.mark.parametrize("turn", [1, 6])
def test_u19_nothing_of_a_jpegs_metadata_is_sent(size, turn):
    segments = [(0xE1, exif(turn, thumbnail=photo(40, 30))), *SEGMENTS[1:]]
    data = with_segments(photo(*size), *segments) + b"SECRET behind the end"
    assert is_bare(taken(data))


def test_u19_a_jpeg_that_is_fit_but_for_its_metadata_keeps_its_very_pixels():
    plain = photo(300, 200)
    assert taken(with_segments(plain, *SEGMENTS)).sent.data == plain


def test_u19_nothing_of_a_pngs_metadata_is_sent():
    plain = png(300, 200)
    result = taken(with_chunks(plain, *CHUNKS) + b"SECRET behind the end")
    assert is_bare(result) and result.sent.data == plain


@pytest.mark.parametrize("kind", ["WEBP", "HEIF", "AVIF"])
def test_u19_nothing_of_other_formats_metadata_is_sent(kind):
    assert is_bare(taken(saved(scene(300, 200), kind, exif=exif(1), xmp=b"<x:xmpmeta>SECRET</x:xmpmeta>")))


def test_u19_nothing_of_a_tiffs_or_gifs_metadata_is_sent():
    tags = {
        270: "SECRET",
        315: "SECRET",
        700: b"<x:xmpmeta>SECRET",
        33723: b"SECRET",
        34377: b"Photoshop SECRET",
    }
    assert is_bare(taken(saved(scene(300, 200), "TIFF", tiffinfo=tags)))
    assert is_bare(taken(saved(scene(300, 200).convert("P"), "GIF", comment=b"SECRET")))


def test_u20_the_preview_of_the_uncropped_picture_is_gone():
    preview = photo(160, 120)
    data = with_segments(photo(300, 200), (0xE1, exif(1, thumbnail=preview)))
    sent = taken(data).sent.data
    assert preview not in sent and sent.count(b"\xff\xd8\xff") == 1


def test_u20_the_preview_in_a_jfif_block_is_gone():
    block = b"JFIF\0\1\1\0\0\1\0\1\x02\x02" + b"SECRET" * 2
    data = photo(300, 200)
    data = data[:2] + with_segments(data[:2] + data[20:], (0xE0, block))[2:]
    result = taken(data)
    assert is_bare(result) and result.sent.data == photo(300, 200)[:20] + data[len(block) + 6 :]


def test_u21_large_metadata_is_taken_and_left_behind():
    full = exif(6).ljust(65_533, b"\0")
    many = [(0xE4, b"SECRET".ljust(65_533, b"."))] * 60
    result = taken(with_segments(photo(300, 200), (0xE1, full), *many))
    assert (result.width, result.height) == (200, 300) and is_bare(result)


@pytest.mark.parametrize(
    "data",
    [
        photo(300, 200) + b"PK\x03\x04SECRET",
        with_segments(photo(300, 200), (0xFE, b"<html><script>SECRET</script></html>")),
        with_chunks(png(300, 200), (b"tEXt", b"x\0<?php SECRET ?>")),
        saved(scene(300, 200).convert("P"), "GIF") + b"<script>SECRET</script>",
    ],
)
def test_u55_a_file_that_is_two_things_is_sent_as_the_picture_alone(data):
    result = taken(data)
    assert is_bare(result) and b"<html" not in result.sent.data and b"PK\x03\x04" not in result.sent.data


def test_o21_what_is_fit_is_sent_byte_for_byte():
    for data in (photo(300, 200), photo(300, 200, progressive=True), png(300, 200), png(300, 200, "L")):
        assert taken(data).sent.data == data


def test_o21_what_others_might_read_in_another_way_is_made_anew():
    rgb = bytearray(saved(scene(64, 64), "JPEG", keep_rgb=True))
    for data in (
        bytes(rgb),
        saved(scene(64, 64).convert("CMYK"), "JPEG"),
        png(64, 64, "P"),
        png(64, 64, "RGBA"),
    ):
        result = taken(data)
        assert result.sent.data != data and opened(result.sent).mode == "RGB"


def test_a_moving_png_is_sent_without_its_motion():
    pictures = [Image.new("RGB", (64, 48), name) for name in ("red", "blue")]
    data = saved(pictures[0], "PNG", save_all=True, append_images=pictures[1:])
    sent = taken(data).sent.data
    assert b"acTL" not in sent and b"fdAT" not in sent and struct.unpack(">II", sent[16:24]) == (64, 48)
