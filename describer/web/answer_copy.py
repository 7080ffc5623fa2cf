"""All of an answer to be copied: as plain text, as HTML, as JSON. As Markdown it is what the model wrote (web/texts.py)."""

from django.http import HttpResponse

from describer.answers.plain_text import plain_text
from describer.answers.reading import AnswerShape, shape_of
from describer.answers.rendering import render_whole
from describer.models import Choice
from describer.serializers.rows import choice_out

FORMS = ("text", "html", "json")
_MOST = 1_000_000  # characters that are read as Markdown for a copy; of more, what was written is given
_PLAIN = "text/plain; charset=utf-8"


def as_form(choice: Choice, is_plain: bool, form: str) -> HttpResponse:
    """Give an answer in one of FORMS. HTML comes as text, too: it is to be pasted, not to be shown by this site."""
    if form == "json":
        return HttpResponse(choice_out(choice).model_dump_json(indent=2), content_type="application/json")
    text = (choice.text or "").strip()
    shape = AnswerShape(choice.shape or shape_of(text))
    if is_plain or len(text) > _MOST:
        shape = AnswerShape.PLAIN
    html = render_whole(text, shape)
    if form == "html":
        return HttpResponse(html, content_type=_PLAIN)
    if shape == AnswerShape.MARKDOWN:
        text = plain_text(html)
    return HttpResponse(text, content_type=_PLAIN)
