"""A lighthouse on a headland, at the end of the day."""

import random
from math import cos, sin

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from tests.images.samples.painting import (
    HEIGHT,
    WIDTH,
    glow,
    grained,
    lay,
    levels,
    mist,
    moved,
    polygon,
    relief,
    shape,
    sky,
    vignetted,
)

HORIZON = 760
LAMP = (1056, 262)
SKY = (
    (0.0, (30, 62, 92)),
    (0.35, (72, 118, 138)),
    (0.65, (156, 176, 170)),
    (0.86, (236, 206, 160)),
    (1.0, (248, 186, 130)),
)
SEA = ((0.0, (196, 166, 138)), (0.12, (120, 138, 142)), (0.5, (52, 92, 108)), (1.0, (20, 50, 68)))
TOWER = ((1020, 316), (1092, 316), (1118, 700), (994, 700))


def lighthouse() -> Image.Image:
    sheet = Image.new("RGB", (WIDTH, HEIGHT))
    sheet.paste(_air(), (0, 0))
    sheet.paste(_sea(), (0, HORIZON))
    _far_coast(sheet)
    _headland(sheet)
    _stones(sheet)
    _foam(sheet)
    _house(sheet)
    _tower(sheet)
    sheet = _light(sheet)
    return grained(vignetted(sheet), 12)


def _air() -> Image.Image:
    air = sky(SKY, HORIZON)
    drifting = levels(mist(3, (WIDTH + 10, HORIZON + 12), (3, 5), 6), 118, 200)
    shapes, lit = drifting.crop((0, 0, *air.size)), drifting.crop((10, 12, WIDTH + 10, HORIZON + 12))
    lay(air, (58, 84, 108), ImageChops.multiply(shapes, Image.new("L", air.size, 215)), 0.55)
    lay(air, (255, 214, 170), ImageChops.subtract(shapes, lit), 0.9)
    streaks = levels(mist(9, air.size, (2, 24), 4), 140, 210)
    low = Image.linear_gradient("L").resize(air.size)
    lay(air, (255, 190, 140), ImageChops.multiply(streaks, low), 0.6)
    return glow(air, (240, HORIZON - 10), 620, (120, 70, 30), 0.5).filter(ImageFilter.GaussianBlur(1))


def _sea() -> Image.Image:
    height = HEIGHT - HORIZON
    water = sky(SEA, height)
    bands = ((0, 40, 90, 60), (40, 130, 40, 44), (130, 270, 16, 30), (270, height, 7, 16))
    for number, (top, bottom, across, down) in enumerate(bands):
        waves = mist(60 + number, (WIDTH, bottom - top), (across, down), 3)
        crests, troughs = levels(waves, 150, 215), levels(ImageChops.invert(waves), 150, 215)
        band = water.crop((0, top, WIDTH, bottom))
        lay(band, (206, 196, 176), crests, 0.42)
        lay(band, (14, 40, 58), troughs, 0.45)
        water.paste(band, (0, top))
    return water


def _far_coast(sheet: Image.Image) -> None:
    line = [
        (0, HORIZON),
        (0, HORIZON - 34),
        (150, HORIZON - 46),
        (330, HORIZON - 22),
        (520, HORIZON - 12),
        (640, HORIZON),
    ]
    lay(sheet, (128, 134, 140), polygon(line, blur=1.5), 0.85)
    sail = [(352, HORIZON + 8), (356, HORIZON - 40), (374, HORIZON + 4)]
    lay(sheet, (246, 226, 200), polygon(sail, blur=0.6), 0.9)
    lay(
        sheet,
        (70, 74, 86),
        polygon([(338, HORIZON + 9), (380, HORIZON + 8), (374, HORIZON + 15), (344, HORIZON + 15)]),
    )


def _cliff() -> list[tuple[float, float]]:
    source = random.Random(77)
    top = [
        (560, 905),
        (640, 862),
        (720, 812),
        (790, 772),
        (850, 742),
        (930, 708),
        (1010, 694),
        (1120, 694),
        (1240, 716),
        (1380, 700),
        (1610, 668),
    ]
    line: list[tuple[float, float]] = []
    for (x0, y0), (x1, y1) in zip(top, top[1:], strict=False):
        for step in range(12):
            share = step / 12
            rough = 5 if x0 > 850 else 11
            line.append(
                (x0 + (x1 - x0) * share, y0 + (y1 - y0) * share + source.uniform(-rough, rough) * 0.5)
            )
    foot: list[tuple[float, float]] = [
        (980, 1210),
        (900, 1130),
        (800, 1072),
        (720, 1010),
        (640, 960),
        (588, 930),
    ]
    jagged = [(x + source.uniform(-16, 12), y + source.uniform(-8, 8)) for x, y in _between(foot, 9)]
    return [*line, (1610, 668), (1610, 1210), *jagged]


