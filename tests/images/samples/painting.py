"""Brushes for pictures of our own: gradients, mist, textures, smooth shapes. The same seed paints the same."""

import random
from collections.abc import Callable, Sequence

from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1600, 1200
Colour = tuple[int, int, int]
Stop = tuple[float, Colour]


def blend(first: Colour, second: Colour, share: float) -> Colour:
    red, green, blue = (round(one + (other - one) * share) for one, other in zip(first, second, strict=True))
    return red, green, blue


def sky(stops: Sequence[Stop], height: int) -> Image.Image:
    """A gradient from top to bottom through colours at shares of the height, without edges at the stops."""
    column = Image.new("RGB", (1, height))
    for row in range(height):
        column.putpixel((0, row), colour_at(stops, row / max(1, height - 1)))
    return column.resize((WIDTH, height))


def colour_at(stops: Sequence[Stop], place: float) -> Colour:
    for (start, first), (end, second) in zip(stops, stops[1:], strict=False):
        if place <= end:
            share = max(0.0, (place - start) / (end - start))
            return blend(first, second, share * share * (3 - 2 * share))
    return stops[-1][1]


def mist(seed: int, size: tuple[int, int], cells: tuple[int, int], octaves: int = 5) -> Image.Image:
    """Soft grey noise with details within details; cells across and down of the coarsest."""
    source = random.Random(seed)
    sheet = Image.new("L", size, 128)
    for octave in range(octaves):
        grid = max(2, cells[0] << octave), max(2, cells[1] << octave)
        layer = Image.frombytes("L", grid, source.randbytes(grid[0] * grid[1]))
        layer = layer.resize(size, Image.Resampling.BICUBIC)
        sheet = layer if octave == 0 else Image.blend(sheet, layer, 0.5**octave / (2 - 0.5**octave) * 1.1)
    return sheet


def levels(sheet: Image.Image, low: int, high: int, top: int = 255) -> Image.Image:
    """Stretch the greys between two values over the whole range, and cut off the rest."""
    return sheet.point(lambda value: max(0, min(top, round((value - low) * top / (high - low)))))


def shape(draw: Callable[[ImageDraw.ImageDraw], None], blur: float = 0) -> Image.Image:
    """A mask with smooth edges, drawn at twice the size: all coordinates are doubled by who draws."""
    large = Image.new("L", (2 * WIDTH, 2 * HEIGHT), 0)
    draw(ImageDraw.Draw(large))
    mask = large.reduce(2)
    return mask.filter(ImageFilter.GaussianBlur(blur)) if blur else mask


def polygon(points: Sequence[tuple[float, float]], blur: float = 0) -> Image.Image:
    doubled = [(2 * across, 2 * down) for across, down in points]
    return shape(lambda draw: draw.polygon(doubled, fill=255), blur)


def lay(sheet: Image.Image, paint: Colour | Image.Image, mask: Image.Image, strength: float = 1.0) -> None:
    """Put a colour or a picture on a sheet where the mask says so."""
    if strength < 1:
        mask = mask.point(lambda value: round(value * strength))
    sheet.paste(paint, (0, 0, *sheet.size) if not isinstance(paint, Image.Image) else (0, 0), mask)


def moved(sheet: Image.Image, across: int, down: int) -> Image.Image:
    """The same greys elsewhere; at the edges they stay as they were."""
    away = sheet.copy()
    away.paste(sheet, (across, down))
    return away


def relief(seed: int, cells: tuple[int, int], light: tuple[int, int]) -> Image.Image:
    """A rough ground lit from one side: ridges of noise, each bright towards the light and dark behind."""
    ground = mist(seed, (WIDTH, HEIGHT), cells, 6).point(lambda value: 255 - min(255, abs(value - 128) * 5))
    ground = ground.filter(ImageFilter.GaussianBlur(1.1))
    return ImageChops.subtract(ground, moved(ground, *light), scale=0.8, offset=128)


