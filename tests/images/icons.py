"""Draws the site's mark for places that take no SVG. Run as `python -m tests.images.icons`; it writes static/icons/."""

from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).parents[2] / "static" / "icons"
GROUND, MARK = "#0c6266", "#ffffff"
HILLS = ((7, 22.5), (13, 14), (17.2, 19.6), (20, 16.5), (25, 22.5))
SUN = (18.7, 8.2, 23.3, 12.8)
CORNER = 8
SVG = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">\
<rect width="32" height="32" rx="{CORNER}" fill="{GROUND}"/>\
<path d="M{" ".join(f"{x} {y}" for x, y in HILLS)}z" fill="{MARK}"/>\
<circle cx="21" cy="10.5" r="2.3" fill="{MARK}"/></svg>
"""


def mark(side: int, corner: float = CORNER) -> Image.Image:
    """The mark at so many pixels a side, drawn eight times as large first."""
    scale = side / 4
    sheet = Image.new("RGBA", (8 * side, 8 * side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(sheet)
    draw.rounded_rectangle((0, 0, 8 * side - 1, 8 * side - 1), corner * scale, fill=GROUND)
    draw.polygon([(x * scale, y * scale) for x, y in HILLS], fill=MARK)
    draw.ellipse([value * scale for value in SUN], fill=MARK)
    return sheet.reduce(8)


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "icon.svg").write_text(SVG)
    mark(32).save(FOLDER / "icon-32.png", optimize=True)
    mark(48).save(FOLDER / "favicon.ico", sizes=[(16, 16), (32, 32), (48, 48)])
    # Telephones round the corners themselves and show see-through ones black.
    mark(180, corner=0).convert("RGB").save(FOLDER / "icon-180.png", optimize=True)
