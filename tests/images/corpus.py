"""Odd pictures that are whole, in the formats that Chromium reads: name, media type and bytes of each."""

import random
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from tests.images.pictures import (
    bare_png,
    chunk,
    coded,
    corners,
    exif,
    frames,
    photo,
    saved,
    scene,
    with_chunks,
    with_segments,
)
from tests.images.profiles import ADOBE_RGB, DISPLAY_P3, SWAPPED, colours
from tests.images.test_more_data import BEHIND, FILLERS, MORE_ROWS, of_rows

WIDTH, HEIGHT = 160, 120
SCENE = scene(WIDTH, HEIGHT)
P3_PLACES = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
BT709_PLACES = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
ADOBE_PLACES = (0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
CODES = [
    (1, 1),
    (12, 13),
    (12, 1),
    (9, 14),
    (9, 13),
    (9, 16),
    (12, 16),
    (1, 16),
    (9, 18),
    (1, 8),
    (1, 4),
    (11, 17),
    (22, 13),
]

PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]

Picture = tuple[str, str, bytes]


def corpus() -> Iterator[Picture]:
    yield from jpegs()
    yield from pngs()
    yield from colour_chunks()
    yield from avifs()
    yield from others()


def jpegs() -> Iterator[Picture]:
    kinds: dict[str, dict[str, object]] = {
        "4:4:4": {"subsampling": "4:4:4"},
        "4:2:2": {"subsampling": "4:2:2"},
        "progressive": {"progressive": True},
        "own tables": {"optimize": True},
        "restarts": {"restart_marker_blocks": 3},
        "Display P3": {"icc_profile": colours(DISPLAY_P3)},
        "exchanged": {"icc_profile": colours(SWAPPED)},
        "a small one inside": {"exif": exif(1, thumbnail=photo(32, 24))},
        "unequal dots": {"dpi": (204, 98)},
    }
    for name, options in kinds.items():
        yield f"JPEG {name}", "image/jpeg", photo(WIDTH, HEIGHT, **{"quality": 92, **options})
    for turn in range(2, 9):
        yield (
            f"JPEG turned {turn}",
            "image/jpeg",
            with_segments(photo(160, 96, quality=92), (0xE1, exif(turn))),
        )
    for mode in ("L", "CMYK"):
        yield f"JPEG {mode}", "image/jpeg", saved(SCENE.convert(mode), "JPEG", quality=92)
    plain = photo(WIDTH, HEIGHT, quality=92)
    end = b"\xff\xd9"
    for name, more in BEHIND.items():
        yield f"JPEG and {name}", "image/jpeg", plain[:-2] + more + end
    for name, filler in FILLERS.items():
        yield f"JPEG and {name}", "image/jpeg", plain[:-2] + filler * 500 + end
    for name, data in MORE_ROWS.items():
        yield f"JPEG more rows {name}", "image/jpeg", of_rows(data, 304)
    yield "JPEG with ones before its markers", "image/jpeg", plain.replace(b"\xff\xdb", b"\xff\xff\xff\xdb")
    yield "JPEG of RGB", "image/jpeg", saved(SCENE, "JPEG", quality=92, keep_rgb=True)
    yield "JPEG without JFIF", "image/jpeg", plain[:2] + plain[20:]
    yield (
        "JPEG of several scans and blanks",
        "image/jpeg",
        photo(WIDTH, HEIGHT, progressive=True)[:-2] + b" " * 3000 + end,
    )
    yield "JPEG with garbage behind it", "image/jpeg", plain + random.Random(2).randbytes(5000)


