"""The answers that pages show: cut in the database, rendered once within bounds, and kept with their rows."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce, Least, Left, Length
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from describer.answers.pieces import Bounds
from describer.answers.reading import AnswerShape, ReadAnswer, read_answer
from describer.answers.rendering import LEAD, PAGE, RENDERER, render_answer, render_call
from describer.db.optional_write import write_if_free
from describer.lib.lenient_json import as_dict, as_list
from describer.models import Choice
from describer.models.choice import text_column

MOST_ANSWERS = 8  # on one page
_COPIED_CHARACTERS = 20_000  # that stand on a page to be copied; longer ones are fetched by the click
_MOST_CALLS = 20
_ELLIPSIS = " …"


@dataclass(frozen=True)
class Sizes:
    """How much of an answer is read and rendered for a part of the site, in which column that is kept."""

    column: str
    bounds: Bounds
    content: int  # characters
    beside: int  # of thoughts, a refusal, calls of tools


LISTED = Sizes("rendered_lead", LEAD, 20_000, 2_000)
PAGED = Sizes("rendered_page", PAGE, 100_000, 20_000)


@dataclass(frozen=True)
class ToolCall:
    """A call of a tool that a model asked for: its name, and what it was to be called with as HTML.

    Of more than is shown, `cut` is the beginning of all calls as they came.
    """

    name: str
    html: SafeString = SafeString()
    cut: str = ""


@dataclass(frozen=True)
class ShownAnswer:
    """A choice as a page shows it: its beginning as HTML, and where to read on.

    `text` is the beginning of its text; all of that lies between `begin` and `length` of what was written.
    """

    choice: Choice
    text: str
    begin: int
    length: int
    html: SafeString
    end: int
    code: bool
    thoughts: str = ""
    thoughts_cut: bool = False
    refusal: str = ""
    calls: Sequence[ToolCall] = ()

    @property
    def is_whole(self) -> bool:
        """Tell whether all that was written is shown."""
        return self.end >= self.length

    @property
    def is_read(self) -> bool:
        """Tell whether `text` is all of it."""
        return self.begin + len(self.text) == self.length

    @property
    def rest(self) -> str:
        """Return the address where the answer goes on, "" where all is shown."""
        if self.is_whole:
            return ""
        return self.address + where(self.end, code=self.code)

    @property
    def address(self) -> str:
        return reverse("answer", args=[self.choice.description_id, self.choice.index])

    @property
    def as_it_stands(self) -> str:
        return reverse("text", args=[self.choice.description_id, f"answer-{self.choice.index}"])

    @property
    def all_words(self) -> str:
        """Return the address of the answer's text alone."""
        return reverse("text", args=[self.choice.description_id, f"words-{self.choice.index}"])

    @property
    def forms(self) -> list[tuple[str, str]]:
        """Return (words, address) of each form in which all of the answer can be copied."""
        forms = [("Plain text", "text"), ("HTML", "html"), ("JSON", "json")]
        copies = [(words, f"{self.address}?as={form}") for words, form in forms]
        return [copies[0], ("Markdown", f"{self.all_words}?plain"), *copies[1:]]

    @property
    def all_thoughts(self) -> str:
        return reverse("text", args=[self.choice.description_id, f"thoughts-{self.choice.index}"])

    @property
    def copied(self) -> str:
        """Return what a click copies, if it is short enough to stand on the page: the answer without its thoughts."""
        if not self.is_read or len(self.text) > _COPIED_CHARACTERS:
            return ""
        return self.text


def where(begin: int, *, code: bool = False) -> str:
    """Write as a query string from where to read on."""
    query = {"begin": begin}
    if code:
        query["code"] = 1
    return f"?{urlencode(query)}"


def first_answers(descriptions: Iterable[int]) -> dict[int, ShownAnswer]:
    """Return the first answer of each description, as lists show it, by the descriptions' ids."""
    first = Choice.objects.filter(description=OuterRef("description")).order_by("index").values("index")[:1]
    rows = Choice.objects.filter(description__in=descriptions, index=Subquery(first))
    return {shown.choice.description_id: shown for shown in shown_answers(rows, LISTED)}


