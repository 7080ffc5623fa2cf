"""A timetable on a sunlit wall: a picture with words to be read."""

import random
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from tests.images.samples.painting import (
    HEIGHT,
    WIDTH,
    Colour,
    grained,
    lay,
    levels,
    mist,
    moved,
    polygon,
    relief,
    shape,
    vignetted,
)

PLATE = (400, 150, 1200, 850)
LEDGE = 985
NAVY, CREAM, GOLD = (24, 52, 88), (246, 238, 218), (232, 186, 96)
LINES = (
    ("To the islands", "daily"),
    ("Morning", "07:40"),
    ("Noon", "12:15"),
    ("Evening", "18:05"),
    ("Last boat back", "21:30"),
)


def timetable() -> Image.Image:
    sheet = paint_wall()
    paint_plate(sheet)
    paint_words(sheet)
    screws(sheet)
    ledge(sheet)
    pot(sheet, 1372, LEDGE + 4)
    sunlight(sheet)
    return grained(vignetted(sheet), 13)


def paint_wall() -> Image.Image:
    wall = Image.new("RGB", (WIDTH, HEIGHT), (222, 204, 176))
    lay(wall, (238, 224, 198), levels(mist(101, wall.size, (4, 3), 6), 100, 190), 0.8)
    lay(wall, (196, 170, 140), levels(mist(102, wall.size, (6, 4), 6), 140, 215), 0.6)
    grit = relief(103, (60, 45), (2, 2))
    lay(wall, (255, 244, 222), levels(grit, 140, 230), 0.35)
    lay(wall, (150, 124, 100), levels(ImageChops.invert(grit), 140, 230), 0.35)
    for seed, start in ((7, (90, -10)), (9, (1495, 420))):
        lay(wall, (140, 114, 92), crack(seed, start), 0.7)
    return wall


def crack(seed: int, start: tuple[float, float]) -> Image.Image:
    source = random.Random(seed)
    points = [start]
    for _ in range(24):
        points.append((points[-1][0] + source.uniform(-9, 11), points[-1][1] + source.uniform(6, 18)))
    return shape(lambda draw: draw.line([(2 * x, 2 * y) for x, y in points], fill=255, width=3), blur=0.5)


def rounded(inset: float, corner: float, blur: float = 0) -> Image.Image:
    left, top, right, bottom = PLATE
    box = (2 * (left + inset), 2 * (top + inset), 2 * (right - inset), 2 * (bottom - inset))
    return shape(lambda draw: draw.rounded_rectangle(box, 2 * corner, fill=255), blur)


def paint_plate(sheet: Image.Image) -> None:
    lay(sheet, (96, 74, 64), moved(rounded(0, 34, blur=16), 20, 26), 0.6)
    plate = rounded(0, 34)
    enamel = Image.new("RGB", sheet.size, NAVY)
    shine = Image.linear_gradient("L").rotate(35).resize(sheet.size)
    lay(enamel, (66, 104, 146), levels(ImageChops.invert(shine), 90, 250), 0.55)
    lay(enamel, (12, 28, 56), levels(mist(111, sheet.size, (5, 4), 4), 150, 230), 0.3)
    lay(sheet, enamel, plate)
    ring = ImageChops.subtract(rounded(22, 20), rounded(29, 15))
    lay(sheet, CREAM, ring)
    edge = ImageChops.subtract(plate, moved(plate, 3, 4))
    lay(sheet, (190, 208, 228), edge, 0.7)
    worn = ImageChops.multiply(
        ImageChops.subtract(plate, rounded(9, 28)), levels(mist(112, sheet.size, (30, 24), 4), 190, 215)
    )
    lay(sheet, (122, 74, 46), worn, 0.9)


