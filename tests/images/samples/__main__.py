"""Paints the sample pictures of the ask page. Run as `python -m tests.images.samples`; it writes static/samples/.

They are made of nothing but numbers, so they are ours, and the same each time.
"""

from pathlib import Path

from PIL import Image

from tests.images.samples.harbour import harbour
from tests.images.samples.lighthouse import lighthouse
from tests.images.samples.timetable import timetable

FOLDER = Path(__file__).parents[3] / "static" / "samples"
MOST_BYTES = 250_000
PAINTERS = {"harbour-at-dawn": harbour, "lighthouse-at-dusk": lighthouse, "timetable-on-a-wall": timetable}


def write(picture: Image.Image, path: Path) -> None:
    """Save as JPEG with the best quality that keeps the file small."""
    for quality in range(92, 60, -2):
        picture.save(path, "JPEG", quality=quality, optimize=True, progressive=True)
        if path.stat().st_size <= MOST_BYTES:
            return


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, painter in PAINTERS.items():
        write(painter(), FOLDER / f"{name}.jpg")
