"""A harbour at dawn."""

import random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from tests.images.samples.painting import (
    HEIGHT,
    WIDTH,
    Colour,
    glow,
    grained,
    lay,
    levels,
    mist,
    moved,
    polygon,
    ridge,
    rippled,
    shape,
    sky,
    vignetted,
)
from tests.images.samples.shore import HORIZON, boathouse, jetty

SUN = (1090, 486)
SKY = (
    (0.0, (44, 60, 104)),
    (0.3, (98, 104, 152)),
    (0.58, (186, 140, 160)),
    (0.8, (240, 178, 150)),
    (1.0, (255, 222, 176)),
)
DARK = (38, 36, 56)


def harbour() -> Image.Image:
    sheet = Image.new("RGB", (WIDTH, HEIGHT))
    sheet.paste(paint_air(), (0, 0))
    hills(sheet)
    paint_water(sheet)
    haze(sheet)
    glitter(sheet)
    boathouse(sheet)
    for across, waterline, size, seed in ((520, 668, 0.36, 1), (1330, 676, 0.5, 2), (740, 748, 0.95, 3)):
        boat(sheet, across, waterline, size, seed)
    jetty(sheet)
    birds(sheet)
    sheet = glow(sheet, SUN, 300, (120, 70, 30))
    return grained(vignetted(sheet), 11)


def paint_air() -> Image.Image:
    air = sky(SKY, HORIZON + 40)
    clouds = levels(mist(21, air.size, (3, 14), 5), 128, 215, 200)
    fade = (
        Image.linear_gradient("L")
        .resize(air.size)
        .point(lambda value: round(255 * (1 - abs(value - 120) / 160)))
    )
    clouds = ImageChops.multiply(clouds, fade)
    lay(air, (255, 196, 178), clouds, 0.75)
    lower = moved(clouds, 0, 14)
    lay(air, (116, 104, 146), ImageChops.subtract(lower, clouds), 0.5)
    air = glow(air, SUN, 620, (150, 92, 50), 0.8)
    air = glow(air, SUN, 170, (255, 214, 150))
    ImageDraw.Draw(air).ellipse((SUN[0] - 27, SUN[1] - 27, SUN[0] + 27, SUN[1] + 27), fill=(255, 246, 222))
    return air.filter(ImageFilter.GaussianBlur(1.2))


def hills(sheet: Image.Image) -> None:
    layers: tuple[tuple[int, float, float, Colour], ...] = (
        (5, HORIZON + 4, 190, (190, 150, 160)),
        (8, HORIZON + 6, 120, (146, 122, 150)),
        (13, HORIZON + 8, 66, (98, 90, 126)),
    )
    for seed, base, height, colour in layers:
        lay(sheet, colour, polygon(ridge(seed, base, height)), 0.93)
        mask = polygon(
            [(0, base - height * 0.25), (WIDTH, base - height * 0.25), (WIDTH, base), (0, base)], blur=18
        )
        lay(sheet, (236, 186, 164), mask, 0.28)


def paint_water(sheet: Image.Image) -> None:
    above = sheet.crop((0, HORIZON - (HEIGHT - HORIZON), WIDTH, HORIZON)).transpose(
        Image.Transpose.FLIP_TOP_BOTTOM
    )
    water = rippled(above.filter(ImageFilter.GaussianBlur(2)), 31, 9, 0.4)
    tint = sky(((0.0, (255, 238, 228)), (1.0, (112, 122, 168))), water.height)
    water = ImageChops.multiply(water, tint)
    swell = levels(mist(33, water.size, (5, 40), 4), 90, 170)
    lay(water, (70, 76, 122), ImageChops.multiply(swell, Image.linear_gradient("L").resize(water.size)), 0.35)
    sheet.paste(water, (0, HORIZON))


def haze(sheet: Image.Image) -> None:
    band = polygon(
        [(0, HORIZON - 26), (WIDTH, HORIZON - 26), (WIDTH, HORIZON + 30), (0, HORIZON + 30)], blur=22
    )
    lay(sheet, (255, 214, 184), band, 0.55)


def glitter(sheet: Image.Image) -> None:
    """The sun's path on the water: short strokes, denser in the middle, longer and fewer towards the viewer."""
    source = random.Random(41)

    def strokes(draw: ImageDraw.ImageDraw) -> None:
        for _ in range(1500):
            depth = source.random() ** 1.6
            down = HORIZON + 6 + depth * (HEIGHT - HORIZON)
            across = SUN[0] + source.gauss(0, 18 + 120 * depth)
            long, thick = 3 + 26 * depth * source.random(), 1 + 3.2 * depth * source.random()
            box = (across - long, down - thick / 2, across + long, down + thick / 2)
            draw.ellipse([2 * value for value in box], fill=round(120 + 135 * source.random()))

    lay(sheet, (255, 226, 176), shape(strokes, blur=0.7), 0.8)


def boat(sheet: Image.Image, across: int, waterline: int, size: float, seed: int) -> None:
    mask = shape(lambda draw: hull_and_mast(draw, across, waterline, size))
    tone = (58, 52, 78) if size > 0.6 else (92, 80, 112)
    reach = round(430 * size)
    above = mask.crop((0, waterline - reach, WIDTH, waterline)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    below = Image.new("L", mask.size, 0)
    below.paste(rippled(above, seed, 7 * size + 2, 0.5), (0, waterline))
    lay(sheet, tone, below.filter(ImageFilter.GaussianBlur(1.0)), 0.5)
    lay(sheet, tone, mask)
    light = ImageChops.subtract(mask, moved(mask, -max(2, round(5 * size)), 2))
    lay(sheet, (255, 190, 150), light, 0.55)


def hull_and_mast(draw: ImageDraw.ImageDraw, across: int, waterline: int, size: float) -> None:
    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(2 * (across + size * x), 2 * (waterline + size * y)) for x, y in points]

    draw.polygon(at((-150, -34), (-128, 0), (118, 0), (168, -46), (60, -36)), fill=255)
    draw.polygon(at((-70, -36), (-62, -66), (20, -66), (34, -38)), fill=255)
    draw.polygon(at((-7, -40), (-3, -410), (3, -410), (7, -40)), fill=255)
    draw.polygon(at((-128, -74), (4, -88), (4, -104), (-124, -92)), fill=255)
    width = max(1, round(2.4 * size))
    for end in ((-148, -36), (164, -48), (60, -38)):
        draw.line(at((0, -405), end), fill=150, width=width)
    draw.line(at((-36, -250), (36, -250)), fill=255, width=2 * width)


def birds(sheet: Image.Image) -> None:
    def wings(draw: ImageDraw.ImageDraw) -> None:
        for across, down, span in ((760, 250, 22), (812, 226, 17), (852, 268, 14), (700, 290, 12)):
            for side in (-1, 1):
                points = [
                    (across, down),
                    (across + side * span * 0.5, down - span * 0.36),
                    (across + side * span, down - 2),
                ]
                draw.line([(2 * x, 2 * y) for x, y in points], fill=230, width=5, joint="curve")

    lay(sheet, (60, 58, 92), shape(wings, blur=0.6), 0.85)