def paint_words(sheet: Image.Image) -> None:
    """All words at twice the size, then halved, with a soft edge as enamel has it."""
    large = Image.new("L", (2 * WIDTH, 2 * HEIGHT), 0)
    gold = Image.new("L", large.size, 0)
    draw, title = ImageDraw.Draw(large), ImageDraw.Draw(gold)
    middle = PLATE[0] + PLATE[2]
    title.text((middle, 2 * 268), "HARBOUR FERRY", font=ImageFont.load_default(150), fill=255, anchor="mm")
    title.rectangle((middle - 560, 2 * 336, middle + 560, 2 * 339), fill=255)
    for row, (words, time) in enumerate(LINES):
        down = 2 * (400 + 77 * row)
        font = ImageFont.load_default(104 if row else 92)
        draw.text((2 * (PLATE[0] + 84), down), words, font=font, fill=255, anchor="lm")
        draw.text((2 * (PLATE[2] - 84), down), time, font=font, fill=255, anchor="rm")
    small = ImageFont.load_default(56)
    draw.text(
        (middle, 2 * 779), "Bicycles travel free  ·  Tickets on board", font=small, fill=225, anchor="mm"
    )
    for letters, colour in ((gold, GOLD), (large, CREAM)):
        mask = letters.reduce(2)
        lay(sheet, (8, 20, 40), moved(mask, 2, 3).filter(ImageFilter.GaussianBlur(1.5)), 0.5)
        lay(sheet, colour, mask)


def screws(sheet: Image.Image) -> None:
    left, top, right, bottom = PLATE
    for across in (left + 46, right - 46):
        for down in (top + 46, bottom - 46):
            for radius, colour, shift in (
                (13, (10, 22, 42), 2),
                (12, (176, 168, 150), 0),
                (9, (214, 206, 186), -1),
            ):
                disc(sheet, (across + shift, down + shift), radius, colour)
            slot = [
                (across - 8, down - 4),
                (across + 7, down + 5),
                (across + 8, down + 3),
                (across - 7, down - 6),
            ]
            lay(sheet, (74, 66, 58), polygon(slot))


def disc(
    sheet: Image.Image, centre: tuple[float, float], radius: float, colour: Colour, flat: float = 1.0
) -> None:
    across, down = centre
    box = (across - radius, down - radius * flat, across + radius, down + radius * flat)
    lay(sheet, colour, shape(lambda draw: draw.ellipse([2 * value for value in box], fill=255)))


def ledge(sheet: Image.Image) -> None:
    stone = Image.new("RGB", sheet.size, (186, 176, 162))
    faces = relief(121, (40, 30), (2, 3))
    lay(stone, (226, 218, 202), levels(faces, 136, 225), 0.5)
    lay(stone, (116, 106, 98), levels(ImageChops.invert(faces), 136, 225), 0.5)
    lay(
        sheet,
        (120, 96, 80),
        polygon([(0, LEDGE - 30), (WIDTH, LEDGE - 30), (WIDTH, LEDGE), (0, LEDGE)], blur=14),
        0.35,
    )
    lay(sheet, stone, polygon([(0, LEDGE), (WIDTH, LEDGE), (WIDTH, HEIGHT), (0, HEIGHT)]))
    lay(
        sheet,
        (240, 230, 212),
        polygon([(0, LEDGE), (WIDTH, LEDGE), (WIDTH, LEDGE + 62), (0, LEDGE + 62)]),
        0.35,
    )
    lay(
        sheet,
        (84, 74, 70),
        polygon([(0, LEDGE + 64), (WIDTH, LEDGE + 64), (WIDTH, HEIGHT), (0, HEIGHT)], blur=3),
        0.5,
    )