def _between(points: list[tuple[float, float]], steps: int) -> list[tuple[float, float]]:
    pairs = zip(points, points[1:], strict=False)
    shares = [step / steps for step in range(steps)]
    return [
        (x0 + (x1 - x0) * share, y0 + (y1 - y0) * share) for (x0, y0), (x1, y1) in pairs for share in shares
    ]


def _headland(sheet: Image.Image) -> None:
    mask = polygon(_cliff())
    rock = Image.new("RGB", sheet.size, (84, 76, 74))
    for seed, cells, strength in ((81, (5, 4), 0.9), (82, (13, 17), 0.5)):
        faces = relief(seed, cells, (7, 5))
        lay(rock, (214, 170, 132), levels(faces, 132, 215), strength)
        lay(rock, (22, 28, 38), levels(ImageChops.invert(faces), 132, 215), strength)
    lay(rock, (120, 104, 94), levels(mist(83, sheet.size, (5, 34), 5), 120, 190), 0.4)
    shade = Image.linear_gradient("L").resize((WIDTH, 560))
    dark = Image.new("L", sheet.size, 0)
    dark.paste(shade, (0, HEIGHT - 560))
    lay(rock, (16, 26, 38), dark, 0.7)
    lay(sheet, rock, mask)
    _grass(sheet, mask)


def _grass(sheet: Image.Image, land: Image.Image) -> None:
    tuft = mist(91, sheet.size, (40, 60), 5)
    depth = ImageChops.subtract(land, moved(land, 30, 74).filter(ImageFilter.GaussianBlur(26)))
    edge = levels(ImageChops.multiply(depth, levels(tuft, 60, 170)), 40, 150)
    edge = ImageChops.multiply(edge, land)
    meadow = Image.new("RGB", sheet.size, (74, 92, 62))
    lay(meadow, (150, 146, 88), levels(tuft, 130, 200), 0.7)
    lay(meadow, (36, 58, 50), levels(ImageChops.invert(tuft), 130, 200), 0.6)
    lay(sheet, meadow, edge, 0.95)
    rim = ImageChops.subtract(land, moved(land, 2, 5))
    lay(sheet, (255, 214, 150), rim, 0.3)


def _stones(sheet: Image.Image) -> None:
    """Some rocks before the foot of the cliff, with a wet shine."""
    source = random.Random(23)
    places = (
        (470, 930, 26),
        (526, 968, 34),
        (612, 1040, 44),
        (700, 1112, 60),
        (430, 968, 15),
        (566, 1012, 20),
    )
    for across, down, size in places:
        turns = [(place * 0.7, source.uniform(0.75, 1.15)) for place in range(9)]
        points = [
            (across + size * far * cos(turn) * 1.5, down + size * far * sin(turn) * 0.55)
            for turn, far in turns
        ]
        mask = polygon([(x, min(y, down + size * 0.2)) for x, y in points])
        lay(sheet, (40, 42, 50), mask)
        lay(sheet, (190, 152, 122), ImageChops.subtract(mask, moved(mask, 6, 5)), 0.7)


def _foam(sheet: Image.Image) -> None:
    source = random.Random(19)
    foot = [
        (420, 940),
        (500, 950),
        (588, 952),
        (640, 980),
        (700, 1030),
        (760, 1090),
        (860, 1140),
        (960, 1215),
    ]

    def splashes(draw: ImageDraw.ImageDraw) -> None:
        for (x0, y0), (x1, y1) in zip(foot, foot[1:], strict=False):
            for _ in range(46):
                share, size = source.random(), source.uniform(3, 13)
                across = x0 + (x1 - x0) * share - source.expovariate(1 / 26)
                down = y0 + (y1 - y0) * share + source.uniform(-7, 12)
                box = (across - 2.4 * size, down - size * 0.5, across + 2.4 * size, down + size * 0.5)
                draw.ellipse([2 * value for value in box], fill=source.randrange(90, 230))

    torn = levels(mist(20, sheet.size, (50, 80), 4), 90, 170)
    lay(sheet, (238, 236, 226), ImageChops.multiply(shape(splashes, blur=2.2), torn), 0.9)