def pngs() -> Iterator[Picture]:
    for mode in ("1", "P", "L", "LA", "RGB", "RGBA"):
        yield f"PNG {mode}", "image/png", saved(SCENE.convert(mode), "PNG")
    see_through = SCENE.copy()
    see_through.putalpha(Image.linear_gradient("L").resize(SCENE.size))
    yield "PNG see-through", "image/png", saved(see_through, "PNG")
    yield "PNG one colour see-through", "image/png", saved(corners(), "PNG", transparency=(255, 0, 0))
    yield (
        "PNG palette see-through",
        "image/png",
        saved(corners().convert("P"), "PNG", transparency=bytes(range(256))),
    )
    for depth in (1, 2, 4):
        row = b"\0" + bytes(range(0, 8 * depth))
        yield f"PNG grey {depth}", "image/png", bare_png(64, 48, depth, 0, row * 48)
    for kind, samples in ((0, 1), (2, 3), (4, 2), (6, 4)):
        row = b"\0" + b"".join(struct.pack(">H", value * 257) * samples for value in range(256))
        yield f"PNG 16 bits {kind}", "image/png", bare_png(256, 32, 16, kind, row * 32)
    plain = saved(SCENE, "PNG")
    half = plain.index(b"IDAT") + 4
    yield (
        "PNG with chunks that nobody knows",
        "image/png",
        with_chunks(plain, (b"teSt", b"x" * 100), (b"tEXt", b"a\0b")),
    )
    yield "PNG turned", "image/png", with_chunks(plain, (b"eXIf", exif(6)[6:]))
    yield "PNG in seven passes", "image/png", _interlaced(61, 47)
    yield "PNG with garbage behind it", "image/png", plain + b"x" * 3000
    yield "PNG in many pieces", "image/png", _in_pieces(plain, half)
    yield "APNG", "image/png", frames(3, "PNG", (WIDTH, HEIGHT))
    pictures = [Image.new("RGB", (64, 48), name) for name in ("white", "red", "blue")]
    late = chunk(b"acTL", struct.pack(">II", 2, 0))
    yield "PNG that says too late that it moves", "image/png", plain[:-12] + late + plain[-12:]
    none = chunk(b"acTL", struct.pack(">II", 0, 0))
    yield "PNG that moves in no frames", "image/png", plain[:33] + none + plain[33:]
    moving = saved(pictures[0], "PNG", save_all=True, append_images=pictures[1:], disposal=2)
    yield "APNG that disposes", "image/png", moving


def _interlaced(width: int, height: int) -> bytes:
    rows = b""
    for left, top, across, down in PASSES:
        for y in range(top, height, down):
            rows += b"\0" + b"".join(bytes((4 * x, 5 * y, 128)) for x in range(left, width, across))
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, body) for name, body in chunks)


def _in_pieces(plain: bytes, start: int) -> bytes:
    (length,) = struct.unpack(">I", plain[start - 8 : start - 4])
    data = plain[start : start + length]
    pieces = b"".join(chunk(b"IDAT", data[place : place + 100]) for place in range(0, length, 100))
    return plain[: start - 8] + pieces + plain[start + length + 4 :]


def gamma(value: float) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", round(value * 100_000))


def places(*values: float) -> tuple[bytes, bytes]:
    return b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in values))


def points(primaries: int, transfer: int, matrix: int = 0, full: int = 1) -> tuple[bytes, bytes]:
    return b"cICP", bytes((primaries, transfer, matrix, full))


def light(chunk_name: bytes, nits: int) -> tuple[bytes, bytes]:
    if chunk_name == b"cLLI":
        return chunk_name, struct.pack(">II", nits * 10_000, 0)
    return chunk_name, struct.pack(">8HII", *([15635, 16450] * 4), nits * 10_000, 50)


