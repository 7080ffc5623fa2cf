"""A grassy hill that falls to the sea over a rocky foot."""

import random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from tests.images.samples.painting import (
    HEIGHT,
    WIDTH,
    coast,
    lay,
    levels,
    mist,
    moved,
    polygon,
    relief,
    shape,
    sky,
)

CREST = (
    (470, 916),
    (580, 886),
    (690, 832),
    (790, 776),
    (890, 728),
    (990, 703),
    (1120, 701),
    (1250, 713),
    (1400, 690),
    (1640, 628),
)
FOOT = (
    (470, 916),
    (560, 934),
    (690, 950),
    (820, 992),
    (960, 1008),
    (1120, 1062),
    (1290, 1076),
    (1450, 1132),
    (1640, 1150),
)
PATH = ((1066, 706), (1040, 748), (1090, 800), (1040, 868), (900, 916), (812, 950))
GRASS = ((0.0, (142, 136, 84)), (0.35, (96, 112, 74)), (0.75, (56, 80, 66)), (1.0, (34, 54, 54)))
STONES = ((392, 930, 30), (330, 948, 17), (448, 962, 22), (640, 1012, 40), (724, 1046, 22))


def headland(sheet: Image.Image) -> None:
    foot = coast(FOOT, 72, 9)
    land = polygon([*coast(CREST, 71, 4), *reversed(foot)])
    shade_on_water(sheet, land)
    lay(sheet, paint_meadow(), land)
    path(sheet)
    lifted = [(x, y - 12 - 0.075 * (x - FOOT[0][0])) for x, y in FOOT]
    cliff = ImageChops.multiply(land, polygon([*coast(lifted, 73, 34), *reversed(foot)], blur=1))
    lay(sheet, (24, 38, 40), ImageChops.multiply(land, cliff.filter(ImageFilter.GaussianBlur(9))), 0.55)
    lay(sheet, paint_rock(), cliff)
    rim = ImageChops.subtract(land, moved(land, 2, 5))
    lay(sheet, (255, 222, 160), rim, 0.4)
    stones(sheet)
    foam(sheet, foot)


def paint_meadow() -> Image.Image:
    """Grass with folds in the ground; the light comes from the left."""
    meadow = Image.new("RGB", (WIDTH, HEIGHT), GRASS[-1][1])
    meadow.paste(sky(GRASS, 480), (0, 640))
    folds = mist(85, meadow.size, (9, 10), 3).filter(ImageFilter.GaussianBlur(10))
    slopes = ImageChops.subtract(folds, moved(folds, 22, 12), scale=0.5, offset=128)
    lay(meadow, (204, 178, 104), levels(slopes, 132, 230), 0.42)
    lay(meadow, (22, 46, 50), levels(ImageChops.invert(slopes), 132, 230), 0.5)
    for seed, cells, colour in ((91, (190, 100), (190, 176, 110)), (92, (150, 120), (26, 50, 46))):
        lay(meadow, colour, levels(mist(seed, meadow.size, cells, 3), 130, 230), 0.3)
    return meadow


def paint_rock() -> Image.Image:
    rock = Image.new("RGB", (WIDTH, HEIGHT), (92, 84, 82))
    for seed, cells, strength in ((81, (26, 22), 0.75), (82, (70, 54), 0.4)):
        faces = relief(seed, cells, (4, 3))
        lay(rock, (206, 172, 138), levels(faces, 136, 225), strength)
        lay(rock, (30, 36, 46), levels(ImageChops.invert(faces), 136, 225), strength)
    return rock


def path(sheet: Image.Image) -> None:
    """Trodden ground that winds up from the shore, narrower the farther it is."""
    middle = coast([(y, x) for x, y in PATH], 74, 3)
    left = [(x - 3 - (y - 700) * 0.035, y) for y, x in middle]
    right = [(x + 3 + (y - 700) * 0.035, y) for y, x in reversed(middle)]
    lay(sheet, (206, 184, 142), polygon([*left, *right], blur=1.6), 0.6)


def shade_on_water(sheet: Image.Image, land: Image.Image) -> None:
    """What the dark foot takes from the light on the water before it."""
    shade = moved(land, -10, 46).filter(ImageFilter.GaussianBlur(20))
    lay(sheet, (18, 42, 54), shade, 0.6)


def stones(sheet: Image.Image) -> None:
    """Rocks off the point, wet and dark below."""
    rock = paint_rock()
    for number, (across, down, size) in enumerate(STONES):
        humps = ((-1.7, 0), (-1.2, -0.35), (-0.4, -0.75), (0.3, -0.6), (1.1, -0.3), (1.6, 0))
        top = coast([(across + size * x, down + size * y) for x, y in humps], 30 + number, size * 0.2)
        bottom = [(across + size * 1.4, down + size * 0.18), (across - size * 1.5, down + size * 0.16)]
        mask = polygon([*top, *bottom])
        lay(sheet, (16, 38, 50), moved(mask, -3, 10).filter(ImageFilter.GaussianBlur(6)), 0.6)
        lay(sheet, rock, mask)
        lay(sheet, (28, 34, 42), ImageChops.multiply(mask, moved(mask, 2, -round(size * 0.2))), 0.35)
        lay(sheet, (240, 206, 160), ImageChops.subtract(mask, moved(mask, 2, 4)), 0.45)
        wash = [(across - size * 1.9, down + size * 0.12), (across + size * 1.8, down + size * 0.12)]
        wash_along(sheet, [wash[0], (across, down + size * 0.3), wash[1]], 40 + number, 5)


def foam(sheet: Image.Image, foot: list[tuple[float, float]]) -> None:
    """The swell along the shore: one white line at the rocks, two fainter ones farther out."""
    for seed, away, thick in ((52, 2, 9), (53, 16, 5), (54, 34, 4)):
        line = [(x - away * 0.6, y + away * (0.4 + (x - 400) / 900)) for x, y in foot[::6]]
        wash_along(sheet, line, seed, thick)


def wash_along(sheet: Image.Image, line: list[tuple[float, float]], seed: int, thick: float) -> None:
    """Foam along a line, torn by chance into strips and flecks."""
    source = random.Random(seed)

    def flecks(draw: ImageDraw.ImageDraw) -> None:
        for (x0, y0), (x1, y1) in zip(line, line[1:], strict=False):
            for _ in range(max(3, round((x1 - x0) / 3))):
                share, size = source.random(), thick * source.uniform(0.3, 1)
                x, y = x0 + (x1 - x0) * share, y0 + (y1 - y0) * share + source.gauss(0, thick * 0.4)
                box = (x - 2.6 * size, y - 0.45 * size, x + 2.6 * size, y + 0.45 * size)
                draw.ellipse([2 * value for value in box], fill=source.randrange(70, 215))

    torn = levels(mist(seed, sheet.size, (44, 90), 4), 96, 170)
    lay(sheet, (244, 240, 228), ImageChops.multiply(shape(flecks, blur=1.4), torn), 0.9)
