"""Colours as a person sees them, whatever the file holds (U3 to U5, U14 to U16)."""

import struct

import pytest
from PIL import Image, ImageCms, ImageDraw

from tests.images.pictures import at, bare_png, near, opened, saved, scene, taken, with_chunks, with_segments
from tests.images.profiles import ADOBE_RGB, DISPLAY_P3, SRGB, SWAPPED, colours, greys, to_srgb

DARK = (43, 43, 43)
WHITE = (255, 255, 255)


def logo(colour: tuple[int, int, int], hidden: tuple[int, int, int] = (255, 0, 255)) -> Image.Image:
    """A disc on nothing; what lies under the nothing is loud."""
    sheet = Image.new("RGBA", (200, 200), (*hidden, 0))
    ImageDraw.Draw(sheet).ellipse((50, 50, 150, 150), fill=(*colour, 255))
    return sheet


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF", "HEIF", "GIF"])
def test_u03_see_through_parts_are_laid_on_white(kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    result = taken(saved(logo((200, 30, 30)), kind, **options))
    for copy in (result.sent, result.thumbnail):
        assert near(at(copy, 0.05, 0.05), WHITE) and near(at(copy, 0.5, 0.5), (200, 30, 30), 25)
    assert result.notes == ("See-through parts are shown on white.",)


def test_u03_a_white_logo_is_laid_on_dark_grey():
    result = taken(saved(logo((255, 255, 255)), "PNG"))
    for copy in (result.sent, result.thumbnail):
        assert near(at(copy, 0.05, 0.05), DARK) and near(at(copy, 0.5, 0.5), WHITE)
    assert result.notes == ("See-through parts are shown on dark grey.",)


def test_u03_a_bright_picture_with_round_corners_stays_on_white():
    sheet = Image.new("RGBA", (200, 200), (250, 250, 250, 255))
    sheet.putpixel((0, 0), (0, 0, 0, 0))
    assert near(at(taken(saved(sheet, "PNG")).sent, 0, 0), WHITE)


def test_u03_grey_with_alpha_and_palettes_with_a_see_through_colour():
    grey = logo((60, 60, 60)).convert("LA")
    palette = Image.new("P", (64, 64), 0)
    palette.putpalette([255, 0, 255, 10, 120, 10])
    palette.paste(1, (16, 16, 48, 48))
    for data in (
        saved(grey, "PNG"),
        saved(palette, "PNG", transparency=0),
        saved(palette, "GIF", transparency=0),
    ):
        assert near(at(taken(data).sent, 0.02, 0.02), WHITE)
    assert near(at(taken(saved(palette, "PNG", transparency=0)).sent, 0.5, 0.5), (10, 120, 10))


def test_u03_one_colour_may_be_see_through_in_rgb_and_grey():
    picture = Image.new("RGB", (64, 64), (255, 0, 255))
    picture.paste((10, 120, 10), (16, 16, 48, 48))
    result = taken(saved(picture, "PNG", transparency=(255, 0, 255)))
    assert near(at(result.sent, 0.02, 0.02), WHITE) and near(at(result.sent, 0.5, 0.5), (10, 120, 10))
    grey = taken(saved(Image.new("L", (64, 64), 7), "PNG", transparency=7))
    assert near(at(grey.sent, 0.5, 0.5), WHITE)


@pytest.mark.slow
def test_u03_hidden_colours_do_not_bleed_out_when_a_picture_is_shrunk():
    large = logo((255, 255, 255), hidden=(255, 0, 0)).resize((3000, 3000), Image.Resampling.NEAREST)
    sent = opened(taken(saved(large, "PNG")).sent).convert("RGB")
    red, green, _ = sent.split()
    assert max(abs(a - b) for a, b in zip(red.tobytes(), green.tobytes(), strict=True)) <= 3


def test_u03_an_alpha_channel_that_hides_nothing_leaves_no_note():
    assert taken(saved(scene(64, 64).convert("RGBA"), "PNG")).notes == ()


def deep(mode: str, kind: str) -> bytes:
    """A ramp over all sixteen bits."""
    order = ">" if mode == "I;16B" else "<"
    rows = struct.pack(f"{order}256H", *(value * 257 for value in range(256))) * 64
    return saved(Image.frombytes(mode, (256, 64), rows), kind)


@pytest.mark.parametrize(("mode", "kind"), [("I;16", "PNG"), ("I;16", "TIFF"), ("I;16B", "TIFF")])
def test_u04_greys_of_sixteen_bits_keep_their_steps(mode, kind):
    sent = taken(deep(mode, kind)).sent
    for share in (0.1, 0.5, 0.9):
        assert near(at(sent, share, 0.5), (round(255 * share),) * 3, 3)


def test_u04_wider_numbers_are_scaled_too():
    rows = struct.pack("<256i", *(value * 257 for value in range(256))) * 64
    sent = taken(saved(Image.frombytes("I", (256, 64), rows), "TIFF")).sent
    assert near(at(sent, 0.5, 0.5), (128,) * 3, 3)
    share = struct.pack("<256f", *(value / 255 for value in range(256))) * 64
    sent = taken(saved(Image.frombytes("F", (256, 64), share), "TIFF")).sent
    assert near(at(sent, 0.25, 0.5), (64,) * 3, 3)


def test_u04_numbers_without_an_end_do_no_harm():
    wild = struct.pack("<4f", float("nan"), float("inf"), -float("inf"), 1e30) * 256
    assert taken(saved(Image.frombytes("F", (32, 32), wild), "TIFF")).width == 32


@pytest.mark.parametrize(("kind", "samples"), [(2, 3), (6, 4)])
def test_u05_colours_of_sixteen_bits(kind, samples):
    pixel = struct.pack(">4H", 200 * 257, 100 * 257, 50 * 257, 65535)[: 2 * samples]
    result = taken(bare_png(64, 48, 16, kind, (b"\0" + pixel * 64) * 48))
    assert near(at(result.sent, 0.5, 0.5), (200, 100, 50), 3)


def test_u14_cmyk_with_adobes_inverted_values_is_no_negative():
    ink = Image.new("CMYK", (64, 64), (0, 255, 255, 0))
    result = taken(saved(ink, "JPEG", quality=95))
    for copy in (result.sent, result.thumbnail):
        assert near(at(copy, 0.5, 0.5), (255, 0, 0), 25)


def test_u15_ycck_has_the_right_colours():
    # Adobe stores YCC of the complement; Pillow writes four planes inverted, and the mark of the transform is patched.
    y, cb, cr = Image.new("RGB", (1, 1), (0, 255, 255)).convert("YCbCr").tobytes()
    data = bytearray(saved(Image.new("CMYK", (64, 64), (255 - y, 255 - cb, 255 - cr, 0)), "JPEG", quality=95))
    data[data.index(b"Adobe") + 11] = 2
    assert near(at(taken(bytes(data)).sent, 0.5, 0.5), (255, 0, 0), 25)


@pytest.mark.parametrize("columns", [DISPLAY_P3, ADOBE_RGB])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_u16_colours_are_converted_by_their_profile(kind, columns):
    pixel = (190, 110, 90)
    profile = colours(columns)
    data = saved(
        Image.new("RGB", (64, 64), pixel), kind, icc_profile=profile, quality=95, lossless=kind == "WEBP"
    )
    result = taken(data)
    wanted = to_srgb(columns, pixel)
    assert not near(wanted, pixel, 6)
    for copy in (result.sent, result.thumbnail):
        assert near(at(copy, 0.5, 0.5), wanted, 6) and "icc_profile" not in opened(copy).info


def test_u16_any_other_profile_counts_too():
    data = saved(Image.new("RGB", (64, 64), (255, 0, 0)), "PNG", icc_profile=colours(SWAPPED))
    assert near(at(taken(data).sent, 0.5, 0.5), (0, 255, 0))


def test_u16_see_through_pictures_are_converted_as_well():
    data = saved(logo((255, 0, 0)), "PNG", icc_profile=colours(SWAPPED))
    assert near(at(taken(data).sent, 0.5, 0.5), (0, 255, 0)) and near(at(taken(data).sent, 0, 0), WHITE)


def test_u16_a_grey_profile():
    data = saved(Image.new("L", (64, 64), 55), "JPEG", icc_profile=greys(1.0))
    sent = taken(data).sent
    assert near(at(sent, 0.5, 0.5), (128,) * 3, 6) and opened(sent).mode == "L"


def test_u16_a_profile_of_srgb_is_dropped_and_the_picture_not_touched():
    plain = saved(scene(300, 200), "JPEG", quality=80)
    profile = colours(SRGB, name="sRGB IEC61966-2.1")
    labelled = saved(scene(300, 200), "JPEG", quality=80, icc_profile=profile)
    assert taken(labelled).sent.data == plain


@pytest.mark.parametrize("profile", [b"", b"rubbish", colours(SWAPPED)[:150], greys(1.0), bytes(4000)])
def test_u16_a_broken_or_foreign_profile_is_ignored(profile):
    picture = saved(Image.new("RGB", (64, 64), (200, 100, 50)), "JPEG", quality=95)
    data = with_segments(picture, (0xE2, b"ICC_PROFILE\0\1\1" + profile))
    assert near(at(taken(data).sent, 0.5, 0.5), (200, 100, 50), 6)


def test_u16_a_broken_profile_in_a_png_is_ignored():
    picture = saved(Image.new("RGB", (64, 64), (200, 100, 50)), "PNG")
    for body in (b"name\0\0not zlib", b"", b"name"):
        assert near(at(taken(with_chunks(picture, (b"iCCP", body))).sent, 0.5, 0.5), (200, 100, 50))


def test_lab_colours_of_a_tiff_become_srgb():
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    picture = ImageCms.profileToProfile(
        Image.new("RGB", (64, 64), (200, 60, 30)), srgb, lab, outputMode="LAB"
    )
    assert picture is not None
    assert near(at(taken(saved(picture, "TIFF")).sent, 0.5, 0.5), (200, 60, 30))
