"""The answers of a description."""

from typing import Any, Protocol

from django.db import models
from django.db.models.functions import Coalesce, Length, Substr

from describer.answers.reading import AnswerShape, read_answer
from describer.chat.completion import reading
from describer.models.description import Description
from describer.models.statements import INSERT_CHOICE
from describer.models.states import Flag

RENDERED = ("rendered_lead", "rendered_page")


def text_column(most: int | None = None) -> models.Func:
    """Return an answer's text within what the model wrote, its beginning or all of it, as a column of choices.

    Of an answer that was recorded before it was read, what was written.
    """
    begin = Coalesce("text_begin", 0)
    length = most or Coalesce("text_end", Length("content"), 0) - begin
    return Substr("content", begin + 1, length, output_field=models.TextField())


class AnswerLike(Protocol):
    """An answer as it came, or as it is kept."""

    @property
    def content(self) -> str | None: ...
    @property
    def finish_reason(self) -> str | None: ...
    @property
    def refusal(self) -> str | None: ...
    @property
    def tool_calls(self) -> Any: ...


def flags_of(answer: AnswerLike) -> int:
    """Return what is odd about an answer, as bits of `Flag`."""
    flags, end = 0, reading(answer.finish_reason)
    if end == "length":
        flags |= Flag.CUT_OFF
    if answer.refusal or end == "filter":
        flags |= Flag.REFUSED
    if not ((answer.content or "").strip() or answer.refusal or answer.tool_calls):
        flags |= Flag.EMPTY
    return flags


class _ChoiceManager(models.Manager["Choice"]):
    """Leaves out what was rendered, which is asked for where it is shown: exports would read all words twice."""

    def get_queryset(self) -> "models.QuerySet[Choice]":
        return super().get_queryset().defer(*RENDERED)


class Choice(models.Model):
    """One of the `n` answers of a description, as it came. `reasoning` is kept apart: a thought is not an answer.

    `content` is what the model wrote; its text, without thoughts and special tokens at the edges, lies between `text_begin`
    and `text_end`. Both are null where the answer was recorded before it was read.

    `rendered_lead` and `rendered_page` keep what lists and its page show of it, with the renderer that made it.
    """

    description = models.ForeignKey(Description, models.CASCADE, related_name="choices", db_index=False)
    index = models.PositiveSmallIntegerField()
    content = models.TextField(null=True, blank=True)
    text_begin = models.PositiveIntegerField(null=True, blank=True, editable=False)
    text_end = models.PositiveIntegerField(null=True, blank=True, editable=False)
    shape = models.CharField(
        max_length=10,
        choices=[(shape.value, shape.value) for shape in AnswerShape],
        default="",
        db_default="",
        blank=True,
        editable=False,
    )
    finish_reason = models.CharField(max_length=100, null=True, blank=True)
    refusal = models.TextField(null=True, blank=True)
    tool_calls = models.JSONField(null=True, blank=True)
    reasoning = models.TextField(null=True, blank=True)
    rendered_lead = models.JSONField(null=True, blank=True, editable=False)
    rendered_page = models.JSONField(null=True, blank=True, editable=False)

    objects = _ChoiceManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("description", "index"), name="choice_index_once")]

    def __str__(self) -> str:
        return f"choice {self.index} of description {self.description_id}"

    @property
    def text(self) -> str | None:
        """Return what the model wrote without thoughts and special tokens at the edges; where there are none, as it came."""
        if not self.content:
            return self.content
        if self.text_begin is None:
            text = read_answer(self.content).text
        else:
            text = self.content[self.text_begin : self.text_end]
        if len(text) == len(self.content.strip()):
            return self.content
        return text

    def keep(self) -> None:
        """Write the answer down."""
        INSERT_CHOICE(self)

    @classmethod
    def keep_rendered(cls, column: str, made: "dict[int, dict[str, Any]]") -> None:
        """Keep what was rendered of these choices, by their ids; of one that is gone nothing is kept."""
        rows = [cls(pk=pk, **{column: rendered}) for pk, rendered in made.items()]
        cls.objects.bulk_update(rows, [column])
