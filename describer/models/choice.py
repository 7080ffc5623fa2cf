"""The answers of a description."""

from django.db import models

from describer.models.description import Description
from describer.models.statements import INSERT_CHOICE


class Choice(models.Model):
    """One of the `n` answers of a description, as it came. `reasoning` is kept apart: a thought is not an answer."""

    description = models.ForeignKey(Description, models.CASCADE, related_name="choices", db_index=False)
    index = models.PositiveSmallIntegerField()
    content = models.TextField(null=True, blank=True)
    finish_reason = models.CharField(max_length=100, null=True, blank=True)
    refusal = models.TextField(null=True, blank=True)
    tool_calls = models.JSONField(null=True, blank=True)
    reasoning = models.TextField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("description", "index"), name="choice_index_once")]

    def __str__(self) -> str:
        return f"choice {self.index} of description {self.description_id}"

    def keep(self) -> None:
        """Write the answer down."""
        INSERT_CHOICE(self)
