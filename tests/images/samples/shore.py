"""What stands at the harbour's edge: a red boathouse on its islet, and the jetty one looks from."""

from functools import partial

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from tests.images.samples.painting import coast, lay, levels, mist, moved, polygon, relief, rippled, shape

HORIZON = 640
WATERLINE = 704
VANISHING = 720
PINES = ((-10, 118), (26, 150), (64, 104), (298, 84), (324, 58))
ISLET = ((-60, 648), (60, 634), (180, 650), (280, 662), (350, 684), (416, WATERLINE))


def boathouse(sheet: Image.Image) -> None:
    """The islet and what is on it, then the same upside down in the water."""
    place, mask = sheet.copy(), Image.new("L", sheet.size, 0)
    pines(place, mask)
    rock(place, mask)
    house(place, mask)
    box = (0, WATERLINE - 240, sheet.width, WATERLINE)
    upside = Image.Transpose.FLIP_TOP_BOTTOM
    shown, where = place.crop(box).transpose(upside), mask.crop(box).transpose(upside)
    dim = Image.blend(rippled(shown, 61, 5, 0.4), Image.new("RGB", shown.size, (92, 84, 122)), 0.42)
    fade = Image.linear_gradient("L").resize(where.size).point(lambda value: 235 - value * 3 // 5)
    seen = ImageChops.multiply(rippled(where, 61, 5, 0.4), fade)
    sheet.paste(dim, (0, WATERLINE), seen.filter(ImageFilter.GaussianBlur(0.8)))
    sheet.paste(place, (0, 0), mask)
    line = polygon(
        [(-9, WATERLINE - 2), (414, WATERLINE - 2), (420, WATERLINE + 2), (-9, WATERLINE + 2)], 1.2
    )
    lay(sheet, (255, 206, 184), line, 0.4)


def stand(place: Image.Image, mask: Image.Image, paint: tuple[int, int, int], part: Image.Image) -> None:
    """Paint a part and note where it is."""
    lay(place, paint, part)
    mask.paste(255, (0, 0, *mask.size), part)


def pines(place: Image.Image, mask: Image.Image) -> None:
    for number, (across, height) in enumerate(PINES):
        foot, half = 682, height * 0.2
        tiers = [(0.0, 0.0)]
        for tier in range(1, 7):
            wide = half * (0.2 + 0.8 * tier / 6) * (1.1 if (tier + number) % 2 else 0.92)
            tiers += [(wide, tier / 6.6), (wide * 0.5, tier / 6.6 - 0.015)]
        right = [(across + x, foot - height * (1 - y)) for x, y in tiers]
        left = [(across - x, y) for (x, _), (_, y) in zip(reversed(tiers), reversed(right), strict=True)]
        tree = polygon([*right, (across, foot), *left])
        stand(place, mask, (58, 56, 80), tree)
        lay(place, (226, 154, 132), ImageChops.subtract(tree, moved(tree, -2, 1)), 0.5)


def rock(place: Image.Image, mask: Image.Image) -> None:
    islet = polygon([*coast(ISLET, 62, 7), (416, WATERLINE), (-60, WATERLINE)])
    stand(place, mask, (84, 74, 94), islet)
    faces = relief(63, (46, 36), (-4, 3))
    lay(place, (236, 176, 150), ImageChops.multiply(islet, levels(faces, 140, 235)), 0.6)
    lay(place, (44, 42, 66), ImageChops.multiply(islet, levels(ImageChops.invert(faces), 140, 235)), 0.6)
    lay(place, (255, 206, 166), ImageChops.subtract(islet, moved(islet, -2, 4)), 0.5)


def house(place: Image.Image, mask: Image.Image) -> None:
    """Planks painted red, white at the corners; the gable looks at the sun."""
    stand(place, mask, (74, 64, 78), polygon([(86, 662), (272, 662), (272, 676), (86, 676)]))
    stand(place, mask, (132, 46, 48), polygon([(92, 578), (196, 578), (196, 664), (92, 664)]))
    stand(place, mask, (190, 68, 56), polygon([(194, 580), (230, 522), (266, 580), (266, 664), (194, 664)]))
    lay(place, (78, 28, 40), ImageChops.multiply(shape(planks), mask), 0.4)
    stand(place, mask, (62, 54, 72), polygon([(112, 516), (230, 514), (192, 584), (82, 584)]))
    lay(place, (148, 118, 130), polygon([(112, 516), (230, 514), (229, 518), (111, 520)]), 0.8)
    stand(place, mask, (250, 224, 200), shape(boards))
    for left, right in ((108, 132), (152, 176), (218, 242)):
        down = 600 if right < 200 else 588
        lay(
            place,
            (244, 226, 214),
            polygon([(left, down), (right, down), (right, down + 30), (left, down + 30)]),
        )
        glass = [(left + 3, down + 3), (right - 3, down + 3), (right - 3, down + 27), (left + 3, down + 27)]
        lay(place, (255, 208, 120), polygon(glass))
        bars = [(left + 11, down), (left + 13, down), (left + 13, down + 30), (left + 11, down + 30)]
        lay(place, (244, 226, 214), polygon(bars))


def planks(draw: ImageDraw.ImageDraw) -> None:
    for across in range(98, 266, 7):
        top = 578 if across < 194 else 524 + abs(across - 230) * 1.6
        draw.line((2 * across, 2 * top, 2 * across, 2 * 664), fill=255, width=2)


def boards(draw: ImageDraw.ImageDraw) -> None:
    """White boards along the gable and down its corners."""
    for x0, y0, x1, y1 in (
        (190, 584, 230, 518),
        (230, 518, 270, 584),
        (195, 580, 195, 664),
        (265, 580, 265, 664),
    ):
        draw.line((2 * x0, 2 * y0, 2 * x1, 2 * y1), fill=255, width=9)


def jetty(sheet: Image.Image) -> None:
    """A deck that leads towards the far shore, plank by plank, with posts on either side."""
    rows = [HORIZON + 640 / (1 + 0.075 * step) for step in range(22)]
    near, far = rows[0], rows[-1]
    edge = [(edge_at(near, True), near), (edge_at(far, True), far), (edge_at(far, True), far + 14)]
    side = polygon([*edge, (edge_at(near, True), near + 62)])
    deck = polygon([(edge_at(near, False), near), (edge_at(far, False), far), edge[1], edge[0]])
    shade = moved(ImageChops.lighter(side, deck), 16, 34).filter(ImageFilter.GaussianBlur(12))
    lay(sheet, (30, 32, 64), shade, 0.6)
    posts(sheet, rows[1::4], True, under=True)
    lay(sheet, (42, 36, 56), side)
    lay(sheet, (96, 80, 98), deck)
    boarding(sheet, rows, deck)
    lay(sheet, (255, 196, 158), ImageChops.subtract(deck, moved(deck, -2, 1)), 0.5)
    for right in (False, True):
        posts(sheet, rows[1::4], right)


def edge_at(down: float, right: bool) -> float:
    """Where an edge of the deck is at this height: both run to one point on the horizon."""
    return VANISHING - (down - HORIZON) * (0.86 if right else 1.72)


def boarding(sheet: Image.Image, rows: list[float], deck: Image.Image) -> None:
    grain = levels(mist(64, sheet.size, (14, 150), 3), 110, 210)
    lay(sheet, (50, 42, 66), ImageChops.multiply(grain, deck), 0.5)
    tones = mist(65, (len(rows), 1), (len(rows), 2), 1).tobytes()
    for tone, below, above in zip(tones, rows, rows[1:], strict=False):
        corners = [(edge_at(below, False), below), (edge_at(above, False), above)]
        plank = polygon([*corners, (edge_at(above, True), above), (edge_at(below, True), below)])
        lay(sheet, (206, 146, 134) if tone > 128 else (44, 38, 62), plank, abs(tone - 128) / 420)
        gap = (below - HORIZON) * 0.006
        seam = [(edge_at(below, False), below - gap), (edge_at(below, True), below - gap)]
        lay(
            sheet,
            (30, 26, 46),
            polygon([*seam, (edge_at(below, True), below + gap), (edge_at(below, False), below + gap)]),
        )
        light = [(edge_at(below, False), below + gap), (edge_at(below, True), below + gap)]
        thin = [(edge_at(below, True), below + 2 * gap), (edge_at(below, False), below + 2 * gap)]
        lay(sheet, (255, 196, 164), polygon([*light, *thin]), 0.35)


def posts(sheet: Image.Image, rows: list[float], right: bool, under: bool = False) -> None:
    """Round posts with a lit side; `under` gives what of them stands in the water, with its mirror image."""
    for down in reversed(rows):
        size = (down - HORIZON) / 560
        across = edge_at(down, right) + (6 if right else -6) * size
        top, foot = (down, down + 170 * size) if under else (down - 104 * size, down + 16 * size)
        half = 19 * size
        post = polygon(
            [(across - half, top), (across + half, top), (across + half, foot), (across - half, foot)]
        )
        lay(sheet, (46, 40, 60), post, 0.75 if under else 1.0)
        if not under:
            lit = [
                (across + half * 0.35, top),
                (across + half, top),
                (across + half, foot),
                (across + half * 0.35, foot),
            ]
            lay(sheet, (214, 142, 122), ImageChops.multiply(polygon(lit, blur=3 * size), post), 0.75)
            cap = [2 * value for value in (across - half, top - 6 * size, across + half, top + 6 * size)]
            lay(sheet, (226, 170, 150), shape(partial(ImageDraw.ImageDraw.ellipse, xy=cap, fill=255)))
