"""What was said at our own endpoint, beside the description that it became."""

from typing import Any

from django.db import models

from describer.models.description import Description
from describer.models.statements import INSERT_TRANSCRIPT, UPDATE_ANSWER


class Transcript(models.Model):
    """The messages of a call as they came, and the answer's body as it was given, so that it can be given again.

    In `messages` the address of each picture is "picture:0", "picture:1", ...: its position among the description's.
    `request_id` is the one that the caller was told. `client_gone`: the caller hung up before the answer was whole.
    `client_retries`: the caller's client had tried so often before.
    """

    description = models.OneToOneField(Description, models.CASCADE, primary_key=True)
    messages = models.JSONField(default=list)
    answer = models.JSONField(null=True)
    request_id = models.CharField(max_length=64, blank=True, db_index=True)
    client_retries = models.PositiveSmallIntegerField(default=0)
    client_gone = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"transcript of description {self.description_id}"

    def keep(self) -> None:
        """Write the transcript down, beside its description."""
        INSERT_TRANSCRIPT(self)

    def note_answer(self, answer: dict[str, Any]) -> None:
        """Keep the answer's body as the caller is given it, in the transaction that records the answer."""
        self.answer = answer
        UPDATE_ANSWER(description=self.pk, answer=answer)

    def note_gone(self) -> None:
        """Note that the caller hung up."""
        self.client_gone = True
        Transcript.objects.filter(pk=self.pk).update(client_gone=True)


def transcript_of(description: Description) -> Transcript | None:
    """Return the transcript of a description; None when that did not come in at our own endpoint."""
    transcript: Transcript | None = getattr(description, "transcript", None)
    return transcript
