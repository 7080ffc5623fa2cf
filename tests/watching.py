"""People who look at pages while they ask: the ask page's form, and the event stream of an open page."""

import json
import time
from collections.abc import Iterator
from typing import Any

import requests

from tests.images.pictures import photo
from tests.site import Site


def ask_on_page(site: Site, person: requests.Session, question: str, **fields: str) -> int:
    """Ask as the page does; answers the description's number."""
    known = {"question": question, "csrfmiddlewaretoken": person.cookies["csrftoken"]}
    reply = person.post(
        f"{site.url}/",
        data=known | fields,
        files={"image": ("boat.jpg", photo(64, 48))},
        headers={"Referer": site.url},
        timeout=30,
        allow_redirects=False,
    )
    assert reply.status_code == 302, reply.text
    return int(reply.headers["Location"].rpartition("-")[2])


class OpenPage:
    """An open page: its stream, and each event with the moment when it came, by time.monotonic()."""

    def __init__(self, site: Site, person: requests.Session) -> None:
        self.stream = requests.get(
            f"{site.url}/live/", cookies=person.cookies.get_dict(), stream=True, timeout=120
        )
        self.lines = self.stream.iter_lines(chunk_size=1, decode_unicode=True)
        assert next(self.lines) == ": open"

    def close(self) -> None:
        self.stream.close()

    def events(self, number: int) -> Iterator[tuple[float, dict[str, Any]]]:
        """Yield what comes of this description until it is at its end."""
        for line in self.lines:
            if line.startswith("data: "):
                event = json.loads(line.removeprefix("data: "))
                if event["id"] == number:
                    yield time.monotonic(), event
                    if event.get("status") in ("done", "failed"):
                        return

    def text(self, number: int) -> tuple[str, float]:
        """The words, put together as a page does, and the moment of the first of them."""
        text, first = "", 0.0
        for moment, event in self.events(number):
            if "words" in event:
                assert event["at"] <= len(text), "a piece is missing"
                text = text[: event["at"]] + event["words"]
                first = first or moment
        return text, first


def first_words(site: Site, person: requests.Session, page: OpenPage, question: str) -> float:
    """Seconds from the endpoint's first word, which is the moment when it was sent, to the page."""
    text, first = page.text(ask_on_page(site, person, question))
    return first - float(text.split()[0])