def pot(sheet: Image.Image, across: int, foot: int) -> None:
    ground = beside(across, ((-86, foot + 20), (190, foot + 26), (150, foot + 46), (-60, foot + 44)), blur=10)
    lay(sheet, (70, 56, 50), ground, 0.6)
    plant(sheet, across, foot - 150)
    clay = paint_clay(sheet.size, across)
    body = ((-78, foot - 120), (78, foot - 120), (58, foot + 34), (-58, foot + 34))
    below_rim = ((-78, foot - 114), (78, foot - 114), (76, foot - 100), (-76, foot - 100))
    rim = ((-90, foot - 162), (90, foot - 162), (84, foot - 114), (-84, foot - 114))
    lay(sheet, clay, beside(across, body))
    lay(sheet, (70, 34, 28), beside(across, below_rim, blur=2), 0.6)
    lay(sheet, clay, beside(across, rim))


def beside(across: int, points: Sequence[tuple[float, float]], blur: float = 0) -> Image.Image:
    """A polygon whose points are told by their distance from a middle line."""
    return polygon([(across + x, y) for x, y in points], blur)


def paint_clay(size: tuple[int, int], across: int) -> Image.Image:
    """Terracotta, lit from the left."""
    clay = Image.new("RGB", size, (190, 100, 66))
    light = beside(across, ((-90, 0), (-40, 0), (-40, HEIGHT), (-70, HEIGHT)), blur=14)
    shade = beside(across, ((20, 0), (120, 0), (120, HEIGHT), (30, HEIGHT)), blur=18)
    lay(clay, (230, 146, 104), light, 0.8)
    lay(clay, (104, 48, 36), shade, 0.8)
    lay(clay, (224, 190, 160), levels(mist(131, size, (24, 18), 5), 165, 220), 0.35)
    return clay


def plant(sheet: Image.Image, across: int, foot: int) -> None:
    """Lavender: thin stalks that lean apart, each with a spike of flowers."""
    source = random.Random(141)
    stalks = sorted((max(-1.5, min(1.5, source.gauss(0, 0.9))), source.uniform(180, 330)) for _ in range(46))
    source.shuffle(stalks)
    for lean, height in stalks:
        tip = (across + lean * 74, foot - height)
        bend = (across + lean * 22, foot - height * 0.5)
        green = source.choice(((72, 104, 74), (98, 128, 86), (58, 84, 66)))
        line = [(2 * x, 2 * y) for x, y in ((across + lean * 14, foot + 4), bend, tip)]
        lay(sheet, green, stroke(line))
        spike(sheet, source, tip)


def stroke(line: list[tuple[float, float]]) -> Image.Image:
    return shape(lambda draw: draw.line(line, fill=255, width=6, joint="curve"))


def spike(sheet: Image.Image, source: random.Random, tip: tuple[float, float]) -> None:
    for colour in ((96, 72, 140), (134, 104, 178), (178, 150, 214)):
        dots = [
            (tip[0] + source.gauss(0, 4.5), tip[1] + source.uniform(-10, 62), source.uniform(3, 6))
            for _ in range(12)
        ]

        def flowers(draw: ImageDraw.ImageDraw, dots: list[tuple[float, float, float]] = dots) -> None:
            for x, y, size in dots:
                draw.ellipse(
                    [2 * (x - size), 2 * (y - size * 1.2), 2 * (x + size), 2 * (y + size * 1.2)], fill=255
                )

        lay(sheet, colour, shape(flowers), 0.9)


def sunlight(sheet: Image.Image) -> None:
    """The shade of leaves that the sun throws on the wall from the upper left."""
    source = random.Random(151)

    def leaves(draw: ImageDraw.ImageDraw) -> None:
        for _ in range(150):
            across, down = source.gauss(60, 230), source.gauss(40, 170)
            size, turn = source.uniform(26, 58), source.uniform(0.3, 0.6)
            draw.ellipse(
                [
                    2 * (across - size),
                    2 * (down - size * turn),
                    2 * (across + size),
                    2 * (down + size * turn),
                ],
                fill=255,
            )

    shade = shape(leaves, blur=7)
    lay(sheet, (72, 58, 84), shade, 0.42)
    warm = ImageChops.invert(Image.linear_gradient("L")).rotate(-30).resize(sheet.size)
    lay(sheet, (255, 226, 170), warm, 0.16)
