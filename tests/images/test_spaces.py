"""Colours that a file tells by numbers: code points, a gamma, chromaticities; HDR on an ordinary screen (FC03).

What is wanted is what Chromium 156 shows; tests/images/test_as_chromium.py asks the one that is installed.
"""

import struct

import pytest
from PIL import Image

from describer.images import Recipe
from describer.images.hdr import NOTE
from tests.images.corpus import (
    ADOBE_PLACES,
    BT709_PLACES,
    P3_PLACES,
    gamma,
    light,
    places,
    points,
)
from tests.images.pictures import at, bare_png, coded, near, opened, saved, taken, with_chunks
from tests.images.profiles import SWAPPED, colours

COLOUR = (190, 110, 60)
FLAT = Image.new("RGB", (64, 64), COLOUR)
P3 = (203, 105, 45)
WANTED = {
    (1, 13): COLOUR,
    (2, 2): COLOUR,
    (12, 13): P3,
    (9, 13): (226, 94, 43),
    (1, 8): (224, 176, 133),
    (1, 4): (191, 110, 57),
    (4, 4): (219, 105, 42),
    (11, 17): (199, 92, 24),
    (9, 16): (255, 0, 0),
    (1, 16): (255, 72, 18),
    (9, 18): (207, 69, 33),
}
# Television's curves mean another thing in a PNG than in what comes from cameras.
OF_TELEVISION = {(1, 1): (186, 102, 49), (9, 14): (223, 84, 29), (6, 6): (183, 104, 48)}
OF_CAMERAS = {(1, 1): COLOUR, (9, 14): (226, 94, 43), (1, 6): COLOUR}


def png(*chunks: tuple[bytes, bytes], picture: Image.Image = FLAT, **options: object) -> bytes:
    return with_chunks(saved(picture, "PNG", **options), *chunks)


def is_shown_as(data: bytes, wanted: tuple[int, ...], slack: int = 3) -> bool:
    result = taken(data)
    return near(at(result.sent, 0.5, 0.5), wanted, slack) and near(
        at(result.thumbnail, 0.5, 0.5), wanted, slack + 3
    )


@pytest.mark.parametrize("codes", [*WANTED, *OF_TELEVISION])
def test_fc03_a_png_is_shown_by_its_code_points(codes):
    assert is_shown_as(png(points(*codes)), (WANTED | OF_TELEVISION)[codes])


@pytest.mark.parametrize("codes", [*WANTED, *OF_CAMERAS])
def test_fc03_an_avif_is_shown_by_its_code_points(codes):
    data = saved(FLAT, "AVIF", quality=100, subsampling="4:4:4", speed=10)
    assert is_shown_as(coded(data, *codes), (WANTED | OF_CAMERAS)[codes], 5)


@pytest.mark.parametrize("codes", [*WANTED, *OF_CAMERAS])
def test_fc03_a_heic_is_shown_by_its_code_points(codes):
    options = {"color_primaries": codes[0], "transfer_characteristics": codes[1]}
    data = saved(FLAT, "HEIF", quality=95, chroma=444, **options)
    assert is_shown_as(data, (WANTED | OF_CAMERAS)[codes], 6)


