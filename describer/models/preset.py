"""Presets: named questions with all that belongs to asking them."""

from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models

from describer.lib.variables import variables_in

NAME_CHARACTERS, LABEL_CHARACTERS = 50, 80
NAME = RegexValidator(
    r"^[a-z0-9]+(?:-[a-z0-9]+)*\Z", "A name is made of small letters, digits and -.", "invalid_value"
)


class Preset(models.Model):
    """A named question with its system prompt, model and parameters; without an owner it is the site's.

    A person's own preset stands before one of the site with its name. `is_plain`: its answers are plain text, no Markdown.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="presets"
    )
    name = models.CharField(max_length=NAME_CHARACTERS, validators=[NAME])
    label = models.CharField(max_length=LABEL_CHARACTERS)
    question = models.TextField()
    system_prompt = models.TextField(blank=True)
    model = models.CharField(max_length=200, blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    is_plain = models.BooleanField("plain text", default=False)
    position = models.PositiveSmallIntegerField(default=100)
    built_in = models.BooleanField(default=False, editable=False)
    archived = models.BooleanField(default=False)
    hidden_by = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="hidden_presets", blank=True, editable=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("owner", "name"), name="preset_name_once"),
            models.UniqueConstraint(
                fields=("name",), condition=models.Q(owner=None), name="preset_of_site_name_once"
            ),
        ]
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.label

    @property
    def is_shared(self) -> bool:
        """Tell whether the preset is the site's, for everybody."""
        return self.owner_id is None

    @property
    def variables(self) -> list[str]:
        """Return the words that stand for values, in question and system prompt."""
        return variables_in(self.question, self.system_prompt)

    @property
    def words(self) -> dict[str, Any]:
        """Return what an ask by this preset asks, as fields of an ask."""
        return {
            "question": self.question,
            "system_prompt": self.system_prompt,
            "model": self.model,
            "parameters": self.parameters,
        }
