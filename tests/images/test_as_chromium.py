"""Odd pictures are sent as Chromium shows them (FC02, FC03, FC05, FC06)."""

import base64
import io

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import sync_playwright

from describer.images import ImageError, Recipe
from tests.chromium import ARGUMENTS, PATH
from tests.images.corpus import corpus
from tests.images.pictures import opened, taken

pytestmark = pytest.mark.browser
SHOW = """async ([kind, text]) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const picture = new Image();
    picture.src = URL.createObjectURL(new Blob([bytes], { type: kind }));
    try { await picture.decode(); } catch { return ""; }
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
    const context = canvas.getContext("2d", { colorSpace: "srgb" });
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(picture, 0, 0);
    return canvas.toDataURL("image/png").split(",")[1];
}"""


def difference(ours: Image.Image, theirs: Image.Image) -> float:
    """The mean of the channel that differs most, of 255."""
    return max(ImageStat.Stat(ImageChops.difference(ours.convert("RGB"), theirs.convert("RGB"))).mean)


def fault(page, kind: str, data: bytes) -> str:
    """What is wrong with what is sent of a picture, or nothing."""
    shown = page.evaluate(SHOW, [kind, base64.b64encode(data).decode()])
    if not shown:
        return "Chromium does not show it"
    theirs = Image.open(io.BytesIO(base64.b64decode(shown)))
    try:
        ours = opened(taken(data, recipe=Recipe(format="png")).sent)
    except ImageError as error:
        return error.code
    if ours.size != theirs.size:
        return f"{ours.size} instead of {theirs.size}"
    far = difference(ours, theirs)
    return f"differs by {far:.1f}" if far >= 2 else ""


def test_fc02_fc03_each_odd_picture_is_sent_as_chromium_shows_it():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PATH, args=ARGUMENTS)
        page = browser.new_page()
        faults = {name: fault(page, kind, data) for name, kind, data in corpus()}
        browser.close()
    assert len(faults) > 100
    assert {name: words for name, words in faults.items() if words} == {}