def _house(sheet: Image.Image) -> None:
    lay(sheet, (210, 198, 180), polygon([(1130, 640), (1262, 640), (1262, 716), (1130, 712)]))
    lay(sheet, (158, 146, 138), polygon([(1200, 640), (1262, 640), (1262, 716), (1200, 714)]))
    lay(sheet, (96, 60, 54), polygon([(1222, 570), (1240, 570), (1240, 604), (1222, 604)]))
    lay(sheet, (142, 68, 56), polygon([(1118, 646), (1150, 596), (1206, 596), (1206, 646)]))
    lay(sheet, (104, 50, 46), polygon([(1206, 596), (1246, 596), (1276, 646), (1206, 646)]))
    for left in (1146, 1176, 1224):
        window = [(left, 662), (left + 16, 662), (left + 16, 684), (left, 684)]
        lay(sheet, (255, 212, 134), polygon(window, blur=0.8))


def _tower(sheet: Image.Image) -> None:
    mask = polygon(TOWER)
    paint = Image.new("RGB", sheet.size, (240, 234, 222))
    for top, bottom in ((400, 478), (560, 636)):
        lay(paint, (178, 50, 44), polygon([(900, top), (1200, top + 6), (1200, bottom + 6), (900, bottom)]))
    lay(paint, (120, 120, 128), levels(mist(7, sheet.size, (80, 8), 4), 150, 230), 0.16)
    for start, strength in ((1052, 0.35), (1078, 0.45), (1100, 0.4)):
        lay(
            paint,
            (34, 48, 72),
            polygon([(start, 200), (1200, 200), (1200, 760), (start + 10, 760)], blur=14),
            strength,
        )
    lay(paint, (255, 224, 180), polygon([(1004, 300), (1030, 300), (1018, 720), (980, 720)], blur=9), 0.5)
    lay(sheet, paint, mask)
    for down in (352, 520, 662):
        lay(
            sheet,
            (44, 52, 64),
            polygon([(1050, down), (1062, down), (1062, down + 24), (1050, down + 24)], blur=0.7),
        )
    _lantern(sheet)


def _lantern(sheet: Image.Image) -> None:
    lay(sheet, (52, 54, 62), polygon([(1004, 304), (1108, 304), (1100, 322), (1012, 322)]))
    lay(sheet, (255, 236, 184), polygon([(1028, 236), (1084, 236), (1086, 302), (1026, 302)], blur=0.6))

    def frame(draw: ImageDraw.ImageDraw) -> None:
        for across in (1028, 1042, 1056, 1070, 1084):
            draw.line((2 * across, 2 * 236, 2 * across, 2 * 304), fill=255, width=4)
        for across in range(1006, 1110, 10):
            draw.line((2 * across, 2 * 284, 2 * across, 2 * 306), fill=230, width=3)
        draw.line((2 * 1004, 2 * 284, 2 * 1108, 2 * 284), fill=255, width=4)

    lay(sheet, (46, 46, 56), shape(frame))
    lay(sheet, (150, 44, 40), polygon([(1020, 238), (1056, 200), (1092, 238)]))
    lay(sheet, (96, 30, 34), polygon([(1058, 202), (1092, 238), (1062, 238)], blur=2), 0.7)
    lay(sheet, (60, 40, 44), polygon([(1053, 180), (1059, 180), (1059, 206), (1053, 206)]))


def _light(sheet: Image.Image) -> Image.Image:
    beam = polygon([(1050, 262), (-40, 120), (-40, 270), (1050, 274)], blur=7)
    fade = Image.linear_gradient("L").transpose(Image.Transpose.ROTATE_90).resize(sheet.size)
    beam = ImageChops.multiply(beam, fade.point(lambda value: round(value * 0.9)))
    lay(sheet, (255, 240, 200), beam, 0.8)
    sheet = glow(sheet, LAMP, 260, (200, 150, 80))
    return glow(sheet, LAMP, 52, (255, 240, 200))
