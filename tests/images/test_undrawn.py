"""Greens that undrawn blocks of a HEIC have, too: taken where they were drawn, refused where they were not (FC01)."""

import random

import pytest
from PIL import ImageColor

from describer.images import ImageError
from tests.images.pictures import at, near, saved, scene, taken

MATRICES = {
    "as it is": {},
    "4:4:4": {"chroma": 444},
    "BT.709": {"matrix_coefficients": 1},
    "BT.2020": {"matrix_coefficients": 9},
    "as television": {"full_range_flag": 0},
    "BT.709 as television": {"matrix_coefficients": 1, "full_range_flag": 0},
    "not told": {"save_nclx_profile": False},
    "ten bits": {"bit_depth": 10},
    "in tiles": {"tile_size": 128},
    "in tiles, not told": {"tile_size": 128, "save_nclx_profile": False},
}


def with_bar(colour: str, share: float, **options: object) -> bytes:
    """A photo with a flat bar over so much of it."""
    picture = scene(320, 256).copy()
    picture.paste(colour, (0, 0, 320, round(256 * share)))
    return saved(picture, "HEIF", quality=80, **options)


def scratched(data: bytes, seed: int) -> bytes:
    """The same file with bytes in it that another encoder might have written."""
    source = random.Random(seed)
    place = source.randrange(len(data) // 5, len(data) - 400)
    return data[:place] + source.randbytes(300).replace(b"\0", b"\1") + data[place + 300 :]


@pytest.mark.parametrize("share", [0.02, 0.25, 0.5, 0.97])
@pytest.mark.parametrize("colour", ["#080", "#008700", "#004d00", "#005400", "#005e00", "#005800"])
def test_fc01_a_flat_green_is_no_damage(colour, share):
    assert near(at(taken(with_bar(colour, share)).sent, 0.5, 0), ImageColor.getrgb(colour), 20)


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("colour", ["#008700", "#004d00", "#005400"])
def test_fc01_a_flat_green_is_no_damage_whatever_codes_it(colour, matrix):
    assert taken(with_bar(colour, 0.25, **MATRICES[matrix])).width == 320


def test_fc01_neither_with_a_profile_nor_with_exif_nor_with_transparency():
    profile = b"no profile that anybody reads"
    assert taken(with_bar("#008700", 0.25, icc_profile=profile)).width == 320
    assert taken(with_bar("#008700", 0.25, exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0")).width == 320
    picture = scene(320, 256).convert("RGBA")
    picture.paste("#008700", (0, 0, 320, 64))
    assert taken(saved(picture, "HEIF", quality=80)).width == 320


def test_fc01_neither_where_the_last_box_goes_on_to_the_end():
    data = with_bar("#008700", 0.25)
    at = data.rindex(b"mdat") - 4
    assert taken(data[:at] + bytes(4) + data[at + 4 :]).width == 320


@pytest.mark.slow
@pytest.mark.parametrize("matrix", MATRICES)
def test_fc01_blocks_that_were_not_drawn_are_found_in_a_picture_that_is_green_itself(matrix):
    whole = with_bar("#008700", 0.1, **MATRICES[matrix])
    refused = 0
    for seed in range(60):
        try:
            taken(scratched(whole, seed))
        except ImageError as error:
            assert error.code == "image_damaged"
            refused += 1
    assert refused >= 2
