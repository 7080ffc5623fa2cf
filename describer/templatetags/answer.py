"""A model's words on one line, for lists."""

from django import template

from describer.answers.reading import read_answer

register = template.Library()

_EXCERPT_CHARACTERS = 300


@register.filter
def excerpt(content: str | None) -> str:
    """Return the beginning of an answer as plain text on one line, without thoughts."""
    return " ".join(read_answer(content or "").text[:_EXCERPT_CHARACTERS].split())
