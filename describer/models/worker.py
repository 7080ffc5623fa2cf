"""Workers: the processes that take asks, as they tell of themselves with each heartbeat."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self) -> "WorkerQuerySet":
        """Return the workers that had a heartbeat lately.

        The database's clock says so: machines' clocks are never compared.
        """
        lately = timedelta(seconds=settings.HEARTBEAT_SECONDS * 3)
        return self.filter(beat__gt=Now() - lately, beat__lt=Now() + lately)

    def gone(self) -> "WorkerQuerySet":
        """Return the workers whose last heartbeat is a day old."""
        return self.filter(beat__lt=Now() - timedelta(days=1))


class Worker(models.Model):
    """A process that takes asks. `name` is host and process id; `running` how many asks it has under way."""

    name = models.CharField(max_length=200, unique=True)
    version = models.CharField(max_length=50)
    started = models.DateTimeField(default=timezone.now)
    beat = models.DateTimeField(db_default=Now())
    slots = models.PositiveIntegerField(default=0)
    running = models.PositiveIntegerField(default=0)

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def tell(cls, name: str, **facts: Any) -> None:
        """Note a heartbeat with version, started, slots and running: an update; a row for the first heartbeat."""
        if not cls.objects.filter(name=name).update(beat=Now(), **facts):
            cls.objects.create(name=name, **facts)