def answers_of(description: int, begin: int) -> list[ShownAnswer]:
    """Return the answers of a description from the one at this place on, as its page shows them."""
    rows = Choice.objects.filter(description=description).order_by("index")
    return shown_answers(rows[begin : begin + MOST_ANSWERS], PAGED)


def beginnings(rows: "QuerySet[Choice]", sizes: Sizes) -> "QuerySet[Choice]":
    """Read no more of each choice than a page shows."""
    return (
        rows.defer(None)
        .only("description", "index", "finish_reason", "text_begin", "shape", sizes.column)
        .annotate(
            start=Coalesce(text_column(sizes.content), Value(""), output_field=TextField()),
            length=Coalesce("text_end", Length("content"), 0),
            folded=Left("content", Least(Coalesce("text_begin", 0), sizes.beside)),
            is_plain=F("description__is_plain"),
            thought=Left("reasoning", sizes.beside + 1),
            refused=Left("refusal", sizes.beside),
            called=Left(Cast("tool_calls", TextField()), sizes.beside + 1),
        )
    )


def shown_answers(rows: "QuerySet[Choice]", sizes: Sizes) -> list[ShownAnswer]:
    """Show choices by what was kept of them; what is rendered now is kept."""
    shown, made = [], {}
    for choice in beginnings(rows, sizes):
        kept, read = as_dict(getattr(choice, sizes.column)), _taken_apart(choice)
        if kept.get("by") != RENDERER:
            kept = made[choice.pk] = _rendered(choice, sizes, read)
        shown.append(_answer(choice, sizes, read, kept))
    if made:
        write_if_free(partial(Choice.keep_rendered, sizes.column, made))
    return shown


def _taken_apart(choice: Any) -> ReadAnswer:
    """Return the beginning of an answer taken apart, as it was recorded or, of an older one, as it is read now."""
    begin = choice.text_begin
    if begin is None:
        return read_answer(choice.start)
    thoughts = ""
    if choice.folded:
        thoughts = read_answer(choice.folded).thoughts
    return ReadAnswer(thoughts, choice.start, begin, begin + len(choice.start))


def _rendered(choice: Any, sizes: Sizes, read: ReadAnswer) -> dict[str, Any]:
    shape = AnswerShape(choice.shape or read.shape)
    if choice.is_plain:
        shape = AnswerShape.PLAIN
    piece = render_answer(read.thoughts, read.text, sizes.bounds, shape)
    return {"by": RENDERER, "html": piece.html, "end": read.begin + piece.end, "code": piece.code}


def _answer(choice: Any, sizes: Sizes, read: ReadAnswer, kept: dict[str, Any]) -> ShownAnswer:
    thoughts, length = choice.thought or "", choice.length
    if choice.text_begin is None and len(choice.start) == length:
        length = read.end
    return ShownAnswer(
        choice,
        read.text,
        read.begin,
        length,
        mark_safe(kept["html"]),  # noqa: S308  made by our own renderer
        kept["end"],
        kept["code"],
        thoughts=_shortened(thoughts, sizes.beside),
        thoughts_cut=len(thoughts) > sizes.beside,
        refusal=choice.refused or "",
        calls=_calls(choice.called or "", sizes.beside),
    )


def _calls(text: str, most: int) -> list[ToolCall]:
    """Return the calls of tools; of more JSON than is shown, its beginning."""
    if not text:
        return []
    if len(text) > most:
        return [ToolCall("", cut=_shortened(text, most))]
    calls = [as_dict(as_dict(call).get("function")) for call in as_list(json.loads(text))]
    shown = [_call(call) for call in calls[:_MOST_CALLS]]
    if len(calls) > _MOST_CALLS:
        shown.append(ToolCall("", cut=f"and {len(calls) - _MOST_CALLS} more"))
    return shown


def _call(call: dict[str, Any]) -> ToolCall:
    arguments = call.get("arguments") or ""
    if not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False)
    html = mark_safe(render_call(arguments))  # noqa: S308  made by our own renderer
    return ToolCall(str(call.get("name", "")), html)


def _shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return text[:most] + _ELLIPSIS
