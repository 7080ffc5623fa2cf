"""How soon words that an endpoint says stand on an open page."""

from tests.bench.started import endpoint, median_ms, site
from tests.bench.table import Row
from tests.watching import OpenPage, first_words

ASKS = 20


def rows() -> list[Row]:
    """The first word, from the endpoint's first byte to a page's stream."""
    with (
        endpoint(0, interval=0.02) as url,
        site(url, VISION_STREAM_PAGES="true") as running,
        running.login() as person,
    ):
        page = OpenPage(running, person)
        spans = [first_words(running, person, page, f"Watched {number}?") for number in range(ASKS)]
        page.close()
    what = "an answer's first word, from the endpoint to its page, median"
    return [Row("-", what, median_ms(spans[1:]), "ms", limit="< 150 ms")]
