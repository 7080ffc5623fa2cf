"""Pictures that tests make for themselves: small, in memory, the same each time."""

import io
import random
import struct
import zlib
from functools import lru_cache

from PIL import Image, ImageDraw

from describer.images import Copy, Intake, Limits, Recipe, intake, prepare
from describer.images.heif import HeifImageFile

assert HeifImageFile.format == "HEIF"  # its import lets Pillow write HEIC files
GPS = b"\x00GPS-52.5163N-13.3777E\x00"


@lru_cache(maxsize=32)
def scene(width: int, height: int, seed: int = 1) -> Image.Image:
    """Soft colours under a little grain: compresses like a photo. Do not draw on it."""
    source = random.Random(seed)
    coarse = (max(2, width // 40), max(2, height // 40))
    soft = Image.frombytes("RGB", coarse, source.randbytes(coarse[0] * coarse[1] * 3))
    grain = Image.frombytes("L", (width, height), source.randbytes(width * height))
    return Image.blend(soft.resize((width, height), Image.Resampling.BICUBIC), grain.convert("RGB"), 0.12)


def page(width: int, height: int) -> Image.Image:
    """A screenshot: black words on white."""
    sheet = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(sheet)
    for top in range(10, height - 10, 18):
        draw.text((10, top), "The quick brown fox jumps over the lazy dog. " * 6, fill="black")
    return sheet


def corners(width: int = 64, height: int = 48) -> Image.Image:
    """Red, green, blue and white quarters, from the top left in reading order."""
    sheet = Image.new("RGB", (width, height), "white")
    sheet.paste((255, 0, 0), (0, 0, width // 2, height // 2))
    sheet.paste((0, 255, 0), (width // 2, 0, width, height // 2))
    sheet.paste((0, 0, 255), (0, height // 2, width // 2, height))
    return sheet


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def photo(width: int, height: int, **options: object) -> bytes:
    """A JPEG that looks like a photo."""
    return saved(scene(width, height), "JPEG", **{"quality": 85, **options})


def png(width: int, height: int, mode: str = "RGB", **options: object) -> bytes:
    return saved(scene(width, height).convert(mode), "PNG", **options)


def heic(width: int, height: int, **options: object) -> bytes:
    return saved(scene(width, height), "HEIF", **{"quality": 60, **options})


def webp(width: int, height: int, **options: object) -> bytes:
    return saved(scene(width, height), "WEBP", **options)


def avif(width: int, height: int, **options: object) -> bytes:
    return saved(scene(width, height), "AVIF", **{"speed": 10, **options})


def frames(number: int, kind: str, size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    """A moving picture (or, as TIFF, a book): red first, then other colours."""
    colours = ["red", "lime", "blue", "yellow", "white"]
    pictures = [Image.new("RGB", size, colours[place % 5]) for place in range(number)]
    return saved(pictures[0], kind, save_all=True, append_images=pictures[1:], **options)


def exif(orientation: int = 1, *, little: bool = True, thumbnail: bytes = b"") -> bytes:
    """An EXIF block of a turn, a description that holds GPS, and a preview."""
    order = "<" if little else ">"
    entries = [
        struct.pack(order + "HHII", 270, 2, len(GPS), 64),
        struct.pack(order + "HHIHH", 274, 3, 1, orientation, 0),
    ]
    head = (b"II*\0" if little else b"MM\0*") + struct.pack(order + "I", 8)
    body = head + struct.pack(order + "H", 2) + b"".join(entries) + struct.pack(order + "I", 0)
    return b"Exif\0\0" + body.ljust(64, b"\0") + GPS + thumbnail


def with_segments(jpeg: bytes, *segments: tuple[int, bytes]) -> bytes:
    """A JPEG with more segments (code, body) right after its start."""
    added = [bytes([0xFF, code]) + struct.pack(">H", len(body) + 2) + body for code, body in segments]
    return jpeg[:2] + b"".join(added) + jpeg[2:]


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def with_chunks(picture: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG with more chunks (name, body) right after its header."""
    return picture[:33] + b"".join(chunk(name, body) for name, body in chunks) + picture[33:]


def coded(picture: bytes, primaries: int, transfer: int) -> bytes:
    """An AVIF whose colours are told by these code points."""
    at = picture.index(b"colrnclx") + 8
    return picture[:at] + struct.pack(">HH", primaries, transfer) + picture[at + 4 :]


def bare_png(width: int, height: int, depth: int, kind: int, rows: bytes) -> bytes:
    """A PNG from its header and its unpacked rows, each with its filter byte."""
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, body) for name, body in chunks)


def taken(
    data: bytes, name: str = "picture", limits: Limits | None = None, recipe: Recipe | None = None
) -> Intake:
    return intake(io.BytesIO(data), name, limits=limits or Limits(), recipe=recipe or Recipe())


def prepared(data: bytes, recipe: Recipe, name: str = "picture") -> Copy:
    return prepare(io.BytesIO(data), name, recipe=recipe, limits=Limits())


def opened(copy: Copy) -> Image.Image:
    """A copy as any program sees it."""
    return Image.open(io.BytesIO(copy.data), formats=(copy.format,))


def at(copy: Copy, across: float, down: float) -> tuple[int, ...]:
    """The colour of a copy at a place, given as shares of its width and height."""
    return pixel_at(opened(copy), across, down)


def pixel_at(picture: Image.Image, across: float, down: float) -> tuple[int, ...]:
    rgb = picture.convert("RGB")
    pixel = rgb.getpixel((int(across * (rgb.width - 1)), int(down * (rgb.height - 1))))
    assert isinstance(pixel, tuple)
    return pixel


def near(colour: tuple[int, ...], wanted: tuple[int, ...], slack: int = 12) -> bool:
    return all(abs(one - other) <= slack for one, other in zip(colour, wanted, strict=True))