@pytest.mark.parametrize(
    ("chunks", "wanted"),
    [
        ((gamma(1),), (224, 176, 133)),
        ((gamma(0.3),), (165, 70, 22)),
        ((gamma(0.45455),), COLOUR),
        ((gamma(0),), COLOUR),
        ((places(*P3_PLACES),), COLOUR),
        ((gamma(1), places(*BT709_PLACES)), (224, 176, 133)),
        ((gamma(0.45455), places(*P3_PLACES)), (204, 105, 42)),
        ((gamma(0.45455), places(*ADOBE_PLACES)), (214, 110, 57)),
        ((gamma(1), places(*[0.3] * 8)), COLOUR),
        ((gamma(1), places(*[0.0] * 8)), COLOUR),
        (((b"gAMA", b"\0"), (b"cHRM", b"\0")), COLOUR),
        (((b"sRGB", b"\0"), gamma(1)), COLOUR),
        ((points(12, 13, 9, 1),), COLOUR),
        ((points(12, 13, 0, 0),), COLOUR),
        ((points(77, 13),), COLOUR),
        ((points(1, 77),), COLOUR),
        (((b"cICP", b"\x0c"),), COLOUR),
    ],
)
def test_fc03_gamma_and_chromaticities_of_a_png_count_as_in_browsers(chunks, wanted):
    assert is_shown_as(png(*chunks), wanted)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_fc03_gamma_counts_in_greys_and_palettes_and_under_transparency(mode):
    picture = Image.new("RGB", (64, 64), (102, 102, 102)).convert(mode)
    wanted = (169, 169, 169)
    if mode == "1":
        picture, wanted = Image.new("1", (64, 64), 1), (255, 255, 255)
    assert is_shown_as(png(gamma(1), picture=picture), wanted)


def test_fc03_gamma_counts_in_sixteen_bits():
    row = b"\0" + struct.pack(">H", 120 * 257) * 64
    assert is_shown_as(with_chunks(bare_png(64, 64, 16, 0, row * 64), gamma(1)), (183, 183, 183))


def test_fc03_code_points_count_before_a_profile_in_a_png_and_behind_it_elsewhere():
    profile = colours(SWAPPED)
    assert is_shown_as(png(points(12, 13), icc_profile=profile), P3)
    assert is_shown_as(png(points(2, 2), icc_profile=profile), (110, 190, 58), 4)
    assert is_shown_as(png(gamma(1), icc_profile=profile), (110, 190, 58), 4)
    avif = saved(FLAT, "AVIF", quality=100, subsampling="4:4:4", speed=10, icc_profile=profile)
    assert is_shown_as(coded(avif, 9, 16), (110, 190, 58), 6) and taken(coded(avif, 9, 16)).notes == ()


@pytest.mark.parametrize("transfer", [16, 18])
def test_fc03_hdr_is_said_and_its_greys_stay_grey_and_in_order(transfer):
    ramp = Image.linear_gradient("L").convert("RGB")
    result = taken(png(points(9, transfer), picture=ramp), recipe=Recipe(format="png"))
    assert result.notes == (NOTE,)
    greys = [opened(result.sent).convert("RGB").getpixel((9, row)) for row in range(256)]
    assert all(max(grey) - min(grey) <= 2 for grey in greys)
    assert [grey[1] for grey in greys] == sorted(grey[1] for grey in greys)
    assert greys[0] == (0, 0, 0) and min(greys[255]) >= 253


@pytest.mark.parametrize(
    ("chunks", "wanted"),
    [
        ((), {90: 61, 120: 114, 150: 193, 180: 242}),
        ((light(b"cLLI", 400),), {90: 77, 120: 141, 150: 235}),
        ((light(b"cLLI", 4000),), {90: 61, 120: 114, 150: 193, 180: 217}),
        ((light(b"mDCV", 4000),), {90: 61, 120: 114, 150: 193, 180: 217}),
        ((light(b"cLLI", 400), light(b"mDCV", 4000)), {90: 77, 120: 141, 150: 235}),
    ],
)
def test_fc03_hdr_leaves_as_much_room_as_the_brightest_of_it_takes(chunks, wanted):
    for value, shown in wanted.items():
        data = png(points(1, 16), *chunks, picture=Image.new("RGB", (64, 64), (value,) * 3))
        assert is_shown_as(data, (shown,) * 3, 4)


def test_fc03_what_is_shown_otherwise_than_it_is_stored_is_not_sent_as_it_is():
    for chunks in ((gamma(1),), (points(12, 13),), (points(9, 16),)):
        assert taken(png(*chunks)).sent.data != taken(png()).sent.data
    assert taken(png(gamma(0.45455), (b"sRGB", b"\0"))).sent.data == taken(png()).sent.data
