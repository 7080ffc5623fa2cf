"""What a page's markup can do: run, load, lead away. Read by a parser, as a browser would, not by looking for words."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

LOADS = {"src", "srcset", "poster", "data", "background"}
LEADS = {"href", "action", "formaction", "xlink:href", "hx-get", "hx-post"}
RUNS = ("iframe", "object", "embed", "base", "frame", "applet")


class Markup(HTMLParser):
    """Collects, in `faults`, all on a page that would run a script of a stranger's or load from elsewhere."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in RUNS or (tag == "script" and not dict(attrs).get("src") and not is_data(dict(attrs))):
            self.faults.append(f"<{tag} {attrs}>")
        for name, value in attrs:
            if name.startswith("on") or name == "style" or not self.is_harmless(tag, name, value or ""):
                self.faults.append(f'<{tag} {name}="{value}">')

    def is_harmless(self, tag: str, name: str, value: str) -> bool:
        where = urlsplit(value.strip())
        if name in LOADS or (tag == "link" and name == "href"):
            return (
                not where.netloc and where.scheme in ("", "data") and not (tag == "script" and where.scheme)
            )
        return name not in LEADS or where.scheme in ("", "http", "https", "mailto")


def is_data(attributes: dict[str, str | None]) -> bool:
    """A script that is data, not code: browsers do not run it."""
    return attributes.get("type") in ("application/json", "importmap")


def faults(page: str) -> list[str]:
    return Markup(page).faults
