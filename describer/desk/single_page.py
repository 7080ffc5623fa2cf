"""A description for others: its words, and one page of them with its pictures inside."""

import base64
from typing import Any

from django.core.files.storage import default_storage
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from describer.answers.reading import AnswerShape, shape_of
from describer.answers.rendering import render_whole
from describer.images import Recipe
from describer.models import Choice, Description, DescriptionImage, SentCopy


def single_page(row: Description) -> str:
    """Return a description as one page with its pictures inside; one whose file is gone is named instead."""
    pictures = [(shown, data_url(copy_of(shown))) for shown in pictures_for_others(row)]
    return render_to_string("single_file.html", shown_words(row) | {"pictures": pictures})


def attached(row: Description) -> dict[str, str]:
    """Return the header by which a browser saves the page."""
    return {"Content-Disposition": f'attachment; filename="description-{row.pk}.html"'}


def pictures_for_others(row: Description) -> list[DescriptionImage]:
    """Return the pictures of a description; of a follow-up that brought none, those that its conversation began with."""
    if row.shown_pictures or not row.root:
        return row.shown_pictures
    shown = DescriptionImage.objects.filter(description=row.root, description__trashed=None)
    return list(shown.select_related("image", "sent_copy").order_by("position"))


def shown_words(row: Description) -> dict[str, Any]:
    """Return a description and the answer that counts as safe HTML, for a template."""
    choice, html = _choice_of(row), ""
    if choice:
        text = answer_text(row)
        shape = AnswerShape(choice.shape or shape_of(text))
        if row.is_plain:
            shape = AnswerShape.PLAIN
        html = render_whole(text, shape)
    return {"description": row, "html": mark_safe(html)}  # noqa: S308  made by our own renderer


def answer_text(row: Description) -> str:
    """Return the text of the answer that counts, or why the model refused; "" where there is neither."""
    choice = _choice_of(row)
    if choice is None:
        return ""
    return (choice.text or choice.refusal or "").strip()


def _choice_of(row: Description) -> Choice | None:
    return Choice.objects.filter(description=row.pk, index=row.kept).first()


def copy_of(shown: DescriptionImage) -> SentCopy | None:
    """Return what the model was sent of a picture, which holds no metadata."""
    return shown.sent_copy or shown.image.sent_copies.filter(recipe=Recipe().key).first()


def data_url(copy: SentCopy | None) -> str:
    """Return a picture as a data URL, "" where its file is gone."""
    if copy is None:
        return ""
    try:
        with default_storage.open(copy.file) as file:
            data = base64.b64encode(file.read()).decode()
    except OSError:
        return ""
    return f"data:{copy.media_type};base64,{data}"
