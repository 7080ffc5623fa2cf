"""Usage by day."""

from django.db import models


class UsageDay(models.Model):
    """What came to pass on a day for an owner, key, endpoint and model.

    Plain numbers as in Attempt (0 = none): a nullable key would make a row each time, since NULLs are distinct.
    Rolled up in the transaction that records an attempt (ledger/rollup.py); never written otherwise.
    """

    day = models.DateField()
    owner = models.BigIntegerField(default=0)
    key = models.BigIntegerField(default=0)
    endpoint = models.CharField(max_length=100)
    model = models.CharField(max_length=200)
    attempts = models.BigIntegerField(default=0)
    asks = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    prompt_tokens = models.BigIntegerField(default=0)
    completion_tokens = models.BigIntegerField(default=0)
    total_tokens = models.BigIntegerField(default=0)
    cost = models.DecimalField(max_digits=20, decimal_places=10, default=0)
    # Calls by what is known of their cost; those that were not billed are among the free ones.
    priced = models.BigIntegerField(default=0, db_default=0)
    free = models.BigIntegerField(default=0, db_default=0)
    unpriced = models.BigIntegerField(default=0, db_default=0)
    unknown = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name = "day of usage"
        verbose_name_plural = "days of usage"
        constraints = [
            models.UniqueConstraint(
                fields=("day", "owner", "key", "endpoint", "model"), name="usage_day_once"
            )
        ]
        indexes = [models.Index(fields=("owner", "day"), name="usage_day_owner")]

    def __str__(self) -> str:
        return f"{self.day} {self.model}"
