"""What is taken and what is not: by content, never by name (U1 to U13, U30 to U32, U40 to U43, U52 to U54)."""

import io
import struct

import pytest
from PIL import Image

from describer.images import ImageError, Intake, Limits, Recipe
from tests.images.pictures import (
    at,
    avif,
    bare_png,
    corners,
    frames,
    heic,
    near,
    opened,
    page,
    photo,
    pixel_at,
    png,
    saved,
    scene,
    taken,
    webp,
)


def refusal(data: bytes, name: str = "holiday.jpg", limits: Limits | None = None) -> ImageError:
    with pytest.raises(ImageError) as caught:
        taken(data, name, limits)
    assert name in caught.value.message
    assert not any(word in caught.value.message for word in ("Error", "identify", "/", "Traceback", "PIL"))
    return caught.value


def is_fit(result: Intake) -> bool:
    """Both copies: 8 bit RGB or grey, opaque, one frame, nothing beside the picture, what the label says."""
    for copy in (result.sent, result.thumbnail):
        picture = opened(copy)
        picture.load()
        if picture.mode not in ("RGB", "L") or getattr(picture, "n_frames", 1) != 1:
            return False
        if picture.size != (copy.width, copy.height) or picture.getexif() or "icc_profile" in picture.info:
            return False
    return (
        result.thumbnail.format == "JPEG" and result.sent.media_type == f"image/{result.sent.format.lower()}"
    )


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"subsampling": "4:4:4"}, {"restart_marker_rows": 1}]
)
def test_u01_takes_a_jpeg_of_any_making(options):
    result = taken(photo(300, 200, **options))
    assert (result.format, result.media_type, result.width, result.height) == ("JPEG", "image/jpeg", 300, 200)
    assert is_fit(result)


def test_u01_takes_a_grey_jpeg():
    result = taken(saved(scene(300, 200).convert("L"), "JPEG"))
    assert is_fit(result) and opened(result.sent).mode == "L"


