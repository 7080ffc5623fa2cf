"""Pictures of all pages lie in the docs, and the README shows some."""

import re

from tests.screenshots import FOLDER, PAGES, SIZES, THEMES
from tests.site import ROOT


def test_each_page_has_a_picture_at_each_size_in_each_theme():
    wanted = {f"{page}-{size}-{theme}.png" for page in PAGES for size in SIZES for theme in THEMES}
    assert {path.name for path in FOLDER.glob("*.png")} == wanted
    assert all(path.stat().st_size < 200_000 for path in FOLDER.glob("*.png"))


def test_the_readme_shows_three_of_them():
    shown = re.findall(r"\(docs/screenshots/([\w.-]+)\)", (ROOT / "README.md").read_text())
    assert len(shown) == 3
    assert all((FOLDER / name).exists() for name in shown)
