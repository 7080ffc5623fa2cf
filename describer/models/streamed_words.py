"""Words of an answer that is not whole: what has come until a second ago, so that no death of a process takes them."""

from django.db import models
from django.utils import timezone

from describer.models.description import Description
from describer.models.statements import DELETE_WORDS, INSERT_WORDS, UPDATE_WORDS


class StreamedWords(models.Model):
    """What has come of a description's first answer, in its call of this number, without thoughts.

    Written while the call is under way, by whoever holds the lease; gone with the transaction that records an answer.
    Where the call broke off they stay until then. `thinks`: thoughts have come, and no words yet.
    """

    description = models.OneToOneField(
        Description, models.CASCADE, primary_key=True, related_name="streamed_words"
    )
    call = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True)
    thinks = models.BooleanField(default=False, db_default=False)
    at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"words of description {self.pk}"

    def keep(self, token: str) -> bool:
        """Write the words down, if the run that holds `token` still has its row; False when it has not."""
        values = {"pk": self.pk, "token": token, "call": self.call, "text": self.text, "thinks": self.thinks}
        if UPDATE_WORDS(**values):
            return True
        return bool(INSERT_WORDS(**values))

    @classmethod
    def forget(cls, description: int) -> None:
        """Delete what was kept of a description's words: its answer is there, or nobody is shown them."""
        DELETE_WORDS(description=description)