@pytest.mark.parametrize("mode", ["1", "P", "L", "RGB", "RGBA", "LA"])
def test_u02_takes_a_png_of_any_mode(mode):
    picture = corners() if mode != "LA" else corners().convert("L")
    result = taken(saved(picture.convert(mode), "PNG"))
    assert (result.format, result.width, result.height) == ("PNG", 64, 48)
    assert is_fit(result)


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_u02_takes_greys_of_any_depth(depth):
    row = b"\0" + b"\xff" * (64 * depth // 8)
    assert near(at(taken(bare_png(64, 64, depth, 0, row * 64)).sent, 0.5, 0.5), (255, 255, 255))


def test_u06_takes_webp_lossy_and_lossless():
    for options in ({"quality": 80}, {"lossless": True}):
        result = taken(webp(200, 150, **options))
        assert (result.format, result.media_type) == ("WEBP", "image/webp")
        assert is_fit(result) and near(at(result.sent, 0.5, 0.5), pixel_at(scene(200, 150), 0.5, 0.5), 40)


def test_u07_takes_a_still_gif():
    result = taken(saved(corners().convert("P"), "GIF"))
    assert (result.format, result.notes) == ("GIF", ())
    assert near(at(result.sent, 0.1, 0.1), (255, 0, 0))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_u08_takes_the_first_frame_of_what_moves_and_says_how_many_there_are(kind):
    result = taken(frames(3, kind))
    assert result.notes == ("The first of 3 frames is used.",)
    assert near(at(result.sent, 0.5, 0.5), (255, 0, 0))
    assert is_fit(result)


def test_u08_what_the_first_frame_of_a_gif_leaves_open_is_see_through():
    small = saved(Image.new("P", (20, 20), 0), "GIF")
    wide = small[:6] + struct.pack("<HH", 60, 60) + small[10:]
    result = taken(wide)
    assert (result.width, result.height) == (60, 60)
    assert near(at(result.sent, 0.9, 0.9), (255, 255, 255))


def test_u09_takes_heic():
    result = taken(heic(200, 150))
    assert (result.format, result.media_type, result.width, result.height) == ("HEIF", "image/heic", 200, 150)
    assert is_fit(result) and result.sent.format == "JPEG"


def test_u09_takes_heic_with_transparency():
    picture = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    picture.paste((0, 0, 255, 255), (0, 0, 32, 64))
    result = taken(saved(picture, "HEIF", quality=90))
    assert near(at(result.sent, 0.9, 0.5), (255, 255, 255)) and near(at(result.sent, 0.1, 0.5), (0, 0, 255))


def test_u10_takes_avif():
    result = taken(avif(200, 150))
    assert (result.format, result.media_type, result.width, result.height) == ("AVIF", "image/avif", 200, 150)
    assert is_fit(result)


@pytest.mark.parametrize("packing", ["raw", "tiff_lzw", "tiff_deflate", "packbits", "jpeg"])
def test_u11_takes_a_tiff_of_any_compression(packing):
    result = taken(saved(scene(200, 150), "TIFF", compression=packing))
    assert (result.format, result.media_type, result.notes) == ("TIFF", "image/tiff", ())
    assert is_fit(result) and near(at(result.sent, 0.5, 0.5), pixel_at(scene(200, 150), 0.5, 0.5), 40)


def test_u11_takes_fax_tiffs():
    for packing in ("group3", "group4"):
        result = taken(saved(page(300, 200).convert("1"), "TIFF", compression=packing))
        assert is_fit(result) and near(at(result.sent, 0.99, 0.99), (255, 255, 255))


def test_u11_takes_the_first_page_of_a_tiff_and_says_how_many_there_are():
    result = taken(frames(3, "TIFF"))
    assert result.notes == ("Only page 1 of 3 is used.",)
    assert near(at(result.sent, 0.5, 0.5), (255, 0, 0))


def test_u11_takes_a_big_tiff():
    assert taken(saved(scene(64, 48), "TIFF", big_tiff=True)).width == 64


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_u12_takes_a_bmp(mode):
    result = taken(saved(corners().convert(mode), "BMP"))
    assert (result.format, result.media_type) == ("BMP", "image/bmp") and is_fit(result)


def test_u13_a_jpeg_with_more_pictures_inside_is_its_first_one():
    both = saved(corners(), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 48), "black")])
    result = taken(both)
    assert (result.format, result.media_type) == ("JPEG", "image/jpeg")
    assert near(at(result.sent, 0.1, 0.1), (255, 0, 0), 30)
    assert len(result.sent.data) < len(both) * 0.7 and b"MPF" not in result.sent.data


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (png(64, 48), "cat.jpg", "PNG"),
        (photo(64, 48), "cat.heic", "JPEG"),
        (photo(64, 48), "cat", "JPEG"),
        (photo(64, 48), "CAT.JPEG", "JPEG"),
        (photo(64, 48), "cat.nef", "JPEG"),
        (webp(64, 48), "cat.svg", "WEBP"),
    ],
)
def test_u30_u31_u32_content_decides_not_the_name(data, name, kind):
    result = taken(data, name)
    assert result.format == kind
    assert result.sent.data.startswith(b"\xff\xd8" if result.sent.format == "JPEG" else b"\x89PNG")


def test_u40_an_empty_file_is_refused_as_empty():
    error = refusal(b"")
    assert (error.code, error.status) == ("image_empty", 400) and "is empty" in error.message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<!DOCTYPE html><html><body>hello</body></html>", "a web page"),
        (b"PK\x03\x04" + bytes(200), "a ZIP archive"),
        (b"Dear diary, today I took a picture.\n" * 5, "text"),
        (b"MZ\x90\0" + bytes(200), "a program"),
        (b"\x7fELF" + bytes(200), "a program"),
        (b"BM, said the letter, which is no bitmap", "text"),
        (b"x", "text"),
        (bytes(range(256)) * 4, "no picture"),
    ],
)
def test_u41_what_is_no_picture_is_refused_with_the_list_of_what_is_taken(data, words):
    error = refusal(data)
    assert (error.code, error.status) == ("image_format", 415)
    assert words in error.message and "JPEG, PNG, WebP, GIF, HEIC, AVIF, TIFF and BMP" in error.message


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xef\xbb\xbf  <?xml version='1.0'?>\n<!-- drawn -->\n<svg width='1'><script>alert(1)</script></svg>",
        "\ufeff<svg viewBox='0 0 1 1'></svg>".encode("utf-16-le"),
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x"><svg/>',
    ],
)
@pytest.mark.parametrize("name", ["drawing.svg", "photo.jpg"])
def test_u42_svg_is_refused_whatever_its_name(data, name):
    error = refusal(data, name)
    assert (error.code, error.status) == ("image_format", 415)
    assert "SVG drawings are not supported; export as PNG" in error.message


