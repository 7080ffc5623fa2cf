"""What our renderer made of an answer, as plain text: without marks, a line for each item and row."""

import re
from html.parser import HTMLParser

_APART = {"p", "h4", "h5", "h6", "ul", "ol", "blockquote", "pre", "table", "hr"}  # a blank line between them
_LINES = {"li", "tr", "div", "summary"}
_LISTS = {"ul", "ol"}


def plain_text(html: str) -> str:
    """Return the words of HTML that our renderer made."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    text = "".join(reader.words).strip()
    return re.sub(r"[ \t]+\n", "\n", text)


class _Reader(HTMLParser):
    """Gathers the words; an item gets its number or a dash, cells stand apart by tabs."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.lists: list[
            int | None
        ] = []  # of each open list the number of its next item, None without numbers
        self.code = False
        self.begun = True  # nothing stands on this line yet but an item's mark
        self.gap = 0  # line ends just before

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        known = dict(attributes)
        if tag in _APART | _LINES:
            self._apart(tag)
        if tag in _LISTS:
            self.lists.append(int(known.get("start") or 1) if tag == "ol" else None)
        elif tag == "li" and self.lists:
            self.words.append(self._mark(known.get("value")))
            self.begun = True
        elif tag == "br":
            self._end_line(self.gap + 1)
        elif tag == "pre":
            self.code = True

    def handle_endtag(self, tag: str) -> None:
        if tag in _LISTS and self.lists:
            self.lists.pop()
        if tag in ("td", "th"):
            self.words.append("\t")
        elif tag in _APART | _LINES:
            self._apart(tag)
        self.code = self.code and tag != "pre"

    def handle_data(self, data: str) -> None:
        if not self.code:
            data = data.strip("\n")  # they stand between tags; at the edge of words a line's end is a <br>
        if not data:
            return
        self.words.append(data)
        self.begun, self.gap = False, 0
        if self.code and data.endswith("\n"):
            self.gap = 1

    def _apart(self, tag: str) -> None:
        """Begin a new line or, between blocks outside of lists, behind a blank one."""
        if self.begun and not self.gap:
            return
        self._end_line(2 if tag in _APART and not self.lists else 1)

    def _end_line(self, count: int) -> None:
        self.words.append("\n" * (count - self.gap))
        self.gap = max(self.gap, count)
        self.begun = True

    def _mark(self, value: str | None) -> str:
        number, indent = self.lists[-1], "  " * (len(self.lists) - 1)
        self.gap = 0
        if number is None:
            return f"{indent}- "
        number = int(value or number)
        self.lists[-1] = number + 1
        return f"{indent}{number}. "
