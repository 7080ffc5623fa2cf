"""Pictures that are whole and odd: dots that are not square, alpha that hides all, stills of animations (FC04 to FC06)."""

import struct
from pathlib import Path

import pytest
from PIL import Image

from describer.images import ImageError
from describer.management.describe import files
from tests.images.pictures import at, bare_png, chunk, corners, frames, near, opened, page, png, saved, taken

ROOT = Path(__file__).parents[2]
COLOUR = (190, 110, 60)


def bmp(alpha, masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000), header: int = 124, bits: int = 32) -> bytes:
    """A BMP of 40x32 pixels in one colour, blue first, whose alpha goes by its columns."""
    row = b"".join(bytes((COLOUR[2], COLOUR[1], COLOUR[0], alpha(column))) for column in range(40))
    info = struct.pack("<IiiHHIIiiII", header, 40, 32, 1, bits, 3, 32 * len(row), 2835, 2835, 0, 0)
    info = (info + struct.pack("<4I", *masks)).ljust(header, b"\0")
    start = 14 + len(info)
    return b"BM" + struct.pack("<IHHI", start + 32 * len(row), 0, 0, start) + info + row * 32


def fax(across: float, down: float, size: tuple[int, int] = (432, 275), **options: object) -> bytes:
    return saved(
        page(*size).convert("1"),
        "TIFF",
        compression="group4",
        x_resolution=across,
        y_resolution=down,
        **options,
    )


@pytest.mark.parametrize(
    ("across", "down", "seen"),
    [
        (204, 98, (432, 572)),
        (204, 391, (828, 275)),
        (200, 100, (432, 550)),
        (8.03, 3.85, (432, 574)),
        (204, 196, (432, 275)),
        (300, 300, (432, 275)),
        (72, 1, (432, 275)),
        (0, 98, (432, 275)),
    ],
)
def test_fc04_the_dots_of_a_fax_are_square(across, down, seen):
    result = taken(fax(across, down))
    assert (result.width, result.height) == seen
    assert opened(result.sent).size == seen
    assert abs(opened(result.thumbnail).width / opened(result.thumbnail).height - seen[0] / seen[1]) < 0.01


def test_fc04_a_turned_and_a_large_fax_have_square_dots_too():
    turned = taken(fax(204, 98, tiffinfo={274: 6}))
    assert (turned.width, turned.height) == (572, 432) and opened(turned.sent).size == (572, 432)
    large = taken(fax(204, 98, (1728, 1100)))
    assert (large.width, large.height) == (1728, 2290) and opened(large.sent).size == (1509, 2000)


def test_fc04_colours_of_a_scan_with_unequal_dots():
    result = taken(saved(corners(), "TIFF", x_resolution=600, y_resolution=300))
    assert (result.width, result.height) == (64, 96)
    assert near(at(result.sent, 0.1, 0.4), (255, 0, 0), 30) and near(
        at(result.sent, 0.1, 0.6), (0, 0, 255), 30
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP"])
def test_fc04_browsers_stretch_no_other_format(kind):
    assert taken(saved(corners(), kind, dpi=(204, 98))).height == 48


@pytest.mark.parametrize("header", [56, 108, 124])
def test_fc05_a_bmp_that_is_all_see_through_is_shown_and_says_so(header):
    result = taken(bmp(lambda column: 0, header=header))
    assert near(at(result.sent, 0.5, 0.5), COLOUR)
    assert result.notes == ("All of it is said to be see-through; it is shown as if nothing were.",)


def test_fc05_a_bmp_that_is_see_through_in_part_is_so():
    result = taken(bmp(lambda column: 255 * (column < 20)))
    assert near(at(result.sent, 0.1, 0.5), COLOUR) and near(at(result.sent, 0.9, 0.5), (255, 255, 255))


@pytest.mark.parametrize("masks", [(0xFF00, 0xFF0000, 0xFF, 0), (0x3FF00000, 0xFFC00, 0x3FF, 0)])
def test_fc05_a_bmp_of_odd_masks_is_rare_not_damaged(masks):
    with pytest.raises(ImageError) as caught:
        taken(bmp(lambda column: 0, masks))
    assert caught.value.code == "image_format" and "a rare kind of BMP" in caught.value.message


def test_fc05_a_png_of_an_iphones_app_is_rare_not_damaged():
    plain = png(64, 48)
    with pytest.raises(ImageError) as caught:
        taken(plain[:8] + chunk(b"CgBI", b"\x50\0\x20\x06") + plain[8:], "icon.png")
    assert caught.value.code == "image_format"
    assert "a rare kind of PNG (CgBI, for apps of iPhones)" in caught.value.message


def test_fc05_hif_is_offered_by_the_chooser_and_taken_from_folders(tmp_path):
    assert ".hif," in (ROOT / "templates" / "_composer_drop.html").read_text()
    (tmp_path / "camera.HIF").write_bytes(b"x")
    found = files.Files()
    found.take(str(tmp_path), deep=False)
    assert [Path(path).name for path in found.paths] == ["camera.HIF"]


def still_and_moving(size: tuple[int, int] = (64, 48)) -> bytes:
    """A white still picture, then an animation of red and blue."""
    pictures = [Image.new("RGB", size, name) for name in ("white", "red", "blue")]
    return saved(pictures[0], "PNG", save_all=True, default_image=True, append_images=pictures[1:])


def test_fc06_the_still_picture_of_an_animation_is_sent():
    result = taken(still_and_moving())
    for copy in (result.sent, result.thumbnail):
        assert near(at(copy, 0.5, 0.5), (255, 255, 255))
    assert result.notes == ("The still picture of an animation is used, which is none of its frames.",)
    assert b"acTL" not in result.sent.data and b"fdAT" not in result.sent.data


def test_fc06_a_still_picture_that_is_the_first_frame_is_so_still():
    result = taken(frames(3, "PNG"))
    assert near(at(result.sent, 0.5, 0.5), (255, 0, 0))
    assert result.notes == ("The first of 3 frames is used.",)


def test_fc06_what_claims_to_move_and_does_not_is_a_still_picture():
    plain = bare_png(64, 48, 8, 0, (b"\0" + b"\x80" * 64) * 48)
    end = plain.index(b"IEND") - 4
    late = plain[:end] + chunk(b"acTL", struct.pack(">II", 2, 0)) + plain[end:]
    none = plain[:33] + chunk(b"acTL", struct.pack(">II", 0, 0)) + plain[33:]
    for data in (late, none):
        assert taken(data).notes == ()