def glow(
    sheet: Image.Image, centre: tuple[int, int], radius: int, colour: Colour, squeeze: float = 1.0
) -> Image.Image:
    """Light around a point that fades with the distance."""
    disc = ImageChops.invert(Image.radial_gradient("L")).point(
        lambda value: round(255 * (max(0, value - 76) / 179) ** 1.8)
    )
    disc = disc.resize((2 * radius, round(2 * radius * squeeze)), Image.Resampling.BICUBIC)
    mask = Image.new("L", sheet.size, 0)
    mask.paste(disc, (centre[0] - disc.width // 2, centre[1] - disc.height // 2))
    light = Image.composite(Image.new("RGB", sheet.size, colour), Image.new("RGB", sheet.size), mask)
    return ImageChops.screen(sheet, light)


def ridge(seed: int, base: float, height: float, roughness: float = 0.5) -> list[tuple[float, float]]:
    """The outline of hills from the left edge to the right, closed along the bottom."""
    source = random.Random(seed)
    line = [source.uniform(0.2, 0.8) for _ in range(5)]
    step = 1.0
    while len(line) < 400:
        step *= roughness
        middle = [
            (a + b) / 2 + source.uniform(-0.5, 0.5) * step for a, b in zip(line, line[1:], strict=False)
        ]
        line = [value for pair in zip(line, middle, strict=False) for value in pair] + [line[-1]]
    points = [(WIDTH * place / (len(line) - 1), base - height * value) for place, value in enumerate(line)]
    return [(0, HEIGHT), *points, (WIDTH, HEIGHT)]


def coast(points: Sequence[tuple[float, float]], seed: int, rough: float) -> list[tuple[float, float]]:
    """A rounded line through points from left to right, uneven by so many pixels up and down."""
    ends = [points[0], *points, points[-1]]
    pieces = zip(ends, ends[1:], ends[2:], ends[3:], strict=False)
    line = [between(piece, step / 30) for piece in pieces for step in range(30)]
    noise = mist(seed, (len(line), 1), (len(line) // 12, 1), 4).tobytes()
    return [(x, y + rough * (value - 128) / 128) for (x, y), value in zip(line, noise, strict=True)]


def between(piece: tuple[tuple[float, float], ...], share: float) -> tuple[float, float]:
    """The place between the second and third of four points on a Catmull-Rom curve."""
    across, down = (
        b + share * (c - a + share * (2 * a - 5 * b + 4 * c - d + share * (3 * (b - c) + d - a))) / 2
        for a, b, c, d in zip(*piece, strict=True)
    )
    return across, down


def rippled(sheet: Image.Image, seed: int, near: float, far: float = 0.0) -> Image.Image:
    """Each row moved sideways and taken from a row nearby, more and more towards the bottom: a still water."""
    source = random.Random(seed)
    water = Image.new(sheet.mode, sheet.size)
    drift = 0.0
    for row in range(sheet.height):
        share = row / sheet.height
        reach = far + (near - far) * share
        drift = 0.75 * drift + source.gauss(0, 1) * reach
        taken = max(0, min(sheet.height - 1, round(row + source.gauss(0, 0.35) * reach)))
        line = sheet.crop((0, taken, sheet.width, taken + 1))
        water.paste(line, (0, row))
        water.paste(line, (round(drift), row))
    return water


def grained(sheet: Image.Image, seed: int, strength: float = 0.012) -> Image.Image:
    """A little grain, softened, as film has it."""
    noise = Image.frombytes("L", sheet.size, random.Random(seed).randbytes(sheet.width * sheet.height))
    noise = noise.filter(ImageFilter.GaussianBlur(0.8)).convert("RGB")
    soft = ImageChops.soft_light(sheet, noise)
    return Image.blend(sheet, soft, min(1.0, strength * 8))


def vignetted(sheet: Image.Image, strength: float = 0.35) -> Image.Image:
    """Corners a little darker than the middle."""
    edge = Image.radial_gradient("L").resize(sheet.size, Image.Resampling.BICUBIC)
    edge = edge.point(lambda value: round(max(0, value - 120) * strength))
    return Image.composite(
        ImageChops.multiply(sheet, Image.new("RGB", sheet.size, (90, 80, 100))), sheet, edge
    )
