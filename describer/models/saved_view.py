"""Saved views: lists of the history that a person comes back to."""

from django.conf import settings
from django.db import models

from describer.models.tag import FOLDED_CHARACTERS, TAG_CHARACTERS

VIEW_CHARACTERS = TAG_CHARACTERS


class SavedView(models.Model):
    """A list of the history under a person's name for it; `query` is the list's address behind the question mark.

    `folded` is what the name is compared by.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", db_index=False
    )
    name = models.CharField(max_length=VIEW_CHARACTERS)
    folded = models.CharField(max_length=FOLDED_CHARACTERS)
    query = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("owner", "folded"), name="saved_view_once")]

    def __str__(self) -> str:
        return self.name