@pytest.mark.parametrize("data", [b"%PDF-1.7\n1 0 obj", b"\r\n junk %PDF-1.4 rest"])
def test_u43_a_pdf_is_refused_in_words(data):
    error = refusal(data, "scan.pdf")
    assert (error.code, error.status) == ("image_format", 415)
    assert "a PDF is not a picture; export its pages as PNG" in error.message


def directory(*entries: tuple[int, int, int, int]) -> bytes:
    """A TIFF of one directory: (tag, kind, count, value)."""
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + bytes(4)


SMALL = [
    (256, 4, 1, 16),
    (257, 4, 1, 8),
    (258, 3, 1, 8),
    (259, 3, 1, 1),
    (262, 3, 1, 1),
    (273, 4, 1, 8),
    (279, 4, 1, 128),
]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (directory(*SMALL, (50706, 1, 4, 1)) + bytes(200), "cat.dng"),
        (directory(*SMALL, (50706, 1, 4, 1)) + bytes(200), "cat.jpg"),
        (directory((254, 4, 1, 1), *SMALL, (330, 4, 1, 8)) + bytes(200), "cat.tif"),
        (directory(*SMALL) + bytes(200), "cat.NEF"),
        (b"II*\0\x10\0\0\0CR\x02\0" + bytes(300), "cat"),
        (b"FUJIFILMCCD-RAW 0201" + bytes(200), "cat.raf"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(100), "cat.cr3"),
    ],
)
def test_u52_camera_raw_is_refused_with_advice(data, name):
    error = refusal(data, name)
    assert (error.code, error.status) == ("image_raw", 415) and "camera raw; export as JPEG" in error.message


def test_u52_a_plain_tiff_with_the_same_tags_is_taken():
    assert taken(directory((254, 4, 1, 0), *SMALL) + bytes(200), "cat.tif").width == 16


@pytest.mark.parametrize("data", [b"%!PS-Adobe-3.0 EPSF-3.0\n(x) run", b"\xc5\xd0\xd3\xc6" + bytes(40)])
def test_u53_postscript_is_refused_and_nothing_runs(data):
    error = refusal(data, "art.eps")
    assert (error.code, error.status) == ("image_format", 415) and "PostScript" in error.message


@pytest.mark.parametrize("kind", ["ICO", "JPEG2000", "PPM", "TGA", "PCX", "SGI", "DDS", "ICNS", "QOI"])
def test_u54_other_formats_are_refused_with_the_list(kind):
    error = refusal(saved(corners(64, 64), kind))
    assert (error.code, error.status) == ("image_format", 415) and "Taken are JPEG" in error.message


def test_u54_rare_kinds_of_a_known_format_are_refused_in_words():
    data = bytearray(photo(64, 48))
    data[data.index(b"\xff\xc0") + 1] = 0xC9
    assert "rare kind of JPEG" in refusal(bytes(data)).message


def test_u60_a_file_over_the_limit_is_refused_and_the_limit_named():
    error = refusal(photo(200, 150), limits=Limits(max_bytes=2000))
    assert (error.code, error.status) == ("image_too_large", 413) and "0.0 MiB" in error.message


def test_a_recipe_has_a_key_that_tells_it_from_others():
    assert Recipe().key == "2000-3932160-auto"
    assert Recipe(long_side=768, format="png").key == "768-3932160-png"


def test_the_file_need_not_lie_at_its_start():
    file = io.BytesIO(photo(64, 48))
    file.seek(100)
    assert taken(file.getvalue()).sha256 == taken(photo(64, 48)).sha256