def colour_chunks() -> Iterator[Picture]:
    grey, palette = SCENE.convert("L"), SCENE.convert("P")
    told = {
        "gamma 1": (gamma(1),),
        "gamma 0.45455": (gamma(0.45455),),
        "gamma 0.3": (gamma(0.3),),
        "gamma 0": (gamma(0),),
        "places alone": (places(*P3_PLACES),),
        "gamma 1 and places": (gamma(1), places(*BT709_PLACES)),
        "gamma and places of P3": (gamma(0.45455), places(*P3_PLACES)),
        "gamma and places of Adobe RGB": (gamma(0.45455), places(*ADOBE_PLACES)),
        "gamma and places that cannot be": (gamma(1), places(*[0.3] * 8)),
        "sRGB and gamma 1": ((b"sRGB", b"\0"), gamma(1)),
        "bright content": (points(9, 16), light(b"cLLI", 4000)),
        "dim content": (points(9, 16), light(b"cLLI", 150)),
        "bright display": (points(9, 16), light(b"mDCV", 4000)),
        "narrow range": (points(12, 13, 0, 0),),
        "unspecified": (points(2, 2),),
    }
    told |= {f"points {one} {other}": (points(one, other),) for one, other in CODES}
    for name, chunks in told.items():
        yield f"PNG {name}", "image/png", with_chunks(saved(SCENE, "PNG"), *chunks)
    for kind, picture in (("grey", grey), ("palette", palette)):
        for chunks in ((gamma(1),), (points(9, 16),), (points(12, 13),)):
            yield f"PNG {kind} {chunks[0][0]!r}", "image/png", with_chunks(saved(picture, "PNG"), *chunks)
    both = with_chunks(saved(SCENE, "PNG", icc_profile=colours(SWAPPED)), points(12, 13))
    yield "PNG points before a profile", "image/png", both


def avifs() -> Iterator[Picture]:
    plain = saved(SCENE, "AVIF", quality=95, speed=10)
    for one, other in [*CODES, (2, 2), (2, 16), (12, 2), (6, 6)]:
        yield f"AVIF points {one} {other}", "image/avif", coded(plain, one, other)
    for name, columns in (("Display P3", DISPLAY_P3), ("Adobe RGB", ADOBE_RGB)):
        data = saved(SCENE, "AVIF", quality=95, speed=10, icc_profile=colours(columns))
        yield f"AVIF {name}", "image/avif", data
    # Of half see-through parts Chromium takes a plane in full range for one of television's; so all or nothing here.
    see_through = SCENE.copy()
    see_through.putalpha(
        Image.linear_gradient("L").resize(SCENE.size).point(lambda value: 255 * (value > 128))
    )
    yield "AVIF see-through", "image/avif", saved(see_through, "AVIF", quality=95, speed=10)
    yield "AVIF that moves", "image/avif", frames(3, "AVIF", (WIDTH, HEIGHT))


def others() -> Iterator[Picture]:
    yield "WebP lossy", "image/webp", saved(SCENE, "WEBP", quality=95)
    yield "WebP lossless", "image/webp", saved(SCENE, "WEBP", lossless=True)
    profile = colours(DISPLAY_P3)
    yield "WebP Display P3", "image/webp", saved(SCENE, "WEBP", lossless=True, icc_profile=profile)
    yield "WebP that moves", "image/webp", frames(3, "WEBP", (WIDTH, HEIGHT))
    yield "GIF", "image/gif", saved(SCENE.convert("P"), "GIF")
    yield "GIF see-through", "image/gif", saved(corners().convert("P"), "GIF", transparency=0)
    yield "GIF that moves", "image/gif", frames(3, "GIF", (WIDTH, HEIGHT))
    small = saved(Image.new("P", (20, 20), 0), "GIF")
    yield "GIF wider than its frame", "image/gif", small[:6] + struct.pack("<HH", 60, 60) + small[10:]
    plain = saved(SCENE.convert("P"), "GIF")
    yield "GIF without its end", "image/gif", plain[:-1]
    yield "GIF in four passes", "image/gif", saved(SCENE.convert("P"), "GIF", interlace=1)
    yield "GIF of no size", "image/gif", plain[:6] + bytes(4) + plain[10:]
    rows = saved(SCENE, "BMP")[54:]
    head = struct.pack("<IHHIIHHHH", 0, 0, 0, 26, 12, WIDTH, HEIGHT, 1, 24)
    yield "BMP of OS/2", "image/bmp", b"BM" + head + rows
    for mode in ("1", "L", "P", "RGB"):
        yield f"BMP {mode}", "image/bmp", saved(SCENE.convert(mode), "BMP")
    upside_down = bytearray(saved(SCENE, "BMP"))
    upside_down[22:26] = struct.pack("<i", -HEIGHT)
    yield "BMP upside down", "image/bmp", bytes(upside_down)
