"""The long texts of a description: read in the database no further than a page shows them, and piece by piece beyond.

A call at our own endpoint may bring, and a model may write, tens of megabytes.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import F, QuerySet, TextField
from django.db.models.functions import Cast, Left, Length, Substr
from django.http import Http404, HttpRequest, HttpResponseNotAllowed, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from describer.chat.messages import without_base64
from describer.db.row_id import read_row_id
from describer.models import Choice, Description
from describer.models.choice import text_column
from describer.web.current_user import current_user

_WORDS = 100_000  # characters of a question or a system prompt that are read for its page
_SHOWN_WORDS = 20_000
REQUEST_CHARACTERS = 200_000
_MOST_VALUES = 5_000  # of JSON, to be shown value by value
_PIECE = 50_000
_DOWNLOADED_PIECE = 2_000_000
_OF_DESCRIPTION = {
    "question": "question",
    "system-prompt": "system_prompt",
    "parameters": "parameters",
    "messages": "transcript__messages",
}
_OF_ANSWER = {
    "answer": "content",
    "thoughts": "reasoning",
    "refusal": "refusal",
    "calls": "tool_calls",
    "words": "words",
}


@dataclass(frozen=True)
class Beginnings:
    """What is known of a description's long texts. `is_whole`: the exact request can be put together from them.

    `messages` and `parameters` are JSON, perhaps cut.
    """

    description: Description
    messages: str
    parameters: str
    is_whole: bool

    @property
    def rests(self) -> dict[str, str]:
        """Return the address of the whole of each text that is shown in part, by its name."""
        row = self.description
        parts = {"question": row.question, "system-prompt": row.system_prompt}
        cut = [name for name, text in parts.items() if len(text) > _SHOWN_WORDS]
        return {name.replace("-", "_"): reverse("text", args=[row.pk, name]) for name in cut}

    @property
    def request_parts(self) -> dict[str, str]:
        """Return the addresses of the parts of a request that is too long to be shown as one."""
        names = ["messages", "parameters"]
        if not self.messages:
            names = ["system-prompt", "question", "parameters"]
        return {name: reverse("text", args=[self.description.pk, name]) for name in names}

    @property
    def request_beginning(self) -> str:
        """Write the beginning of a request that is too long to be shown as one."""
        text = self.messages or json.dumps(self.description.question, ensure_ascii=False)
        return f'{{"model": {json.dumps(self.description.model)}, "messages": {text[:_SHOWN_WORDS]} …'


def with_beginnings(rows: "QuerySet[Description]") -> "QuerySet[Description]":
    """Read no more of each text than a page shows; `take_beginnings` puts them into their places."""
    words = {name: Left(name, _WORDS + 1) for name in ("question", "system_prompt")}
    return rows.defer(*words, "parameters", "transcript__messages", "transcript__answer").annotate(
        question_start=words["question"],
        system_prompt_start=words["system_prompt"],
        parameters_start=Left(Cast("parameters", TextField()), REQUEST_CHARACTERS + 1),
        messages_start=Left(Cast("transcript__messages", TextField()), REQUEST_CHARACTERS + 1),
        asked_n=F("parameters__n"),
    )


def take_beginnings(row: Any) -> Beginnings:
    """Put what was read of the texts into their places in the row."""
    row.question, row.system_prompt = row.question_start, row.system_prompt_start
    parameters, messages = row.parameters_start, row.messages_start or ""
    row.parameters = {}
    if row.asked_n is not None:
        row.parameters = {"n": row.asked_n}
    is_whole = all(map(_is_readable, (parameters, messages)))
    if _is_readable(parameters):
        row.parameters = json.loads(parameters)
    if messages and _is_readable(messages):
        row.transcript.messages = json.loads(messages)
    return Beginnings(
        row,
        messages,
        parameters,
        is_whole and max(len(row.question), len(row.system_prompt)) <= _WORDS,
    )


def _is_readable(text: str) -> bool:
    """Tell whether this is whole JSON, and not too many values to be shown."""
    return len(text) <= REQUEST_CHARACTERS and sum(map(text.count, ",[{")) <= _MOST_VALUES


@login_required
def text(request: HttpRequest, pk: int, part: str) -> HttpResponseBase:
    """Show a long text as it stands, piece by piece; `?plain` gives all of it as a file of text."""
    rows, column = _place_of(Description.objects.of(current_user(request)).filter(pk=pk), part)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    if "plain" in request.GET:
        return StreamingHttpResponse(_pieces(rows, column), content_type="text/plain; charset=utf-8")
    begin = read_row_id(request.GET.get("begin"))
    words, length = _piece(rows, column, begin, _PIECE)
    end = begin + len(words)
    if part == "messages":
        words = without_base64(words)
    context = {"pk": pk, "part": part, "words": words, "begin": begin, "length": length, "piece": _PIECE}
    return render(request, "text.html", context | {"end": end})


def _place_of(rows: "QuerySet[Description]", part: str) -> "tuple[QuerySet[Any], str]":
    """Return the row that holds a part, and its column. Raises Http404 where there is none."""
    name, _, index = part.rpartition("-")
    place: tuple[QuerySet[Any], str] = rows, _OF_DESCRIPTION.get(part, "")
    if name in _OF_ANSWER and index.isdecimal():
        choices = Choice.objects.filter(description__in=rows, index=min(int(index), 2**31))
        place = choices.annotate(words=text_column()), _OF_ANSWER[name]
    if not place[1] or not place[0].exists():
        raise Http404
    return place


def _piece(rows: "QuerySet[Any]", column: str, begin: int, most: int) -> tuple[str, int]:
    """Return a piece of a text, and the length of all of it."""
    whole = Cast(column, TextField())
    found = rows.annotate(
        piece=Substr(whole, begin + 1, most, output_field=TextField()), whole_length=Length(whole)
    ).values_list("piece", "whole_length")
    words, length = found.first() or (None, None)
    return words or "", length or 0


def _pieces(rows: "QuerySet[Any]", column: str) -> Iterator[bytes]:
    """Yield a text piece by piece, each read by a statement of its own."""
    begin = 0
    while words := _piece(rows, column, begin, _DOWNLOADED_PIECE)[0]:
        begin += len(words)
        yield words.encode(errors="replace")
