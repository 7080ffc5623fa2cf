"""How large the copies are (O21, U23 to U26)."""

import pytest
from PIL import Image, ImageChops, ImageStat

from describer.images import ImageError, Recipe
from tests.images.pictures import at, near, opened, page, photo, png, prepared, saved, scene, taken

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("size", [(1, 1), (5, 5), (27, 27), (1, 27)])
def test_u23_tiny_pictures_get_a_border_and_are_not_stretched(size):
    result = taken(saved(Image.new("RGB", size, "red"), "PNG"))
    assert (result.width, result.height) == size
    assert (result.sent.width, result.sent.height) == (28, 28)
    reds = sum(count for count, colour in opened(result.sent).getcolors() or [] if colour == (255, 0, 0))
    assert reds == size[0] * size[1]


@pytest.mark.parametrize(
    ("size", "sent"), [((1, 20000), (28, 2000)), ((20000, 1), (2000, 28)), ((3, 4000), (28, 2000))]
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_u24_threads_of_pixels_get_a_border_and_no_side_rounds_to_nothing(size, sent, kind):
    result = taken(saved(Image.new("RGB", size, "red"), kind))
    assert (result.width, result.height) == size
    assert (result.sent.width, result.sent.height) == sent
    assert near(at(result.sent, 0.5, 0.5), (255, 0, 0), 130)


def test_u24_no_copy_is_steeper_than_a_hundred_to_one():
    sent = prepared(saved(Image.new("RGB", (10, 9000), "red"), "PNG"), Recipe(long_side=6000))
    assert (sent.width, sent.height) == (60, 6000)


def test_u24t_a_long_page_says_that_small_text_may_be_lost():
    result = taken(saved(page(690, 15420), "PNG"))
    assert (result.sent.width, result.sent.height) == (89, 2000)
    assert result.notes == ("Shrunk to 89x2000; small text may be unreadable. Cut it into parts.",)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_u25_a_large_photo_is_shrunk_to_the_long_side_and_stays_sharp(kind):
    result = taken(saved(scene(3000, 2250), kind, quality=92))
    assert (result.width, result.height) == (3000, 2250)
    assert (result.sent.width, result.sent.height, result.sent.format) == (2000, 1500, "JPEG")
    ideal = scene(3000, 2250).resize((2000, 1500), Image.Resampling.LANCZOS)
    difference = ImageStat.Stat(ImageChops.difference(opened(result.sent), ideal))
    assert max(difference.mean) < 4 and result.notes == ()


def test_u25_a_photo_of_twice_the_long_side_comes_out_of_the_decoder_at_its_size():
    result = taken(photo(4000, 3000))
    assert (result.sent.width, result.sent.height) == (2000, 1500)
    assert (result.thumbnail.width, result.thumbnail.height) == (512, 384)


def test_u26_a_screenshot_within_limits_is_not_touched():
    data = saved(page(1500, 1000), "PNG")
    assert taken(data).sent.data == data


def test_u26_a_screenshot_above_the_limit_is_shrunk_and_stays_a_png():
    result = taken(saved(page(2400, 1500), "PNG"))
    assert (result.sent.format, result.sent.width) == ("PNG", 2000)


def test_u26_letters_in_a_jpeg_keep_their_colours():
    red = ImageChops.add(page(2400, 1500), Image.new("RGB", (2400, 1500), (255, 0, 0)))
    sent = taken(saved(red, "JPEG", quality=90, subsampling="4:4:4")).sent.data
    frame = sent.index(b"\xff\xc0")
    assert sent[frame + 11] == 0x11


def test_a_small_picture_is_never_enlarged():
    assert taken(png(100, 80)).sent.width == 100 and taken(png(100, 80)).thumbnail.width == 100


def test_drawings_and_few_colours_become_png_and_photos_jpeg():
    few = scene(600, 400).quantize(8)
    assert taken(saved(few, "GIF")).sent.format == "PNG"
    assert taken(saved(page(600, 400), "BMP")).sent.format == "PNG"
    assert taken(saved(scene(600, 400), "BMP")).sent.format == "JPEG"


@pytest.mark.parametrize("most", [400_000, 60_000, 20_000])
def test_o21_a_copy_keeps_within_its_bytes(most):
    sent = prepared(png(1600, 1200), Recipe(max_bytes=most))
    assert len(sent.data) <= most and opened(sent).size == (sent.width, sent.height)


def test_o21_a_png_that_is_too_large_becomes_a_jpeg_of_the_same_size():
    data = saved(page(1500, 1000), "PNG")
    sent = prepared(data, Recipe(max_bytes=len(data) - 1))
    assert len(sent.data) < len(data)


def test_o21_a_copy_made_smaller_for_its_bytes_says_so():
    sent = prepared(png(1600, 1200), Recipe(max_bytes=40_000))
    assert (
        sent.notes == (f"Shrunk to {sent.width}x{sent.height} to keep it small enough.",)
        and sent.width < 1600
    )


def test_o21_what_cannot_be_made_small_enough_is_refused_in_words():
    with pytest.raises(ImageError) as caught:
        prepared(png(600, 400), Recipe(max_bytes=500), "cat.png")
    assert (caught.value.code, caught.value.status) == ("image_too_large", 413)
    assert "cat.png is too large even at 256 px" in caught.value.message


def test_a_recipe_may_ask_for_a_format_and_a_side():
    assert prepared(photo(300, 200), Recipe(format="png")).format == "PNG"
    assert prepared(png(300, 200), Recipe(format="jpeg")).format == "JPEG"
    small = prepared(photo(1600, 1200), Recipe(long_side=800))
    assert (small.width, small.height) == (800, 600)


def test_preparing_again_gives_the_same_bytes_as_intake():
    data = photo(2400, 1600)
    assert prepared(data, Recipe()) == taken(data).sent
