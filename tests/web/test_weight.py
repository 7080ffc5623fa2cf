"""What the ask page weighs on the wire, pictures left out."""

import gzip
import re

import pytest
from django.conf import settings

pytestmark = pytest.mark.usefixtures("sandbox")
SCRIPTS = 40_000  # bytes, compressed
PAGE = 60_000


def compressed(data):
    return len(gzip.compress(data))


def files_of(page, kind):
    """The static files of this kind that a page loads."""
    paths = re.findall(rf'(?:src|href)="{settings.STATIC_URL}({kind}/[^"]+)"', page)
    named = {re.sub(r"\.[0-9a-f]{12}(?=\.\w+$)", "", path) for path in paths}
    return [(settings.STATICFILES_DIRS[0] / path).read_bytes() for path in sorted(named)]


def test_the_ask_page_stays_light(hers):
    html = hers.get("/").content
    scripts = sum(compressed(data) for data in files_of(html.decode(), "js"))
    styles = sum(compressed(data) for data in files_of(html.decode(), "css"))

    print(f"scripts {scripts:,}, styles {styles:,}, page {compressed(html):,} bytes")
    assert 10_000 < scripts < SCRIPTS
    assert scripts + styles + compressed(html) < PAGE
