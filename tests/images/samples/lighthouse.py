"""A lighthouse on a headland, at the end of the day."""

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from tests.images.samples.headland import headland
from tests.images.samples.painting import (
    HEIGHT,
    WIDTH,
    glow,
    grained,
    lay,
    levels,
    mist,
    polygon,
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
    sheet.paste(paint_air(), (0, 0))
    sheet.paste(sea(), (0, HORIZON))
    far_coast(sheet)
    headland(sheet)
    house(sheet)
    tower(sheet)
    sheet = light(sheet)
    return grained(vignetted(sheet), 12)


def paint_air() -> Image.Image:
    air = sky(SKY, HORIZON)
    drifting = levels(mist(3, (WIDTH + 10, HORIZON + 12), (3, 5), 6), 118, 200)
    shapes, lit = drifting.crop((0, 0, *air.size)), drifting.crop((10, 12, WIDTH + 10, HORIZON + 12))
    lay(air, (58, 84, 108), ImageChops.multiply(shapes, Image.new("L", air.size, 215)), 0.55)
    lay(air, (255, 214, 170), ImageChops.subtract(shapes, lit), 0.9)
    streaks = levels(mist(9, air.size, (2, 24), 4), 140, 210)
    low = Image.linear_gradient("L").resize(air.size)
    lay(air, (255, 190, 140), ImageChops.multiply(streaks, low), 0.6)
    return glow(air, (240, HORIZON - 10), 620, (120, 70, 30), 0.5).filter(ImageFilter.GaussianBlur(1))


def sea() -> Image.Image:
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


def far_coast(sheet: Image.Image) -> None:
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


def house(sheet: Image.Image) -> None:
    """The keeper's house: the long side to the viewer, the lit gable towards the evening."""
    lay(sheet, (24, 40, 40), polygon([(1150, 716), (1300, 714), (1330, 726), (1170, 730)], blur=5), 0.7)
    for left in (1172, 1262):
        lay(sheet, (120, 78, 68), upright(left, 566, 18, 46))
        lay(sheet, (70, 46, 46), upright(left + 9, 566, 9, 46), 0.7)
    lay(sheet, (232, 220, 200), polygon([(1146, 644), (1168, 598), (1190, 644), (1190, 716), (1146, 712)]))
    lay(sheet, (184, 178, 172), polygon([(1188, 640), (1304, 640), (1304, 712), (1188, 716)]))
    lay(sheet, (84, 84, 92), polygon([(1188, 640), (1304, 640), (1304, 654), (1188, 656)], blur=5), 0.5)
    lay(sheet, (150, 66, 54), polygon([(1164, 592), (1282, 592), (1312, 646), (1192, 648)]))
    tiles = levels(mist(15, sheet.size, (90, 130), 3), 120, 220)
    roof = polygon([(1164, 592), (1282, 592), (1312, 646), (1192, 648)])
    lay(sheet, (96, 40, 40), ImageChops.multiply(roof, tiles), 0.6)
    lay(sheet, (112, 52, 46), polygon([(1164, 592), (1170, 592), (1140, 648), (1134, 648)]))
    for left, top, wide, tall in ((1160, 662, 14, 20), (1206, 664, 17, 22), (1272, 664, 17, 22)):
        lay(sheet, (110, 84, 70), upright(left - 2, top - 2, wide + 4, tall + 4))
        lay(sheet, (255, 216, 140), upright(left, top, wide, tall))
        lay(sheet, (150, 110, 80), upright(left + wide / 2 - 1, top, 2, tall))
    lay(sheet, (70, 88, 92), upright(1240, 666, 18, 47))


def upright(left: float, top: float, wide: float, tall: float) -> Image.Image:
    return polygon([(left, top), (left + wide, top), (left + wide, top + tall), (left, top + tall)], blur=0.5)


def tower(sheet: Image.Image) -> None:
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
    lantern(sheet)


def lantern(sheet: Image.Image) -> None:
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


def light(sheet: Image.Image) -> Image.Image:
    beam = polygon([(1050, 262), (-40, 120), (-40, 270), (1050, 274)], blur=7)
    fade = Image.linear_gradient("L").transpose(Image.Transpose.ROTATE_90).resize(sheet.size)
    beam = ImageChops.multiply(beam, fade.point(lambda value: round(value * 0.9)))
    lay(sheet, (255, 240, 200), beam, 0.8)
    sheet = glow(sheet, LAMP, 260, (200, 150, 80))
    return glow(sheet, LAMP, 52, (255, 240, 200))
