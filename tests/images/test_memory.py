"""Eight of the heaviest pictures at once (U70)."""

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from tests.images.pictures import chunk, scene


def wide_png(path: Path, width: int, height: int) -> None:
    """A PNG in colour that is small on disk and large in memory, made row by row."""
    packer = zlib.compressobj(1)
    row = b"\0" + bytes((60, 120, 180)) * width
    body = b"".join(packer.compress(row * 50) for _ in range(height // 50)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", body), chunk(b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def tiled(width: int, height: int) -> Image.Image:
    sheet = Image.new("RGB", (width, height))
    for left in range(0, width, 1000):
        for top in range(0, height, 1000):
            sheet.paste(scene(1000, 1000), (left, top))
    return sheet


@pytest.mark.process
def test_u70_eight_of_the_heaviest_at_once(tmp_path):
    Image.new("L", (16320, 12240), 90).save(tmp_path / "1.jpg", quality=50)
    wide_png(tmp_path / "2.png", 9000, 10000)
    wide_png(tmp_path / "3.png", 9000, 10000)
    large = tiled(5000, 5000)
    large.save(tmp_path / "4.webp", method=0, quality=60)
    (tmp_path / "5.webp").write_bytes((tmp_path / "4.webp").read_bytes())
    large.save(tmp_path / "6.jpg", progressive=True, quality=60)
    small = large.crop((0, 0, 3000, 2000))
    small.save(tmp_path / "7.tif", compression="tiff_lzw")
    small.save(tmp_path / "8.avif", speed=10)
    command = [sys.executable, "-m", "tests.images.heavy", str(tmp_path)]
    out = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()
    sizes = "16320x12240 9000x10000 9000x10000 5000x5000 5000x5000 5000x5000 3000x2000 3000x2000"
    assert out[0] == sizes
    assert 300 < int(out[1]) < 600


@pytest.mark.process
def test_ff05_a_picture_that_is_large_for_the_memory_there_is_now_is_not_called_damaged(tmp_path):
    large = scene(40, 30).resize((2000, 1500))
    formats = {
        "avif": {"speed": 10},
        "bmp": {},
        "gif": {},
        "heif": {"quality": 50},
        "jpeg": {"progressive": True},
        "png": {"compress_level": 1},
        "tiff": {"compression": "tiff_lzw"},
        "webp": {"method": 0, "lossless": True},
    }
    for kind, options in formats.items():
        large.save(tmp_path / f"1.{kind}", kind.upper(), **options)
    command = [sys.executable, "-m", "tests.images.cramped", str(tmp_path), "4"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.splitlines() == [f"1.{kind} memory_short 2000x1500" for kind in formats], done.stderr
